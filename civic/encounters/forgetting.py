"""What of an encounter or an outing is technical, and is forgotten in time."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.encounters.models import Encounter, Outing

RECEIPT_KEPT = timedelta(days=30)


async def forget_receipts(session: AsyncSession) -> int:
    """Erase the moment of reception of everything that came 30 days ago or earlier; returns how many rows it was."""
    last, count = clock.now() - RECEIPT_KEPT, 0
    for row in (Encounter, Outing):
        change = update(row).where(row.received_at <= last).values(received_at=None)
        done = await session.execute(change.execution_options(synchronize_session=False))
        count += done.rowcount  # type: ignore[attr-defined]
    return count
