"""The week by site: values in, rows and cells out. No query here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from civic import clock
from civic.bookings.values import Closure, Crowd, ShiftFacts
from civic.formats import hour_range, slot_hours
from civic.i18n import _
from civic.planning.due import URGENT
from civic.planning.queries import Place

NOBODY = Crowd()
Look = tuple[str, str, int, int, str, bool, "tuple[Flag, ...]"]


@dataclass(frozen=True, slots=True)
class Flag:
    """`short` is what a badge has room for."""

    icon: str
    tone: str
    text: str
    short: str


class Slot(NamedTuple):
    """One shift in a cell; see `slot` in templates/_shift.html. Slots of one `face` look alike, whatever their site and
    day."""

    id: UUID
    face: int
    ident: str
    href: str
    page: str
    hours: str
    when: str
    pillar: str
    confirmed: int
    waiting: int
    capacity: int
    state: str
    site_name: str
    commune: str
    current: bool
    movable: bool
    flags: tuple[Flag, ...]

    @property
    def mark(self) -> str:
        """How a line of a list is marked: off, draft, empty, or "" where somebody serves."""
        return {"cancelled": "off", "draft": "draft"}.get(self.state, "" if self.confirmed else "empty")


@dataclass(frozen=True, slots=True)
class Cell:
    """One site on one day; `closed` is the reason of a closure, `open` says that a shift may still be planned."""

    day: date
    today: bool
    slots: list[Slot]
    closed: str
    open: bool


@dataclass(frozen=True, slots=True)
class Row:
    place: Place
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Day:
    """A column; `holiday` names the public holiday that it is, "" for any other day."""

    day: date
    today: bool
    slots: list[Slot]
    holiday: str


@dataclass(frozen=True, slots=True)
class Board:
    """A week: groups of rows for the table, days for a narrow screen, and the sums of what is shown."""

    monday: date
    days: list[Day]
    groups: list[tuple[str, list[Row]]]
    seated: int
    capacity: int
    drafts: list[ShiftFacts] = field(default_factory=list)
    cancelled: int = 0
    shifts: int = 0


def build(
    *,
    monday: date,
    places: Sequence[Place],
    shifts: Sequence[ShiftFacts],
    crowds: Mapping[UUID, Crowd],
    closures: Mapping[str, list[Closure]],
    now: datetime,
    base: str,
    chosen: UUID | None,
    show_all: bool,
    show_cancelled: bool,
    broken: Collection[UUID] = (),
) -> Board:
    """`base` is the address of this week, to which a slot adds itself; `places` are those that pass the filters;
    `broken` are the shifts where somebody's place no longer holds.
    """
    shown = [one for one in shifts if one.state != "cancelled" or show_cancelled]
    address = f"{base}{'&' if '?' in base else '?'}creneau="
    alike: dict[Look, int] = {}
    by_cell: dict[tuple[str, date], list[Slot]] = defaultdict(list)
    by_day: dict[date, list[Slot]] = defaultdict(list)
    seated = 0
    for shift in shown:
        crowd = crowds.get(shift.id, NOBODY)
        slot = _slot(shift, crowd, now, address, chosen == shift.id, shift.id in broken, alike)
        by_cell[shift.site_id, shift.times.day].append(slot)
        by_day[shift.times.day].append(slot)
        seated += len(crowd.seated) if shift.state == "published" else 0
    busy = {site for site, _day in by_cell}
    days = list(clock.days(monday, monday + timedelta(days=6)))
    rows = [
        _row(place, days, by_cell, closures.get(place.id, []), now) for place in places if show_all or place.id in busy
    ]
    open_ones = [one for one in shifts if one.state == "published"]
    today = clock.local(now).date()
    return Board(
        monday=monday,
        days=[Day(day, day == today, by_day[day], clock.public_holiday(day) or "") for day in days],
        groups=_groups(rows),
        seated=seated,
        capacity=sum(one.capacity for one in open_ones),
        drafts=[one for one in shifts if one.state == "draft"],
        cancelled=sum(one.state == "cancelled" for one in shifts),
        shifts=len(shown),
    )


def _slot(
    shift: ShiftFacts,
    crowd: Crowd,
    now: datetime,
    address: str,
    current: bool,
    broken: bool,
    alike: dict[Look, int],
) -> Slot:
    """`alike` numbers the looks that were met so far."""
    ident = str(shift.id)
    hours = slot_hours(shift.times.starts_at, shift.times.ends_at)
    confirmed, flags = len(crowd.seated), flags_of(shift, crowd, now, broken)
    movable = shift.state == "draft" or (shift.state == "published" and shift.times.starts_at > now)
    look = (hours, shift.pillar, confirmed, shift.capacity, shift.state, movable, flags)
    return Slot(
        id=shift.id,
        face=alike.setdefault(look, len(alike)),
        ident=ident,
        href=f"{address}{ident}#fiche",
        page=f"/planning/creneaux/{ident}",
        hours=hours,
        when=hour_range(shift.times.starts_at, shift.times.ends_at),
        pillar=shift.pillar,
        confirmed=confirmed,
        waiting=len(crowd.waiting),
        capacity=shift.capacity,
        state=shift.state,
        site_name=shift.site_name,
        commune=shift.commune,
        current=current,
        movable=movable,
        flags=flags,
    )


def flags_of(shift: ShiftFacts, crowd: Crowd, now: datetime, broken: bool = False) -> tuple[Flag, ...]:
    """A place that no longer holds, then a published shift that begins within 48 hours without its minimum."""
    conflict = (Flag("ban", "bad", _("conflit : une place ne tient plus"), _("conflit")),) if broken else ()
    soon = now < shift.times.starts_at <= now + URGENT
    if shift.state != "published" or not soon or len(crowd.seated) >= shift.min_staff:
        return conflict
    icon, tone = ("users-round", "warn") if crowd.seated else ("triangle-alert", "bad")
    return (*conflict, Flag(icon, tone, _("à pourvoir sous 48 h"), _("sous 48 h")))


def _row(
    place: Place,
    days: Sequence[date],
    by_cell: Mapping[tuple[str, date], list[Slot]],
    closures: Iterable[Closure],
    now: datetime,
) -> Row:
    today = clock.local(now).date()
    closed = {
        day: closure.reason for closure in closures for day in days if closure.starts_on <= day <= closure.ends_on
    }
    cells = [
        Cell(
            day=day,
            today=day == today,
            slots=by_cell.get((place.id, day), []),
            closed=closed.get(day, ""),
            open=day >= today and day not in closed and not place.archived,
        )
        for day in days
    ]
    return Row(place, cells)


def _groups(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.place.group, []).append(row)
    return list(found.items())
