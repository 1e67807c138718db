"""The claims on files of 200,000 encounters, on both engines, by processor time, the database's included.

CSV: on SQLite at least half as fast as Python's own sqlite3 whose rows go straight into the csv module, on PostgreSQL
at least 0.6 of `COPY … TO STDOUT`. The baselines ask for the same columns in the same order, plainly: no dashes in the
identifiers, topics unordered, no formula made harmless. XLSX: the raw tab at least half as fast as its writer alone
with rows that are in memory. The first byte leaves within 0.3 s, and memory stays flat.
"""

import asyncio
import csv
import sqlite3
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import asyncpg
from rustpy_xlsxwriter import FastExcel

from bench.large import fill
from bench.spent import Spent, best, spent_by
from civic.db import Database
from civic.encounters.codes import AGES, DETAILS
from civic.migrate import upgrade
from civic.reports.export_rows import table_csv, write_table
from civic.reports.filters import Filters
from civic.reports.tables import TABLES
from civic.reports.xlsx import chunks, write_xlsx
from tests.postgres import cluster

ROWS, ROUNDS = 200_000, 3
AT_LEAST = {"sqlite": 0.5, "postgres": 0.6}
XLSX_AT_LEAST, SHEET_ROWS = 0.5, 50_000
FIRST_BYTE, FLAT = 0.3, 8_000_000


def plain(filters: Filters, *, sqlite: bool) -> str:
    """The columns of the file as somebody would ask for them by hand."""
    joined = "group_concat(t.topic_code, '|')" if sqlite else "string_agg(t.topic_code, '|')"
    pillars = "group_concat(DISTINCT p.pillar)" if sqlite else "string_agg(DISTINCT p.pillar, '|')"
    return f"""
        SELECT e.id, e.date, e.half_day, e.site_id, s.name, c.name, s.intermunicipality_code, m.title, e.people_count,
            {", ".join(f"e.{age}" for age in AGES)},
            (SELECT {joined} FROM encounter_topics t WHERE t.encounter_id = e.id),
            (SELECT {pillars} FROM encounter_topics t JOIN topics p ON p.code = t.topic_code
                WHERE t.encounter_id = e.id),
            e.feeling, {", ".join(f"e.{name}" for name in DETAILS)}, e.status
        FROM encounters e JOIN sites s ON s.id = e.site_id JOIN communes c ON c.insee = s.commune_insee
            LEFT JOIN shifts h ON h.id = e.shift_id LEFT JOIN missions m ON m.id = h.mission_id
        WHERE e.date BETWEEN '{filters.from_}' AND '{filters.to}' AND e.status <> 'voided' ORDER BY e.date, e.id"""


def by_cursor(file: str, filters: Filters, out: Path) -> None:
    connection = sqlite3.connect(file)
    with out.open("w", newline="") as target:
        csv.writer(target, delimiter=";").writerows(connection.execute(plain(filters, sqlite=True)))
    connection.close()


async def measure_csv(url: str, filters: Filters, out: Path) -> list[float]:
    """Seconds of the plain way and of ours."""
    database = Database(url)
    plainly: Callable[[], Awaitable[object]]
    if database.sqlite:

        async def plainly() -> None:
            await asyncio.to_thread(by_cursor, url.split("///", 1)[1], filters, out)
    else:
        copying = await asyncpg.connect(url.replace("+asyncpg", ""))

        async def plainly() -> None:
            await copying.copy_from_query(plain(filters, sqlite=False), output=out, format="csv", delimiter=";")

    async def ours() -> None:
        with out.open("wb") as target:
            await write_table(database, "encounters", filters, target)

    await ours()
    found = await best(await spent_by(database), ROUNDS, plainly, ours)
    if not database.sqlite:
        await copying.close()
    await database.dispose()
    return found


async def first_and_peak(url: str, filters: Filters) -> tuple[float, float, int]:
    """Seconds until the headings and until the first rows, then the most memory that was held, in bytes."""
    database = Database(url)
    async with database.reading() as session:
        await session.connection()
    begun = time.perf_counter()
    file = table_csv(database, "encounters", filters)
    await anext(file)
    headings = time.perf_counter() - begun
    await anext(file)
    rows = time.perf_counter() - begun
    tracemalloc.start()
    async for _part in file:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    await database.dispose()
    return headings, rows, peak


async def measure_xlsx(url: str, filters: Filters, out: Path) -> list[float]:
    """Seconds of the writer alone and of ours, for the same rows."""
    database = Database(url)
    heads = [column.code for column in TABLES["encounters"].columns]
    held: list[Sequence[Any]] = []
    async for rows in chunks(database, "encounters", filters):
        held += rows

    def alone() -> None:
        FastExcel(str(out)).sheet("Rencontres", (dict(zip(heads, row, strict=True)) for row in held)).save()

    async def bare() -> None:
        await asyncio.to_thread(alone)

    async def ours() -> None:
        await write_xlsx(database, "encounters", filters, out)

    found = await best(Spent(), ROUNDS, bare, ours)
    await database.dispose()
    return [*found, len(held)]


async def check(engine: str, url: str, report: TextIO) -> bool:
    database = Database(url)
    first, last = await fill(database, ROWS)
    await database.dispose()
    with tempfile.TemporaryDirectory() as folder:
        return await claims(engine, url, Filters(from_=first, to=last), Path(folder), report)


async def claims(engine: str, url: str, filters: Filters, folder: Path, report: TextIO) -> bool:
    """The figures of a database that is filled."""
    bare, ours = await measure_csv(url, filters, folder / "out.csv")
    report.write(
        f"encounters.csv, {engine}, {ROWS} rows: {ROWS / ours:,.0f} rows/s of processor time, "
        f"plainly {ROWS / bare:,.0f}: ratio {bare / ours:.2f} (at least {AT_LEAST[engine]})\n"
    )
    held = bare / ours >= AT_LEAST[engine]
    headings, rows, peak = await first_and_peak(url, filters)
    report.write(
        f"encounters.csv, {engine}: first byte after {headings:.2f} s (at most {FIRST_BYTE}), first rows {rows:.2f} s; "
        f"peak {peak / 1e6:.1f} MB (at most {FLAT / 1e6:.0f})\n"
    )
    held &= headings <= FIRST_BYTE and peak <= FLAT
    if engine == "sqlite":
        short = Filters(from_=filters.from_, to=filters.from_ + (filters.to - filters.from_) * SHEET_ROWS // ROWS)
        alone, ours, count = await measure_xlsx(url, short, folder / "out.xlsx")
        report.write(
            f"encounters.xlsx, {count} rows: {count / ours:,.0f} rows/s, its writer alone {count / alone:,.0f}: "
            f"ratio {alone / ours:.2f} (at least {XLSX_AT_LEAST})\n"
        )
        held &= alone / ours >= XLSX_AT_LEAST
    return held


async def run(report: TextIO) -> bool:
    """Whether the claims hold; the figures go to `report`."""
    held = True
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = f"sqlite+aiosqlite:///{Path(folder) / 'civic.db'}"
        await asyncio.to_thread(upgrade, file)
        held &= await check("sqlite", file, report)
        running = stack.enter_context(cluster())
        await asyncio.to_thread(running.make_template, upgrade)
        held &= await check("postgres", await asyncio.to_thread(stack.enter_context, running.clone()), report)
    return held
