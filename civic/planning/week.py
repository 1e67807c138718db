"""The week's page: which week and filters the address asks for, and all that the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.contract_alerts import pressing
from civic.bookings.people import people_of
from civic.bookings.queries import ShiftFilters
from civic.bookings.values import Closure, ShiftFacts
from civic.contracts.limits import limits_on
from civic.planning import board, conflicts, queries, sources, todo, weeks
from civic.planning.desk import desk_of
from civic.planning.due import pressing_shifts
from civic.planning.queries import Place
from civic.planning.todo import Facts
from civic.sites.models import PILLARS
from civic.templating import query

STATES = ("draft", "published", "cancelled")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address asks for; names that mean nothing were dropped, as a link may be old."""

    monday: date
    agglo: str
    pilier: str
    site: str
    tous: bool
    annules: bool
    unknown_week: bool = False

    @property
    def params(self) -> dict[str, str]:
        """For the addresses of this page; the present week is written too, so that a link keeps its meaning."""
        return {
            "semaine": weeks.code(self.monday),
            "agglo": self.agglo,
            "pilier": self.pilier,
            "site": self.site,
            "tous": "1" if self.tous else "",
            "annules": "1" if self.annules else "",
        }

    def address(self, **changes: Any) -> str:
        return "/planning" + query(self.params, **changes)

    def day_address(self, day: date | None = None, **changes: Any) -> str:
        """A day's view; when none is named, that of today, or of the Monday of another week."""
        today = clock.today()
        own = day or (today if self.monday == clock.monday(today) else self.monday)
        return self.address(semaine=None, vue="jour", jour=own.isoformat(), **changes)

    def panel(self, shift_id: UUID, starts_at: datetime) -> str:
        """A shift's panel beside its own week."""
        monday = clock.monday(clock.local_day(starts_at))
        other = self if monday == self.monday else replace(self, monday=monday, agglo="", pilier="", site="")
        return other.address(creneau=str(shift_id)) + "#fiche"


def read(params: Mapping[str, str], places: Sequence[Place]) -> Chosen:
    """The filters of an address, known ones only."""
    typed = params.get("semaine", "")
    agglos, sites = {one.intermunicipality for one in places}, {one.id for one in places}
    agglo, pillar, site = params.get("agglo", ""), params.get("pilier", ""), params.get("site", "")
    return Chosen(
        monday=monday_of(params),
        agglo=agglo if agglo in agglos else "",
        pilier=pillar if pillar in PILLARS else "",
        site=site if site in sites else "",
        tous=params.get("tous") == "1",
        annules=params.get("annules") == "1",
        unknown_week=bool(typed) and weeks.parse(typed) is None,
    )


def monday_of(params: Mapping[str, str]) -> date:
    """The week of an address; the present one when it names none that exists."""
    return weeks.parse(params.get("semaine", "")) or clock.monday(clock.today())


def filters_of(chosen: Chosen, user: User) -> ShiftFilters:
    return ShiftFilters(
        first=chosen.monday,
        last=weeks.sunday(chosen.monday),
        site=chosen.site or None,
        intermunicipality=chosen.agglo or None,
        pillar=chosen.pilier or None,
        states=STATES,
        scope=user.scope_codes,
    )


async def week_of(
    session: AsyncSession, user: User, params: Mapping[str, str], current: UUID | None = None
) -> dict[str, Any]:
    """What templates/planning/week.html shows, in ten queries or twelve, whatever the number of shifts."""
    found = await look(session, user, params)
    chosen = found.chosen
    shown = [one for one in found.places if passes(one, chosen)]
    ids_shown = {one.id for one in shown}
    week = board.build(
        monday=chosen.monday,
        places=shown,
        shifts=found.shifts,
        crowds=found.facts.crowds,
        closures={site: closed for site, closed in found.closures.items() if site in ids_shown},
        now=found.now,
        base=chosen.address(),
        chosen=current,
        show_all=chosen.tous or bool(chosen.site),
        show_cancelled=chosen.annules,
        broken={one.shift.id for one in found.facts.conflicts},
    )
    facts = replace(found.facts, drafts=len(week.drafts), drafts_href=drafts_address(chosen))
    items = todo.listed(facts, chosen.panel, found.now)
    return {
        "board": week,
        "chosen": chosen,
        "todo": items,
        # As many as the whole list shows, whatever is folded here.
        "todo_count": todo.total(todo.listed(facts, chosen.panel, found.now, whole=True)),
        "places": found.places,
        "number": weeks.number(chosen.monday),
        "previous": chosen.address(semaine=weeks.code(chosen.monday - weeks.WEEK)),
        "following": chosen.address(semaine=weeks.code(chosen.monday + weeks.WEEK)),
        "present": chosen.address(semaine=None),
        "here": chosen.address(creneau=str(current) if current else None),
        "close": chosen.address(),
        "live": "/planning/vif" + query(chosen.params, creneau=str(current) if current else None, vu=found.stamp),
    }


@dataclass(frozen=True, slots=True)
class Looked:
    """The week that an address asks for, and what presses whatever the week."""

    chosen: Chosen
    places: list[Place]
    closures: dict[str, list[Closure]]
    shifts: list[ShiftFacts]
    facts: Facts
    now: datetime
    stamp: str


async def look(session: AsyncSession, user: User, params: Mapping[str, str]) -> Looked:
    """Ten queries, twelve where a place may no longer hold."""
    now, monday = clock.now(), monday_of(params)
    places, closures = await queries.places_and_closures(session, user, monday, weeks.sunday(monday))
    chosen = read(params, places)
    doubtful = await conflicts.suspects(session, user, now)
    listed = await bookings.list_shifts(session, replace(filters_of(chosen, user), also=frozenset(doubtful)))
    due, unnoted = await pressing_shifts(session, user, now)
    ids = {one.id for one in listed} | {one.id for one in due}
    people = await people_of(session, set().union(*doubtful.values())) if doubtful else {}
    held = await bookings.live_bookings(session, shift_ids=ids, volunteer_ids=set(people), since=now)
    crowds = bookings.crowds(held)
    desk = await desk_of(session, user)
    papers = await pressing(session, user, clock.today(), limits_on(desk.settings, clock.today()))
    shifts = [one for one in listed if _wanted(one, chosen)]
    facts = Facts(
        conflicts=conflicts.find(listed, doubtful, crowds, people, held),
        due=due,
        unnoted=unnoted,
        shifts=shifts,
        crowds=crowds,
        contracts=papers.watched,
        late=papers.unready,
        leaves=desk.leaves,
        applications=desk.applications,
        dead_mails=desk.dead_mails,
        site=chosen.site,
        more=await sources.gathered(session, user),
        dangers=desk.dangers,
        reported=desk.reported,
    )
    return Looked(chosen, places, closures, shifts, facts, now, desk.stamp)


def _wanted(shift: ShiftFacts, chosen: Chosen) -> bool:
    """Whether a shift is of this week and passes the filters: the conflicts of other weeks were read with it."""
    in_week = chosen.monday <= shift.times.day <= weeks.sunday(chosen.monday)
    asked = ((chosen.site, shift.site_id), (chosen.agglo, shift.intermunicipality), (chosen.pilier, shift.pillar))
    return in_week and all(value in ("", own) for value, own in asked)


def passes(place: Place, chosen: Chosen) -> bool:
    return chosen.agglo in ("", place.intermunicipality) and chosen.site in ("", place.id)


def drafts_address(chosen: Chosen) -> str:
    return "/planning/brouillons" + query(chosen.params, tous=None, annules=None)
