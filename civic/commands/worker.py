"""civic worker"""

import asyncio
import logging
import signal
from argparse import Namespace
from contextlib import suppress

from civic.commands.console import read_settings, say
from civic.commands.database import ready, shown
from civic.db import Database
from civic.outbox.actions import deliver
from civic.outbox.send import sender_for
from civic.settings import Settings

log = logging.getLogger("civic")
SECONDS = 1.0
PATIENCE = 10.0


def run(args: Namespace) -> int:
    settings = read_settings()
    ready(settings.database_url)
    sent = asyncio.run(_work(settings, once=args.once))
    if args.once:
        say(f"Mails handled: {sent}.")
    return 0


async def _work(settings: Settings, *, once: bool) -> int:
    database, sender = Database(settings.database_url), sender_for(settings)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    if not once:
        say(f"Sending the mails of {shown(settings.database_url)}, Ctrl-C stops it.")
    total = 0
    try:
        while not stopping.is_set():
            pause = SECONDS
            try:
                handled = await deliver(database, sender)
            except Exception as error:
                if once:
                    raise
                # The database may come back: the mails wait in it.
                log.error("outbox: %s", " ".join(str(error).split("\n")[:1]))
                handled, pause = 0, PATIENCE
            total += handled
            if handled:
                continue
            if once:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)
    finally:
        await database.dispose()
    return total
