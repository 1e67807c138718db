"""How the daily roll-ups are made from the rows: for each, what to insert for some days."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Date, Select, Table, case, func, literal, select, union
from sqlalchemy.sql.elements import ColumnElement

from civic import clock
from civic.encounters.codes import AGES
from civic.encounters.models import Encounter, EncounterTopic, Outing, Topic
from civic.reports.conditions import of_encounters, of_outings, of_shifts
from civic.reports.filters import Filters
from civic.reports.queries import brackets, ones, outing_sums, seat_sums, seats
from civic.reports.rollup_models import (
    COUNTS,
    FACET_COLUMNS,
    OUTING_COUNTS,
    SHIFT_COUNTS,
    encounter_days,
    encounter_pairs,
    outing_days,
    shift_days,
)
from civic.reports.spans import Cut, Span
from civic.shifts.models import Shift
from civic.sites.models import Site

Made = Iterator[tuple[Table, list[str], Select[Any]]]


def encounters(span: Span) -> Made:
    """One row per day, site, mission and slice, then the pairs of what an encounter names.

    The rows of a slice are written side by side, as a report reads them: scattered, they cost ten times the pages.
    """
    where = of_encounters(*_all(span))
    columns = [
        "day",
        "site_id",
        "mission_id",
        "slice",
        *COUNTS,
        *(f"{facet}_{value}" for facet, value in FACET_COLUMNS),
    ]
    sums = [*_counts(), *(ones(getattr(Encounter, facet) == value) for facet, value in FACET_COLUMNS)]
    place = (Encounter.date, Encounter.site_id, Shift.mission_id)

    def of(slice_: ColumnElement[str]) -> Select[Any]:
        return select(*place, slice_, *sums).outerjoin(Shift, Shift.id == Encounter.shift_id).where(*where)

    yield encounter_days, columns, of(literal("")).group_by(*place)
    for age in AGES:
        yield encounter_days, columns, of(literal(f"a:{age}")).where(getattr(Encounter, age) > 0).group_by(*place)
    tags = _tags(span)
    named = of(tags.c.tag).join(tags, tags.c.id == Encounter.id)
    yield encounter_days, columns, named.group_by(*place, tags.c.tag).order_by(tags.c.tag)
    yield from _pairs(span)


def _pairs(span: Span) -> Made:
    columns = ["day", "area_code", "slice", "other", *COUNTS]
    other, tags = _tags(span), _tags(span)
    place = (Encounter.date, Site.intermunicipality_code)
    found = select(*place).join(Site, Site.id == Encounter.site_id).join(other, other.c.id == Encounter.id)
    every = found.add_columns(literal(""), other.c.tag, *_counts())
    yield encounter_pairs, columns, every.group_by(*place, other.c.tag)
    both = found.join(tags, tags.c.id == Encounter.id).add_columns(tags.c.tag, other.c.tag, *_counts())
    yield encounter_pairs, columns, both.group_by(*place, tags.c.tag, other.c.tag).order_by(tags.c.tag)


def _tags(span: Span) -> Any:
    """What each encounter of the days names, topics and pillars, each once."""
    met = of_encounters(*_all(span))
    of_topic = select(Encounter.id.label("id"), ("t:" + EncounterTopic.topic_code).label("tag"))
    of_pillar = select(Encounter.id.label("id"), ("p:" + Topic.pillar).label("tag"))
    named = EncounterTopic.encounter_id == Encounter.id
    return union(
        of_topic.join(EncounterTopic, named).where(*met),
        of_pillar.join(EncounterTopic, named)
        .join(Topic, Topic.code == EncounterTopic.topic_code)
        .where(*met, Topic.pillar.is_not(None)),
    ).subquery()


def _counts() -> list[ColumnElement[int]]:
    """In the order of COUNTS."""
    return [func.count(), func.sum(Encounter.people_count), *brackets()]


def shifts(span: Span) -> Made:
    """Only Python knows where a local day ends, so the query is told the end of each."""
    found = seats(*of_shifts(*_all(span)))
    ends = {day: clock.day_bounds(day, day)[1] for day in clock.days(*span)}
    local = case(*((found.c.starts_at < end, literal(day, Date)) for day, end in ends.items()))
    dated = select(found, local.label("day")).subquery()
    place = (dated.c.day, dated.c.site_id, dated.c.mission_id)
    query = select(*place, *seat_sums(dated), func.max(dated.c.ends_at)).group_by(*place)
    yield shift_days, ["day", "site_id", "mission_id", *SHIFT_COUNTS, "last_end"], query


def outings(span: Span) -> Made:
    place = (Outing.date, Outing.site_id, Shift.mission_id)
    found = select(*place, *outing_sums()).outerjoin(Shift, Shift.id == Outing.shift_id)
    query = found.where(*of_outings(*_all(span))).group_by(*place)
    yield outing_days, ["day", "site_id", "mission_id", *OUTING_COUNTS], query


def _all(span: Span) -> tuple[Filters, Cut]:
    return Filters(from_=span.first, to=span.last), Cut(span, (span,))


ROLLUPS = {
    "encounters": (encounters, (encounter_days, encounter_pairs)),
    "shifts": (shifts, (shift_days,)),
    "outings": (outings, (outing_days,)),
}
