"""Alerts about pairs that lack somebody 48 h and 24 h before the start."""

from civic.bookings import alerts
from civic.tasks.items import Run


async def warn(run: Run) -> None:
    async with run.database.reading() as session:
        shifts = await alerts.short_pairs(session)
    await run.each(shifts, alerts.warn_pair)
