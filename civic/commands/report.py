"""civic report"""

from argparse import Namespace
from typing import BinaryIO

from civic.commands.console import read_settings, say
from civic.commands.database import ready
from civic.commands.files import format_of, write
from civic.db import Database
from civic.reports.export_rows import write_activity
from civic.reports.filters import Filters


def run(args: Namespace) -> int:
    settings = read_settings()
    kind = format_of(args, ("csv", "json"))
    ready(settings.database_url)

    async def content(database: Database, filters: Filters, out: BinaryIO) -> None:
        await write_activity(database, filters, out, kind)

    write(settings.database_url, args, args.site, content)
    say(f"Written: {args.output}")
    return 0
