"""What a volunteer served in a month, line by line, and the sums that a paper may bear.

Hours belong to the local days on which they fall: a night between two months counts in both. Planned hours are real
hours, exact over clock changes and to the second; served ones are those noted. A shift that is over and not yet noted
counts in no sum of served hours: it is named apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.attendance import whole_shift
from civic.bookings.hours import per_day
from civic.bookings.models import WALK_IN, Attendance, Booking
from civic.bookings.values import Times
from civic.contracts.models import Leave
from civic.missions.models import Mission
from civic.shifts.models import Shift
from civic.sites.models import Commune, Site

KEPT = ("confirmed", WALK_IN)
HUNDREDTH = Decimal("0.01")
HOUR = 3600
# Fractions: a third of an hour is no decimal, and sums of them have to be exact.
NONE = Fraction(0)


@dataclass(frozen=True)
class Line:
    """One shift of one person; `state` is None until somebody noted it, `hours` are those noted for the whole of it.

    `planned` and `served` are what falls between `first` and `last`.
    """

    shift_id: UUID
    times: Times
    site: str
    commune: str
    mission: str
    state: str | None
    hours: Fraction | Decimal | None
    walk_in: bool
    first: date = date.min
    last: date = date.max

    @cached_property
    def seconds(self) -> dict[date, int]:
        """Planned time by local day, of the days of the statement."""
        shares = per_day(self.times).items()
        return {day: round(hours * 3600) for day, hours in shares if self.first <= day <= self.last}

    @property
    def planned(self) -> Fraction:
        return self.planned_on(self.seconds)

    @property
    def served(self) -> Fraction | None:
        return None if self.hours is None else self.served_on(self.seconds)

    def planned_on(self, days: Iterable[date]) -> Fraction:
        return Fraction(sum(self.seconds[day] for day in days), HOUR)

    def served_on(self, days: Iterable[date]) -> Fraction:
        """The noted hours' part of some days, in the proportion of the planned ones."""
        whole = round(self.times.hours * 3600)
        return Fraction(self.hours or 0) * sum(self.seconds[day] for day in days) / whole if whole else NONE


@dataclass(frozen=True, slots=True)
class WeekSum:
    monday: date
    planned: Fraction
    served: Fraction


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
    def planned(self) -> Fraction:
        return sum((line.planned for line in self.lines), NONE)

    @property
    def served(self) -> Fraction:
        return sum((line.served or NONE for line in self.lines), NONE)

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
            for monday in sorted({clock.monday(day) for day in line.seconds}):
                days = [day for day in line.seconds if clock.monday(day) == monday]
                known = found.get(monday, WeekSum(monday, NONE, NONE))
                planned, served = line.planned_on(days), line.served_on(days)
                found[monday] = WeekSum(monday, known.planned + planned, known.served + served)
        return [found[monday] for monday in sorted(found)]


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
        .where(Shift.ends_at > start, Shift.starts_at < end)
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
            hours=None if noted is None else _noted(shift, Decimal(hours)),
            walk_in=state == WALK_IN,
            first=first,
            last=last,
        )
        for state, shift, site, commune, mission, noted, hours in await session.execute(chosen)
    ]
    return Statement(first, last, clock.now(), tuple(lines), await _leaves(session, volunteer_id, first, last))


def _noted(shift: Shift, hours: Decimal) -> Fraction | Decimal:
    """Who served the whole shift served its exact time: the hundredths that are stored would lose minutes in a sum."""
    stored = hours.quantize(HUNDREDTH)
    return Fraction(round(shift.served.total_seconds()), HOUR) if stored == whole_shift(shift) else stored


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
        select(Shift.starts_at, Shift.ends_at)
        .join(Booking, Booking.shift_id == Shift.id)
        .where(Booking.volunteer_id == volunteer_id, Booking.state.in_(KEPT), Shift.state == "published")
    )
    rows = [Times(*row) for row in await session.execute(chosen)]
    return sorted({day.replace(day=1) for one in rows for day in (one.day, one.last_day)}, reverse=True)
