"""Hours of a person's week: served where attendance was noted, planned for the rest. Pure, exact over clock changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from civic import clock
from civic.bookings.values import SEATED as SEATED
from civic.bookings.values import Held, Times


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours of one local day: `done` were served, `planned` are still to come or to be noted."""

    day: date
    done: float
    planned: float


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """Monday to Sunday."""

    days: tuple[DayHours, ...]

    @property
    def done(self) -> float:
        return sum(day.done for day in self.days)

    @property
    def planned(self) -> float:
        return sum(day.planned for day in self.days)

    @property
    def total(self) -> float:
        return self.done + self.planned


def per_day(times: Times) -> dict[date, float]:
    """The hours of a stretch by local day, split at local midnight, the planned break (one block in the middle) out.

    Real hours: on the two nights of the clock change a local day has 23 or 25 of them.
    """
    middle = times.starts_at + (times.ends_at - times.starts_at) / 2
    half = timedelta(minutes=times.break_minutes) / 2
    found: dict[date, float] = {}
    for start, end in ((times.starts_at, middle - half), (middle + half, times.ends_at)):
        while start < end:
            day = clock.local(start).date()
            stop = min(end, clock.midnight(day + timedelta(days=1)))
            found[day] = found.get(day, 0.0) + (stop - start).total_seconds() / 3600
            start = stop
    return found


def week_summary(held: Iterable[Held], attended: Mapping[UUID, float], monday: date) -> WeekSummary:
    """The week of somebody's seats. `attended` gives the hours noted by booking (0 for an absence).

    A shift that is over but not yet noted counts as planned: nobody knows yet who came.
    """
    days = {day: [0.0, 0.0] for day in clock.days(monday, monday + timedelta(days=6))}
    for one in held:
        if not one.counts:
            continue
        shares = per_day(one.times)
        noted = attended.get(one.booking_id)
        whole = sum(shares.values())
        for day, share in shares.items():
            if day not in days:
                continue
            if noted is None:
                days[day][1] += share
            elif whole:
                days[day][0] += noted * share / whole
    return WeekSummary(tuple(DayHours(day, done, planned) for day, (done, planned) in days.items()))


def missing_hours(held: Iterable[Held], weekly_hours: float, monday: date) -> float:
    """What a week's seats lack to reach the contract's hours; 0 when they reach or pass it."""
    return max(0.0, weekly_hours - week_summary(held, {}, monday).total)
