"""The sheets to print for a day or a week: a page per site, who is expected and when, and what to know there.

Whole names and phones are for coordinators: a volunteer's own sheet has first names alone. Only words are made here;
civic.pdf places them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.queries import ShiftFilters
from civic.bookings.values import Crowd, Held, ShiftFacts
from civic.formats import day_long, first_name, hour_range, moment, week_range
from civic.i18n import N_, _, ngettext
from civic.pdf import Roster, Sheet, Sheets
from civic.sites.models import Site, SiteClosure
from civic.volunteers.models import Volunteer

EMERGENCY = N_("112 (toutes), 15 Samu, 17 police, 18 pompiers, 114 par SMS, 119 enfant en danger")
NOTICE = N_("Contient des données personnelles : à garder sur soi, à détruire après usage.")
HOST = N_("Pôle Métropolitain de l’Artois")


async def sheets_of(
    session: AsyncSession, user: User, first: date, last: date, site_id: str | None, volunteer_id: UUID | None
) -> Sheets | None:
    """The sheets of the published shifts that begin on local days, at one site or at all in scope; None for none.

    With `volunteer_id` only the shifts on which that volunteer has a place, and no phone.
    """
    filters = ShiftFilters(first=first, last=last, site=site_id, scope=_scope(user))
    shifts = await bookings.list_shifts(session, filters)
    crowds = bookings.crowds(await bookings.live_bookings(session, shift_ids=[one.id for one in shifts]))
    if volunteer_id is not None:
        shifts = [one for one in shifts if any(held.volunteer_id == volunteer_id for held in _seated(crowds[one.id]))]
    if not shifts:
        return None
    sites = await _sites(session, {one.site_id for one in shifts})
    closures = await _closures(session, set(sites), first, last)
    phones: dict[UUID, str] | None = None
    if volunteer_id is None:
        phones = await _phones(session, {held.volunteer_id for one in shifts for held in _seated(crowds[one.id])})
    by_site: dict[str, list[ShiftFacts]] = defaultdict(list)
    for shift in shifts:
        by_site[shift.site_id].append(shift)
    ordered = sorted(by_site, key=lambda one: (sites[one].intermunicipality_code, sites[one].name, one))
    pages = [_page(sites[one], by_site[one], crowds, phones, closures[one], (first, last)) for one in ordered]
    return _document(pages, first, last, clock.now())


def _scope(user: User) -> frozenset[str]:
    return user.scope_codes if user.role == "coordinator" else frozenset()


def _seated(crowd: Crowd) -> list[Held]:
    """Who has the place: an offer is nobody yet."""
    return sorted((one for one in crowd.seated if one.state == "confirmed"), key=lambda one: one.volunteer_name)


async def _sites(session: AsyncSession, ids: Collection[str]) -> dict[str, Site]:
    return {site.id: site for site in await session.scalars(select(Site).where(Site.id.in_(ids)))}


async def _closures(
    session: AsyncSession, ids: Collection[str], first: date, last: date
) -> dict[str, list[SiteClosure]]:
    touching = select(SiteClosure).where(SiteClosure.starts_on <= last, SiteClosure.ends_on >= first)
    chosen = touching.where(SiteClosure.site_id.in_(ids)).order_by(SiteClosure.starts_on, SiteClosure.id)
    found: dict[str, list[SiteClosure]] = defaultdict(list)
    for one in await session.scalars(chosen):
        found[one.site_id].append(one)
    return found


async def _phones(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    chosen = select(Volunteer.id, Volunteer.phone).where(Volunteer.id.in_(ids))
    return {row[0]: row[1] for row in await session.execute(chosen)}


def _document(pages: Sequence[Sheet], first: date, last: date, now: datetime) -> Sheets:
    title = _("Feuille du %(day)s") % {"day": day_long(first)}
    if first != last:
        title = _("Feuille de la semaine du %(days)s") % {"days": week_range(first)}
    made = _("Imprimée %(moment)s.") % {"moment": moment(now)}
    return Sheets(title, now, f"{_(HOST)} · {made} {_(NOTICE)}", pages)


def _page(
    site: Site,
    shifts: Sequence[ShiftFacts],
    crowds: Mapping[UUID, Crowd],
    phones: Mapping[UUID, str] | None,
    closures: Sequence[SiteClosure],
    days: tuple[date, date],
) -> Sheet:
    alone = days[0] == days[1]
    when = day_long(days[0]) if alone else week_range(days[0])
    return Sheet(
        title=site.name,
        subtitle=f"{when} · {shifts[0].commune}",
        warnings=[_closed(one, alone) for one in closures],
        facts=_facts(site),
        rosters=[_roster(shift, crowds[shift.id], phones, alone) for shift in shifts],
    )


def _closed(closure: SiteClosure, alone: bool) -> str:
    reason = closure.reason.rstrip(".")
    if alone:
        return _("Lieu fermé ce jour-là : %(reason)s.") % {"reason": reason}
    given = {"first": day_long(closure.starts_on), "last": day_long(closure.ends_on), "reason": reason}
    return _("Lieu fermé du %(first)s au %(last)s : %(reason)s.") % given


def _facts(site: Site) -> list[tuple[str, str]]:
    known = [
        (_("Rendez-vous"), site.meeting_place),
        (_("Y aller"), site.access_notes),
        (_("Sur place"), site.safety_notes),
        (_("Astreinte"), site.on_call_number),
        (_("Urgences"), _(EMERGENCY)),
    ]
    return [(label, text) for label, text in known if text]


def _roster(shift: ShiftFacts, crowd: Crowd, phones: Mapping[UUID, str] | None, alone: bool) -> Roster:
    hours = hour_range(shift.times.starts_at, shift.times.ends_at)
    people = _seated(crowd)
    count = ngettext("%(n)s place", "%(n)s places", shift.capacity) % {"n": shift.capacity}
    title = hours if alone else f"{day_long(shift.times.starts_at)}, {hours}"
    return Roster(
        title=title,
        detail=f"{shift.mission_title} · {count}",
        columns=_columns(phones is not None),
        rows=[_person(one, phones) for one in people],
        blank=max(0, shift.capacity - len(people)),
    )


def _person(held: Held, phones: Mapping[UUID, str] | None) -> tuple[str, ...]:
    """The whole name and the phone for a coordinator; partners know one another by their first names."""
    if phones is None:
        return (first_name(held.volunteer_name),)
    return held.volunteer_name, phones.get(held.volunteer_id, "")


def _columns(phones: bool) -> list[str]:
    return [_("Présence"), _("Nom"), *([_("Téléphone")] if phones else []), _("Arrivée"), _("Départ")]


def week_of(monday: date) -> tuple[date, date]:
    return monday, monday + timedelta(days=6)
