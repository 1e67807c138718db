"""The daily roll-ups that reports add up, and the days that they no longer tell right.

A roll-up is derived: it has no key of its own and points to nothing, and may be dropped and made again at any time.
`rollup_changes` is written by triggers of the database, in the transaction that changes a figure; a day that stands in
it is counted from the rows themselves until it is rolled up again (see the migration and docs/decisions).

A slice of `encounter_days` is "" for all encounters, "t:<topic>" and "p:<pillar>" for those that name one,
"a:<bracket>" for those with somebody of an age. `met_<bracket>` counts encounters, `people_<bracket>` people.
`encounter_pairs` counts the encounters of a slice that name another topic or pillar too.
"""

from typing import Any

from sqlalchemy import Column, Date, Index, Integer, String, Table, Uuid

from civic.db import Base, UtcDateTime
from civic.encounters.codes import AGES, CONTACT_ORIGINS, FEELINGS, HALF_DAYS, ORIGIN_ZONES

KINDS = ("encounters", "shifts", "outings")
# What a report tells apart besides ages, topics and places; the columns of Encounter and their values.
FACETS = {
    "feeling": FEELINGS,
    "contact_origin": CONTACT_ORIGINS,
    "origin_zone": ORIGIN_ZONES,
    "half_day": HALF_DAYS,
}
FACET_COLUMNS = tuple((facet, value) for facet, values in FACETS.items() for value in values)
MET = {age: f"met_{age}" for age in AGES}
PEOPLE = {age: f"people_{age}" for age in AGES}
COUNTS = ("encounters", "people", *MET.values(), *PEOPLE.values())
SHIFT_COUNTS = ("shifts", "capacity", "confirmed", "present", "held", "paired", "hundredths")
OUTING_COUNTS = ("outings", "approached", "approached_both", "refused_both")


def _counts(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


def _day() -> Column[Any]:
    return Column("day", Date, nullable=False)


def _code(name: str, size: int = 40) -> Column[Any]:
    return Column(name, String(size), nullable=False)


rollup_changes = Table(
    "rollup_changes", Base.metadata, _code("kind"), _day(), Index("ix_rollup_changes_kind_day", "kind", "day")
)
encounter_days = Table(
    "encounter_days",
    Base.metadata,
    _day(),
    _code("site_id"),
    Column("mission_id", Uuid),
    _code("slice", 42),
    *_counts(*COUNTS, *(f"{facet}_{value}" for facet, value in FACET_COLUMNS)),
    Index("ix_encounter_days_slice_day", "slice", "day"),
    Index("ix_encounter_days_site_id_day", "site_id", "day"),
    Index("ix_encounter_days_mission_id_slice_day", "mission_id", "slice", "day"),
    Index("ix_encounter_days_day", "day"),
)
encounter_pairs = Table(
    "encounter_pairs",
    Base.metadata,
    _day(),
    _code("area_code"),
    _code("slice", 42),
    _code("other", 42),
    *_counts(*COUNTS),
    Index("ix_encounter_pairs_slice_day", "slice", "day"),
    Index("ix_encounter_pairs_day", "day"),
)
shift_days = Table(
    "shift_days",
    Base.metadata,
    _day(),
    _code("site_id"),
    Column("mission_id", Uuid, nullable=False),
    *_counts(*SHIFT_COUNTS),
    # Before this moment the day's shifts were not all over: a report cut off earlier counts their rows.
    Column("last_end", UtcDateTime, nullable=False),
    Index("ix_shift_days_day", "day"),
)
outing_days = Table(
    "outing_days",
    Base.metadata,
    _day(),
    _code("site_id"),
    Column("mission_id", Uuid),
    *_counts(*OUTING_COUNTS),
    Index("ix_outing_days_day", "day"),
)
