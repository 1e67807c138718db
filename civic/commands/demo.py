"""civic demo"""

import asyncio
from argparse import Namespace

from civic import clock
from civic.commands.console import Stop, read_settings, say
from civic.commands.database import prepare, shown
from civic.db import Database
from civic.demo.load import is_empty, load, load_large
from civic.demo.people import DOMAIN, PASSWORD
from civic.reports.actions import refresh

LOGINS = (
    ("volontaire", "volunteer"),
    ("mineur", "volunteer under 18"),
    ("volontaire001", "one of 35 more volunteers or, large, 598 (031 to 035 each lack one paper)"),
    ("coordination", "coordinator, all sites"),
    ("coordination.call", "coordinator, Lens-Liévin only"),
    ("direction", "manager"),
    ("admin", "admin"),
)


def run(args: Namespace) -> int:
    settings = read_settings()
    if settings.production:
        raise Stop("The demo is not for production: its password is public.")
    prepare(settings.database_url, migrate=True)
    encounters = asyncio.run(_fill(settings.database_url, args.scale, args.seed))
    say(f"Demo in {shown(settings.database_url)}: {encounters} encounters. Password {PASSWORD} for:")
    for login, who in LOGINS:
        say(f"  {login + '@' + DOMAIN:<34}{who}")
    return 0


async def _fill(url: str, scale: str, seed: int) -> int:
    from civic.encounters.models import Encounter

    database = Database(url)
    try:
        async with database.writing() as session:
            if not await is_empty(session):
                raise Stop(f"{shown(url)} has accounts already: the demo only fills an empty database.")
            if scale == "large":
                made = await load_large(session, seed=seed, today=clock.today())
            else:
                made = len((await load(session, seed=seed, today=clock.today())).of(Encounter))
        await refresh(database)
    finally:
        await database.dispose()
    return made
