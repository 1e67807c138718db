"""What a volunteer served in a month, line by line, and the sums that a paper may bear.

A shift belongs to the local day on which it starts. Planned hours are real hours, exact over clock changes; served ones
are those noted. A shift that is over and not yet noted counts in no sum of served hours: it is named apart.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import WALK_IN, Attendance, Booking
from civic.bookings.values import Times
from civic.contracts.models import Leave
from civic.missions.models import Mission
from civic.shifts.models import Shift
from civic.sites.models import Commune, Site

KEPT = ("confirmed", WALK_IN)
MINUTE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """One shift of one person; `state` is None until somebody noted it."""

    shift_id: UUID
    times: Times
    site: str
    commune: str
    mission: str
    state: str | None
    served: Decimal | None
    walk_in: bool

    @property
    def planned(self) -> Decimal:
        return Decimal(str(round(self.times.hours, 2)))


@dataclass(frozen=True, slots=True)
class WeekSum:
    monday: date
    planned: Decimal
    served: Decimal


@dataclass(frozen=True, slots=True)
class DaysAway:
    """An approved leave cut to the days of the statement."""

    kind: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Statement:
    """The days `first` to `last`, both included; `cut_off` says up to when attendance was read."""

    first: date
    last: date
    cut_off: datetime
    lines: tuple[Line, ...]
    leaves: tuple[DaysAway, ...] = ()

    @property
    def planned(self) -> Decimal:
        return sum((line.planned for line in self.lines), Decimal(0))

    @property
    def served(self) -> Decimal:
        return sum((line.served or Decimal(0) for line in self.lines), Decimal(0))

    @property
    def to_note(self) -> int:
        """Shifts that are over and wait for somebody to note who came."""
        return sum(line.state is None and line.times.ends_at <= self.cut_off for line in self.lines)

    @property
    def to_come(self) -> int:
        return sum(line.times.ends_at > self.cut_off for line in self.lines)

    def count(self, state: str) -> int:
        return sum(line.state == state for line in self.lines)

    @property
    def weeks(self) -> list[WeekSum]:
        """Monday to Sunday, only with the lines of the statement."""
        found: dict[date, WeekSum] = {}
        for line in self.lines:
            monday = clock.monday(line.times.day)
            known = found.get(monday, WeekSum(monday, Decimal(0), Decimal(0)))
            found[monday] = WeekSum(monday, known.planned + line.planned, known.served + (line.served or Decimal(0)))
        return list(found.values())


def month_bounds(day: date) -> tuple[date, date]:
    """The first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


async def statement_of(session: AsyncSession, volunteer_id: UUID, first: date, last: date) -> Statement:
    """Two queries, however long the days."""
    start, end = clock.day_bounds(first, last)
    chosen = (
        select(Booking.state, Shift, Site.name, Commune.name, Mission.title, Attendance.state, Attendance.hours)
        .join(Shift, Shift.id == Booking.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .join(Commune, Commune.insee == Site.commune_insee)
        .join(Mission, Mission.id == Shift.mission_id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(Booking.volunteer_id == volunteer_id, Booking.state.in_(KEPT), Shift.state == "published")
        .where(Shift.starts_at >= start, Shift.starts_at < end)
        .order_by(Shift.starts_at, Booking.id)
    )
    lines = [
        Line(
            shift_id=shift.id,
            times=Times(shift.starts_at, shift.ends_at, shift.break_minutes),
            site=site,
            commune=commune,
            mission=mission,
            state=noted,
            served=None if noted is None else Decimal(hours).quantize(MINUTE),
            walk_in=state == WALK_IN,
        )
        for state, shift, site, commune, mission, noted, hours in await session.execute(chosen)
    ]
    return Statement(first, last, clock.now(), tuple(lines), await _leaves(session, volunteer_id, first, last))


async def _leaves(session: AsyncSession, volunteer_id: UUID, first: date, last: date) -> tuple[DaysAway, ...]:
    chosen = select(Leave.kind, Leave.starts_on, Leave.ends_on).where(
        Leave.volunteer_id == volunteer_id,
        Leave.state == "approved",
        Leave.starts_on <= last,
        Leave.ends_on >= first,
    )
    rows = (await session.execute(chosen.order_by(Leave.starts_on, Leave.id))).all()
    return tuple(DaysAway(row.kind, max(row.starts_on, first), min(row.ends_on, last)) for row in rows)


async def months_of(session: AsyncSession, volunteer_id: UUID) -> list[date]:
    """The first days of the months in which somebody had a shift, latest first."""
    chosen = (
        select(Shift.starts_at)
        .join(Booking, Booking.shift_id == Shift.id)
        .where(Booking.volunteer_id == volunteer_id, Booking.state.in_(KEPT), Shift.state == "published")
    )
    return sorted({clock.local(one).date().replace(day=1) for one in await session.scalars(chosen)}, reverse=True)
