"""Named selects on missions and applications."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, case, exists, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql import ColumnElement

from civic.accounts.models import User
from civic.accounts.sight import Sight
from civic.missions.models import Application, Mission, MissionSite
from civic.sites.models import Site
from civic.volunteers.models import Volunteer


def open_missions(pillar: str | None = None) -> Select[tuple[Mission]]:
    """Missions in use, perhaps of one pillar, with their sites."""
    chosen = select(Mission).where(Mission.archived_at.is_(None)).options(selectinload(Mission.sites))
    return chosen.where(Mission.pillar == pillar) if pillar else chosen


async def page_of_missions(
    session: AsyncSession, pillar: str | None, limit: int, after: tuple[str, UUID] | None
) -> list[Mission]:
    """At most `limit` missions by title, from the (title, id) after which the page begins."""
    chosen = open_missions(pillar).order_by(Mission.title, Mission.id).limit(limit)
    if after is not None:
        chosen = chosen.where(tuple_(Mission.title, Mission.id) > tuple_(literal(after[0]), literal(after[1])))
    return list(await session.scalars(chosen))


async def list_missions(session: AsyncSession, pillar: str | None) -> list[Mission]:
    chosen = open_missions(pillar).order_by(Mission.pillar, Mission.title, Mission.id)
    return list(await session.scalars(chosen))


async def archived_missions(session: AsyncSession, user: User) -> list[Mission]:
    """Missions out of use within a coordinator's scope, the latest first."""
    chosen = (
        select(Mission)
        .where(Mission.archived_at.is_not(None), in_scope(user))
        .options(selectinload(Mission.sites))
        .order_by(Mission.archived_at.desc(), Mission.id)
    )
    return list(await session.scalars(chosen))


async def mission_with_all(session: AsyncSession, mission_id: UUID, *, archived: bool = False) -> Mission | None:
    """One mission in use (or out of use) with its sites and their communes, tags and trainings."""
    out_of_use = Mission.archived_at.is_not(None) if archived else Mission.archived_at.is_(None)
    found: Mission | None = await session.scalar(_whole(mission_id).where(out_of_use))
    return found


async def hold_mission(session: AsyncSession, mission: Mission) -> None:
    """Read it all again and hold it until the commit: whoever writes it too waits, and then sees what was written."""
    row = select(Mission.id).where(Mission.id == mission.id)
    await session.execute(row.with_for_update(key_share=True))
    await session.execute(_whole(mission.id), execution_options={"populate_existing": True})


def _whole(mission_id: UUID) -> Select[tuple[Mission]]:
    return (
        select(Mission)
        .where(Mission.id == mission_id)
        .options(
            selectinload(Mission.sites).joinedload(Site.commune),
            selectinload(Mission.tags),
            selectinload(Mission.trainings),
        )
    )


def in_scope(user: User | Sight) -> ColumnElement[bool]:
    """Whether a mission belongs to a coordinator (`scopes` loaded): one of its sites is in scope, or it has none."""
    if not user.scopes:
        return true()
    placed = exists().where(MissionSite.mission_id == Mission.id)
    near = placed.where(Site.id == MissionSite.site_id, Site.intermunicipality_code.in_(user.scope_codes))
    return or_(near, ~placed)


def covers(user: User, mission: Mission) -> bool:
    """The same, judged on a loaded mission (`sites` loaded)."""
    return not mission.sites or any(user.covers(site.intermunicipality_code) for site in mission.sites)


def applications_visible_to(user: User) -> Select[tuple[Application]]:
    """Applications that a coordinator may answer, with the mission and the volunteer; those that wait come first."""
    waiting = case((Application.state == "submitted", 0), else_=1)
    return (
        select(Application)
        .join(Mission, Mission.id == Application.mission_id)
        .where(in_scope(user))
        .options(
            joinedload(Application.mission),
            joinedload(Application.volunteer).joinedload(Volunteer.user),
            joinedload(Application.volunteer).joinedload(Volunteer.commune),
        )
        .order_by(waiting, Application.created_at.desc(), Application.id)
    )


async def own_application(session: AsyncSession, mission_id: UUID, volunteer_id: UUID) -> Application | None:
    """A volunteer's last application to a mission, a live one first."""
    live = case((Application.state.in_(("submitted", "accepted")), 0), else_=1)
    chosen = (
        select(Application)
        .where(Application.mission_id == mission_id, Application.volunteer_id == volunteer_id)
        .order_by(live, Application.created_at.desc())
        .limit(1)
    )
    found: Application | None = await session.scalar(chosen)
    return found


async def own_applications(session: AsyncSession, volunteer_id: UUID) -> Sequence[Application]:
    """All that a volunteer asked for, newest first, with the missions."""
    chosen = (
        select(Application)
        .where(Application.volunteer_id == volunteer_id)
        .options(joinedload(Application.mission))
        .order_by(Application.created_at.desc(), Application.id)
    )
    return (await session.scalars(chosen)).all()
