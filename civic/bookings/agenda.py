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


@lru_cache(maxsize=8192)
def mondays(times: Times) -> tuple[date, ...]:
    """The weeks touched: two for a shift that passes the midnight of a Sunday."""
    return tuple(dict.fromkeys(clock.monday(day) for day in touched(times)))


class Agenda:
    """Somebody's seats, held offers among them; places in a queue count in no sum and no overlap."""

    def __init__(self, held: Iterable[Held]) -> None:
        self.seats = tuple(one for one in held if one.counts)
        self._days: defaultdict[int, list[Held]] = defaultdict(list)
        self._hours: defaultdict[date, float] = defaultdict(float)
        self._near: dict[tuple[int, int], list[Held]] = {}
        self._weeks: dict[date, tuple[float, frozenset[date]]] = {}
        for one in self.seats:
            for day in touched(one.times):
                self._days[day.toordinal()].append(one)
            for day, hours in shares_of(one.times).items():
                self._hours[day] += hours

    def on(self, day: date) -> list[Held]:
        """Seats that touch a local day."""
        return self._days.get(day.toordinal(), [])

    def hours(self, day: date) -> float:
        return self._hours.get(day, 0.0)

    def week_hours(self, monday: date) -> float:
        return self._week(monday)[0]

    def busy_days(self, monday: date) -> frozenset[date]:
        """Days of a week with hours to serve."""
        return self._week(monday)[1]

    def _week(self, monday: date) -> tuple[float, frozenset[date]]:
        """Hours and busy days, added up once for all the shifts of a list."""
        if monday not in self._weeks:
            hours = {day: self.hours(day) for day in clock.days(monday, monday + timedelta(days=6))}
            busy = frozenset(day for day, share in hours.items() if share > 0)
            self._weeks[monday] = (sum(hours.values()), busy)
        return self._weeks[monday]

    def around(self, times: Times, days: int = 1) -> list[Held]:
        """Seats that touch the days of a stretch, and `days` more on each side."""
        first, last = times.day.toordinal() - days, times.last_day.toordinal() + days
        if (first, last) not in self._near:
            near = {one.booking_id: one for day in range(first, last + 1) for one in self._days.get(day, ())}
            self._near[first, last] = list(near.values())
        return self._near[first, last]


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
