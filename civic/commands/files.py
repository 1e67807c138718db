"""Files that are whole or not there: written beside their place, then moved into it."""

import asyncio
import os
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from civic.commands.console import Stop
from civic.db import Database
from civic.errors import Invalid
from civic.reports.filters import Filters, checked

FORMATS = ("csv", "xlsx", "parquet", "pdf", "json")
Write = Callable[[Database, Filters, BinaryIO], Awaitable[None]]


def format_of(args: Namespace, ready: Sequence[str]) -> str:
    """The format of `--format`, else what the file's name says, so that no CSV goes into a file called .pdf; CSV for a
    name that says nothing. Raises Stop for a format that is not among `ready`.
    """
    ending = args.output.suffix[1:].lower()
    chosen: str = args.format or (ending if ending in FORMATS else "csv")
    if chosen not in ready:
        what = getattr(args, "what", "a report")
        alone = ", only encounters can" if chosen == "parquet" else ""
        raise Stop(f"{what.capitalize()} can't be written as {chosen}{alone}: use --format {' or '.join(ready)}.")
    return chosen


def write(url: str, args: Namespace, site: str | None, content: Write) -> None:
    """Let `content` fill the file of `-o` for the asked period. Raises Stop, Invalid, OSError."""
    output: Path = args.output
    if output.is_dir():
        raise Stop(f"{output} is a folder: name a file.")
    if not output.parent.is_dir():
        raise Stop(f"There is no folder {output.parent}.")
    if args.last < args.first:
        raise Stop("The period ends before it begins: --to comes before --from.")
    filters = Filters(from_=args.first, to=args.last, site=site)
    partial = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        asyncio.run(_write(url, filters, partial, content))
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


async def _write(url: str, filters: Filters, partial: Path, content: Write) -> None:
    database = Database(url)
    try:
        async with database.reading() as session:
            try:
                await checked(session, filters)
            except Invalid:
                raise Stop(f"There is no site {filters.site!r}: give the code of one, such as terril-74.") from None
        with partial.open("wb") as out:
            await content(database, filters, out)
    finally:
        await database.dispose()
