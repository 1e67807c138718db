"""Rolling days up: what the worker does with those that changed, and a command with all of them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, insert, literal, select, text, union
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters.models import Encounter, Outing
from civic.reports.rollup_models import KINDS, rollup_changes, shift_days
from civic.reports.rollups import ROLLUPS
from civic.reports.spans import Span
from civic.shifts.models import Shift

# Days rolled up in one transaction: SQLite's writers wait for it.
DAYS = {"encounters": 7, "shifts": 14, "outings": 31}


class Stale(NamedTuple):
    """Days of one kind to roll up together."""

    kind: str
    span: Span


async def stale(session: AsyncSession) -> list[Stale]:
    """What changed since it was rolled up, the latest days first."""
    found: list[Stale] = []
    for kind in KINDS:
        query = select(rollup_changes.c.day).where(rollup_changes.c.kind == kind).distinct()
        found += _parts(kind, sorted(await session.scalars(query), reverse=True))
    return found


def _parts(kind: str, days: list[date]) -> Iterator[Stale]:
    """Days from the last to the first, in parts that lie within a few days of each other."""
    while days:
        last = days[0]
        part = [day for day in days if last - day < timedelta(days=DAYS[kind])]
        days = days[len(part) :]
        yield Stale(kind, Span(part[-1], last))


async def roll_up(session: AsyncSession, part: Stale) -> None:
    """Make the roll-ups of some days again, from the rows that this transaction sees, and drop the notes that it sees.

    It must be the transaction's first statement. Who writes at the same time leaves a note that stays behind, so that
    the day is counted from its rows until the next time; nobody waits but another roll-up.
    """
    await _alone(session)
    make, tables = ROLLUPS[part.kind]
    within = part.span
    for table in tables:
        await session.execute(delete(table).where(table.c.day.between(*within)))
    for table, columns, query in make(within):
        await session.execute(insert(table).from_select(columns, query))
    noted = rollup_changes.c.kind == part.kind, rollup_changes.c.day.between(*within)
    await session.execute(delete(rollup_changes).where(*noted))


async def _alone(session: AsyncSession) -> None:
    """One roll-up at a time, reading from one snapshot that is taken after its turn has come; writers don't wait."""
    if (await session.connection()).dialect.name == "postgresql":
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        await session.execute(text("LOCK TABLE rollup_changes IN SHARE UPDATE EXCLUSIVE MODE"))


async def distrust_all(session: AsyncSession) -> None:
    """Note every day that has rows or roll-ups, as if it had just changed. The transaction's first statement, too."""
    await _alone(session)
    await session.execute(delete(rollup_changes))
    rows = {"encounters": Encounter.date, "outings": Outing.date}
    for kind, column in rows.items():
        await _note(session, kind, select(column))
    starts = await session.execute(select(func.min(Shift.starts_at), func.max(Shift.starts_at)))
    first, last = starts.one()
    days = set(await session.scalars(select(shift_days.c.day)))
    if first:
        days.update(clock.days(clock.local(first).date(), clock.local(last).date()))
    if days:
        await session.execute(insert(rollup_changes), [{"kind": "shifts", "day": day} for day in sorted(days)])


async def _note(session: AsyncSession, kind: str, days: Select[Any]) -> None:
    found = union(days, *(select(table.c.day) for table in ROLLUPS[kind][1])).subquery()
    await session.execute(insert(rollup_changes).from_select(["kind", "day"], select(literal(kind), found.c[0])))


async def refresh(database: Database) -> int:
    """Roll up all that changed, each part in its own transaction; returns how many parts there were."""
    async with database.reading() as session:
        parts = await stale(session)
    for part in parts:
        async with database.writing() as session:
            await roll_up(session, part)
    return len(parts)


async def rebuild(database: Database) -> int:
    """Make every roll-up again, whatever stands there; reports stay right meanwhile."""
    async with database.writing() as session:
        await distrust_all(session)
    done = await refresh(database)
    if not database.sqlite:
        # Until PostgreSQL looks at what is new in them by itself, it takes the tables for what they were.
        async with database.writing() as session:
            for table in (rollup_changes, *(one for _make, tables in ROLLUPS.values() for one in tables)):
                await session.execute(text(f"ANALYZE {table.name}"))
    return done
