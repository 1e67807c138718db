"""Missions and applications."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic.missions.models import Application, Mission, MissionTag, MissionTraining
from civic.sites.models import Site
from civic.volunteers.models import Volunteer
from tests.factories.sites import make_site

_numbers = count(1)


async def make_mission(
    session: AsyncSession,
    sites: Iterable[Site] | None = None,
    pillar: str = "archipel_vert",
    tags: Iterable[str] = ("outdoor",),
    trainings: Iterable[str] = (),
    **fields: Any,
) -> Mission:
    """A mission at `sites` (None: one new park of the CALL); `fields` are columns of Mission."""
    places = [await make_site(session)] if sites is None else list(sites)
    values: dict[str, Any] = {
        "title": f"Aller vers les habitants {next(_numbers)}",
        "description": "Rencontrer celles et ceux qui passent, écouter, orienter.",
        **fields,
    }
    mission = Mission(
        pillar=pillar,
        sites=places,
        tags=[MissionTag(tag=tag) for tag in tags],
        trainings=[MissionTraining(kind=kind) for kind in trainings],
        **values,
    )
    session.add(mission)
    await session.flush()
    return mission


async def make_application(
    session: AsyncSession, mission: Mission, volunteer: Volunteer, state: str = "submitted", **fields: Any
) -> Application:
    values: dict[str, Any] = {"motivation": "J’habite à côté.", **fields}
    application = Application(mission_id=mission.id, volunteer_id=volunteer.id, state=state, **values)
    session.add(application)
    await session.flush()
    return application
