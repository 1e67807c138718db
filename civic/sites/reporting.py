"""The verbs of a report of a place: file, correct, show, follow. Whether its author may write is asked above."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from civic import audit
from civic.accounts.coordinators import coordinators_for
from civic.accounts.models import User
from civic.clock import now
from civic.errors import NotFound, Refusal
from civic.formats import day_long, first_name
from civic.i18n import _
from civic.outbox.actions import Draft, enqueue_all
from civic.settings import settings
from civic.sites import photos
from civic.sites.kinds import CLOSED_STATES, DANGER, SPOTS
from civic.sites.models import Site, SiteReport, SiteReportStep
from civic.sites.photos import Photo
from civic.sites.report_rules import Follow, Stand, check_follow

MOST_BYTES = 12_000_000


async def file(session: AsyncSession, *, by: User, uuid: UUID, number: int, content: dict[str, Any]) -> bool:
    """Keep a new report with its first step; False when another writer took its UUID meanwhile."""
    report = SiteReport(id=uuid, author_id=by.id, version=number, **content)
    try:
        async with session.begin_nested():
            session.add(report)
            await session.flush()
            session.add(SiteReportStep(report_id=uuid, number=1, state="new", by_id=by.id))
            await session.flush()
    except IntegrityError:
        return False
    audit.record(session, by=by, verb="site_report.filed", subject=report)
    await _tell_danger(session, report)
    return True


async def correct(session: AsyncSession, *, by: User, report: SiteReport, number: int, content: dict[str, Any]) -> None:
    """Change a locked report that nobody has followed yet."""
    for name, value in content.items():
        setattr(report, name, value)
    report.version = number
    audit.record(session, by=by, verb="site_report.corrected", subject=report, detail={"version": number})
    await _tell_danger(session, report)


async def locked(session: AsyncSession, uuid: UUID) -> SiteReport | None:
    """The report as it is now, kept from other writers until the commit."""
    return await session.get(SiteReport, uuid, with_for_update=True, populate_existing=True)


async def follow(session: AsyncSession, *, by: User, report_id: UUID, asked: Follow) -> None:
    """Write what became of a report; the same step again writes nothing."""
    report = await locked(session, report_id)
    if report is None:
        raise NotFound
    if not check_follow(await _stand(session, report_id), asked):
        return
    step = SiteReportStep(report_id=report_id, number=asked.seen + 1, state=asked.state, by_id=by.id, note=asked.note)
    step.handed_on_to = asked.handed_on_to if asked.state == "handed_on" else ""
    session.add(step)
    closing = asked.state in CLOSED_STATES
    verb = "reopened" if report.closed_at else asked.state
    report.state, report.handed_on_to = asked.state, step.handed_on_to or report.handed_on_to
    report.closed_at = now() if closing else None
    await session.flush()
    audit.record(session, by=by, verb=f"site_report.{verb}", subject=report)


async def _stand(session: AsyncSession, report_id: UUID) -> Stand:
    chosen = select(SiteReportStep).where(SiteReportStep.report_id == report_id)
    last = (await session.scalars(chosen.order_by(SiteReportStep.number.desc()).limit(1))).one()
    return Stand(last.state, last.number, last.handed_on_to, last.note)


def folder() -> Path:
    return settings().files / "site_reports"


async def add_photo(session: AsyncSession, *, by: User, report_id: UUID, photo: Photo) -> None:
    """Give an open report its photo; the same one again is no second one. Raises Refusal `photo_there`, `closed`."""
    report = await locked(session, report_id)
    if report is None:
        raise NotFound
    name = hashlib.sha256(report_id.bytes + photo.large).hexdigest()
    if report.photo == name:
        return
    if report.closed_at:
        raise Refusal("report_closed", _("Ce signalement est clos : il ne prend plus de photo."), field="photo")
    if report.photo:
        raise Refusal("photo_there", _("Ce signalement a déjà une photo."), field="photo")
    await run_in_threadpool(photos.keep, folder(), name, photo)
    report.photo = name
    audit.record(session, by=by, verb="site_report.photo_added", subject=report)


async def _tell_danger(session: AsyncSession, report: SiteReport) -> None:
    """One mail to each coordinator in scope, with the report or not at all; a correction tells nothing twice.

    What was written stays on the page, where it is erased in time: a mailbox keeps what it was sent.
    """
    if report.kind != DANGER:
        return
    site = await session.get_one(Site, report.site_id)
    values = {"site": site.name, "day": day_long(report.date), "path": f"/signalements/{report.id}"}
    values["spot"] = _(SPOTS[report.spot]) if report.spot else ""
    drafts = [
        Draft(
            to=user.email,
            kind="site_danger",
            template="site_danger",
            context={**values, "name": first_name(user.name)},
            dedupe=f"site_danger:{report.id}:{user.id}",
        )
        for user in await coordinators_for(session, site.intermunicipality_code)
    ]
    await enqueue_all(session, drafts)
