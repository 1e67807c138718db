"""The same tables as spreadsheets: numbers are numbers, days are days, the heading stays in sight. Flat memory."""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import from_thread, to_thread
from rustpy_xlsxwriter import FastExcel, Format

from civic import clock
from civic.db import Database
from civic.i18n import N_, _
from civic.reports.csv_text import Column
from civic.reports.encounter_csv import sqlite_cells, sqlite_select
from civic.reports.filters import Filters
from civic.reports.tables import TABLES

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEETS = {"encounters": N_("Rencontres"), "shifts": N_("Créneaux"), "hours": N_("Heures")}
# Instants of the CSV become local times that a spreadsheet can sort and subtract.
MOMENTS = frozenset({"starts_at", "ends_at"})
# The columns that don't hold texts, whole numbers, days or nothing.
ODD = MOMENTS | {"id", "volunteer_id", "shift_id", "hours_planned", "hours_served"}
# Rows read at a time: the writer's thread and the event loop take turns, and a turn has its cost.
CHUNK = 2_000
NARROW, WIDE = 12.0, 28.0
WIDE_COLUMNS = frozenset({"client_uuid", "id", "volunteer_id", "shift_id", "site", "mission", "name", "topics"})

Row = Sequence[Any]


@dataclass(frozen=True)
class Tab:
    """A small table before the rows: headings, cells as a spreadsheet holds them, the width of each column."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Row]
    widths: Sequence[float]


async def write_xlsx(
    database: Database,
    name: str,
    filters: Filters,
    file: Path,
    before: Sequence[Tab] = (),
    told: Callable[[int], Awaitable[None]] | None = None,
) -> int:
    """Write `encounters`, `shifts` or `hours` to a file, after other tabs; returns how many rows it holds.

    The writer runs in a thread and asks the event loop for the next rows, some thousands at a time; `told` hears how
    many were written by then.
    """
    rows = chunks(database, name, filters, told)
    async with aclosing(rows):
        return await to_thread.run_sync(_write, name, rows, file, before)


async def chunks(
    database: Database, name: str, filters: Filters, told: Callable[[int], Awaitable[None]] | None = None
) -> AsyncGenerator[list[Row], None]:
    """The rows of a table, some thousands at a time, from a reading session of their own."""
    done = 0
    table = TABLES[name]
    query, row = table.select(filters, clock.now()), table.row
    if name == "encounters" and database.sqlite:
        query, row = sqlite_select(filters), sqlite_cells
    async with database.reading() as session:
        connection = await session.connection()
        # Past the ORM, which would take each row in hand once more.
        async with connection.stream(query, execution_options={"yield_per": CHUNK}) as result:
            async for rows in result.partitions():
                yield [row(read) for read in rows]
                done += len(rows)
                if told:
                    await told(done)


def _write(name: str, chunked: AsyncGenerator[list[Row], None], file: Path, before: Sequence[Tab]) -> int:
    columns, written = TABLES[name].columns, _Count()
    rows = _records(columns, chunked, written)
    heads = [_(column.label) for column in columns]
    widths = {head: _width(column) for head, column in zip(heads, columns, strict=True)}
    days = {
        head: Format().set_num_format("dd/mm/yyyy")
        for head, one in zip(heads, columns, strict=True)
        if one.code == "date"
    }
    first = next(rows, dict.fromkeys(heads))
    book = FastExcel(str(file)).format(datetime_format="dd/mm/yyyy hh:mm").freeze(row=1)
    bold = Format().set_bold()
    for tab in before:
        records = [dict(zip(tab.heads, row, strict=True)) for row in tab.rows] or [dict.fromkeys(tab.heads)]
        wide = dict(zip(tab.heads, tab.widths, strict=True))
        book = book.sheet(tab.title, records, column_widths=wide, header_format=bold, autofilter=True)
    book.sheet(
        _("Données brutes") if before else _(SHEETS[name]),
        _again(first, rows) if written.rows else [first],
        column_widths=widths,
        column_formats=days,
        header_format=bold,
        autofilter=True,
    ).save()
    return written.rows


class _Count:
    rows = 0


def _records(
    columns: Sequence[Column], chunked: AsyncGenerator[list[Row], None], count: _Count
) -> Iterator[dict[str, Any]]:
    heads = [_(column.label) for column in columns]
    odd = [(place, column.code) for place, column in enumerate(columns) if column.code in ODD]
    while (chunk := from_thread.run(_next, chunked)) is not None:
        for row in chunk:
            count.rows += 1
            if odd:
                row = list(row)
                for place, code in odd:
                    row[place] = cell(row[place], code)
            yield dict(zip(heads, row, strict=True))


async def _next(chunked: AsyncGenerator[list[Row], None]) -> list[Row] | None:
    return await anext(chunked, None)


def _again(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def cell(value: Any, code: str) -> Any:
    """A value as a spreadsheet holds it; a text stays a text, even one that begins like a formula."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if code in MOMENTS and isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=None)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return value


def _width(column: Column) -> float:
    return WIDE if column.code in WIDE_COLUMNS else NARROW


def temporary() -> Path:
    """A file of its own for one download; whoever asks for it removes it."""
    with tempfile.NamedTemporaryFile(prefix="civic-", suffix=".xlsx", delete=False) as file:
        return Path(file.name)
