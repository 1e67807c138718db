"""Which days of a period the roll-ups tell right, and which must be counted from the rows themselves."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, between, false, literal_column, not_, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from civic.reports.rollup_models import KINDS, rollup_changes, shift_days

Day = ColumnElement[date] | InstrumentedAttribute[date]
# A query names each span: past these, the days between two of them are counted from their rows too.
MOST_SPANS = 6


class Span(NamedTuple):
    """Local days, both included."""

    first: date
    last: date


class Cut(NamedTuple):
    """A period, and the spans of it that are counted from the rows; the rest is told by the roll-ups."""

    period: Span
    rows: tuple[Span, ...]

    @property
    def rolled(self) -> bool:
        """Whether the roll-ups have anything to tell."""
        return self.rows != (self.period,)

    def all_rows(self) -> "Cut":
        """The same period for a count that no roll-up keeps."""
        return Cut(self.period, (self.period,))

    def in_rows(self, day: Day) -> ColumnElement[bool]:
        return or_(false(), *(between(day, span.first, span.last) for span in self.rows))

    def in_rollups(self, day: Day) -> ColumnElement[bool]:
        out = (not_(between(day, span.first, span.last)) for span in self.rows)
        return and_(between(day, self.period.first, self.period.last), *out)


async def cuts(session: AsyncSession, periods: Sequence[Span], cut_off: datetime) -> list[dict[str, Cut]]:
    """For each period, and in it for each kind of roll-up, how it is counted at this moment.

    A day that changed, and one whose shifts were not all over by the cut-off, is counted from its rows.
    """
    changed = select(rollup_changes.c.kind, rollup_changes.c.day).where(_within(rollup_changes.c.day, periods))
    later = select(literal_column("'shifts'"), shift_days.c.day)
    later = later.where(_within(shift_days.c.day, periods), shift_days.c.last_end > cut_off)
    days: dict[str, set[date]] = {kind: set() for kind in KINDS}
    for kind, day in await session.execute(union(changed, later)):
        days[kind].add(day)
    return [
        {kind: Cut(period, spans(day for day in found if first <= day <= last)) for kind, found in days.items()}
        for period in periods
        for first, last in [period]
    ]


def _within(day: Day, periods: Sequence[Span]) -> ColumnElement[bool]:
    return or_(false(), *(between(day, *period) for period in periods))


def rows_only(first: date, last: date) -> dict[str, Cut]:
    """How a period is counted without any roll-up."""
    period = Span(first, last)
    return {kind: Cut(period, (period,)) for kind in KINDS}


def spans(days: Iterable[date], most: int = MOST_SPANS) -> tuple[Span, ...]:
    """As few spans as cover the days, the widest gaps between them left out."""
    ordered = sorted(days)
    if not ordered:
        return ()
    gaps = [(ordered[i] - ordered[i - 1], i) for i in range(1, len(ordered))]
    wide = sorted((gap for gap in gaps if gap[0] > timedelta(days=1)), reverse=True)[: most - 1]
    starts = [0, *sorted(i for _gap, i in wide)]
    return tuple(_cover(ordered, starts))


def _cover(ordered: Sequence[date], starts: Sequence[int]) -> Iterable[Span]:
    for start, stop in zip(starts, [*starts[1:], len(ordered)], strict=True):
        yield Span(ordered[start], ordered[stop - 1])
