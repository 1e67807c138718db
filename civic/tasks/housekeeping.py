"""What is thrown away because nobody can use it any more."""

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.lapsed import drop_lapsed
from civic.tasks.items import Run


async def drop_lapsed_sessions(run: Run) -> None:
    await run.each([None], _drop)


async def _drop(session: AsyncSession, _nothing: None) -> int:
    return await drop_lapsed(session)
