"""civic worker"""

import asyncio
import signal
from argparse import Namespace
from collections.abc import Awaitable, Callable

from civic.commands.console import Stop, read_settings, say
from civic.commands.database import ready, shown
from civic.db import Database
from civic.outbox.actions import deliver
from civic.outbox.dead import backlog
from civic.outbox.send import Sender, sender_for
from civic.planning import fill_runner
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
    database = Database(settings.database_url)
    try:
        return await once(database, sender_for(settings))
    finally:
        await database.dispose()


async def once(database: Database, sender: Sender) -> int:
    """Everything that is due or waits for an answer, once: the tasks first, as they write mails."""
    runs = await run_due(database, now=True)
    proposals = await _all_of(lambda: fill_runner.run_waiting(database, asyncio.Event()))
    await _all_of(lambda: file_runner.run_waiting(database))
    mails = await _all_of(lambda: deliver(database, sender))
    async with database.reading() as session:
        waiting = (await backlog(session)).waiting
    say("Tasks run: " + ", ".join(f"{run.name} {run.done}" for run in runs) + "." if runs else "Tasks run: none.")
    if proposals:
        say(f"Proposals answered: {proposals}.")
    say(f"Mails handled: {mails}." + (f" {waiting} wait for another try." if waiting else ""))
    failed = [f"{run.name} ({run.error})" for run in runs if run.failed]
    if failed:
        raise Stop("These tasks met an error, the rest was done: " + ", ".join(failed) + ".")
    return 0


async def _all_of(step: Callable[[], Awaitable[int]]) -> int:
    """Repeat a step until nothing is left; returns how much there was."""
    total = 0
    while done := await step():
        total += done
    return total
