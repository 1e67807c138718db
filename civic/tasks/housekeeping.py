"""What is thrown away because nobody can use it any more."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.lapsed import drop_lapsed
from civic.encounters import forgetting
from civic.formats import day_range
from civic.i18n import _, ngettext
from civic.imports import actions as imports
from civic.sites import report_forgetting
from civic.tasks.items import Run

# Comments are erased so many at a time: on SQLite nobody waits for long.
AT_ONCE = 200


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
    return await forgetting.forget_receipts(session)


async def forget_comments(run: Run) -> None:
    """Comments are kept 90 days, in the encounter and in every kept version of it."""
    async with run.database.reading() as session:
        ids = await forgetting.outdated_ids(session)
    await run.each([ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)], _erase)


async def _erase(session: AsyncSession, ids: Sequence[UUID]) -> int:
    return await forgetting.erase_comments(session, ids)


async def preview_comments(session: AsyncSession) -> str:
    """What the next run would erase, in words."""
    found = await forgetting.outdated(session)
    if not found.first or not found.last:
        return _("Rien à effacer : les commentaires sont gardés 90 jours.")
    text = ngettext(
        "Au prochain passage : les commentaires de %(n)s rencontre (%(days)s).",
        "Au prochain passage : les commentaires de %(n)s rencontres (%(days)s).",
        found.count,
    )
    return text % {"n": found.count, "days": day_range(found.first, found.last)}


async def forget_site_reports(run: Run) -> None:
    """The photo and the words of what was solved long ago, and pictures that no report names."""
    async with run.database.reading() as session:
        past = await report_forgetting.past_keeping(session)
        await report_forgetting.sweep(session)
    await run.each(past, report_forgetting.forget)
