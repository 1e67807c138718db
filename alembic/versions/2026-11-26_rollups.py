"""Daily roll-ups for the reports, and the triggers that note which days they no longer tell right.

Safety: new tables and triggers only. No table is copied or locked for longer than a trigger takes to be made; the days
that hold something already are noted as changed, so that reports count their rows until the worker has rolled them up.
See docs/decisions for why the database notes the days and does not add up at once.

Revision: 2026_11_26_rollups
Revises: 2026_11_26_planning
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_rollups"
down_revision = "2026_11_26_planning"
branch_labels = None
depends_on = None

AGES = ("age_lt12", "age_12_17", "age_18_24", "age_25_59", "age_60p", "age_nc")
FACETS = {
    "feeling": ("positif", "neutre", "negatif", "nc"),
    "contact_origin": ("aller_vers", "venue_spontanee", "stand_animation", "groupe_prevu", "partenaire"),
    "origin_zone": ("commune_site", "call", "cahc", "cabbalr", "autre_62_59", "ailleurs_fr", "etranger", "nc"),
    "half_day": ("matin", "midi", "apres_midi", "soir"),
}
COUNTS = ("encounters", "people", *(f"met_{age}" for age in AGES), *(f"people_{age}" for age in AGES))
SLICE = sa.String(42)
# What a change of an encounter must touch to change a figure; going in or out of "voided" is the rest.
MET = ("date", "site_id", "shift_id", *AGES, *FACETS)
WENT = ("date", "site_id", "shift_id", "approached_count", "refused_count")
SERVED = "('confirmed', 'walk_in')"


def upgrade() -> None:
    _create_tables()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _sqlite() if sqlite else _postgresql():
        op.execute(statement)
    for kind, table in (("encounters", "encounters"), ("outings", "outings")):
        op.execute(f"INSERT INTO rollup_changes (kind, day) SELECT DISTINCT '{kind}', date FROM {table}")
    # Without a time zone SQLite can't tell the local day: both that it may be are noted.
    days = ("date(starts_at, '+1 hour')", "date(starts_at, '+2 hours')") if sqlite else (_paris("starts_at"),)
    found = " UNION ".join(f"SELECT {day} AS day FROM shifts" for day in days)
    op.execute(f"INSERT INTO rollup_changes (kind, day) SELECT 'shifts', day FROM ({found}) AS found")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")


def _create_tables() -> None:
    op.create_table(
        "rollup_changes",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
    )
    op.create_index("ix_rollup_changes_kind_day", "rollup_changes", ["kind", "day"])
    counts = [sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS]
    facets = [f"{facet}_{value}" for facet, values in FACETS.items() for value in values]
    op.create_table(
        "encounter_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=True),
        sa.Column("slice", SLICE, nullable=False),
        *counts,
        *(sa.Column(name, sa.Integer(), nullable=False) for name in facets),
    )
    op.create_index("ix_encounter_days_slice_day", "encounter_days", ["slice", "day"])
    op.create_index("ix_encounter_days_site_id_day", "encounter_days", ["site_id", "day"])
    op.create_index("ix_encounter_days_day", "encounter_days", ["day"])
    op.create_table(
        "encounter_pairs",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("area_code", sa.String(40), nullable=False),
        sa.Column("slice", SLICE, nullable=False),
        sa.Column("other", SLICE, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
    )
    op.create_index("ix_encounter_pairs_slice_day", "encounter_pairs", ["slice", "day"])
    op.create_index("ix_encounter_pairs_day", "encounter_pairs", ["day"])
    op.create_table(
        "shift_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("shifts", "capacity", "confirmed", "present", "held", "paired", "hundredths")
        ),
        sa.Column("last_end", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_shift_days_day", "shift_days", ["day"])
    op.create_table(
        "outing_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("outings", "approached", "approached_both", "refused_both")
        ),
    )
    op.create_index("ix_outing_days_day", "outing_days", ["day"])


def _paris(moment: str) -> str:
    return f"({moment} AT TIME ZONE 'Europe/Paris')::date"


def _differs(columns: tuple[str, ...], voided: str, operator: str) -> str:
    """Whether an update changes a figure; `voided` is a condition with {row} for OLD or NEW."""
    old, new = (
        ", ".join([*(f"{row}.{name}" for name in columns), voided.format(row=row)]) for row in ("OLD", "NEW")
    )
    return f"({old}) {operator} ({new})"


def _sqlite() -> Iterator[str]:
    """One writer at a time, so a day that stands in the list already need not be noted again."""

    def touch(kind: str, *days: str, source: str = "") -> str:
        noted = "SELECT 1 FROM rollup_changes AS noted WHERE noted.kind = '{0}' AND noted.day = found.day"
        found = " UNION ".join(f"SELECT {day} AS day {source}" for day in days)
        return (
            f"INSERT INTO rollup_changes (kind, day) SELECT '{kind}', found.day FROM ({found}) AS found"
            f" WHERE found.day IS NOT NULL AND NOT EXISTS ({noted.format(kind)});"
        )

    def trigger(name: str, event: str, *steps: str, when: str = "") -> str:
        condition = f" WHEN {when}" if when else ""
        return f"CREATE TRIGGER rollup_{name} AFTER {event} FOR EACH ROW{condition} BEGIN {' '.join(steps)} END"

    def local(row: str) -> tuple[str, str]:
        return f"date({row}.starts_at, '+1 hour')", f"date({row}.starts_at, '+2 hours')"

    for table, columns, voided in (
        ("encounters", MET, "{row}.status = 'voided'"),
        ("outings", WENT, "{row}.voided_at IS NULL"),
    ):
        changed = _differs(columns, voided, "IS NOT")
        yield trigger(f"{table}_insert", f"INSERT ON {table}", touch(table, "NEW.date"))
        yield trigger(f"{table}_update", f"UPDATE ON {table}", touch(table, "OLD.date", "NEW.date"), when=changed)
        yield trigger(f"{table}_delete", f"DELETE ON {table}", touch(table, "OLD.date"))
    for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        name = f"encounter_topics_{event.lower()}"
        steps = [touch("encounters", "date", source=f"FROM encounters WHERE id = {row}.encounter_id") for row in rows]
        yield trigger(name, f"{event} ON encounter_topics", *steps)
        name = f"attendances_{event.lower()}"
        of_booking = [
            touch("shifts", *local("bookings"), source=f"FROM bookings WHERE id = {row}.booking_id") for row in rows
        ]
        yield trigger(name, f"{event} ON attendances", *of_booking)
        days = [day for row in rows for day in local(row)]
        served = " OR ".join(f"{row}.state IN {SERVED}" for row in rows)
        seat = f"{event} OF state, shift_id" if event == "UPDATE" else event
        yield trigger(f"bookings_{event.lower()}", f"{seat} ON bookings", touch("shifts", *days), when=served)
        cells = f"{event} OF starts_at, ends_at, site_id, mission_id, capacity, state" if event == "UPDATE" else event
        yield trigger(f"shifts_{event.lower()}", f"{cells} ON shifts", touch("shifts", *days))
    yield trigger(
        "shifts_mission",
        "UPDATE OF mission_id ON shifts",
        touch("encounters", "date", source="FROM encounters WHERE shift_id = NEW.id"),
        touch("outings", "date", source="FROM outings WHERE shift_id = NEW.id"),
    )
    named = "FROM encounter_topics JOIN encounters ON encounters.id = encounter_id WHERE topic_code = NEW.code"
    yield trigger("topics_pillar", "UPDATE OF pillar ON topics", touch("encounters", "date", source=named))
    there = "FROM encounters WHERE site_id = NEW.id"
    yield trigger(
        "sites_area", "UPDATE OF intermunicipality_code ON sites", touch("encounters", "date", source=there)
    )


def _postgresql() -> Iterator[str]:
    """Every change is noted again, by whoever makes it: a note that another transaction left may be about to go."""

    def trigger(name: str, event: str, body: str, *, when: str = "", level: str = "ROW", rows: str = "") -> Iterator[str]:
        yield (
            f"CREATE FUNCTION rollup_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
        )
        condition = f" WHEN ({when})" if when else ""
        yield (
            f"CREATE TRIGGER rollup_{name} AFTER {event} {rows} FOR EACH {level}{condition}"
            f" EXECUTE FUNCTION rollup_{name}()"
        )

    def touch(kind: str, days: str) -> str:
        return f"INSERT INTO rollup_changes (kind, day) SELECT DISTINCT '{kind}', day FROM ({days}) AS found;"

    def values(*days: str) -> str:
        return " UNION ".join(f"SELECT {day} AS day" for day in days)

    for table, columns, voided in (
        ("encounters", MET, "{row}.status = 'voided'"),
        ("outings", WENT, "{row}.voided_at IS NULL"),
    ):
        for event, side in (("INSERT", "NEW"), ("DELETE", "OLD")):
            rows = f"REFERENCING {side} TABLE AS touched"
            body = touch(table, "SELECT date AS day FROM touched")
            yield from trigger(f"{table}_{event.lower()}", f"{event} ON {table}", body, level="STATEMENT", rows=rows)
        changed = _differs(columns, voided, "IS DISTINCT FROM")
        body = touch(table, values("OLD.date", "NEW.date"))
        yield from trigger(f"{table}_update", f"UPDATE ON {table}", body, when=changed)
    for event, sides in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        named = " UNION ".join(f"SELECT encounter_id FROM touched_{side.lower()}" for side in sides)
        rows = "REFERENCING " + " ".join(f"{side} TABLE AS touched_{side.lower()}" for side in sides)
        body = touch("encounters", f"SELECT date AS day FROM encounters WHERE id IN ({named})")
        name = f"encounter_topics_{event.lower()}"
        yield from trigger(name, f"{event} ON encounter_topics", body, level="STATEMENT", rows=rows)
        noted = ", ".join(f"{side}.booking_id" for side in sides)
        body = touch("shifts", f"SELECT {_paris('starts_at')} AS day FROM bookings WHERE id IN ({noted})")
        yield from trigger(f"attendances_{event.lower()}", f"{event} ON attendances", body)
        body = touch("shifts", values(*(_paris(f"{side}.starts_at") for side in sides)))
        served = " OR ".join(f"{side}.state IN {SERVED}" for side in sides)
        seat = f"{event} OF state, shift_id" if event == "UPDATE" else event
        yield from trigger(f"bookings_{event.lower()}", f"{seat} ON bookings", body, when=served)
        cells = f"{event} OF starts_at, ends_at, site_id, mission_id, capacity, state" if event == "UPDATE" else event
        yield from trigger(f"shifts_{event.lower()}", f"{cells} ON shifts", body)
    yield from trigger(
        "shifts_mission",
        "UPDATE OF mission_id ON shifts",
        touch("encounters", "SELECT date AS day FROM encounters WHERE shift_id = NEW.id")
        + touch("outings", "SELECT date AS day FROM outings WHERE shift_id = NEW.id"),
    )
    yield from trigger(
        "topics_pillar",
        "UPDATE OF pillar ON topics",
        touch(
            "encounters",
            "SELECT date AS day FROM encounters JOIN encounter_topics ON encounters.id = encounter_id"
            " WHERE topic_code = NEW.code",
        ),
    )
    yield from trigger(
        "sites_area",
        "UPDATE OF intermunicipality_code ON sites",
        touch("encounters", "SELECT date AS day FROM encounters WHERE site_id = NEW.id"),
    )
