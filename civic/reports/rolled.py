"""The same counts as in queries.py, from the daily roll-ups. Where none keeps a count, the query is None."""

from typing import Any

from sqlalchemy import Date, Select, String, Table, cast, func, null, or_, select
from sqlalchemy.sql.elements import ColumnElement

from civic.db import UtcDateTime
from civic.encounters.codes import AGES
from civic.reports.conditions import Conditions, of_pillar, there
from civic.reports.filters import Filters
from civic.reports.rollup_models import (
    FACET_COLUMNS,
    MET,
    OUTING_COUNTS,
    PEOPLE,
    SHIFT_COUNTS,
    encounter_days,
    encounter_pairs,
    outing_days,
    shift_days,
)
from civic.reports.spans import Cut


def _sums(table: Table, *names: str) -> list[ColumnElement[int]]:
    return [func.sum(table.c[name]) for name in names]


# Made once: nearly all of what a statement costs before it is sent is in such lists.
_BRACKETS = _sums(encounter_days, *MET.values(), *PEOPLE.values())
_FACETS = [
    func.coalesce(one, 0) for one in _sums(encounter_days, *(f"{facet}_{value}" for facet, value in FACET_COLUMNS))
]
_SHIFTS = _sums(shift_days, *SHIFT_COUNTS)
_OUTINGS = _sums(outing_days, *OUTING_COUNTS)
# Encounters and people; under an age, those of the bracket.
_COUNTS = {
    (table, age): _sums(table, *((MET[age], PEOPLE[age]) if age else ("encounters", "people")))
    for table in (encounter_days, encounter_pairs)
    for age in (None, *AGES)
}


def slice_of(filters: Filters) -> str:
    """The slice of the encounters that name what the filters ask for."""
    if filters.topic:
        return f"t:{filters.topic}"
    return f"p:{filters.pillar}" if filters.pillar else ""


def crossed(filters: Filters) -> bool:
    """Whether a topic and a pillar are asked for together, of which no roll-up is kept."""
    return bool(filters.topic and filters.pillar)


def by_site(filters: Filters, cut: Cut) -> Select[Any]:
    """Encounters, people, the brackets, and without an age the facets."""
    table = encounter_days.c
    return (
        select(table.site_id, *_counts(encounter_days, filters), *_BRACKETS, *(() if filters.age else _FACETS))
        .where(*_days(filters, cut), table.slice == slice_of(filters))
        .group_by(table.site_id)
    )


def by_day(filters: Filters, cut: Cut) -> Select[Any]:
    table = encounter_days.c
    return (
        select(table.day, *_counts(encounter_days, filters))
        .where(*_days(filters, cut), table.slice == slice_of(filters))
        .group_by(table.day)
    )


def by_name(filters: Filters, cut: Cut) -> Select[Any] | None:
    """Topics and pillars by their slice."""
    pairs, days = encounter_pairs.c, encounter_days.c
    if not (filters.site or filters.mission):
        where = [cut.in_rollups(pairs.day), pairs.slice == slice_of(filters)]
        if filters.areas:
            where.append(pairs.area_code.in_(sorted(filters.areas)))
        return select(pairs.other, *_counts(encounter_pairs, filters)).where(*where).group_by(pairs.other)
    if slice_of(filters):
        return None
    named = or_(days.slice.like("t:%"), days.slice.like("p:%"))
    return select(days.slice, *_counts(encounter_days, filters)).where(*_days(filters, cut), named).group_by(days.slice)


def facets(filters: Filters, cut: Cut) -> Select[Any] | None:
    """One row of sums, in the order of FACET_COLUMNS, under an age: else `by_site` tells them."""
    if slice_of(filters):
        return None
    return select(*_FACETS).where(*_days(filters, cut), encounter_days.c.slice == f"a:{filters.age}")


def shifts(filters: Filters, cut: Cut) -> list[Select[Any]]:
    """By day, then by site: day, no start, site, then SHIFT_COUNTS."""
    table = shift_days.c
    where = [cut.in_rollups(table.day), *there(filters, table.site_id), *_mission(filters, table.mission_id)]
    if filters.pillar:
        where.append(of_pillar(filters, table.mission_id))
    no_start = cast(null(), UtcDateTime)
    return [
        select(table.day, no_start, cast(null(), String), *_SHIFTS).where(*where).group_by(table.day),
        select(cast(null(), Date), no_start, table.site_id, *_SHIFTS).where(*where).group_by(table.site_id),
    ]


def outings(filters: Filters, cut: Cut) -> Select[Any]:
    """By day, in the order of OUTING_COUNTS."""
    table = outing_days.c
    where = [cut.in_rollups(table.day), *there(filters, table.site_id), *_mission(filters, table.mission_id)]
    if filters.pillar:
        where.append(of_pillar(filters, table.mission_id))
    return select(table.day, *_OUTINGS).where(*where).group_by(table.day)


def _days(filters: Filters, cut: Cut) -> Conditions:
    table = encounter_days.c
    return [cut.in_rollups(table.day), *there(filters, table.site_id), *_mission(filters, table.mission_id)]


def _mission(filters: Filters, column: ColumnElement[Any]) -> Conditions:
    return [column == filters.mission] if filters.mission else []


def _counts(table: Table, filters: Filters) -> list[ColumnElement[int]]:
    return _COUNTS[table, filters.age]
