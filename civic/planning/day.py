"""« Qui manque ? » : the shifts of one day, who is there, who is awaited, who is late. Six queries for any number."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.models import Attendance, Booking, StandInCall
from civic.bookings.queries import ShiftFilters
from civic.bookings.values import Crowd, Held, ShiftFacts
from civic.i18n import N_
from civic.volunteers.models import Volunteer

SOON = timedelta(hours=1)
# Somebody this late may still be locking a bicycle: awaited, not missing.
GRACE = timedelta(minutes=10)
SECTIONS = (
    ("missing", N_("Il manque quelqu’un")),
    ("running", N_("En ce moment")),
    ("soon", N_("Dans l’heure")),
    ("later", N_("Plus tard")),
    ("to_note", N_("Finis, à noter")),
    ("over", N_("Finis")),
)


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of a place: the state, and the moment of arrival when the person noted it with the code."""

    state: str
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody on a shift; `status` is expected (still so in the first ten minutes), missing, said (that they can't
    come), unnoted, present, absent or excused; unnoted: it is over."""

    booking_id: UUID
    volunteer_id: UUID
    name: str
    phone: str
    status: str
    arrived_at: datetime | None
    walk_in: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One shift of the day; `late` is how long it has been running."""

    shift: ShiftFacts
    people: list[Expected]
    started: bool
    ended: bool
    late: timedelta

    @property
    def section(self) -> str:
        waiting = any(one.status in ("missing", "unnoted") for one in self.people)
        if self.ended:
            return "to_note" if waiting or self.count("said") else "over"
        if self.started:
            return "missing" if waiting else "running"
        return "soon" if -self.late <= SOON else "later"

    @property
    def replaceable(self) -> bool:
        """Whether somebody did not come and nobody came instead so far."""
        return self.count("absent", "excused") > sum(one.walk_in for one in self.people)

    def count(self, *statuses: str) -> int:
        return sum(one.status in statuses for one in self.people)


@dataclass(frozen=True, slots=True)
class Day:
    """What templates/planning/day.html shows; a section without a shift is left out."""

    day: date
    today: bool
    now: datetime
    sections: list[tuple[str, str, list[Line]]] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [line for _key, _title, lines in self.sections for line in lines]

    def count(self, *statuses: str) -> int:
        return sum(line.count(*statuses) for line in self.lines)


async def day_of(session: AsyncSession, user: User, day: date) -> Day:
    """The published shifts in a coordinator's scope that touch a local day."""
    filters = ShiftFilters(first=day - timedelta(days=1), last=day, scope=user.scope_codes)
    listed = await bookings.list_shifts(session, filters)
    shifts = [one for one in listed if one.times.day <= day <= one.times.last_day]
    ids = [one.id for one in shifts]
    crowds = bookings.crowds(await bookings.live_bookings(session, shift_ids=ids) if ids else [])
    noted = await _noted(session, ids)
    phones = await _phones(session, {one.volunteer_id for crowd in crowds.values() for one in _there(crowd)})
    return lay_out(day, shifts, crowds, noted, phones, clock.now())


def lay_out(
    day: date,
    shifts: Iterable[ShiftFacts],
    crowds: Mapping[UUID, Crowd],
    noted: Mapping[UUID, Noted],
    phones: Mapping[UUID, str],
    now: datetime,
) -> Day:
    """Values in, the board out: what presses first, then the order of the hours."""
    lines = [_line(shift, crowds.get(shift.id, Crowd()), noted, phones, now) for shift in shifts]
    by_section = [(key, title, [line for line in lines if line.section == key]) for key, title in SECTIONS]
    today = clock.local(now).date()
    return Day(day, day == today, now, [one for one in by_section if one[2]])


def _line(
    shift: ShiftFacts, crowd: Crowd, noted: Mapping[UUID, Noted], phones: Mapping[UUID, str], now: datetime
) -> Line:
    started, ended = shift.times.starts_at <= now, shift.times.ends_at <= now
    late = now - shift.times.starts_at
    waiting = "unnoted" if ended else "missing" if late >= GRACE else "expected"
    people = []
    for one in _there(crowd):
        known = noted.get(one.booking_id, Noted(waiting, None))
        phone = phones.get(one.volunteer_id, "")
        status, walk_in = known.state, one.state == "walk_in"
        people.append(
            Expected(one.booking_id, one.volunteer_id, one.volunteer_name, phone, status, known.arrived_at, walk_in)
        )
    return Line(shift, sorted(people, key=_order), started, ended, late)


def _there(crowd: Crowd) -> list[Held]:
    """Those whom the shift counts on; an offer is nobody yet."""
    return [*(one for one in crowd.seated if one.state == "confirmed"), *crowd.walk_ins]


def _order(one: Expected) -> tuple[bool, str]:
    return one.status not in ("missing", "unnoted", "expected"), one.name


async def _noted(session: AsyncSession, shift_ids: Collection[UUID]) -> dict[UUID, Noted]:
    """What is noted, and who said after the start that they can't come: nobody looks for them."""
    chosen = (
        select(Booking.id, Attendance.state, Attendance.arrived_at)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .outerjoin(StandInCall, StandInCall.booking_id == Booking.id)
        .where(Booking.shift_id.in_(shift_ids), or_(Attendance.id.is_not(None), StandInCall.id.is_not(None)))
    )
    return {row.id: Noted(row.state or "said", row.arrived_at) for row in await session.execute(chosen)}


async def _phones(session: AsyncSession, volunteer_ids: Collection[UUID]) -> dict[UUID, str]:
    chosen = select(Volunteer.id, Volunteer.phone).where(Volunteer.id.in_(volunteer_ids))
    return {row.id: row.phone for row in await session.execute(chosen)}
