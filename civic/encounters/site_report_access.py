"""Which report of a place a request is about, for whoever may see it; and what of it they read."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import select

from civic.accounts.current import CurrentUser
from civic.accounts.models import User
from civic.db import Session
from civic.encounters.detector import holds
from civic.errors import Forbidden, NotFound
from civic.i18n import _
from civic.sites.models import SiteReport
from civic.sites.report_queries import visible_to


async def visible_report(report_id: UUID, user: CurrentUser, session: Session) -> SiteReport:
    """With its site. A volunteer learns nothing of others' (404); out of a coordinator's scope is 403."""
    found = (await session.scalars(visible_to(user).where(SiteReport.id == report_id))).first()
    if found is not None:
        return found
    if user.role != "volunteer" and await session.scalar(select(SiteReport.id).where(SiteReport.id == report_id)):
        raise Forbidden(_("Ce signalement est hors de votre périmètre."))
    raise NotFound


VisibleReport = Annotated[SiteReport, Depends(visible_report)]


def followed_report(report: VisibleReport, user: CurrentUser) -> SiteReport:
    if user.role != "coordinator":
        raise Forbidden
    return report


def own_report(report: VisibleReport, user: CurrentUser) -> SiteReport:
    """One that its author still adds to; who sees it otherwise only reads."""
    if report.author_id != user.id:
        raise Forbidden
    return report


FollowedReport = Annotated[SiteReport, Depends(followed_report)]
OwnReport = Annotated[SiteReport, Depends(own_report)]


def reads_description(user: User, report: SiteReport) -> bool:
    """What seems to point to somebody is for who wrote it and for who follows it."""
    return user.role == "coordinator" or report.author_id == user.id or not holds(report.description)
