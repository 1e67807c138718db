"""Where and when a volunteer most likely is, so that the form opens filled in; and which of their shifts that is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.bookings.models import Booking
from civic.encounters.lookups import local_days
from civic.encounters.models import Encounter, Outing
from civic.encounters.pairs import of_the_pair, pair_shift_ids
from civic.encounters.rules import WINDOW
from civic.shifts.models import Shift
from civic.sites.models import Intermunicipality, Site
from civic.volunteers.models import Volunteer

# The local hour at which each half-day is at its middle.
_MIDDLE = {"matin": 10.0, "midi": 13.0, "apres_midi": 16.0, "soir": 20.0}


@dataclass(frozen=True, slots=True)
class Place:
    """What the form opens with; `partners` are first names, `shift` None off shift."""

    day: date
    half_day: str
    site_id: str = ""
    shift: Shift | None = None
    partners: list[str] = field(default_factory=list)


def half_day_of(moment: datetime) -> str:
    hour = clock.local(moment).hour
    return "matin" if hour < 12 else "midi" if hour < 14 else "apres_midi" if hour < 18 else "soir"


async def likely_place(session: AsyncSession, user: User, shift_id: UUID | None = None) -> Place:
    """The shift that was asked for, else the current or next one of the day, else the latest of the day, else the place
    of the last encounter.
    """
    now, today = clock.now(), clock.today()
    recent = await recent_shifts(session, user)
    asked = next((shift for shift in recent if shift.id == shift_id), None)
    of_today = sorted((one for one in recent if today in _days(one)), key=lambda one: one.starts_at)
    ahead = [shift for shift in of_today if shift.ends_at >= now]
    shift = asked or next(iter(ahead or of_today[::-1]), None)
    if shift is None:
        last = select(Encounter.site_id).where(Encounter.author_id == user.id).order_by(Encounter.date.desc()).limit(1)
        return Place(today, half_day_of(now), await session.scalar(last) or "")
    running = shift.starts_at <= now <= shift.ends_at
    moment = now if running else shift.starts_at
    partners = await partners_on(session, user, shift.id)
    return Place(clock.local(moment).date(), half_day_of(moment), shift.site_id, shift, partners)


async def recent_shifts(session: AsyncSession, user: User) -> Sequence[Shift]:
    """Somebody's confirmed shifts that they may still write about, with the sites, latest first."""
    first, end = clock.day_bounds(clock.today() - WINDOW, clock.today())
    chosen = select(Shift).where(Shift.id.in_(pair_shift_ids(user.id)), Shift.ends_at > first, Shift.starts_at < end)
    return (await session.scalars(chosen.order_by(Shift.starts_at.desc()).options(joinedload(Shift.site)))).all()


async def shift_at(session: AsyncSession, user: User, site_id: str, day: date, half_day: str) -> UUID | None:
    """The confirmed shift of somebody at a site and day; with two of them, the one nearer to the half-day."""
    first, end = clock.day_bounds(day, day)
    chosen = select(Shift.id, Shift.starts_at, Shift.ends_at).where(
        Shift.id.in_(pair_shift_ids(user.id)), Shift.ends_at > first, Shift.starts_at < end, Shift.site_id == site_id
    )
    found = [row for row in await session.execute(chosen) if day in local_days(row.starts_at, row.ends_at)]
    middle = clock.midnight(day) + timedelta(hours=_MIDDLE.get(half_day, 12))
    found.sort(key=lambda row: max(row.starts_at - middle, middle - row.ends_at, timedelta()))
    return found[0].id if found else None


async def shift_kept(session: AsyncSession, user: User, row: Encounter | Outing, values: dict[str, Any]) -> str | None:
    """The shift (loaded) stays while site and day do; elsewhere a volunteer's own shift there takes its place."""
    site, day = values["site_id"], values["date"]
    if row.shift and site == row.site_id and day and date.fromisoformat(day) in _days(row.shift):
        return str(row.shift_id)
    if user.role != "volunteer" or not (site and day and values["half_day"]) or "\x00" in site:
        return None
    found = await shift_at(session, user, site, date.fromisoformat(day), values["half_day"])
    return str(found) if found else None


async def partners_on(session: AsyncSession, user: User, shift_id: UUID) -> list[str]:
    """First names of the others of the pair."""
    chosen = (
        select(User.name)
        .join(Volunteer, Volunteer.user_id == User.id)
        .join(Booking, Booking.volunteer_id == Volunteer.id)
        .where(Booking.shift_id == shift_id, of_the_pair(), User.id != user.id)
        .order_by(User.name)
    )
    return [name.split(" ")[0] for name in await session.scalars(chosen)]


async def outing_of(session: AsyncSession, user: User, shift_id: UUID) -> Outing | None:
    """The pair's account of a shift, whoever of them wrote it."""
    chosen = select(Outing).where(
        Outing.shift_id == shift_id, Outing.shift_id.in_(pair_shift_ids(user.id)), Outing.voided_at.is_(None)
    )
    return (await session.scalars(chosen.order_by(Outing.received_at, Outing.id).limit(1))).first()


def _unplanned(user: User) -> Select[tuple[Outing]]:
    return select(Outing).where(Outing.author_id == user.id, Outing.shift_id.is_(None), Outing.voided_at.is_(None))


async def outing_at(session: AsyncSession, user: User, place: Place) -> Outing | None:
    """The account of a place: that of its shift, or off shift one's own of that site and half-day."""
    if place.shift:
        return await outing_of(session, user, place.shift.id)
    there = (Outing.site_id == place.site_id, Outing.date == place.day, Outing.half_day == place.half_day)
    return (await session.scalars(_unplanned(user).where(*there).order_by(Outing.received_at).limit(1))).first()


async def unplanned_outings(session: AsyncSession, user: User) -> Sequence[Outing]:
    """One's own of the last days, off shift, with their sites; latest first."""
    recent = _unplanned(user).where(Outing.date >= clock.today() - WINDOW)
    chosen = recent.order_by(Outing.date.desc(), Outing.id).options(joinedload(Outing.site))
    return (await session.scalars(chosen)).all()


async def shifts_with_outing(session: AsyncSession, shifts: Sequence[Shift]) -> set[UUID]:
    chosen = select(Outing.shift_id).where(Outing.shift_id.in_([one.id for one in shifts]), Outing.voided_at.is_(None))
    return {one for one in await session.scalars(chosen) if one}


async def site_choices(
    session: AsyncSession, scope: frozenset[str] = frozenset(), also: str | None = None
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Open sites (and `also`) by intermunicipality, for a select; an empty scope means all."""
    chosen = (
        select(Intermunicipality.short_name, Site.id, Site.name)
        .join(Site, Site.intermunicipality_code == Intermunicipality.code)
        .where(or_(Site.archived_at.is_(None), Site.id == also))
        .order_by(Intermunicipality.code, Site.name)
    )
    if scope:
        chosen = chosen.where(Site.intermunicipality_code.in_(sorted(scope)))
    groups: dict[str, list[tuple[str, str]]] = {}
    for group, site_id, name in await session.execute(chosen):
        groups.setdefault(group, []).append((site_id, name))
    return list(groups.items())


def _days(shift: Shift) -> frozenset[date]:
    return local_days(shift.starts_at, shift.ends_at)
