"""Four weeks at a glance: a mark per site and day. Values in, rows out; the week's page has the shifts themselves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.queries import ShiftFilters
from civic.bookings.values import Closure, Crowd, ShiftFacts
from civic.i18n import _, ngettext
from civic.planning import queries, week, weeks
from civic.planning.desk import stamp_of
from civic.planning.queries import Place
from civic.planning.week import Chosen
from civic.templating import query

LENGTH = 4
NOBODY = Crowd()


@dataclass(frozen=True, slots=True)
class Mark:
    """One site on one day: how many shifts, drafts among them, how many lack somebody, seats taken and offered."""

    day: date
    today: bool
    shifts: int
    drafts: int
    short: int
    seated: int
    capacity: int
    closed: str
    href: str

    @property
    def level(self) -> str:
        """draft, empty, short or full; "" without a shift."""
        if not self.shifts:
            return ""
        if self.drafts == self.shifts:
            return "draft"
        if not self.seated:
            return "empty"
        return "short" if self.short else "full"

    @property
    def words(self) -> str:
        """What the mark says to somebody who does not see it."""
        parts = [ngettext("%(n)s créneau", "%(n)s créneaux", self.shifts) % {"n": self.shifts}]
        if self.drafts:
            parts.append(ngettext("%(n)s brouillon", "%(n)s brouillons", self.drafts) % {"n": self.drafts})
        if self.short:
            parts.append(_("%(n)s à pourvoir") % {"n": self.short})
        held = ngettext("%(seated)s sur %(capacity)s place", "%(seated)s sur %(capacity)s places", self.capacity)
        parts.append(held % {"seated": self.seated, "capacity": self.capacity})
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Line:
    place: Place
    marks: Sequence[Mark]

    @property
    def shifts(self) -> int:
        return sum(mark.shifts for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    today: bool
    holiday: str


async def overview_of(session: AsyncSession, user: User, params: Mapping[str, str]) -> dict[str, Any]:
    """What templates/planning/overview.html shows, in five queries."""
    # Before all else: what is committed meanwhile bears another stamp, and is shown by the next look.
    stamp = await stamp_of(session)
    monday = week.monday_of(params)
    last = monday + weeks.WEEK * LENGTH - timedelta(days=1)
    places, closures = await queries.places_and_closures(session, user, monday, last)
    chosen = week.read(params, places)
    filters = ShiftFilters(
        first=monday,
        last=last,
        site=chosen.site or None,
        intermunicipality=chosen.agglo or None,
        pillar=chosen.pilier or None,
        states=("draft", "published"),
        scope=user.scope_codes,
    )
    shifts = await bookings.list_shifts(session, filters)
    held = await bookings.live_bookings(session, shift_ids=[one.id for one in shifts]) if shifts else []
    shown = [one for one in places if chosen.agglo in ("", one.intermunicipality) and chosen.site in ("", one.id)]
    lines = lay_out(chosen, shown, shifts, bookings.crowds(held), closures)
    groups: dict[str, list[Line]] = {}
    for line in lines:
        if line.shifts or chosen.tous or chosen.site:
            groups.setdefault(line.place.group, []).append(line)
    today = clock.today()
    days = [Day(day, day == today, clock.public_holiday(day) or "") for day in clock.days(monday, last)]
    return {
        "chosen": chosen,
        "places": places,
        "groups": list(groups.items()),
        "days": days,
        "weeks": [
            (weeks.number(days[7 * n].day), chosen.address(semaine=weeks.code(days[7 * n].day))) for n in range(4)
        ],
        "previous": chosen.address(semaine=weeks.code(monday - weeks.WEEK * LENGTH), vue="quatre"),
        "following": chosen.address(semaine=weeks.code(monday + weeks.WEEK * LENGTH), vue="quatre"),
        "present": chosen.address(semaine=None, vue="quatre"),
        "last": last,
        "live": "/planning/vif" + query(chosen.params, vue="quatre", vu=stamp),
    }


def lay_out(
    chosen: Chosen,
    places: Iterable[Place],
    shifts: Iterable[ShiftFacts],
    crowds: Mapping[Any, Crowd],
    closures: Mapping[str, Sequence[Closure]],
) -> list[Line]:
    """A line per site, twenty-eight marks each."""
    by_cell: defaultdict[tuple[str, date], list[ShiftFacts]] = defaultdict(list)
    for one in shifts:
        by_cell[one.site_id, one.times.day].append(one)
    days = list(clock.days(chosen.monday, chosen.monday + weeks.WEEK * LENGTH - timedelta(days=1)))
    today = clock.today()
    found = []
    for place in places:
        closed = {
            day: one.reason for one in closures.get(place.id, ()) for day in days if one.starts_on <= day <= one.ends_on
        }
        marks = []
        for day in days:
            here = by_cell.get((place.id, day), [])
            published = [one for one in here if one.state == "published"]
            seats = {one.id: len(crowds.get(one.id, NOBODY).seated) for one in published}
            marks.append(
                Mark(
                    day=day,
                    today=day == today,
                    shifts=len(here),
                    drafts=len(here) - len(published),
                    short=sum(seats[one.id] < one.min_staff for one in published),
                    seated=sum(seats.values()),
                    capacity=sum(one.capacity for one in published),
                    closed=closed.get(day, ""),
                    href=chosen.address(semaine=weeks.code(clock.monday(day)), site=place.id),
                )
            )
        found.append(Line(place, marks))
    return found
