"""The reports of the month and the quarter that ended last, asked for once each; and files whose time is over."""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.reports import files
from civic.reports.filters import Filters
from civic.reports.models import ReportFile
from civic.reports.shared import SETTLED, quarter_end
from civic.tasks.items import Run


class Due(NamedTuple):
    occasion: str
    first: date
    last: date


def due(today: date) -> list[Due]:
    """The month, and the quarter, that ended last and about which a pair can write no more."""
    settled = today - SETTLED
    last = settled if (settled + timedelta(days=1)).day == 1 else settled.replace(day=1) - timedelta(days=1)
    first = last.replace(day=1, month=(last.month - 1) // 3 * 3 + 1)
    while quarter_end(first) > settled:
        before = first - timedelta(days=1)
        first = before.replace(day=1, month=before.month - 2)
    quarter = f"quarter:{first.year}-T{(first.month + 2) // 3}"
    return [Due(f"month:{last:%Y-%m}", last.replace(day=1), last), Due(quarter, first, quarter_end(first))]


async def ask(run: Run) -> None:
    wanted = due(clock.today())
    async with run.database.reading() as session:
        asked = select(ReportFile.occasion).where(ReportFile.occasion.in_([one.occasion for one in wanted]))
        known = set(await session.scalars(asked))
    await run.each([one for one in wanted if one.occasion not in known], _ask)


async def _ask(session: AsyncSession, one: Due) -> int:
    """A period without an encounter has no report. Two workers at once: the second finds the occasion taken."""
    filters = Filters(from_=one.first, to=one.last)
    total = await files.count_rows(session, filters)
    if not total:
        return 0
    await files.ask_occasion(session, occasion=one.occasion, filters=filters, total=total)
    return 1


async def drop_expired(run: Run) -> None:
    async with run.database.reading() as session:
        gone = await files.expired(session)
    await run.each(gone, _drop)


async def _drop(session: AsyncSession, file_id: UUID) -> None:
    await files.drop(session, file_id=file_id)
