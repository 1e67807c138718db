"""Two years of a big installation, written by the engine itself: what the measures of reports and exports read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Attendance, Booking
from civic.db import Database
from civic.encounters import reference as topics
from civic.encounters.codes import CONTACT_ORIGINS, DETAILS, FEELINGS, HALF_DAYS
from civic.encounters.models import Outing, Topic
from civic.reports.actions import rebuild
from civic.shifts.models import Shift
from civic.sites import reference as places
from civic.sites.models import PILLARS, Site
from tests.factories.missions import make_mission
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

DAYS, EACH_DAY, SEATS = 730, 10, 2
Row = dict[str, Any]


async def fill(database: Database, encounters: int) -> tuple[date, date]:
    """Sites, missions, shifts with their presences, outings and so many encounters; returns the first and last day."""
    last = clock.today() - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    async with database.writing() as session:
        if not database.sqlite:
            # The notes of the triggers are not needed: every day is rolled up below.
            await session.execute(text("SET LOCAL session_replication_role = replica"))
        shifts = await _shifts(session, first)
        await _numbered(session, shifts)
        await _encounters(session, encounters, len(shifts), sqlite=database.sqlite)
    await _settle(database)
    await rebuild(database)
    await _settle(database)
    return first, last


async def _settle(database: Database) -> None:
    """What autovacuum has done a minute after so many rows came: reading is not to pay for their writing."""
    if not database.sqlite:
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM (ANALYZE)"))


async def _shifts(session: AsyncSession, first: date) -> list[Row]:
    await places.load(session)
    await topics.load(session)
    sites = list(await session.scalars(select(Site).order_by(Site.id))) or [await make_site(session, "parc", "CALL")]
    missions = [
        await make_mission(session, sites, title=f"Aller vers {n}", pillar=PILLARS[n % len(PILLARS)]) for n in range(6)
    ]
    people = [(await make_volunteer(session)).id for _ in range(EACH_DAY * SEATS)]
    await session.flush()
    shifts = [
        {
            "id": uuid4(),
            "mission_id": missions[number % len(missions)].id,
            "site_id": sites[(day * EACH_DAY + number) % len(sites)].id,
            "starts_at": clock.at(first + timedelta(days=day), time(14)),
            "ends_at": clock.at(first + timedelta(days=day), time(18)),
            "state": "published",
        }
        for day in range(DAYS)
        for number in range(EACH_DAY)
    ]
    bookings = [
        {"id": uuid4(), "shift_id": one["id"], "volunteer_id": people[number % EACH_DAY * SEATS + seat]}
        | {"starts_at": one["starts_at"], "ends_at": one["ends_at"], "state": "confirmed", "queue_key": 0}
        for number, one in enumerate(shifts)
        for seat in range(SEATS)
    ]
    noted = [
        {"booking_id": one["id"], "state": "present" if number % 17 else "absent", "hours": Decimal(4)}
        for number, one in enumerate(bookings)
    ]
    outings = [
        {"id": uuid4(), "shift_id": one["id"], "site_id": one["site_id"], "date": clock.local_day(one["starts_at"])}
        | {"half_day": "apres_midi", "approached_count": 12, "refused_count": number % 5, "version": 1}
        for number, one in enumerate(shifts)
    ]
    for table, rows in ((Shift, shifts), (Booking, bookings), (Attendance, noted), (Outing, outings)):
        for some in _some(rows):
            await session.execute(insert(table), some)
    return shifts


async def _numbered(session: AsyncSession, shifts: Sequence[Row]) -> None:
    """Shifts by number, as the engine itself holds their ids."""
    await session.execute(
        text("CREATE TEMPORARY TABLE numbered AS SELECT id, site_id, starts_at, 0 AS number FROM shifts WHERE 1 = 0")
    )
    await session.execute(
        text(
            "INSERT INTO numbered SELECT id, site_id, starts_at, row_number() OVER (ORDER BY starts_at, id) - 1 "
            "FROM shifts"
        )
    )
    await session.execute(text("CREATE UNIQUE INDEX numbered_number ON numbered (number)"))


async def _encounters(session: AsyncSession, count: int, shifts: int, *, sqlite: bool) -> None:
    """Encounter `n` belongs to a shift of its day, or in one case of three to none."""
    identity = "lower(hex(randomblob(16)))" if sqlite else "gen_random_uuid()"
    series = f"generate_series(0, {count} - 1) AS made(n)"
    if sqlite:
        series = f"(WITH RECURSIVE made(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM made WHERE n < {count} - 1) "
        series += "SELECT n FROM made) AS made"
    await session.execute(text(f"CREATE TEMPORARY TABLE met AS SELECT n, {identity} AS id FROM {series}"))
    details = {name: _pick(values, f"n / {place} + n") for place, (name, values) in enumerate(DETAILS.items(), 3)}
    columns = {
        "id": "met.id",
        "shift_id": "CASE WHEN n % 3 = 0 THEN NULL ELSE numbered.id END",
        "site_id": "numbered.site_id",
        "date": "date(numbered.starts_at)",
        "half_day": _pick(HALF_DAYS, "n"),
        "age_lt12": "n % 3",
        "age_12_17": "CASE WHEN n % 5 = 0 THEN 2 ELSE 0 END",
        "age_18_24": "CASE WHEN n % 4 = 0 THEN 1 ELSE 0 END",
        "age_25_59": "2",
        "age_60p": "CASE WHEN n % 7 = 0 THEN 1 ELSE 0 END",
        "age_nc": "0",
        "feeling": _pick(FEELINGS, "n / 7"),
        **details,
        "contact_origin": _pick(CONTACT_ORIGINS, "n / 2"),
        "status": "CASE WHEN n % 97 = 0 THEN 'voided' ELSE 'sent' END",
        "version": "1",
    }
    columns["people_count"] = " + ".join(f"({columns[name]})" for name in columns if name.startswith("age_"))
    await session.execute(
        text(
            f"INSERT INTO encounters ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
            f"FROM met JOIN numbered ON numbered.number = n * CAST({shifts} AS bigint) / {count}"
        )
    )
    codes = list(await session.scalars(select(Topic.code).order_by(Topic.rank, Topic.code)))
    await session.execute(
        text(
            "INSERT INTO encounter_topics (encounter_id, topic_code, rank) "
            f"SELECT id, {_pick(codes, 'n * 5 + k * 7')}, k "
            "FROM met JOIN (SELECT 0 AS k UNION SELECT 1 UNION SELECT 2) AS ranks ON k <= n % 3"
        )
    )
    for name in ("met", "numbered"):
        await session.execute(text(f"DROP TABLE {name}"))


def _pick(values: Iterable[str], number: str) -> str:
    listed = list(values)
    cases = " ".join(f"WHEN {place} THEN '{value}'" for place, value in enumerate(listed))
    return f"CASE ({number}) % {len(listed)} {cases} END"


def _some(rows: Sequence[Row], most: int = 5_000) -> Iterator[list[Row]]:
    for start in range(0, len(rows), most):
        yield list(rows[start : start + most])
