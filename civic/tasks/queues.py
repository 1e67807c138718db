"""Offers that are past go to the next, free places to their queues, and calls for a stand-in to everybody else."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic.bookings import absence, waitlist
from civic.tasks.items import Run


async def settle_queues(run: Run) -> None:
    async with run.database.reading() as session:
        shifts = await waitlist.unsettled(session)
    await run.each(shifts, _settle)


async def _settle(session: AsyncSession, shift_id: UUID) -> None:
    await waitlist.settle_one(session, shift_id)


async def call_stand_ins(run: Run) -> None:
    """Calls that waited for the queue's answer."""
    async with run.database.reading() as session:
        calls = await absence.uncalled(session)
    await run.each(calls, absence.call_again)
