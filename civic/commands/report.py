"""civic report"""

from argparse import Namespace
from typing import BinaryIO

from civic.commands.console import Stop, read_settings, say
from civic.commands.database import ready
from civic.commands.files import write
from civic.db import Database
from civic.reports.export_rows import write_activity
from civic.reports.filters import Filters


def run(args: Namespace) -> int:
    settings = read_settings()
    if args.format not in ("csv", "json"):
        raise Stop(f"The format {args.format} comes with a later version: use --format csv or json.")
    ready(settings.database_url)

    async def content(database: Database, filters: Filters, out: BinaryIO) -> None:
        await write_activity(database, filters, out, args.format)

    write(settings.database_url, args, args.site, content)
    say(f"Written: {args.output}")
    return 0
