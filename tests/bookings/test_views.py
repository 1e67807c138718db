"""The volunteer's pages with the cast, on both engines."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from tests.bookings.test_api import World
from tests.bookings.test_api import world as world
from tests.cast import sign_in
from tests.factories.missions import make_application, make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_closure, make_site
from tests.factories.volunteers import make_volunteer

Counting = Callable[[], AbstractContextManager[list[str]]]


async def get(world: World, who: str, path: str) -> httpx.Response:
    return await world.clients[who].get(path)


async def post(world: World, who: str, path: str, **data: Any) -> httpx.Response:
    return await world.clients[who].post(path, data=data)


async def test_each_role_has_its_first_page(world: World) -> None:
    expected = {
        "nobody": "/connexion",
        "coordinator": "/planning",
        "manager": "/bilans",
        "admin": "/administration",
    }
    for who, target in expected.items():
        answer = await get(world, who, "/")
        assert (answer.status_code, answer.headers["location"]) == (303, target)
    home = await get(world, "volunteer", "/")
    assert home.status_code == 200
    assert "Bonjour Inès" in home.text


async def test_the_home_page_tells_the_next_shift_and_its_partner(world: World, db: Database) -> None:
    async with db.writing() as arranging:
        for one in (world.cast.volunteer, world.cast.colleague):
            await make_booking(arranging, world.shift, one)
    page = (await get(world, "volunteer", "/")).text
    assert world.here.name in page
    assert "Avec Malik" in page
    assert "Noter une rencontre</a>" not in page
    dial = f"tel:{world.cast.colleague.phone.replace(' ', '')}"
    assert dial not in page
    with time_machine.travel(world.shift.starts_at + timedelta(minutes=5), tick=False):
        during = (await get(world, "volunteer", "/")).text
    assert "en ce moment" in during
    assert dial in during


async def test_the_home_page_says_what_stands_before_a_first_shift(
    session: AsyncSession, db: Database, make_client: Callable[[], httpx.AsyncClient]
) -> None:
    newcomer = await make_volunteer(session, ready=False, verified=False)
    await session.commit()
    page = (await (await sign_in(make_client, db, newcomer)).get("/")).text
    assert "Confirmez votre adresse e-mail" in page
    assert "Pas encore de contrat" in page


@pytest.mark.parametrize("state", ["submitted", "accepted", "rejected", "withdrawn"])
async def test_the_home_page_follows_an_application(
    session: AsyncSession, db: Database, make_client: Callable[[], httpx.AsyncClient], state: str
) -> None:
    newcomer, mission = await make_volunteer(session, ready=False), await make_mission(session)
    await make_application(session, mission, newcomer, state)
    await session.commit()
    page = await (await sign_in(make_client, db, newcomer)).get("/")
    assert page.status_code == 200
    assert mission.title in page.text


async def test_the_list_is_for_volunteers(world: World) -> None:
    assert (await get(world, "volunteer", "/creneaux")).status_code == 200
    assert (await get(world, "coordinator", "/creneaux")).headers["location"] == "/planning"
    assert (await get(world, "manager", "/creneaux")).status_code == 403
    assert (await get(world, "nobody", "/creneaux")).headers["location"] == "/connexion?next=/creneaux"


async def test_the_list_shows_what_i_can_take_and_on_demand_why_not(world: World, db: Database) -> None:
    async with db.writing() as arranging:
        await make_closure(arranging, world.there, clock.local(world.far.starts_at).date(), reason="Chasse")
    page = (await get(world, "volunteer", "/creneaux")).text
    assert world.here.name in page.split('<div class="cards">')[1]
    assert world.there.name not in page.split('<div class="cards">')[1]
    assert "1 autre créneau" in page
    everything = (await get(world, "volunteer", "/creneaux?voir=tous")).text
    assert "Pas réservable" in everything
    assert "Chasse" in everything


async def test_filters_live_in_the_address_and_nonsense_is_ignored(world: World) -> None:
    for query, here, there in [
        ("agglo=CAHC", False, True),
        (f"lieu={world.here.id}", True, False),
        (f"jour={clock.local(world.shift.starts_at).date()}", True, False),
        ("pilier=rev3", False, False),
        ("agglo=LILLE&jour=2026-02-30&pilier=x&n=-1", True, True),
        ("n=99999999999999999999", True, True),
    ]:
        cards = (await get(world, "volunteer", f"/creneaux?{query}")).text.split('<div class="cards">')[1]
        assert (world.here.name in cards, world.there.name in cards) == (here, there), query


async def test_booking_and_giving_back_by_plain_forms(world: World) -> None:
    path = f"/creneaux/{world.shift.id}"
    booked = await post(world, "volunteer", f"{path}/reservation", next="/creneaux?agglo=CALL")
    assert (booked.status_code, booked.headers["location"]) == (303, f"/creneaux?agglo=CALL#c-{world.shift.id}")
    assert (await post(world, "volunteer", f"{path}/reservation")).status_code == 303
    page = (await get(world, "volunteer", path)).text
    assert "réservé" in page.lower()
    assert f'href="{path}/desistement"' in page
    asked = await get(world, "volunteer", f"{path}/desistement")
    assert "Annuler ma place" in asked.text
    back = await post(world, "volunteer", f"{path}/desistement")
    assert back.headers["location"] == "/mes-creneaux"
    assert "annulé" in (await get(world, "volunteer", "/mes-creneaux")).text
    assert (await get(world, "volunteer", f"{path}/desistement")).status_code == 303


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"])
async def test_a_form_never_sends_people_to_another_site(world: World, target: str) -> None:
    path = f"/creneaux/{world.shift.id}"
    booked = await post(world, "volunteer", f"{path}/reservation", next=target)
    assert booked.headers["location"] == path


async def test_a_refused_booking_is_a_page_that_says_why(world: World, db: Database) -> None:
    async with db.writing() as arranging:
        await make_closure(arranging, world.here, clock.local(world.shift.starts_at).date(), reason="Chasse")
    refused = await post(world, "volunteer", f"/creneaux/{world.shift.id}/reservation")
    assert refused.status_code == 409
    assert "Lieu fermé ce jour-là" in refused.text
    assert "Chasse" in refused.text


async def test_rights_on_the_pages_of_a_shift(world: World) -> None:
    shift, draft = f"/creneaux/{world.shift.id}", f"/creneaux/{world.draft.id}"
    assert (await get(world, "volunteer", draft)).status_code == 404
    assert (await get(world, "manager", shift)).status_code == 200
    assert (await get(world, "coordinator", shift)).headers["location"] == f"/planning/creneaux/{world.shift.id}"
    assert (await get(world, "coordinator_cahc", shift)).status_code == 403
    assert (await get(world, "nobody", shift)).status_code == 303
    for who in ("coordinator", "manager", "admin"):
        assert (await post(world, who, f"{shift}/reservation")).status_code == 403
        assert (await post(world, who, f"{shift}/desistement")).status_code == 403
        assert (await get(world, who, "/mes-creneaux")).status_code == 403
    assert (await get(world, "volunteer", "/creneaux/pas-un-creneau")).status_code == 404


async def test_a_late_withdrawal_shows_whom_to_call(world: World, db: Database) -> None:
    async with db.writing() as arranging:
        await make_booking(arranging, world.shift, world.cast.volunteer)
    with time_machine.travel(world.shift.starts_at - timedelta(hours=2), tick=False):
        asked = (await get(world, "volunteer", f"/creneaux/{world.shift.id}/desistement")).text
        sent = await post(world, "volunteer", f"/creneaux/{world.shift.id}/desistement")
    assert "Trop tard" in asked
    assert world.here.on_call_number in asked
    assert sent.status_code == 409


async def test_my_shifts_keep_hours_noted_and_the_queue(world: World, db: Database) -> None:
    async with db.writing() as arranging:
        past = await make_shift(arranging, in_days(-5), mission=world.mission, site=world.here)
        await make_booking(arranging, past, world.cast.volunteer)
        await make_booking(arranging, world.shift, world.cast.volunteer, "waitlisted")
    page = (await get(world, "volunteer", "/mes-creneaux")).text
    assert "En liste d’attente" in page
    assert "À confirmer" in page


async def test_a_page_of_fifty_shifts_takes_six_queries(world: World, db: Database, count_queries: Counting) -> None:
    async with db.writing() as arranging:
        sites = [await make_site(arranging) for _ in range(5)]
        mission = await make_mission(arranging, sites, trainings=["first_aid"])
        for number in range(50):
            shift = await make_shift(arranging, in_days(1 + number % 25, 8 + number % 10), mission=mission)
            await make_booking(arranging, shift, world.cast.colleague, "waitlisted")
    with count_queries() as queries:
        page = await get(world, "volunteer", "/creneaux?voir=tous")
    assert page.text.count('<article class="shift"') == 50
    assert len(queries) <= 6, queries
