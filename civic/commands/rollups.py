"""civic rollups rebuild"""

import asyncio
from argparse import Namespace

from civic.commands.console import read_settings, say
from civic.commands.database import ready, shown
from civic.db import Database
from civic.reports.actions import rebuild


def run(args: Namespace) -> int:
    settings = read_settings()
    ready(settings.database_url)
    parts = asyncio.run(_rebuild(settings.database_url))
    say(f"Roll-ups of {shown(settings.database_url)} made again, in {parts} parts.")
    return 0


async def _rebuild(url: str) -> int:
    database = Database(url)
    try:
        return await rebuild(database)
    finally:
        await database.dispose()
