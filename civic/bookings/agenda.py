"""What somebody holds, laid out by local day: a rule finds a day or a week without walking through everything."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

from civic import clock
from civic.bookings.hours import per_day
from civic.bookings.values import Held, Times

Shares = MappingProxyType[date, float]


@lru_cache(maxsize=8192)
def shares_of(times: Times) -> Shares:
    """Hours that count, by local day."""
    return MappingProxyType(per_day(times))


@lru_cache(maxsize=8192)
def touched(times: Times) -> tuple[date, ...]:
    """The local days on which any minute falls, the break included."""
    return tuple(clock.days(times.day, times.last_day))


@lru_cache(maxsize=8192)
def served(times: Times) -> tuple[Times, ...]:
    """The stretches really served: the planned break is one block in the middle."""
    if not times.break_minutes:
        return (times,)
    middle = times.starts_at + (times.ends_at - times.starts_at) / 2
    half = timedelta(minutes=times.break_minutes) / 2
    return Times(times.starts_at, middle - half), Times(middle + half, times.ends_at)


def mondays(times: Times) -> tuple[date, ...]:
    """The weeks touched: two for a shift that passes the midnight of a Sunday."""
    return tuple(dict.fromkeys(clock.monday(day) for day in touched(times)))


class Agenda:
    """Somebody's seats, held offers among them; places in a queue count in no sum and no overlap."""

    def __init__(self, held: Iterable[Held]) -> None:
        self.seats = tuple(one for one in held if one.counts)
        self._days: defaultdict[date, list[Held]] = defaultdict(list)
        self._hours: defaultdict[date, float] = defaultdict(float)
        for one in self.seats:
            for day in touched(one.times):
                self._days[day].append(one)
            for day, hours in shares_of(one.times).items():
                self._hours[day] += hours

    def on(self, day: date) -> list[Held]:
        """Seats that touch a local day."""
        return self._days.get(day, [])

    def hours(self, day: date) -> float:
        return self._hours.get(day, 0.0)

    def week_hours(self, monday: date) -> float:
        return sum(self.hours(monday + timedelta(days=offset)) for offset in range(7))

    def busy_days(self, monday: date) -> set[date]:
        """Days of a week with hours to serve."""
        return {day for day in clock.days(monday, monday + timedelta(days=6)) if self.hours(day) > 0}

    def around(self, times: Times, days: int = 1) -> list[Held]:
        """Seats that touch the days of a stretch, and `days` more on each side."""
        reach = timedelta(days=days)
        found = {}
        for day in clock.days(times.day - reach, times.last_day + reach):
            for one in self._days.get(day, ()):
                found[one.booking_id] = one
        return list(found.values())


def longest_stretch(times: Times, others: Iterable[Times], rest: timedelta) -> float:
    """Hours in a row around a shift, from the first minute to the last: a gap shorter than `rest` is no pause."""
    mine = served(times)
    parts = {*mine, *(part for other in others for part in served(other))}
    longest = timedelta()
    first = last = None
    own = False
    for part in sorted(parts, key=lambda one: one.starts_at):
        if first is None or last is None or part.starts_at - last >= rest:
            first, last, own = part.starts_at, part.ends_at, False
        last, own = max(last, part.ends_at), own or part in mine
        if own:
            longest = max(longest, last - first)
    return longest / timedelta(hours=1)


@lru_cache(maxsize=8192)
def at_night(times: Times, starts: float, ends: float) -> bool:
    """Whether any minute falls between `starts` (say 22) and `ends` (say 6) o’clock, local time."""
    for day in clock.days(times.day - timedelta(days=1), times.last_day):
        evening = clock.oclock(day, starts)
        morning = clock.oclock(day + timedelta(days=1), ends)
        if evening < morning and times.overlaps(Times(evening, morning)):
            return True
    return False
