"""What is erased of a report once it has been closed for a while: the photo and every sentence somebody typed."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from civic import audit, clock
from civic.settings import settings
from civic.sites import photos
from civic.sites.models import SiteReport, SiteReportStep
from civic.sites.reporting import folder, locked

# A file that a failed request left behind: none takes so long to have its row.
STRAY = timedelta(hours=1)


async def past_keeping(session: AsyncSession) -> list[UUID]:
    """Reports closed for CIVIC_SITE_REPORT_DAYS days or more that still hold a photo or a sentence."""
    last = clock.now() - timedelta(days=settings().site_report_days)
    noted = exists().where(SiteReportStep.report_id == SiteReport.id, SiteReportStep.note != "")
    held = or_(SiteReport.photo != "", SiteReport.description != "", noted)
    return list(await session.scalars(select(SiteReport.id).where(SiteReport.closed_at <= last, held)))


async def forget(session: AsyncSession, report_id: UUID) -> int:
    """Erase them; where, when, what kind and what became of it stay. Returns 0 for one that was opened again."""
    report = await locked(session, report_id)
    last = clock.now() - timedelta(days=settings().site_report_days)
    if report is None or report.closed_at is None or report.closed_at > last:
        return 0
    if report.photo:
        photos.drop_after_commit(session, folder(), report.photo)
    report.photo, report.description = "", ""
    steps = update(SiteReportStep).where(SiteReportStep.report_id == report_id).values(note="")
    await session.execute(steps.execution_options(synchronize_session=False))
    audit.record(session, by=None, verb="site_report.forgotten", subject=report)
    return 1


async def sweep(session: AsyncSession) -> int:
    """Remove pictures that no report names; returns how many files there were."""
    known = set(await session.scalars(select(SiteReport.photo).where(SiteReport.photo != "")))
    return await run_in_threadpool(_sweep, known)


def _sweep(known: set[str]) -> int:
    home, oldest, count = folder(), (clock.now() - STRAY).timestamp(), 0
    for found in home.iterdir() if home.is_dir() else ():
        name = found.name.removesuffix(photos.ENDING).removesuffix(photos.THUMBNAIL)
        if name not in known and found.stat().st_mtime < oldest:
            found.unlink(missing_ok=True)
            count += 1
    return count
