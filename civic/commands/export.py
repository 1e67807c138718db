"""civic export"""

from argparse import Namespace
from pathlib import Path
from typing import BinaryIO

from civic.commands.console import read_settings, say
from civic.commands.database import ready
from civic.commands.files import format_of, write
from civic.db import Database
from civic.reports.export_rows import write_table
from civic.reports.filters import Filters
from civic.reports.parquet import write_parquet
from civic.reports.xlsx import write_xlsx


def run(args: Namespace) -> int:
    settings = read_settings()
    kind = format_of(args, ("csv", "xlsx", "parquet") if args.what == "encounters" else ("csv", "xlsx"))
    ready(settings.database_url)

    async def content(database: Database, filters: Filters, out: BinaryIO) -> None:
        if kind == "xlsx":
            await write_xlsx(database, args.what, filters, Path(out.name))
        elif kind == "parquet":
            await write_parquet(database, filters, Path(out.name))
        else:
            await write_table(database, args.what, filters, out)

    write(settings.database_url, args, None, content)
    say(f"Written: {args.output}")
    return 0
