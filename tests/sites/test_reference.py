from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.sites import reference
from civic.sites.models import Commune, Intermunicipality, Site
from tests.cast import make_cast
from tests.factories.missions import make_application, make_mission


async def test_loading_twice_changes_nothing(session: AsyncSession) -> None:
    await reference.load(session)
    await reference.load(session)
    counts = [
        await session.scalar(select(func.count()).select_from(table)) for table in (Intermunicipality, Commune, Site)
    ]
    assert counts == [3, 150, 53]


async def test_points_from_memory_are_approximate(session: AsyncSession) -> None:
    await reference.load(session)
    approximate = await session.scalar(select(func.count()).select_from(Site).where(Site.approximate))
    assert approximate == 14


async def test_what_was_edited_stays(session: AsyncSession) -> None:
    await reference.load(session)
    site = await session.get_one(Site, "terril-74")
    site.name = "Terril 74"
    await session.flush()
    await reference.load(session)
    session.expire_all()
    assert (await session.get_one(Site, "terril-74")).name == "Terril 74"


async def test_the_cast_and_a_mission_can_be_made(session: AsyncSession) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session)
    await make_application(session, mission, cast.volunteer)
    await session.commit()
    assert len(cast.users) == 8
