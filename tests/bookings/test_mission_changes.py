"""A mission that asks more ends places: seen first, told by mail; one that asks less moves the queues."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings.mission_changes import broken_by, change_mission
from civic.bookings.models import Booking
from civic.contracts.models import TRAININGS
from civic.db import Database
from civic.errors import Refusal
from civic.missions.actions import MissionFacts
from civic.missions.models import Mission
from civic.missions.queries import mission_with_all
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_minor, make_volunteer

Clients = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[Any]]]
FACTS = MissionFacts("Titre", "rev3", "Texte", site_ids=["here"], tags=["outdoor"])


async def change(db: Database, mission: Mission, facts: MissionFacts, by: User, accepted: Any = ()) -> int:
    async with db.writing() as writing:
        found = await mission_with_all(writing, mission.id)
        assert found is not None
        return await change_mission(writing, by=by, mission=found, facts=facts, accepted=accepted)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"min_age": 18}, "mission_age"),
        ({"trainings": [TRAININGS[0]]}, "training_missing"),
        ({"tags": ["regulated_risk"]}, "risk_minor"),
    ],
)
async def test_more_asked_ends_places(
    session: AsyncSession, db: Database, mailbox: Mailbox, asked: dict[str, Any], code: str
) -> None:
    by = await make_user(session, "coordinator")
    mission = await make_mission(session, [await make_site(session, "here")])
    shift = await make_shift(session, in_days(5), mission=mission)
    minor = await make_minor(session)
    trained = await make_volunteer(session, trainings=[TRAININGS[0]])
    lost = await make_booking(session, shift, minor)
    kept = await make_booking(session, shift, trained)
    queue = await make_booking(session, shift, await make_minor(session), "waitlisted")
    await session.commit()
    facts = replace(FACTS, **asked)
    async with db.reading() as looking:
        found = await mission_with_all(looking, mission.id)
        assert found is not None
        (broken,) = await broken_by(looking, found, facts)
        assert (broken.held.booking_id, broken.finding.code) == (lost.id, code)
        assert await broken_by(looking, found, FACTS) == []
    with pytest.raises(Refusal, match="touche des réservations"):
        await change(db, mission, facts, by)
    assert await change(db, mission, facts, by, [lost.id]) == 1
    assert await change(db, mission, facts, by, [lost.id]) == 0
    async with db.reading() as looking:
        states = [(await looking.get_one(Booking, one.id)).state for one in (lost, kept, queue)]
    assert states == ["cancelled", "confirmed", "waitlisted"], "who waits still may not take it, and is not dropped"
    assert [mail.recipient for mail in await mailbox() if mail.kind == "booking_removed"] == [minor.user.email]
    assert await change(db, mission, FACTS, by) == 0
    async with db.reading() as looking:
        assert (await looking.get_one(Booking, queue.id)).state == "offered", "asked less, the queue moves"


async def test_no_shift_is_left_outside(session: AsyncSession, db: Database) -> None:
    by = await make_user(session, "coordinator")
    here, there = await make_site(session, "here"), await make_site(session, "there")
    mission = await make_mission(session, [here, there])
    await make_shift(session, in_days(10), mission=mission, site=there, state="draft")
    await make_shift(session, in_days(-10), mission=mission, site=here)
    await make_shift(session, in_days(60), mission=mission, site=here, state="cancelled")
    await session.commit()
    day = in_days(10).date()
    both = replace(FACTS, site_ids=["here", "there"])
    for facts, field in (
        (replace(both, ends_on=day - timedelta(days=1)), "ends_on"),
        (replace(both, starts_on=day + timedelta(days=1)), "starts_on"),
        (FACTS, "sites"),
    ):
        with pytest.raises(Refusal) as caught:
            await change(db, mission, facts, by)
        assert (caught.value.code, caught.value.field) == ("shifts_left_out", field)
    await change(db, mission, replace(both, starts_on=day, ends_on=day), by)


async def test_the_form_asks_once_more(
    session: AsyncSession, make_client: Clients, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session, [await make_site(session, "here")])
    shift = await make_shift(session, in_days(5), mission=mission)
    seat = await make_booking(session, shift, cast.minor)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    path = f"/missions/{mission.id}/modification"
    form = {"title": "Titre", "pillar": "rev3", "description": "Texte", "sites": "here", "min_age": "18"}
    asked = await client.post(path, data=form)
    assert asked.status_code == 409
    assert "Lou Mineure" in asked.text
    assert 'value="18"' in asked.text, "what was typed stays"
    assert (await client.post(path, data=form | {"confirm": "1"})).status_code == 409
    assert await mailbox() == []
    done = await client.post(path, data=form | {"confirm": "1", "seen": str(seat.id)})
    assert done.status_code == 303
    assert "1 place est libérée" in (await client.get(done.headers["location"])).text
    wrong = await client.post(path, data=form | {"ends_on": in_days(1).date().isoformat()})
    assert wrong.status_code == 422
    assert "f-ends_on-error" in wrong.text
    async with db.reading() as looking:
        assert await looking.scalar(select(Mission.ends_on).where(Mission.id == mission.id)) is None
