"""The migrations make the tables of the models, on both engines, keep what was there, and may be applied again."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid5

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

import civic.models
from civic.db import Base, Database, sqlite_file
from civic.migrate import _config, head, upgrade
from tests.postgres import Cluster

assert civic.models


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))


async def test_the_models_are_what_the_migrations_make(db: Database) -> None:
    async with db.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_upgrading_again_changes_nothing(engine_url: str) -> None:
    upgrade(engine_url)
    assert head()


# What the first release wrote, in its own words: raw SQL, since today's models know more columns.
FIRST = "2026_11_23_first"
AT = "2026-11-20 09:00:00.000000"
NAMES = "volunteer tutor profile friend shift later mission seat past gone contract event note mail"
IDS = {name: uuid5(UUID(int=0), name) for name in NAMES.split()}
ROWS = f"""
INSERT INTO intermunicipalities (code, name, short_name, siren) VALUES ('CALL', 'CA Lens', 'Lens', '1');
INSERT INTO communes (insee, name, intermunicipality_code, postcodes, population, lat, lon)
  VALUES ('62498', 'Lens', 'CALL', '62300', 30000, 50.4, 2.8);
INSERT INTO sites (id, name, kind, pillar, commune_insee, intermunicipality_code, lat, lon, approximate,
  coordinates_source, chain_member, meeting_place, access_notes, safety_notes, on_call_number)
  VALUES ('parc', 'Parc', 'park', 'archipel_vert', '62498', 'CALL', 50.4, 2.8, false, '', '', '', '', '', '');
INSERT INTO users (id, name, role, theme, created_at, email, hashed_password, is_active, is_superuser, is_verified)
  VALUES (:volunteer, 'Inès', 'volunteer', '', '{AT}', 'ines@example.test', 'x', true, false, true),
         (:tutor, 'Nadia', 'coordinator', '', '{AT}', 'nadia@example.test', 'x', true, false, true);
INSERT INTO volunteers (id, user_id, birth_date, phone, emergency_name, emergency_phone, created_at)
  VALUES (:profile, :volunteer, '2005-01-01', '', '', '', '{AT}'), (:friend, :tutor, '2005-01-01', '', '', '', '{AT}');
INSERT INTO missions (id, title, pillar, activity, description, tasks, min_age, approval_number, created_at)
  VALUES (:mission, 'Mission', 'archipel_vert', '', '', '', 16, '', '{AT}');
INSERT INTO shifts (id, mission_id, site_id, starts_at, ends_at, break_minutes, capacity, min_staff, state, version,
  created_at, cancel_reason)
  VALUES (:shift, :mission, 'parc', '2026-12-01 09:00:00', '2026-12-01 12:00:00', 0, 1, 1, 'published', 1, '{AT}', ''),
         (:later, :mission, 'parc', '2026-12-01 11:00:00', '2026-12-01 13:00:00', 0, 1, 1, 'published', 1, '{AT}', '');
INSERT INTO bookings (id, shift_id, volunteer_id, starts_at, ends_at, state, queue_key, reason, created_at)
  VALUES (:seat, :shift, :profile, '2026-12-01 09:00:00', '2026-12-01 12:00:00', 'confirmed', 2, '', '{AT}'),
         (:gone, :shift, :profile, '2026-12-01 09:00:00', '2026-12-01 12:00:00', 'withdrawn', 1, '', '{AT}');
INSERT INTO booking_events (id, booking_id, at, state, reason, detail)
  VALUES (:event, :seat, '{AT}', 'confirmed', '', '{{}}');
INSERT INTO attendances (id, booking_id, state, hours, noted_at) VALUES (:note, :seat, 'present', 3, '{AT}');
INSERT INTO engagement_contracts (id, volunteer_id, starts_on, ends_on, weekly_hours, tutor_id, conformity_checked_on,
  parental_holders, age_limit_30, created_at)
  VALUES (:contract, :profile, '2026-09-01', '2027-04-30', 24.5, :tutor, '2026-08-25', '', false, '{AT}');
INSERT INTO trainings (id, contract_id, kind, done_on, created_at)
  VALUES (:past, :contract, 'first_aid', '2026-09-10', '{AT}');
INSERT INTO outbox_mails (id, created_at, kind, recipient, subject, text_body, html_body, headers, attempts,
  next_try_at)
  VALUES (:mail, '{AT}', 'booking_placed', 'ines@example.test', 'S', 'T', 'H', '{{}}', 0, '{AT}')
"""
TABLES = (
    "bookings",
    "booking_events",
    "attendances",
    "engagement_contracts",
    "trainings",
    "outbox_mails",
    "shifts",
    "sites",
)


def written(url: str) -> dict[str, str]:
    """Identifiers as each engine writes them."""
    return {name: one.hex if sqlite_file(url) else str(one) for name, one in IDS.items()}


def on(url: str, work: Callable[[Connection], Any]) -> Any:
    """Do something on a connection, in one transaction."""

    async def doing() -> Any:
        database = Database(url)
        try:
            async with database.engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await database.dispose()

    return asyncio.run(doing())


def run(url: str, sql: str) -> None:
    """Raw statements, the names of IDS put in as literals."""
    for name, value in written(url).items():
        sql = sql.replace(f":{name}", f"'{value}'")

    def work(connection: Connection) -> None:
        for statement in sql.split(";\n"):
            connection.exec_driver_sql(statement)

    on(url, work)


def rows_of(url: str) -> dict[str, list[dict[str, Any]]]:
    def work(connection: Connection) -> dict[str, list[dict[str, Any]]]:
        found = {name: connection.execute(text(f"SELECT * FROM {name} ORDER BY id")) for name in TABLES}
        return {name: [dict(row._mapping) for row in rows] for name, rows in found.items()}

    return on(url, work)  # type: ignore[no-any-return]


def guards_of(url: str) -> set[tuple[Any, ...]]:
    """Tables, indexes, triggers and constraints by name and text."""
    if sqlite_file(url):
        queries = ["SELECT type, name, tbl_name, sql FROM sqlite_master"]
    else:
        queries = [
            "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace",
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = 'public'",
        ]

    def work(connection: Connection) -> set[tuple[Any, ...]]:
        return {tuple(row) for query in queries for row in connection.exec_driver_sql(query)}

    return on(url, work)  # type: ignore[no-any-return]


@pytest.fixture(params=["sqlite", "postgres"])
def first_url(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[str]:
    """A database of the first release, with a few rows in it."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'first.db'}"
        command.upgrade(_config(url), FIRST)
        run(url, ROWS)
        yield url
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    with cluster.clone("template1") as url:
        command.upgrade(_config(url), FIRST)
        run(url, ROWS)
        yield url


def test_the_first_releases_data_comes_along(first_url: str) -> None:
    before = rows_of(first_url)
    upgrade(first_url)
    after = rows_of(first_url)
    for table, rows in before.items():
        assert [{name: row[name] for name in rows[0]} for row in after[table]] == rows, table
    (contract,) = after["engagement_contracts"]
    assert (contract["usual_days"], contract["end_reason"], contract["notice_given_on"]) == ("12345", "", None)
    assert not contract["earlier_engagement"]
    (note,) = after["attendances"]
    assert (note["source"], note["arrived_at"]) == ("coordinator", None)
    assert [(one["series_id"], bool(one["detached"]), one["reference"]) for one in after["shifts"]] == [
        (None, False, None)
    ] * 2
    assert [one["photo"] for one in after["sites"]] == [""]
    (mail,) = after["outbox_mails"]
    assert mail["attachments"] in ([], "[]")


def test_what_guards_the_tables_is_that_of_a_fresh_database(first_url: str, request: pytest.FixtureRequest) -> None:
    older = guards_of(first_url)
    upgrade(first_url)
    fresh = "sqlite_url" if sqlite_file(first_url) else "postgres_url"
    assert guards_of(first_url) == guards_of(request.getfixturevalue(fresh))
    triggers = {one for one in older if "TRIGGER" in str(one[-1])}
    assert len(triggers) >= 2
    assert triggers <= guards_of(first_url), "word for word"


@pytest.mark.parametrize(
    ("shift", "who", "state", "held"),
    [
        ("shift", "friend", "confirmed", False),  # no place left
        ("shift", "friend", "waitlisted", True),
        ("shift", "friend", "walk_in", True),
        ("shift", "friend", "nonsense", False),
        ("later", "profile", "confirmed", False),  # two places at a time
        ("later", "friend", "confirmed", True),
        ("shift", "profile", "waitlisted", False),  # twice on one shift
    ],
)
def test_the_guards_still_bite(first_url: str, shift: str, who: str, state: str, held: bool) -> None:
    upgrade(first_url)
    first, last = (9, 12) if shift == "shift" else (11, 13)
    times = f"'2026-12-01 {first:02}:00:00', '2026-12-01 {last}:00:00'"
    columns = "id, shift_id, volunteer_id, starts_at, ends_at, state, queue_key, reason, created_at"
    sql = f"""INSERT INTO bookings ({columns}) VALUES (:mail, :{shift}, :{who}, {times}, '{state}', 9, '', '{AT}')"""
    if held:
        run(first_url, sql)
    else:
        with pytest.raises(IntegrityError):
            run(first_url, sql)


def test_children_follow_their_parents_after_the_copy(first_url: str) -> None:
    """The copied table is still the one that foreign keys mean."""
    upgrade(first_url)
    run(first_url, "DELETE FROM bookings WHERE id = :seat")
    after = rows_of(first_url)
    assert after["booking_events"] == after["attendances"] == []
    if sqlite_file(first_url):
        broken = on(first_url, lambda connection: connection.exec_driver_sql("PRAGMA foreign_key_check").all())
        assert broken == []
