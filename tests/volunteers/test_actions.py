from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.errors import Refusal
from civic.settings import Settings
from civic.volunteers import actions
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from tests.cast import make_cast
from tests.factories.volunteers import born, make_volunteer


async def test_an_operator_adds_a_volunteer(session: AsyncSession, settings: Settings) -> None:
    user, link = await actions.add_user(session, "lou@example.test", "volunteer", "Lou", born(20))
    assert link
    volunteer = await session.scalar(select(Volunteer).where(Volunteer.user_id == user.id))
    assert volunteer is not None
    assert volunteer.birth_date == born(20)
    admin, _link = await actions.add_user(session, "a@example.test", "admin", "Ali", password="une longue phrase")
    assert await session.scalar(select(Volunteer).where(Volunteer.user_id == admin.id)) is None


@pytest.mark.parametrize("birth_date", [None, born(12), date(1950, 1, 1)])
async def test_a_volunteer_has_the_age(session: AsyncSession, settings: Settings, birth_date: date | None) -> None:
    with pytest.raises(Refusal):
        await actions.add_user(session, "lou@example.test", "volunteer", "Lou", birth_date)


async def test_who_sees_whom(session: AsyncSession) -> None:
    cast = await make_cast(session)
    nowhere = await make_volunteer(session, intermunicipality=None)

    async def seen(name: str) -> set[Volunteer]:
        return set(await session.scalars(visible_to(cast.users[name])))

    team = {cast.volunteer, cast.colleague, cast.minor, nowhere}
    assert await seen("volunteer") == {cast.volunteer}
    assert await seen("coordinator") == team
    assert await seen("coordinator_call") == team
    assert await seen("coordinator_cahc") == {nowhere}
    assert await seen("admin") == team
    assert await seen("manager") == set()
