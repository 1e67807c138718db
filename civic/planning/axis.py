"""A day on an axis of hours: bars placed by quarter hours, in lanes where they overlap. Values in, rows out; no query.

The rows are those of a table whose columns are quarter hours, so that the same page serves the eye, paper, a screen
reader and a browser without scripts, and no style is computed for a place.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from civic import clock
from civic.bookings.values import Times
from civic.planning.board import Board, Slot
from civic.planning.queries import Place

STEP = 15
HOUR = 60
USUAL = (8 * HOUR, 20 * HOUR)


@dataclass(frozen=True, slots=True)
class Bar:
    """A shift from one minute of its day to another as a clock on the wall shows them; midnight is 1440."""

    slot: Slot
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """So many quarter hours of a lane, with a bar or none."""

    span: int
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A site on the axis, in as many lanes as it has shifts at once; `closed` is the reason of a closure."""

    place: Place
    lanes: list[list[Piece]]
    closed: str
    open: bool


@dataclass(frozen=True, slots=True)
class Axis:
    day: date
    first: int
    last: int
    groups: list[tuple[str, list[Line]]]

    @property
    def hours(self) -> list[int]:
        """The hours that the axis names, 24 is midnight and 25 the hour after it."""
        return [minute // HOUR for minute in range(self.first, self.last, HOUR)]

    @property
    def columns(self) -> int:
        return (self.last - self.first) // STEP


def minutes(times: Times) -> tuple[int, int]:
    """Where a shift begins and ends on the clock of its day."""

    def minute(local: date, hour: int, part: int) -> int:
        return (local - times.day).days * 24 * HOUR + hour * HOUR + part

    start, end = clock.local(times.starts_at), clock.local(times.ends_at)
    first = minute(start.date(), start.hour, start.minute)
    # In the night when clocks go back, an end may read earlier than its start.
    return first, max(minute(end.date(), end.hour, end.minute), first + STEP)


def lay_out(board: Board, day: date, times: Mapping[UUID, Times]) -> Axis:
    """The lines of one day of a board; the axis is wide enough for all of its shifts."""
    bars = {slot.id: Bar(slot, *minutes(times[slot.id])) for one in board.days if one.day == day for slot in one.slots}
    first = min([USUAL[0], *(one.start // HOUR * HOUR for one in bars.values())])
    last = max([USUAL[1], *(-(-one.end // HOUR) * HOUR for one in bars.values())])
    groups = []
    for name, rows in board.groups:
        lines = []
        for row in rows:
            [cell] = [one for one in row.cells if one.day == day]
            lanes = stack([bars[slot.id] for slot in cell.slots]) or [[]]
            lines.append(Line(row.place, [pieces(lane, first, last) for lane in lanes], cell.closed, cell.open))
        groups.append((name, lines))
    return Axis(day, first, last, groups)


def stack(bars: Iterable[Bar]) -> list[list[Bar]]:
    """Each bar in the first lane that is free from its start on: never more lanes than shifts at once."""
    lanes: list[list[Bar]] = []
    for bar in sorted(bars, key=lambda one: (one.start, -one.end)):
        free = next((lane for lane in lanes if _up(lane[-1].end) <= _down(bar.start)), None)
        if free is None:
            lanes.append([bar])
        else:
            free.append(bar)
    return lanes


def pieces(lane: Sequence[Bar], first: int, last: int) -> list[Piece]:
    """A lane from end to end; what is empty is cut at the hours, which draws the lines of the axis."""
    found: list[Piece] = []
    at = first
    for bar in lane:
        found += _empty(at, _down(bar.start))
        at = _up(bar.end)
        found.append(Piece((at - _down(bar.start)) // STEP, bar))
    return found + _empty(at, last)


def _empty(start: int, end: int) -> list[Piece]:
    cuts = [start, *range(start // HOUR * HOUR + HOUR, end, HOUR), end]
    return [Piece((b - a) // STEP) for a, b in itertools.pairwise(cuts) if b > a]


def _down(minute: int) -> int:
    return minute // STEP * STEP


def _up(minute: int) -> int:
    return -(-minute // STEP) * STEP
