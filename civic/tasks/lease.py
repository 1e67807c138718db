"""One worker at a time per task: a row of job_runs, held for a while and renewed as the run goes on.

A worker that is killed lets its lease run out, and another takes over. Whoever finds its lease taken stops: what two
runs might both do is guarded a second time by locks and by the `dedupe` of each mail.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.outbox.models import JobRun

LEASE = timedelta(minutes=2)


class Lease:
    """The right to run one task until `until`, to be renewed while items are done."""

    def __init__(self, database: Database, name: str, until: datetime) -> None:
        self.database = database
        self.name = name
        self.until = until

    async def still_ours(self) -> bool:
        """Renew once half of the lease is over; False when somebody else took the task."""
        now = clock.now()
        if self.until - now > LEASE / 2:
            return True
        later = now + LEASE
        async with self.database.writing() as session:
            kept = await self._change(session, held_until=later)
        if kept:
            self.until = later
        return kept

    async def give_back(self, started: datetime, error: str | None) -> None:
        """Note the run, unless somebody else took the task meanwhile."""
        async with self.database.writing() as session:
            await self._change(session, held_until=None, last_run_at=started, last_error=error)

    async def _change(self, session: AsyncSession, **values: object) -> bool:
        ours = update(JobRun).where(JobRun.name == self.name, JobRun.held_until == self.until).returning(JobRun.name)
        return await session.scalar(ours.values(**values)) is not None


async def due(session: AsyncSession, pauses: dict[str, timedelta]) -> list[str]:
    """The tasks whose pause is over and that nobody holds, in one query."""
    now = clock.now()
    runs = {run.name: run for run in await session.scalars(select(JobRun).where(JobRun.name.in_(pauses)))}
    return [name for name, pause in pauses.items() if _free(runs.get(name), pause, now)]


def _free(run: JobRun | None, pause: timedelta, now: datetime) -> bool:
    if run is None:
        return True
    held = run.held_until is not None and run.held_until > now
    return not held and (run.last_run_at is None or run.last_run_at + pause <= now)


async def claim(database: Database, name: str, pause: timedelta) -> Lease | None:
    """Take a task if it is due and free; two workers that ask at once never both get it."""
    until = clock.now() + LEASE
    async with database.writing() as session:
        insert = sqlite_insert if database.sqlite else postgresql_insert
        await session.execute(insert(JobRun).values(name=name).on_conflict_do_nothing())
        chosen = select(JobRun).where(JobRun.name == name).with_for_update(skip_locked=True)
        run = await session.scalar(chosen.execution_options(populate_existing=True))
        if run is None or not _free(run, pause, clock.now()):
            return None
        run.held_until = until
    return Lease(database, name, until)
