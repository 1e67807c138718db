"""The claim: the encounters' CSV costs at most four times a bare cursor whose rows go straight into the csv module.

The baseline reads the same columns with the same query through Python's own sqlite3 and writes what it gets: no dashes
in the identifiers, topics unordered, no formula made harmless, no event loop. Trust the ratio: machines vary.
"""

import asyncio
import csv
import sqlite3
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import sqlite

from civic import clock, models
from civic.db import Database
from civic.encounters.codes import TOPICS
from civic.encounters.models import Encounter, EncounterTopic, Topic
from civic.migrate import upgrade
from civic.reports.export_rows import write_table
from civic.reports.filters import Filters
from civic.reports.tables import TABLES
from civic.sites import reference

ROWS = 50_000
AT_MOST = 4.0
FLAT = 8_000_000
FILTERS = Filters(from_=date(2026, 1, 1), to=date(2026, 12, 31))


async def fill(database: Database, rows: int) -> None:
    """Encounters of one to three topics, spread over a year at a real site."""
    topics = list(TOPICS)
    async with database.writing() as session:
        await reference.load(session)
        made = [{"code": code, "label": code, "pillar": TOPICS[code][1], "rank": n} for n, code in enumerate(topics)]
        await session.execute(insert(Topic), made)
        for start in range(0, rows, 5_000):
            met = [_encounter(number) for number in range(start, min(start + 5_000, rows))]
            named = [
                {"encounter_id": row["id"], "topic_code": topics[(number + k) % len(topics)], "rank": k}
                for number, row in enumerate(met)
                for k in range(number % 3 + 1)
            ]
            await session.execute(insert(Encounter), met)
            await session.execute(insert(EncounterTopic), named)


def _encounter(number: int) -> dict[str, object]:
    return {
        "id": UUID(int=number * 2654435761 % 2**64 << 60 | number),
        "site_id": "lumiwatt",
        "date": date(2026, 1, 1) + timedelta(days=number % 360),
        "half_day": "matin",
        "age_25_59": 2,
        "people_count": 2,
        "feeling": "positif",
        "group_kind": "couple",
        "version": 1,
    }


def bare(file: Path, out: Path) -> None:
    query = TABLES["encounters"].select(FILTERS, clock.now())
    compiled = query.compile(dialect=sqlite.dialect())
    values = [str(compiled.params[name]) for name in compiled.positiontup or ()]
    connection = sqlite3.connect(file)
    with out.open("w", newline="") as target:
        csv.writer(target, delimiter=";").writerows(connection.execute(str(compiled), values))
    connection.close()


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    """The best of three, in seconds of processor time, its threads included: another program's load counts little."""
    found = []
    for _ in range(3):
        start = time.process_time()
        await work()
        found.append(time.process_time() - start)
    return min(found)


async def run(report: TextIO) -> bool:
    """Whether the claim holds; the figures go to `report`."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "civic.db", Path(folder) / "out.csv"
        upgrade_url = f"sqlite+aiosqlite:///{file}"
        await asyncio.to_thread(upgrade, upgrade_url)
        database = Database(upgrade_url)
        await fill(database, ROWS)

        async def baseline() -> None:
            await asyncio.to_thread(bare, file, out)

        async def product() -> None:
            with out.open("wb") as target:
                await write_table(database, "encounters", FILTERS, target)

        plain, ours = await timed(baseline), await timed(product)
        tracemalloc.start()
        await product()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        await database.dispose()
    ratio = ours / plain
    report.write(f"encounters.csv, {ROWS} rows, by processor time: {ROWS / ours:,.0f} rows/s, ")
    report.write(f"bare cursor {ROWS / plain:,.0f} rows/s, ratio {ratio:.2f} (at most {AT_MOST}); ")
    report.write(f"peak {peak / 1e6:.1f} MB (at most {FLAT / 1e6:.0f})\n")
    return ratio <= AT_MOST and peak <= FLAT


__all__ = ["models", "run"]
