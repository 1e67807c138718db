"""One run of a task: its items, each in a transaction of its own, so that one that fails holds nothing up."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from civic.logs import one_line

log = logging.getLogger("civic")
Item = TypeVar("Item")


async def _no_lease() -> bool:
    return True


@dataclass(slots=True)
class Run:
    """`done` counts what was done; `error` is the last thing that went wrong, on one line.

    `still_ours` renews the lease on the task and says whether it is held; a run that lost it stops.
    """

    name: str
    database: Database
    still_ours: Callable[[], Awaitable[bool]] = _no_lease
    done: int = 0
    failed: int = 0
    error: str | None = field(default=None)

    async def each(self, items: Iterable[Item], act: Callable[[AsyncSession, Item], Awaitable[int | None]]) -> None:
        """Do `act` for every item; it returns how much it did (None counts as one)."""
        for item in items:
            if not await self.still_ours():
                return
            try:
                async with self.database.writing() as session:
                    count = await act(session, item)
                self.done += 1 if count is None else count
            except IntegrityError as error:
                # Most often another worker told the same fact at this very moment; the next run would find it again.
                log.info("task %s: %s", self.name, one_line(error.orig or error))
            except Exception as error:
                self.failed += 1
                self.error = one_line(error)[:500]
                log.error("task %s: %s", self.name, self.error)
