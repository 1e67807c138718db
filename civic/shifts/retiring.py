"""Take a place or a mission out of use: never while something to come needs it, and never out of history."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.errors import Refusal
from civic.i18n import _
from civic.missions import actions as missions
from civic.missions.models import Application, Mission, MissionSite
from civic.shifts.models import Shift
from civic.sites import keeping
from civic.sites.models import Site

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Uses:
    """What keeps something in use: coming shifts (`site` and `mission` loaded), open missions, waiting applications."""

    shifts: list[Shift]
    missions: list[Mission]
    applications: int = 0

    def __bool__(self) -> bool:
        return bool(self.shifts or self.missions or self.applications)


async def uses_of_site(session: AsyncSession, site: Site) -> Uses:
    at_it = select(Mission).join(MissionSite, MissionSite.mission_id == Mission.id)
    at_it = at_it.where(MissionSite.site_id == site.id, Mission.archived_at.is_(None)).order_by(Mission.title)
    return Uses(await _coming(session, Shift.site_id == site.id), list(await session.scalars(at_it)))


async def uses_of_mission(session: AsyncSession, mission: Mission) -> Uses:
    waiting = select(Application.id).where(Application.mission_id == mission.id, Application.state == "submitted")
    found = await _coming(session, Shift.mission_id == mission.id)
    return Uses(found, [], len(list(await session.scalars(waiting))))


async def _coming(session: AsyncSession, condition: ColumnElement[bool]) -> list[Shift]:
    """Shifts, drafts included, that are not over."""
    chosen = (
        select(Shift)
        .where(condition, Shift.state != "cancelled", Shift.ends_at > clock.now())
        .options(joinedload(Shift.site), joinedload(Shift.mission))
        .order_by(Shift.starts_at, Shift.id)
    )
    return list(await session.scalars(chosen))


async def archive_site(session: AsyncSession, *, by: User, site: Site) -> None:
    """Raises Refusal `in_use` while something to come needs the place."""
    await session.refresh(site, ["archived_at"], with_for_update=True)
    if await uses_of_site(session, site):
        raise Refusal("in_use", _("Ce lieu sert encore : voyez d’abord ses créneaux à venir et ses missions."))
    keeping.archive(session, site, by=by)


async def archive_mission(session: AsyncSession, *, by: User, mission: Mission) -> None:
    """Raises Refusal `in_use` while something to come needs the mission."""
    await session.refresh(mission, ["archived_at"], with_for_update=True)
    if await uses_of_mission(session, mission):
        raise Refusal(
            "in_use", _("Cette mission sert encore : voyez d’abord ses créneaux à venir et ses candidatures.")
        )
    missions.archive_mission(session, mission, by=by)


async def left_out(
    session: AsyncSession, mission: Mission, site_ids: set[str], starts_on: date | None, ends_on: date | None
) -> dict[str, list[Shift]]:
    """Coming shifts that a mission would no longer hold, by the field that leaves them out."""
    found: dict[str, list[Shift]] = {}
    for shift in await _coming(session, Shift.mission_id == mission.id):
        day = clock.local_day(shift.starts_at)
        if shift.site_id not in site_ids:
            found.setdefault("sites", []).append(shift)
        if starts_on and day < starts_on:
            found.setdefault("starts_on", []).append(shift)
        if ends_on and day > ends_on:
            found.setdefault("ends_on", []).append(shift)
    return found
