"""Everything that a report needs, added up from the roll-ups and, for the days that they don't tell, from the rows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import local
from civic.encounters.models import Encounter, Topic
from civic.reports import queries, rolled
from civic.reports.conditions import counted
from civic.reports.filters import Filters
from civic.reports.rollup_models import FACET_COLUMNS, FACETS
from civic.reports.spans import Cut, cuts
from civic.reports.tally import DayCount, SiteCount, Tally, TopicCount
from civic.shifts.models import Shift

Sums = dict[Any, list[int]]
Query = Select[Any] | None


async def first_day(session: AsyncSession) -> date | None:
    """The day on which the data of the whole database begin: its first published shift or first encounter."""
    shift = select(Shift.starts_at).where(Shift.state == "published").order_by(Shift.starts_at).limit(1)
    met = select(Encounter.date).where(counted()).order_by(Encounter.date).limit(1)
    starts_at, day = (await session.execute(select(shift.scalar_subquery(), met.scalar_subquery()))).one()
    return min((found for found in (local(starts_at).date() if starts_at else None, day) if found), default=None)


async def tally(session: AsyncSession, filters: Filters, cut_off: datetime, cut: dict[str, Cut] | None = None) -> Tally:
    """The counts of the days of some filters; shifts count once ended by the cut-off.

    The roll-ups tell what they can, unless a `cut` says otherwise.
    """
    cut = cut or await cuts(session, filters.from_, filters.to, cut_off)
    topics = (await session.scalars(select(Topic).order_by(Topic.rank, Topic.code))).all()
    rows = Tally()
    await _count_shifts(session, rows, filters, cut["shifts"], cut_off)
    await _count_outings(session, rows, filters, cut["outings"])
    own = {topic.code: topic.pillar for topic in topics}
    if filters.topic and own.get(filters.topic) == filters.pillar:
        # Who names the topic names its pillar.
        filters = replace(filters, pillar=None)
    met = cut["encounters"].all_rows() if rolled.crossed(filters) else cut["encounters"]
    await _count_encounters(session, rows, filters, met)
    named = await _names(session, filters, met)
    for topic in topics:
        if sums := named.get(f"t:{topic.code}"):
            rows.topics.append(TopicCount(topic.code, topic.label, topic.pillar, *sums))
    rows.pillars = {name[2:]: (sums[0], sums[1]) for name, sums in named.items() if name.startswith("p:")}
    await _count_facets(session, rows, filters, met)
    return rows


async def _count_shifts(session: AsyncSession, rows: Tally, filters: Filters, cut: Cut, cut_off: datetime) -> None:
    by_site = await _sums(session, cut, rolled.shifts(filters, cut), queries.shifts(filters, cut, cut_off))
    for site, (count, capacity, confirmed, present, held, paired, hundredths) in by_site.items():
        rows.shifts += count
        rows.capacity += capacity
        rows.confirmed += confirmed
        rows.present += present
        rows.held += held
        rows.paired += paired
        rows.hundredths += hundredths
        # A shift has no topic and no ages: under one, only encounters say where somebody was met.
        if held and not filters.met_only:
            rows.held_sites.add(site)


async def _count_outings(session: AsyncSession, rows: Tally, filters: Filters, cut: Cut) -> None:
    found = await _rows(session, cut, rolled.outings(filters, cut), queries.outings(filters, cut))
    sums = [sum(int(one[place]) for one in found) for place in range(4)]
    rows.outings, rows.approached, rows.approached_both, rows.refused_both = sums


async def _count_encounters(session: AsyncSession, rows: Tally, filters: Filters, cut: Cut) -> None:
    by_site = await _sums(session, cut, rolled.by_site(filters, cut), queries.by_site(filters, cut))
    rows.sites = {site: SiteCount.of(sums, filters.age) for site, sums in by_site.items() if sums[0]}
    by_day = await _sums(session, cut, rolled.by_day(filters, cut), queries.by_day(filters, cut))
    rows.days = [DayCount(day, *sums) for day, sums in sorted(by_day.items()) if sums[0]]


async def _names(session: AsyncSession, filters: Filters, cut: Cut) -> Sums:
    """The encounters and people of each topic and pillar, by its slice."""
    kept = rolled.by_name(filters, cut)
    cut = cut if kept is not None else cut.all_rows()
    found = await _sums(session, cut, kept, queries.by_topic(filters, cut))
    _add(found, await _rows(session, cut, None, queries.by_pillar(filters, cut)))
    return {name: sums for name, sums in found.items() if sums[0]}


async def _count_facets(session: AsyncSession, rows: Tally, filters: Filters, cut: Cut) -> None:
    kept = rolled.facets(filters, cut)
    cut = cut if kept is not None else cut.all_rows()
    counts: dict[str, dict[str, int]] = {facet: dict.fromkeys(values, 0) for facet, values in FACETS.items()}
    for sums in await _rows(session, cut, kept, None):
        for (facet, value), count in zip(FACET_COLUMNS, sums, strict=True):
            counts[facet][value] += int(count)
    for *mix, count in await _rows(session, cut, None, queries.facets(filters, cut)):
        for facet, value in zip(FACETS, mix, strict=True):
            if value is not None:
                counts[facet][value] += count
    rows.facets = counts


async def _sums(session: AsyncSession, cut: Cut, from_rollups: Query, from_rows: Query) -> Sums:
    """By the first column, the sums of the others."""
    found: Sums = {}
    _add(found, await _rows(session, cut, from_rollups, from_rows))
    return found


async def _rows(session: AsyncSession, cut: Cut, from_rollups: Query, from_rows: Query) -> list[Any]:
    """What either query finds; one that has no day to look at is not asked."""
    found: list[Any] = []
    if from_rollups is not None and cut.rolled:
        found += (await session.execute(from_rollups)).all()
    if from_rows is not None and cut.rows:
        found += (await session.execute(from_rows)).all()
    return found


def _add(sums: Sums, rows: Iterable[Any]) -> None:
    for key, *values in rows:
        before = sums.get(key)
        now = [int(value) for value in values]
        sums[key] = [a + b for a, b in zip(before, now, strict=True)] if before else now
