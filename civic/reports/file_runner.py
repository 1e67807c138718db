"""Writes the files that wait, one at a time, beside their place and then into it."""

import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import formats
from civic.accounts.models import User
from civic.db import Database
from civic.i18n import _
from civic.logs import one_line
from civic.outbox.actions import enqueue
from civic.reports import files
from civic.reports.activity import activity
from civic.reports.filters import Filters
from civic.reports.models import ReportFile
from civic.reports.parquet import write_parquet
from civic.reports.printing import report_pdf
from civic.reports.tables import TABLES, file_name
from civic.reports.workbook import write_workbook
from civic.reports.xlsx import write_xlsx
from civic.settings import settings

log = logging.getLogger("civic")
BREATH = 1.0
Told = Callable[[int], Awaitable[None]]


class TakenOver(Exception):
    """Another worker writes this file now."""


async def run_waiting(database: Database) -> int:
    """Write the oldest file that waits, if there is one; returns how many were taken up."""
    async with database.writing() as session:
        file = await files.claim(session)
    if file is None:
        return 0
    filters, target = files.unpacked(file.filters), files.path_of(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    files.sweep(file)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        rows = await _write(database, file, filters, partial)
        async with database.writing() as session:
            start = "civic_bilan" if file.kind == "activity" else TABLES[file.kind].name
            whole = await files.finish(
                session, file.id, file.tries, name=file_name(start, filters, file.format), rows=rows
            )
            if whole is not None:
                partial.replace(target)
                await _tell(session, whole, filters)
    except TakenOver:
        log.info("report file %s: taken over", file.id)
    except Exception as error:
        log.error("report file %s: %s", file.id, one_line(error))
        async with database.writing() as session:
            said = _("Ce fichier n’a pas pu être écrit. Redemandez-le, ou prévenez l’administration.")
            await files.fail(session, file.id, file.tries, said)
    finally:
        partial.unlink(missing_ok=True)
    return 1


async def _write(database: Database, file: ReportFile, filters: Filters, partial: Path) -> int:
    told = _breathing(database, file)
    if file.format == "pdf":
        async with database.reading() as session:
            await to_thread.run_sync(partial.write_bytes, await report_pdf(session, filters))
            return await files.count_rows(session, filters)
    if file.format == "parquet":
        return await write_parquet(database, filters, partial, told)
    if file.kind == "activity":
        async with database.reading() as session:
            report = await activity(session, filters)
        return await write_workbook(database, report, partial, told)
    return await write_xlsx(database, file.kind, filters, partial, told=told)


def _breathing(database: Database, file: ReportFile) -> Told:
    """Says at most once a second how far the writing is, and stops a writer whose file was taken over."""
    last = monotonic()

    async def told(done: int) -> None:
        nonlocal last
        if monotonic() - last < BREATH:
            return
        last = monotonic()
        async with database.writing() as session:
            if not await files.breathe(session, file.id, file.tries, done):
                raise TakenOver

    return told


async def _tell(session: AsyncSession, file: ReportFile, filters: Filters) -> None:
    """The report of a month or quarter is told to the managers, once: a link that asks to sign in, and no figure."""
    if not file.occasion:
        return
    days = formats.day_range(filters.from_, filters.to)
    managers = select(User).where(User.role == "manager", User.is_active, User.is_verified).order_by(User.email)
    for user in (await session.scalars(managers)).all():
        await enqueue(
            session,
            to=user.email,
            kind="report",
            template="report_ready",
            context={
                "name": formats.first_name(user.name),
                "days": days,
                "link": f"{settings().base_url}/bilans/fichiers/{file.id}",
            },
            dedupe=f"report:{file.occasion}:{user.id}",
        )
