"""A place over time: encounters, shifts held and topics, month by month.

From the roll-ups, and from the rows of the days that they do not tell: the report's own sums, cut by month.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.encounters.models import Encounter, EncounterTopic, Topic
from civic.reports import queries
from civic.reports.conditions import of_encounters, of_shifts, there
from civic.reports.filters import Filters
from civic.reports.rollup_models import encounter_days, shift_days
from civic.reports.spans import Span, cuts
from civic.shifts.models import Shift

YEAR = 12


@dataclass(slots=True)
class Month:
    """`shifts` are the published ones that are over, `held` those with somebody present."""

    first: date
    encounters: int = 0
    people: int = 0
    shifts: int = 0
    held: int = 0
    topics: Counter[str] = field(default_factory=Counter)


class TopicLife(NamedTuple):
    """A topic's encounters, in all and by month."""

    label: str
    pillar: str | None
    total: int
    months: Sequence[int]


@dataclass(frozen=True, slots=True)
class Life:
    """Up to twelve months, the same ones of the year before, and the topics of the former, the most named first."""

    months: Sequence[Month]
    before: Sequence[Month]
    topics: Sequence[TopicLife]

    def total(self, name: str) -> int:
        return sum(getattr(month, name) for month in self.months)


def month_starts(last: date, count: int) -> list[date]:
    """The first days of some months, the last being that of `last`."""
    number = last.year * 12 + last.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - count + 1, number + 1)]


async def life_of(session: AsyncSession, site: str, last: date, cut_off: datetime, since: date | None = None) -> Life:
    """The year that ends with the month of `last`; shifts count once ended by the cut-off. Months before the data begin
    (`since`) are left out: a nought would say that nobody came.
    """
    starts = month_starts(last, 2 * YEAR)
    end = (starts[-1] + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    filters = Filters(from_=starts[0], to=end, site=site)
    months = {first: Month(first) for first in starts}
    (cut,) = await cuts(session, [Span(filters.from_, filters.to)], cut_off)
    await _count_encounters(session, months, filters, cut["encounters"])
    await _count_shifts(session, months, filters, cut["shifts"], cut_off)
    kept = [first for first in starts[YEAR:] if since is None or first >= since.replace(day=1)]
    shown = [months[first] for first in kept]
    known = (await session.scalars(select(Topic).order_by(Topic.rank, Topic.code))).all()
    return Life(shown, [months[first.replace(year=first.year - 1)] for first in kept], _topics(known, shown))


async def _count_encounters(session: AsyncSession, months: dict[date, Month], filters: Filters, cut: Any) -> None:
    """By day: the slice "" is everything, those of topics come by their own."""
    table = encounter_days.c
    wanted = (table.slice == "") | table.slice.like("t:%")
    sums = (func.sum(table.encounters), func.sum(table.people))
    found: list[Any] = []
    if cut.rolled:
        kept = select(table.day, table.slice, *sums).where(cut.in_rollups(table.day), *there(filters, table.site_id))
        found += (await session.execute(kept.where(wanted).group_by(table.day, table.slice))).all()
    if cut.rows:
        here = of_encounters(filters, cut)
        counts = (func.count(), func.sum(Encounter.people_count))
        every = select(Encounter.date, *counts).where(*here).group_by(Encounter.date)
        found += [(day, "", *sums) for day, *sums in await session.execute(every)]
        named = select(Encounter.date, "t:" + EncounterTopic.topic_code, *counts).where(*here)
        named = named.join(EncounterTopic, EncounterTopic.encounter_id == Encounter.id)
        found += (await session.execute(named.group_by(Encounter.date, EncounterTopic.topic_code))).all()
    for day, slice_, encounters, people in found:
        month = months[day.replace(day=1)]
        if slice_:
            month.topics[slice_[2:]] += int(encounters)
        else:
            month.encounters += int(encounters)
            month.people += int(people)


async def _count_shifts(
    session: AsyncSession, months: dict[date, Month], filters: Filters, cut: Any, cut_off: datetime
) -> None:
    table = shift_days.c
    found: list[Any] = []
    if cut.rolled:
        kept = select(table.day, func.sum(table.shifts), func.sum(table.held)).group_by(table.day)
        found += (await session.execute(kept.where(cut.in_rollups(table.day), *there(filters, table.site_id)))).all()
    if cut.rows:
        seats = queries.seats(*of_shifts(filters, cut), Shift.ends_at <= cut_off)
        rows = await session.execute(select(seats.c.starts_at, seats.c.there))
        found += [(clock.local(starts_at).date(), 1, int(present > 0)) for starts_at, present in rows]
    for day, shifts, held in found:
        month = months[day.replace(day=1)]
        month.shifts += int(shifts)
        month.held += int(held)


def _topics(known: Iterable[Topic], months: Sequence[Month]) -> list[TopicLife]:
    lives = []
    for topic in known:
        counts = [month.topics[topic.code] for month in months]
        if any(counts):
            lives.append(TopicLife(topic.label, topic.pillar, sum(counts), counts))
    return sorted(lives, key=lambda one: -one.total)
