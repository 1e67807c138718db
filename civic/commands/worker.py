"""civic worker"""

import asyncio
import signal
from argparse import Namespace

from civic.commands.console import Stop, read_settings, say
from civic.commands.database import ready, shown
from civic.db import Database
from civic.outbox.actions import deliver
from civic.outbox.dead import backlog
from civic.outbox.send import sender_for
from civic.reports import file_runner
from civic.settings import Settings
from civic.tasks.work import for_ever, run_due


def run(args: Namespace) -> int:
    settings = read_settings()
    ready(settings.database_url)
    if args.once:
        return asyncio.run(_once(settings))
    asyncio.run(_for_ever(settings))
    return 0


async def _for_ever(settings: Settings) -> None:
    database = Database(settings.database_url)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    say(f"Sending the mails of {shown(settings.database_url)} and running its regular tasks, Ctrl-C stops it.")
    try:
        await for_ever(database, sender_for(settings), stopping)
    finally:
        await database.dispose()


async def _once(settings: Settings) -> int:
    """Everything that is due, once: the tasks first, as they write mails."""
    database, sender = Database(settings.database_url), sender_for(settings)
    try:
        runs = await run_due(database, now=True)
        while await file_runner.run_waiting(database):
            pass
        left = 0
        while sent := await deliver(database, sender):
            left += sent
        async with database.reading() as session:
            waiting = (await backlog(session)).waiting
    finally:
        await database.dispose()
    say("Tasks run: " + ", ".join(f"{run.name} {run.done}" for run in runs) + "." if runs else "Tasks run: none.")
    say(f"Mails handled: {left}." + (f" {waiting} wait for another try." if waiting else ""))
    failed = [f"{run.name} ({run.error})" for run in runs if run.failed]
    if failed:
        raise Stop("These tasks met an error, the rest was done: " + ", ".join(failed) + ".")
    return 0
