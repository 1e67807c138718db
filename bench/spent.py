"""Processor time: on a machine that others use too, the clock on the wall tells mostly of them."""

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from sqlalchemy import text

from civic.db import Database


class Spent:
    """Seconds of processor time so far: of this process with its threads, and of its database's."""

    def __init__(self, backends: Sequence[int] = ()) -> None:
        self.files = [Path(f"/proc/{process}/schedstat") for process in backends]

    def __call__(self) -> float:
        return time.process_time() + sum(int(one.read_text().split()[0]) for one in self.files) / 1e9


async def spent_by(database: Database) -> Spent:
    """For a database whose connections are open already."""
    if database.sqlite:
        return Spent()
    async with database.engine.connect() as connection:
        own = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return Spent((await connection.execute(own)).scalars().all())


async def best(spent: Spent, rounds: int, *works: Callable[[], Awaitable[object]]) -> list[float]:
    """The least that each of some works took, done in turns."""
    found: list[list[float]] = [[] for _work in works]
    for _round in range(rounds):
        for work, kept in zip(works, found, strict=True):
            begun = spent()
            await work()
            kept.append(spent() - begun)
    return [min(kept) for kept in found]
