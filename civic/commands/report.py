"""civic report"""

from argparse import Namespace
from pathlib import Path
from typing import BinaryIO

from civic.commands.console import read_settings, say
from civic.commands.database import ready
from civic.commands.files import format_of, write
from civic.db import Database
from civic.reports.activity import activity
from civic.reports.export_rows import write_activity
from civic.reports.filters import Filters
from civic.reports.printing import report_pdf
from civic.reports.workbook import write_workbook


def run(args: Namespace) -> int:
    settings = read_settings()
    kind = format_of(args, ("pdf", "xlsx", "csv", "json"))
    ready(settings.database_url)

    async def content(database: Database, filters: Filters, out: BinaryIO) -> None:
        if kind == "pdf":
            async with database.reading() as session:
                out.write(await report_pdf(session, filters))
        elif kind == "xlsx":
            async with database.reading() as session:
                report = await activity(session, filters)
            await write_workbook(database, report, Path(out.name))
        else:
            await write_activity(database, filters, out, kind)

    write(settings.database_url, args, args.site, content)
    say(f"Written: {args.output}")
    return 0
