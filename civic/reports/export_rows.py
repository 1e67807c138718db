"""Files made row by row, for the pages, the interface and the command line alike; the memory stays flat."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.i18n import _
from civic.reports.activity import Activity, activity
from civic.reports.answer import as_json
from civic.reports.csv_text import ACTIVITY, DIALECTS, Dialect, head, plain_writer, writer
from civic.reports.encounter_csv import copied, postgres_select, sqlite_rows, sqlite_select
from civic.reports.figures import BY_CODE, FIGURES
from civic.reports.filters import Filters
from civic.reports.tables import TABLES, Table

# Rows read and written at a time: some milliseconds of work between two turns of the event loop.
CHUNK = 500


async def table_csv(
    database: Database, name: str, filters: Filters, dialect: str = "fr", cut_off: datetime | None = None
) -> AsyncIterator[bytes]:
    """The bytes of `encounters`, `shifts` or `hours`, from a reading session of its own.

    The headings come before the first row is read. Close the generator (aclosing) to end the reading early.
    """
    table, chosen = TABLES[name], DIALECTS[dialect]
    yield chosen.bom.encode() + writer(chosen)([head(table.columns, chosen)])
    async with database.reading() as session:
        lines = _encounters if name == "encounters" else _lines
        async with aclosing(lines(session, table, filters, cut_off or clock.now(), chosen)) as parts:
            async for part in parts:
                yield part


async def _lines(
    session: AsyncSession, table: Table, filters: Filters, cut_off: datetime, dialect: Dialect
) -> AsyncGenerator[bytes, None]:
    encode = writer(dialect)
    result = await session.stream(table.select(filters, cut_off), execution_options={"yield_per": CHUNK})
    async for rows in result.partitions():
        yield encode(table.row(row) for row in rows)


async def _encounters(
    session: AsyncSession, _table: Table, filters: Filters, _cut_off: datetime, dialect: Dialect
) -> AsyncGenerator[bytes, None]:
    """The same by a shorter way: there may be hundreds of thousands."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        async with aclosing(copied(session, postgres_select(filters), dialect.separator)) as parts:
            async for part in parts:
                yield part
        return
    encode = plain_writer(dialect)
    async with connection.stream(sqlite_select(filters), execution_options={"yield_per": CHUNK}) as result:
        async for rows in result.partitions():
            yield encode(sqlite_rows(rows))


def activity_csv(report: Activity, dialect: str = "fr") -> bytes:
    """The whole report as one table of sections; definitions and filters come with the figures."""
    chosen = DIALECTS[dialect]
    encode = writer(chosen)
    return chosen.bom.encode() + encode([head(ACTIVITY, chosen)]) + encode(_activity_rows(report))


def _activity_rows(report: Activity) -> Iterator[tuple[Any, ...]]:
    """section, key, label, value, previous. A list `by_site` gives its encounters, `by_site_people` its people."""
    filters = report.filters
    yield "report", "from", _("Du"), filters.from_, None
    yield "report", "to", _("Au"), filters.to, None
    yield "report", "cut_off", _("Arrêté le"), clock.local(report.cut_off).isoformat(timespec="seconds"), None
    yield "report", "data_from", _("Chiffres depuis le"), report.data_from, None
    yield "report", "row_count", _("Lignes (rencontres)"), report.now.encounters, None
    yield "report", "audience", _("Usage interne, ne pas diffuser"), None, None
    for key, chosen in filters.shown.items():
        yield "filters", key, _("Filtre"), chosen, None
    yield "filters", "scope", _("Périmètre"), "|".join(sorted(filters.scope)), None
    for figure in FIGURES:
        value, previous = report.figures[figure.code]
        yield "figures", figure.code, _(figure.label), value, previous
    yield from _breakdown_rows(report)
    for month in report.service():
        for code, (value, previous) in month.figures.items():
            yield f"service_{month.key}", code, f"{_(BY_CODE[code].label)}, {month.label}", value, previous
    for figure in FIGURES:
        yield "definitions", figure.code, _(figure.definition), None, None


def _breakdown_rows(report: Activity) -> Iterator[tuple[Any, ...]]:
    before = report.lists(report.before) if report.before else {}
    for name, lines in report.lists().items():
        old = {line.key: line for line in before.get(name, [])}
        for line in lines:
            yield name, line.key, line.label, line.encounters, _old(report, old.get(line.key), "encounters")
        for line in lines:
            yield f"{name}_people", line.key, line.label, line.people_met, _old(report, old.get(line.key), "people_met")
    parts = report.breakdowns(report.before) if report.before else {}
    for name, found in report.breakdowns().items():
        past = {part.key: part for part in parts.get(name, [])}
        for part in found:
            yield name, part.key, part.label, part.encounters, _old(report, past.get(part.key), "encounters")


def _old(report: Activity, line: Any, what: str) -> int | None:
    """Last year's count: 0 for what nobody met then, nothing where there are no data."""
    if report.before is None:
        return None
    return int(getattr(line, what)) if line else 0


async def write_table(database: Database, name: str, filters: Filters, out: BinaryIO, dialect: str = "fr") -> None:
    """Write `encounters`, `shifts` or `hours` to a binary file, for checked filters."""
    async for part in table_csv(database, name, filters, dialect):
        out.write(part)


async def write_activity(database: Database, filters: Filters, out: BinaryIO, kind: str = "csv") -> None:
    """Write a report to a binary file, as `csv` or `json`, for checked filters."""
    async with database.reading() as session:
        report = await activity(session, filters)
    if kind == "json":
        content = as_json(report).model_dump(mode="json", by_alias=True)
        out.write(json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n")
    else:
        out.write(activity_csv(report))
