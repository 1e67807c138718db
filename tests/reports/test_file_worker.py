"""`civic worker` as a process, killed in the middle of a workbook: the next one writes it whole."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import openpyxl
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters.models import Encounter
from civic.reports import files
from civic.reports.filters import Filters
from civic.reports.models import ReportFile
from civic.settings import Settings
from tests.factories.accounts import make_user
from tests.factories.sites import make_site

ROWS, PATIENCE = 12_000, 60


async def asked_for(session: AsyncSession) -> UUID:
    """A workbook of many rows, which takes a worker a second or more."""
    site = await make_site(session, "parc-iles")
    day = clock.today() - timedelta(days=1)
    same = {"site_id": site.id, "date": day, "half_day": "matin", "feeling": "positif", "status": "sent", "version": 1}
    ages = {"people_count": 1, "age_25_59": 1}
    await session.execute(insert(Encounter), [{"id": uuid4(), **same, **ages} for _n in range(ROWS)])
    manager = await make_user(session, "manager")
    file = await files.ask(session, by=manager, kind="encounters", form="xlsx", filters=Filters(from_=day, to=day))
    await session.commit()
    return file.id


@asynccontextmanager
async def worker(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {**os.environ, "CIVIC_DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "civic.cli", "worker", env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until(seen: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await seen():
            await asyncio.sleep(0.01)


def halves() -> list[Path]:
    return list(files.folder().glob(".*.part")) if files.folder().exists() else []


async def test_a_killed_worker_is_followed_by_one_that_writes_the_file_whole(
    session: AsyncSession, db: Database, settings: Settings
) -> None:
    file_id = await asked_for(session)

    async def row() -> ReportFile:
        async with db.reading() as reading:
            return (await reading.scalars(select(ReportFile).where(ReportFile.id == file_id))).one()

    async def begun() -> bool:
        found = await row()
        return found.state == "writing" and (bool(halves()) or found.rows_done > 0)

    async def done() -> bool:
        found = await row()
        assert found.state != "failed", found.error
        return found.state == "done"

    async with worker(db.url) as first:
        await until(begun)
        first.kill()
        assert await first.wait() == -signal.SIGKILL
    assert (await row()).state == "writing"
    assert not files.path_of(await row()).exists(), "half a file is never found under its name"
    async with db.writing() as writing:
        # As if it had been silent for long enough.
        long_ago = clock.now() - 2 * files.SILENCE
        await writing.execute(update(ReportFile).where(ReportFile.id == file_id).values(alive_at=long_ago))
    async with worker(db.url) as second:
        await until(done)
        second.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(second.wait(), PATIENCE) == 0
    whole = await row()
    assert (whole.tries, whole.rows_done) == (2, ROWS)
    book = openpyxl.load_workbook(files.path_of(whole), read_only=True)
    assert sum(1 for _row in book.worksheets[0].iter_rows(max_col=1, values_only=True)) == ROWS + 1
    assert halves() == []
