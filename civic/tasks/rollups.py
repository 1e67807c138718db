"""Keeping the reports quick: the days that changed are rolled up again."""

from civic.reports import actions
from civic.tasks.items import Run


async def roll_up(run: Run) -> None:
    async with run.database.reading() as session:
        parts = await actions.stale(session)
    await run.each(parts, actions.roll_up)
