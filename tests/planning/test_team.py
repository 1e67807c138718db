"""The team and one volunteer's page, with the cast, on both engines."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest

from civic.bookings import attendance
from civic.db import Database
from tests.factories.contracts import make_contract
from tests.factories.missions import make_application
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.planning.world import World, moment
from tests.planning.world import world as world

Counting = Callable[[], AbstractContextManager[list[str]]]
PRIVATE = ("06 12 34 56 78", "Sacha Proche", "06 98 76 54 32", "ines@example.test", "Contrat d’engagement")


@pytest.mark.parametrize(
    ("who", "listed", "one"),
    [
        ("coordinator", 200, 200),
        ("coordinator_call", 200, 200),
        ("coordinator_cahc", 200, 404),
        ("admin", 200, 200),
        ("manager", 403, 403),
        ("volunteer", 403, 403),
        ("nobody", 303, 303),
    ],
)
async def test_who_sees_the_team(world: World, who: str, listed: int, one: int) -> None:
    assert (await world.get(who, "/volontaires")).status_code == listed
    assert (await world.get(who, f"/volontaires/{world.cast.volunteer.id}")).status_code == one


async def test_a_scope_hides_volunteers_from_elsewhere(world: World) -> None:
    assert "Inès Volontaire" in (await world.get("coordinator_call", "/volontaires")).text
    assert "Inès Volontaire" not in (await world.get("coordinator_cahc", "/volontaires")).text


@pytest.mark.parametrize("volunteer_id", ["x", "%00", "00000000-0000-0000-0000-000000000000"])
async def test_nobody_behind_an_address(world: World, volunteer_id: str) -> None:
    assert (await world.get("coordinator", f"/volontaires/{volunteer_id}")).status_code == 404


async def test_the_list_says_who_may_serve_and_what_is_missing(world: World, db: Database) -> None:
    async with db.writing() as session:
        lacking = await make_volunteer(session, name="Aline Attend", ready=False)
        await make_contract(session, lacking, medical_cleared_on=None, tutor_id=None)
        former = await make_volunteer(session, name="Bruno Ancien", ready=False)
        await make_contract(session, former, date(2025, 1, 1), date(2025, 8, 1))
        await make_booking(session, world.shift, world.cast.volunteer)
    page = (await world.get("coordinator", "/volontaires")).text
    assert "aptitude médicale n’est pas" in page
    assert "et 1 autre point" in page
    assert "Bruno Ancien" not in page
    assert "3 h" in page.replace("\u00a0", " ")
    assert "Parc d’Ici" in page
    assert "Bruno Ancien" in (await world.get("coordinator", "/volontaires?etat=fini")).text
    page = (await world.get("coordinator", "/volontaires?etat=a_completer")).text
    assert "Aline Attend" in page
    assert "Inès" not in page
    page = (await world.get("coordinator", "/volontaires?mineurs=1")).text
    assert "Lou Mineure" in page
    assert "Inès" not in page


async def test_a_name_is_found_without_its_accents(world: World) -> None:
    page = (await world.get("coordinator", "/volontaires?q=INES+volont")).text
    assert "Inès Volontaire" in page
    assert "Malik" not in page
    for query in ("q=%00", "q=" + "x" * 5000, "etat=x&page=x&mineurs=2", "page=99999999", "page=-1", "q=%25_"):
        assert (await world.get("coordinator", f"/volontaires?{query}")).status_code == 200


async def test_pages_of_the_team_take_as_many_queries(world: World, db: Database, count_queries: Counting) -> None:
    with count_queries() as few:
        await world.get("coordinator", "/volontaires")
    async with db.writing() as session:
        for number in range(55):
            await make_volunteer(session, name=f"Personne {number:02}")
    with count_queries() as many:
        page = (await world.get("coordinator", "/volontaires")).text
    assert "page 1 sur 2" in page
    assert len(many) == len(few) <= 13
    assert "page 2 sur 2" in (await world.get("coordinator", "/volontaires?page=2")).text


async def test_a_volunteers_page_tells_contact_contract_and_service(world: World, db: Database) -> None:
    async with db.writing() as session:
        past = await make_shift(session, moment(23, 9), mission=world.mission, site=world.here)
        served = await make_booking(session, past, world.cast.volunteer)
        await attendance.note(session, by=world.cast.coordinator, booking_id=served.id, state="present")
        await make_booking(session, world.shift, world.cast.volunteer)
        await make_application(session, world.mission, world.cast.volunteer)
    page = (await world.get("coordinator_call", f"/volontaires/{world.cast.volunteer.id}")).text
    for text in (*PRIVATE, "Présence", "Aptitude médicale", "À étudier", "en cours", f"/planning/creneaux/{past.id}"):
        assert text in page
    assert f"/volontaires/{world.cast.volunteer.id}/contrat" in page


async def test_an_admin_finds_no_contact(world: World) -> None:
    page = (await world.get("admin", f"/volontaires/{world.cast.volunteer.id}")).text
    assert "Inès Volontaire" in page
    for text in PRIVATE:
        assert text not in page
    assert "/planning/creneaux" not in page
