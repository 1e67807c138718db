"""What somebody says of their weeks and of the places they like. It never keeps them from a shift: it warns."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.clock import MONDAYS_WEEK
from civic.errors import NotFound
from civic.formats import duration, weekday
from civic.i18n import _
from civic.sites.models import Site
from civic.volunteers.models import PreferredSite, Volunteer, WeeklyUnavailability

WHOLE_DAY = (0, 1440)


def hours_of(starts_minute: int, ends_minute: int) -> str:
    """« toute la journée », « de 14 h à 18 h »."""
    if (starts_minute, ends_minute) == WHOLE_DAY:
        return _("toute la journée")
    hours = {"start": duration(starts_minute / 60), "end": duration(ends_minute / 60)}
    return _("de %(start)s à %(end)s") % hours


def day_name(number: int) -> str:
    """« lundi » for 0."""
    return weekday(MONDAYS_WEEK[number])


def united(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of one day, those that touch or overlap made one, in order."""
    found: list[tuple[int, int]] = []
    for starts, ends in sorted(parts):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((starts, ends))
    return found


async def unavailabilities(session: AsyncSession, volunteer_id: UUID) -> list[WeeklyUnavailability]:
    """From Monday on, in order."""
    one = WeeklyUnavailability
    chosen = select(one).where(one.volunteer_id == volunteer_id).order_by(one.weekday, one.starts_minute)
    return list(await session.scalars(chosen))


async def preferred_sites(session: AsyncSession, volunteer_id: UUID) -> list[Site]:
    """By name, those in use."""
    chosen = (
        select(Site)
        .join(PreferredSite, PreferredSite.site_id == Site.id)
        .where(PreferredSite.volunteer_id == volunteer_id, Site.archived_at.is_(None))
        .order_by(Site.name, Site.id)
    )
    return list(await session.scalars(chosen))


async def add_unavailability(
    session: AsyncSession, volunteer: Volunteer, *, by: User, weekdays: Collection[int], starts: int, ends: int
) -> None:
    """Keep a stretch on some days of the week; it grows together with those that it touches."""
    await _hold(session, volunteer)
    known = await unavailabilities(session, volunteer.id)
    changed = False
    for day in sorted(set(weekdays)):
        own = [one for one in known if one.weekday == day]
        before = [(one.starts_minute, one.ends_minute) for one in own]
        after = united([*before, (starts, ends)])
        if after == before:
            continue
        changed = True
        for one in own:
            await session.delete(one)
        # The rows that go are gone before those that may begin at the same minute come.
        await session.flush()
        session.add_all(
            WeeklyUnavailability(volunteer_id=volunteer.id, weekday=day, starts_minute=first, ends_minute=last)
            for first, last in after
        )
    if changed:
        audit.record(session, by=by, verb="volunteer.availability", subject=volunteer)


async def remove_unavailability(session: AsyncSession, volunteer: Volunteer, *, by: User, stretch_id: UUID) -> None:
    """Again changes nothing. Raises NotFound for one that is somebody else's."""
    found = await session.get(WeeklyUnavailability, stretch_id, with_for_update=True)
    if found is None:
        return
    if found.volunteer_id != volunteer.id:
        raise NotFound
    await session.delete(found)
    audit.record(session, by=by, verb="volunteer.availability", subject=volunteer)


async def choose_sites(session: AsyncSession, volunteer: Volunteer, *, by: User, site_ids: Collection[str]) -> None:
    """The sites they like, instead of those they liked."""
    await _hold(session, volunteer)
    chosen = select(PreferredSite.site_id).where(PreferredSite.volunteer_id == volunteer.id)
    known, wanted = set(await session.scalars(chosen)), set(site_ids)
    if known == wanted:
        return
    gone = delete(PreferredSite).where(PreferredSite.volunteer_id == volunteer.id)
    await session.execute(gone.where(PreferredSite.site_id.in_(known - wanted)))
    session.add_all(PreferredSite(volunteer_id=volunteer.id, site_id=one) for one in sorted(wanted - known))
    audit.record(session, by=by, verb="volunteer.preferred_sites", subject=volunteer)


async def _hold(session: AsyncSession, volunteer: Volunteer) -> None:
    """Two taps at once wait for one another."""
    await session.execute(select(Volunteer.id).where(Volunteer.id == volunteer.id).with_for_update())
