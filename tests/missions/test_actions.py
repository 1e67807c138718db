import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from civic.errors import NotFound, Refusal
from civic.missions import actions
from civic.missions.actions import MissionFacts
from civic.missions.models import Application, Mission
from civic.missions.queries import mission_with_all
from civic.outbox.models import OutboxMail
from civic.settings import Settings
from tests.cast import make_cast
from tests.factories.missions import make_application, make_mission
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer


async def mails(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(OutboxMail.kind).order_by(OutboxMail.created_at)))


async def test_applying_twice_does_nothing(session: AsyncSession, settings: Settings) -> None:
    volunteer, mission = await make_volunteer(session), await make_mission(session)
    first = await actions.apply(session, mission, volunteer, "Oui")
    again = await actions.apply(session, mission, volunteer, "Encore")
    assert again.id == first.id
    assert again.motivation == "Oui"
    assert await mails(session) == ["application_received"]


async def test_two_tabs_make_one_application(session: AsyncSession, db: Database, settings: Settings) -> None:
    volunteer, mission = await make_volunteer(session), await make_mission(session)
    await session.commit()

    async def apply() -> None:
        async with db.writing() as writing:
            await actions.apply(writing, mission, volunteer, "Oui")

    await asyncio.gather(*(apply() for _ in range(4)))
    async with db.reading() as looking:
        assert await looking.scalar(select(func.count()).select_from(Application)) == 1
        assert await mails(looking) == ["application_received"]


async def test_withdrawing_then_applying_again(session: AsyncSession, settings: Settings) -> None:
    volunteer, mission = await make_volunteer(session), await make_mission(session)
    first = await actions.apply(session, mission, volunteer, "")
    for _ in range(2):
        await actions.withdraw(session, mission, volunteer, by=volunteer.user)
    assert first.state == "withdrawn"
    second = await actions.apply(session, mission, volunteer, "")
    assert second.id != first.id


@pytest.mark.parametrize("answer", ["accepted", "rejected"])
async def test_an_answer_is_told_once(session: AsyncSession, settings: Settings, answer: str) -> None:
    cast = await make_cast(session)
    application = await make_application(session, await make_mission(session), cast.volunteer)
    await session.commit()
    for _ in range(2):
        await actions.decide(session, application.id, answer, "À bientôt", by=cast.coordinator)
    assert await mails(session) == [f"application_{answer}"]
    body = await session.scalar(select(OutboxMail.text_body))
    assert "À bientôt" in (body or "")
    other = "rejected" if answer == "accepted" else "accepted"
    with pytest.raises(Refusal) as refused:
        await actions.decide(session, application.id, other, "", by=cast.coordinator)
    assert refused.value.code == "application_decided"


async def test_what_can_not_be_answered(session: AsyncSession, settings: Settings) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session)
    gone = await make_application(session, mission, cast.volunteer, state="withdrawn")
    with pytest.raises(Refusal):
        await actions.decide(session, gone.id, "accepted", "", by=cast.coordinator)
    with pytest.raises(Refusal):
        await actions.decide(session, gone.id, "maybe", "", by=cast.coordinator)
    with pytest.raises(NotFound):
        await actions.decide(session, mission.id, "accepted", "", by=cast.coordinator)


async def test_a_mission_is_written_and_changed_within_ones_scope(session: AsyncSession, settings: Settings) -> None:
    cast = await make_cast(session)
    near, far = await make_site(session, "near"), await make_site(session, "far", "CAHC")
    facts = MissionFacts("Titre", "rev3", "Texte", [near.id], tags=["outdoor"], trainings=["first_aid"])
    mission = await actions.create_mission(session, facts, by=cast.coordinator_call)
    await session.commit()
    for wrong in ([], [far.id], [near.id, "nowhere"]):
        with pytest.raises(Refusal) as refused:
            await actions.create_mission(session, MissionFacts("T", "rev3", "", wrong), by=cast.coordinator_call)
        assert refused.value.field == "sites"
    session.expunge_all()
    loaded = await mission_with_all(session, mission.id)
    assert loaded is not None
    changed = MissionFacts("Autre", "rev3", "Texte", [near.id, far.id], tags=["stand_duty", "outdoor"])
    await actions.update_mission(session, loaded, changed, by=cast.coordinator)
    await session.commit()
    session.expunge_all()
    again = await mission_with_all(session, mission.id)
    assert again is not None
    assert (again.title, again.tag_codes, again.training_codes) == ("Autre", {"outdoor", "stand_duty"}, frozenset())
    assert {site.id for site in again.sites} == {"near", "far"}
    assert await session.scalar(select(func.count()).select_from(Mission)) == 1
