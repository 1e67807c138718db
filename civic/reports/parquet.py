"""Encounters as Parquet, for tools that read columns: the columns and the codes of the CSV, with their types."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import to_thread

from civic.db import Database
from civic.encounters.codes import AGES
from civic.errors import Refusal
from civic.i18n import _
from civic.reports.filters import Filters
from civic.reports.tables import TABLES
from civic.reports.xlsx import Row, chunks

MEDIA_TYPE = "application/vnd.apache.parquet"
NUMBERS = frozenset({"people_count", *AGES})
# Rows of a group: enough to be packed well, few enough to hold at once.
GROUP = 10_000


def installed() -> bool:
    """Whether the optional part civic[parquet] is there."""
    return find_spec("pyarrow") is not None


async def write_parquet(
    database: Database, filters: Filters, file: Path, told: Callable[[int], Awaitable[None]] | None = None
) -> int:
    """Write the encounters to a file; returns how many. Raises Refusal where civic[parquet] is not installed."""
    if not installed():
        raise Refusal("parquet_missing", _("Le format Parquet n’est pas installé sur ce serveur\u00a0: prenez le CSV."))
    rows = chunks(database, "encounters", filters, told)
    async with aclosing(rows):
        return await _write(rows, file)


async def _write(rows: AsyncGenerator[list[Row], None], file: Path) -> int:
    import pyarrow  # type: ignore[import-untyped]
    from pyarrow import parquet

    columns = [column.code for column in TABLES["encounters"].columns]
    schema = pyarrow.schema([(code, _kind(pyarrow, code)) for code in columns])
    count, held = 0, []
    with parquet.ParquetWriter(file, schema, compression="zstd") as out:

        def put(group: list[Row]) -> None:
            values = [[_value(cell) for cell in column] for column in zip(*group, strict=True)]
            out.write_table(pyarrow.Table.from_arrays(list(map(pyarrow.array, values, schema.types)), schema=schema))

        async for chunk in rows:
            held += chunk
            count += len(chunk)
            if len(held) >= GROUP:
                await to_thread.run_sync(put, held)
                held = []
        if held:
            await to_thread.run_sync(put, held)
    return count


def _kind(pyarrow: Any, code: str) -> Any:
    if code == "date":
        return pyarrow.date32()
    return pyarrow.int32() if code in NUMBERS else pyarrow.string()


def _value(cell: Any) -> Any:
    return str(cell) if isinstance(cell, UUID) else cell
