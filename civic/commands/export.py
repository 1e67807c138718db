"""civic export"""

from argparse import Namespace
from typing import BinaryIO

from civic.commands.console import read_settings, say
from civic.commands.database import ready
from civic.commands.files import format_of, write
from civic.db import Database
from civic.reports.export_rows import write_table
from civic.reports.filters import Filters


def run(args: Namespace) -> int:
    settings = read_settings()
    format_of(args, ("csv",))
    ready(settings.database_url)

    async def content(database: Database, filters: Filters, out: BinaryIO) -> None:
        await write_table(database, args.what, filters, out)

    write(settings.database_url, args, None, content)
    say(f"Written: {args.output}")
    return 0
