"""Everything that a report needs, added up from the roll-ups and, for the days that they don't tell, from the rows.

Both periods of a report are counted together: each count is one statement, whatever it is made of.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select, literal_column, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import local
from civic.encounters.codes import AGES
from civic.encounters.models import Encounter, Topic
from civic.reports import queries, rolled
from civic.reports.conditions import counted
from civic.reports.filters import Filters
from civic.reports.rollup_models import OUTING_COUNTS, SHIFT_COUNTS
from civic.reports.spans import Cut, Span, cuts
from civic.reports.tally import DayCount, SiteCount, Tally, TopicCount
from civic.shifts.models import Shift

Sums = dict[Any, list[int]]
Query = Select[Any]
# In what `by_site` finds after the site.
_FACETS_AT = 2 + 2 * len(AGES)


class Period(NamedTuple):
    """The filters of a period's encounters, and how these are counted."""

    filters: Filters
    met: Cut


class Asked(NamedTuple):
    """The queries of one period for one count: of the roll-ups (None: none keeps it), then of the rows."""

    cut: Cut
    from_rollups: Sequence[Query] | None
    # Made only where a day is to be counted so: most often none is.
    from_rows: Callable[[], Sequence[Query]]


async def first_day(session: AsyncSession) -> date | None:
    """The day on which the data of the whole database begin: its first published shift or first encounter."""
    shift = select(Shift.starts_at).where(Shift.state == "published").order_by(Shift.starts_at).limit(1)
    met = select(Encounter.date).where(counted()).order_by(Encounter.date).limit(1)
    starts_at, day = (await session.execute(select(shift.scalar_subquery(), met.scalar_subquery()))).one()
    return min((found for found in (local(starts_at).date() if starts_at else None, day) if found), default=None)


async def topics_of(session: AsyncSession) -> Sequence[Topic]:
    """Every topic ever used, in the order of the form."""
    return (await session.scalars(select(Topic).order_by(Topic.rank, Topic.code))).all()


async def tally(session: AsyncSession, filters: Filters, cut_off: datetime, cut: dict[str, Cut] | None = None) -> Tally:
    """The counts of the days of some filters; shifts count once ended by the cut-off.

    The roll-ups tell what they can, unless a `cut` says otherwise.
    """
    made = [cut] if cut else await cuts(session, [Span(filters.from_, filters.to)], cut_off)
    return (await tallies(session, [filters], made, cut_off, await topics_of(session)))[0]


async def tallies(
    session: AsyncSession,
    asked: Sequence[Filters],
    made: Sequence[dict[str, Cut]],
    cut_off: datetime,
    topics: Sequence[Topic],
) -> list[Tally]:
    """The counts of each period, in the order in which they are asked."""
    await _plan_afresh(session)
    pairs = list(zip(asked, made, strict=True))
    rows = [Tally() for _one in pairs]
    await _count_shifts(session, rows, pairs, cut_off)
    await _count_outings(session, rows, pairs)
    own = {topic.code: topic.pillar for topic in topics}
    periods = [_period(filters, cut, own) for filters, cut in pairs]
    await _count_encounters(session, rows, periods)
    for one, named in zip(rows, await _names(session, periods), strict=True):
        for topic in topics:
            if sums := named.get(f"t:{topic.code}"):
                one.topics.append(TopicCount(topic.code, topic.label, topic.pillar, *sums))
        one.pillars = {name[2:]: (sums[0], sums[1]) for name, sums in named.items() if name.startswith("p:")}
    if any(period.filters.age for period in periods):
        await _count_facets(session, rows, periods)
    return rows


async def _plan_afresh(session: AsyncSession) -> None:
    """Until the transaction ends PostgreSQL looks at the days and the slice that are asked for: the plan that it keeps
    for any of them, made without knowing them, takes twice as long.
    """
    if (await session.connection()).dialect.name == "postgresql":
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def _period(filters: Filters, cut: dict[str, Cut], pillars: dict[str, str | None]) -> Period:
    if filters.topic and pillars.get(filters.topic) == filters.pillar:
        # Who names the topic names its pillar.
        filters = replace(filters, pillar=None)
    met = cut["encounters"].all_rows() if rolled.crossed(filters) else cut["encounters"]
    return Period(filters, met)


async def _count_shifts(
    session: AsyncSession, rows: list[Tally], pairs: Sequence[tuple[Filters, dict[str, Cut]]], cut_off: datetime
) -> None:
    asked = [
        Asked(cut, rolled.shifts(f, cut), partial(_rows, queries.shifts, f, cut, cut_off))
        for f, cut in ((f, cut["shifts"]) for f, cut in pairs)
    ]
    for one, (filters, _cut), found in zip(rows, pairs, await _ask(session, asked), strict=True):
        for day, starts_at, site, *sums in found:
            counts = [int(value) for value in sums]
            when = day or (local(starts_at).date() if starts_at else None)
            if when:
                _add(one.service, [(when, *counts)])
            # A shift has no topic and no ages: under one, only encounters say where somebody was met.
            if site and counts[SHIFT_COUNTS.index("held")] and not filters.met_only:
                one.held_sites.add(site)
        for place, name in enumerate(SHIFT_COUNTS):
            setattr(one, name, sum(counts[place] for counts in one.service.values()))


async def _count_outings(
    session: AsyncSession, rows: list[Tally], pairs: Sequence[tuple[Filters, dict[str, Cut]]]
) -> None:
    asked = [
        Asked(cut, [rolled.outings(f, cut)], partial(_rows, queries.outings, f, cut))
        for f, cut in ((f, cut["outings"]) for f, cut in pairs)
    ]
    for one, found in zip(rows, await _ask(session, asked), strict=True):
        _add(one.walks, found)
        for place, name in enumerate(OUTING_COUNTS):
            setattr(one, name, sum(counts[place] for counts in one.walks.values()))


async def _count_encounters(session: AsyncSession, rows: list[Tally], periods: Sequence[Period]) -> None:
    asked = [Asked(p.met, [rolled.by_site(*p)], partial(_rows, queries.by_site, *p)) for p in periods]
    for one, period, found in zip(rows, periods, await _ask(session, asked), strict=True):
        sums = {site: counts for site, counts in _sums(found).items() if counts[0]}
        one.sites = {site: SiteCount.of(counts[:_FACETS_AT], period.filters.age) for site, counts in sums.items()}
        if not period.filters.age:
            one.add_facets(counts[_FACETS_AT:] for counts in sums.values())
    asked = [Asked(p.met, [rolled.by_day(*p)], partial(_rows, queries.by_day, *p)) for p in periods]
    for one, found in zip(rows, await _ask(session, asked), strict=True):
        one.days = [DayCount(day, counts[0], counts[1]) for day, counts in sorted(_sums(found).items()) if counts[0]]


async def _names(session: AsyncSession, periods: Sequence[Period]) -> list[Sums]:
    """The encounters and people of each topic and pillar, by its slice."""
    asked = []
    for period in periods:
        kept = rolled.by_name(*period)
        cut = period.met if kept is not None else period.met.all_rows()
        asked.append(Asked(cut, None if kept is None else [kept], partial(_names_of_rows, period.filters, cut)))
    found = await _ask(session, asked)
    return [{name: sums for name, sums in _sums(rows).items() if sums[0]} for rows in found]


async def _count_facets(session: AsyncSession, rows: list[Tally], periods: Sequence[Period]) -> None:
    """Under an age, whose encounters are another slice than those that tell the brackets of each site."""
    asked = []
    for period in periods:
        kept = rolled.facets(*period)
        cut = period.met if kept is not None else period.met.all_rows()
        from_rows = partial(_rows, queries.facets, period.filters, cut)
        asked.append(Asked(cut, None if kept is None else [kept], from_rows))
    for one, found in zip(rows, await _ask(session, asked), strict=True):
        one.add_facets(found)


def _rows(made: Callable[..., Query], *given: Any) -> list[Query]:
    return [made(*given)]


def _names_of_rows(filters: Filters, cut: Cut) -> list[Query]:
    return [queries.by_topic(filters, cut), queries.by_pillar(filters, cut)]


async def _ask(session: AsyncSession, asked: Sequence[Asked]) -> list[list[list[Any]]]:
    """What the queries of each period find, in one statement; one that has no day to look at is left out."""
    parts = []
    for number, (cut, from_rollups, from_rows) in enumerate(asked):
        chosen = [*(from_rollups or () if cut.rolled else ()), *(from_rows() if cut.rows else ())]
        parts += [one.add_columns(literal_column(str(number)).label("number")) for one in chosen]
    found: list[list[list[Any]]] = [[] for _one in asked]
    if parts:
        for *row, number in await session.execute(union_all(*parts) if len(parts) > 1 else parts[0]):
            found[number].append(row)
    return found


def _sums(rows: Iterable[Any]) -> Sums:
    """By the first column, the sums of the others."""
    found: Sums = {}
    _add(found, rows)
    return found


def _add(sums: Sums, rows: Iterable[Any]) -> None:
    for key, *values in rows:
        before = sums.get(key)
        now = [int(value) for value in values]
        sums[key] = [a + b for a, b in zip(before, now, strict=True)] if before else now
