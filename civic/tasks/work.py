"""Everything that happens without a request: the regular tasks, and the mails of the outbox."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from civic import clock
from civic.db import Database
from civic.logs import one_line
from civic.outbox.actions import deliver
from civic.outbox.send import Sender
from civic.planning import fill_runner
from civic.reports import file_runner
from civic.tasks import lease
from civic.tasks.items import Run
from civic.tasks.registry import TASKS, Task

log = logging.getLogger("civic")
SECONDS = 1.0
# After an error the database or the mail server may need a moment.
PATIENCE = 10.0


async def run_due(database: Database, tasks: Sequence[Task] = TASKS, *, now: bool = False) -> list[Run]:
    """Run what is due and free, one task after the other; `now` leaves the pauses out. Returns what was run."""
    pauses = {task.name: timedelta() if now else task.every for task in tasks}
    async with database.reading() as session:
        names = await lease.due(session, pauses)
    runs = [await _run(database, task, pauses[task.name]) for task in tasks if task.name in names]
    return [run for run in runs if run is not None]


async def _run(database: Database, task: Task, pause: timedelta) -> Run | None:
    started = clock.now()
    held = await lease.claim(database, task.name, pause)
    if held is None:
        return None
    run = Run(task.name, database, held.still_ours)
    try:
        await task.run(run)
    except Exception as error:
        run.failed += 1
        run.error = one_line(error)[:500]
        log.error("task %s: %s", task.name, run.error)
    await held.give_back(started, run.error)
    return run


async def for_ever(database: Database, sender: Sender, stopping: asyncio.Event) -> None:
    """Run tasks and send mails, side by side, until `stopping` is set; a slow mail server holds no task up."""

    async def tasks() -> int:
        return sum(run.done for run in await run_due(database))

    async def mails() -> int:
        return await deliver(database, sender)

    async def proposals() -> int:
        return await fill_runner.run_waiting(database, stopping)

    async def files() -> int:
        return await file_runner.run_waiting(database)

    await asyncio.gather(
        _repeat("tasks", tasks, stopping),
        _repeat("outbox", mails, stopping),
        _repeat("proposals", proposals, stopping),
        _repeat("files", files, stopping),
    )


async def _repeat(name: str, step: Callable[[], Awaitable[int]], stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        pause = SECONDS
        try:
            if await step():
                # There may be more at once.
                pause = 0.0
        except Exception as error:
            # The database may come back: what is due waits in it.
            log.error("%s: %s", name, one_line(error))
            pause = PATIENCE
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)
