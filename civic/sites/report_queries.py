"""Named selects: whose reports of places somebody may see, the filters of their list, and their counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, case, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from civic.accounts.models import User
from civic.sites.kinds import DANGER, OPEN_STATES
from civic.sites.models import Site, SiteReport, SiteReportStep

# Open ones together, the list that a coordinator works through.
OPEN = "open"
AT_A_SITE = 8


@dataclass(frozen=True, slots=True)
class ReportFilters:
    """What a list of reports is narrowed by; an empty text narrows nothing."""

    state: str = ""
    kind: str = ""
    site: str = ""
    intermunicipality: str = ""


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step with who made it; `role` and `name` are empty once their account is gone."""

    number: int
    state: str
    at: datetime
    handed_on_to: str
    note: str
    by_id: UUID | None
    name: str
    role: str


def visible_to(user: User) -> Select[tuple[SiteReport]]:
    """A volunteer's own, a coordinator's scope, everything for a manager and an admin; with the site."""
    chosen = select(SiteReport).join(Site, Site.id == SiteReport.site_id).options(contains_eager(SiteReport.site))
    if user.role == "volunteer":
        return chosen.where(SiteReport.author_id == user.id)
    if user.role == "coordinator" and user.scope_codes:
        return chosen.where(Site.intermunicipality_code.in_(sorted(user.scope_codes)))
    return chosen


def may_read(user: User, report: SiteReport, site: Site) -> bool:
    """What `visible_to` says of one report, its site at hand."""
    if user.role == "volunteer":
        return report.author_id == user.id
    return user.role != "coordinator" or user.covers(site.intermunicipality_code)


def narrowed(chosen: Select[tuple[SiteReport]], filters: ReportFilters) -> Select[tuple[SiteReport]]:
    """The reports of `visible_to` that the filters keep."""
    if filters.state == OPEN:
        chosen = chosen.where(SiteReport.state.in_(OPEN_STATES))
    elif filters.state:
        chosen = chosen.where(SiteReport.state == filters.state)
    if filters.kind:
        chosen = chosen.where(SiteReport.kind == filters.kind)
    if filters.site:
        chosen = chosen.where(SiteReport.site_id == filters.site)
    if filters.intermunicipality:
        chosen = chosen.where(Site.intermunicipality_code == filters.intermunicipality)
    return chosen


async def page(session: AsyncSession, chosen: Select[tuple[SiteReport]], *, number: int, size: int) -> list[SiteReport]:
    """A page of a list from 1: dangers that nobody has read, then the latest."""
    pressing = case((and_(SiteReport.kind == DANGER, SiteReport.state == "new"), 0), else_=1)
    ordered = chosen.order_by(pressing, SiteReport.date.desc(), SiteReport.created_at.desc(), SiteReport.id)
    return list(await session.scalars(ordered.limit(size).offset((number - 1) * size)))


async def counts(session: AsyncSession, user: User, filters: ReportFilters) -> dict[str, int]:
    """How many stand in each state, under the other filters."""
    chosen = narrowed(visible_to(user), replace(filters, state=""))
    rows = chosen.with_only_columns(SiteReport.state, func.count(SiteReport.id)).group_by(SiteReport.state)
    return dict((await session.execute(rows)).tuples().all())


async def after(
    session: AsyncSession, chosen: Select[tuple[SiteReport]], key: tuple[date, UUID] | None, limit: int
) -> list[SiteReport]:
    """The latest first, from the (date, id) after which the page begins."""
    ordered = chosen.order_by(SiteReport.date.desc(), SiteReport.id.desc()).limit(limit)
    if key is not None:
        begins = tuple_(literal(key[0]), literal(key[1], Uuid))
        ordered = ordered.where(tuple_(SiteReport.date, SiteReport.id) < begins)
    return list(await session.scalars(ordered))


async def steps_of(session: AsyncSession, report_id: UUID) -> list[StepShown]:
    """What became of a report, from its first step to the last."""
    step = SiteReportStep
    name, role = func.coalesce(User.name, ""), func.coalesce(User.role, "")
    chosen = (
        select(step.number, step.state, step.at, step.handed_on_to, step.note, step.by_id, name, role)
        .outerjoin(User, User.id == step.by_id)
        .where(step.report_id == report_id)
        .order_by(step.number)
    )
    return [StepShown(*row) for row in await session.execute(chosen)]


async def open_at(session: AsyncSession, site_id: str) -> Sequence[SiteReport]:
    """What is wrong at a site and not closed yet, dangers first."""
    first = case((SiteReport.kind == DANGER, 0), else_=1)
    chosen = select(SiteReport).where(SiteReport.site_id == site_id, SiteReport.state.in_(OPEN_STATES))
    return (await session.scalars(chosen.order_by(first, SiteReport.date.desc(), SiteReport.id))).all()
