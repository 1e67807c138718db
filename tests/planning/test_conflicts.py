"""Places that broke a rule after they were taken: nobody has to look for them."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

from civic.contracts.models import EngagementContract
from civic.db import Database
from civic.missions.models import MissionTag, MissionTraining
from tests.factories.contracts import make_contract
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_closure
from tests.factories.volunteers import make_volunteer
from tests.planning.world import World, moment
from tests.planning.world import world as world

Counting = Callable[[], AbstractContextManager[list[str]]]


async def seen(world: World, who: str, path: str) -> str:
    return (await world.get(who, path)).text.replace("\u00a0", " ")


async def test_a_closed_site_shows_who_was_already_booked(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
    assert "en conflit" not in (await world.get("coordinator", "/planning")).text
    async with db.writing() as session:
        await make_closure(session, world.here, date(2026, 11, 27), reason="Chasse")
    page = await seen(world, "coordinator", "/planning")
    assert "Inès Volontaire : place en conflit" in page
    assert "Lieu fermé ce jour-là : Chasse." in page
    assert page.count("conflit : une place ne tient plus") == 1, "the flag of its slot"
    assert "en conflit" not in (await world.get("coordinator_cahc", "/planning")).text
    sheet = await seen(world, "coordinator", f"/planning/creneaux/{world.shift.id}")
    assert "1 place en conflit" in sheet
    assert "Lieu fermé ce jour-là : Chasse." in sheet
    assert "/retrait?next=" in sheet
    assert f"/creneaux/{world.shift.id}/annulation" in sheet


async def test_a_contract_that_ends_leaves_conflicts_in_the_weeks_to_come(world: World, db: Database) -> None:
    async with db.writing() as session:
        leaver = await make_volunteer(session, name="Paul Partant", ready=False)
        contract = await make_contract(session, leaver)
        near = await make_shift(session, moment(10, 9, month=12), mission=world.mission, site=world.here)
        far = await make_shift(session, moment(30, 9, month=12), mission=world.mission, site=world.here)
        for shift in (near, far):
            await make_booking(session, shift, leaver)
        key = contract.id
    assert "en conflit" not in (await world.get("coordinator", "/planning")).text
    async with db.writing() as session:
        (await session.get_one(EngagementContract, key)).ended_on = date(2026, 12, 1)
    page = await seen(world, "coordinator", "/planning")
    assert page.count("Paul Partant : place en conflit") == 1, "28 days ahead"
    assert "Le contrat finit le" in page
    assert f"semaine=2026-W50&amp;creneau={near.id}#fiche" in page
    assert "ne tient plus" not in page, "the shift of another week stays out of this one"
    sheet = await seen(world, "coordinator", f"/planning/creneaux/{near.id}")
    assert re.search(r"Le contrat finit le [^<]*\. <small[^>]*>article R121-13</small>", sheet), "with its source"


async def test_waiting_in_a_queue_is_no_conflict(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_closure(session, world.here, date(2026, 11, 27))
        await make_booking(session, world.shift, world.cast.colleague, "waitlisted")
    assert "en conflit" not in (await world.get("coordinator", "/planning")).text


async def test_a_demand_that_a_mission_makes_later(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
        await make_booking(session, world.shift, await make_volunteer(session, trainings=["first_aid"]))
        session.add(MissionTraining(mission_id=world.mission.id, kind="first_aid"))
    page = await seen(world, "coordinator", "/planning")
    assert page.count(": place en conflit") == 1
    assert "Formation à faire avant" in page


async def test_a_risk_that_a_mission_takes_on_later(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
        await make_booking(session, world.shift, world.cast.minor)
        session.add(MissionTag(mission_id=world.mission.id, tag="regulated_risk"))
    page = await seen(world, "coordinator", "/planning")
    assert page.count("place en conflit") == 1
    assert "Mission à risque réglementé" in page


async def test_many_conflicts_take_no_more_queries(world: World, db: Database, count_queries: Counting) -> None:
    async with db.writing() as session:
        await make_closure(session, world.here, date(2026, 11, 23), date(2026, 12, 20))
        for number in range(12):
            starts = moment(27, 9) + timedelta(days=number)
            shift = await make_shift(session, starts, mission=world.mission, site=world.here)
            await make_booking(session, shift, await make_volunteer(session))
    with count_queries() as queries:
        page = (await world.get("coordinator", "/planning?site=parc-ici")).text
    assert len(queries) <= 16
    assert page.count(": place en conflit") == 6
    assert "Et 6 autres places en conflit" in page
