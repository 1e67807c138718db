"""What is thrown away because nobody can use it any more."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.lapsed import drop_lapsed
from civic.encounters.forgetting import forget_receipts
from civic.imports import actions as imports
from civic.sites import report_forgetting
from civic.tasks.items import Run


async def drop_lapsed_sessions(run: Run) -> None:
    await run.each([None], _drop)


async def _drop(session: AsyncSession, _nothing: None) -> int:
    return await drop_lapsed(session)


async def drop_stale_imports(run: Run) -> None:
    """Files that wait for a day to be imported; they may hold names and phone numbers."""
    async with run.database.reading() as session:
        stale = await imports.stale_runs(session)
    await run.each(stale, _drop_import)
    await imports.sweep()


async def _drop_import(session: AsyncSession, run_id: UUID) -> None:
    await imports.drop(session, run_id=run_id)


async def forget_receipt_times(run: Run) -> None:
    """When a phone sent a record could say who met whom; nobody needs it for long."""
    await run.each([None], _forget)


async def _forget(session: AsyncSession, _nothing: None) -> int:
    return await forget_receipts(session)


async def forget_site_reports(run: Run) -> None:
    """The photo and the words of what was solved long ago, and pictures that no report names."""
    async with run.database.reading() as session:
        past = await report_forgetting.past_keeping(session)
        await report_forgetting.sweep(session)
    await run.each(past, report_forgetting.forget)
