"""The week by site, with the cast, on both engines."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest

from civic.db import Database
from tests.factories.missions import make_application, make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_closure, make_site
from tests.factories.volunteers import make_volunteer
from tests.planning.world import World, moment
from tests.planning.world import world as world

Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("coordinator", 200),
        ("coordinator_call", 200),
        ("coordinator_cahc", 200),
        ("volunteer", 403),
        ("manager", 403),
        ("admin", 403),
        ("nobody", 303),
    ],
)
async def test_only_coordinators_plan(world: World, who: str, status: int) -> None:
    for path in ("/planning", "/planning/brouillons", "/planning/creneaux/nouveau"):
        assert (await world.get(who, path)).status_code == status, path


async def test_the_week_shows_shifts_by_site_with_their_staffing(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
        await make_closure(session, world.here, date(2026, 11, 29), reason="Chasse")
    page = (await world.get("coordinator", "/planning")).text
    assert "Semaine 48" in page
    assert "Parc d’Ici" in page
    assert "Parc de Là-bas" in page
    assert "1 sur 2, incomplet" in page
    assert "0 sur 2, vide, à pourvoir sous 48" in page
    assert "0 sur 2, brouillon" in page
    assert "Chasse" in page
    assert "Publier 1 brouillon" in page
    assert "sur 4, soit 25" in page


@pytest.mark.parametrize("view", ["", "jour", "quatre"])
async def test_each_view_shows_every_filter_and_leads_on_with_it(world: World, view: str) -> None:
    place, chosen = world.here.id, "agglo=CALL&pilier=archipel_vert"
    page = (
        await world.get("coordinator", f"/planning?semaine=2026-W48&vue={view}&jour=2026-11-25&site={place}&{chosen}")
    ).text
    for value in (place, "CALL", "archipel_vert"):
        assert f'<option value="{value}" selected' in page
    views = re.search(r'<nav class="row nowrap plan-views".*?</nav>', page, re.DOTALL)
    assert views
    links = re.findall(r'href="([^"]+)"', views[0])
    assert len(links) == 3
    assert all(f"site={place}" in one and "agglo=CALL" in one and "pilier=archipel_vert" in one for one in links)


async def test_a_scope_hides_the_rest(world: World) -> None:
    page = (await world.get("coordinator_call", "/planning")).text
    assert "Parc d’Ici" in page
    assert "Parc de Là-bas" not in page
    foreign = await world.get("coordinator_call", f"/planning?creneau={world.elsewhere.id}")
    assert foreign.status_code == 403
    assert "Ce créneau est à Hénin-Beaumont, hors de votre périmètre." in foreign.text
    assert 'href="/planning">Revenir' in foreign.text
    assert (await world.get("coordinator_cahc", f"/planning?creneau={world.draft.id}")).status_code == 404


async def test_filters_narrow_and_the_address_keeps_them(world: World) -> None:
    page = (await world.get("coordinator", "/planning?agglo=CAHC")).text
    assert f"/planning/creneaux/{world.elsewhere.id}" in page
    assert f"/planning/creneaux/{world.shift.id}" not in page
    assert "semaine=2026-W47&amp;agglo=CAHC" in page
    page = (await world.get("coordinator", "/planning?pilier=rev3")).text
    assert "Rien cette semaine" in page
    page = (await world.get("coordinator", "/planning?site=parc-la-bas&semaine=2026-W30")).text
    assert "Parc de Là-bas<small>" in page
    page = (await world.get("coordinator", "/planning?semaine=2026-W30&tous=1")).text
    assert "Parc d’Ici<small>" in page


@pytest.mark.parametrize(
    "query",
    ["semaine=2025-W53", "semaine=%00", "semaine=9999-W53", "agglo=X&pilier=%00&site=%00", "site=" + "x" * 5000],
)
async def test_filters_that_mean_nothing_are_dropped(world: World, query: str) -> None:
    answer = await world.get("coordinator", f"/planning?{query}")
    assert answer.status_code == 200
    assert ("Cette semaine n’existe pas" in answer.text) == query.startswith("semaine")


@pytest.mark.parametrize("creneau", ["x", "%00", "00000000-0000-0000-0000-000000000000"])
async def test_an_unknown_shift_is_not_found(world: World, creneau: str) -> None:
    assert (await world.get("coordinator", f"/planning?creneau={creneau}")).status_code == 404


async def test_cancelled_shifts_show_when_asked_for(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_shift(session, moment(24, 9), mission=world.mission, site=world.here, state="cancelled")
    page = (await world.get("coordinator", "/planning")).text
    assert "1 annulé" in page
    assert 'data-state="off"' not in page
    assert 'data-state="off"' in (await world.get("coordinator", "/planning?annules=1")).text


async def test_what_presses_stands_on_the_left(world: World, db: Database) -> None:
    async with db.writing() as session:
        soon = await make_shift(session, moment(26, 14), mission=world.mission, site=world.here)
        await make_booking(session, soon, world.cast.volunteer)
        past = await make_shift(session, moment(23, 14), mission=world.mission, site=world.here)
        await make_booking(session, past, world.cast.volunteer)
        await make_application(session, world.mission, world.cast.minor)
    page = (await world.get("coordinator_call", "/planning")).text
    assert "Incomplet sous" in page
    assert "Seulement Inès." in page
    assert "1 présence à noter" in page
    assert "1 candidature" in page
    assert "1 brouillon" in page
    assert "Vide demain" not in page, "that one is out of scope"
    assert "Vide demain" in (await world.get("coordinator", "/planning")).text


async def test_a_shift_past_midnight_ends_the_next_day(world: World, db: Database) -> None:
    async with db.writing() as session:
        night = await make_shift(session, moment(27, 22), hours=4, mission=world.mission, site=world.here)
    page = (await world.get("coordinator", f"/planning/creneaux/{night.id}")).text
    assert "(le lendemain)" in page


async def test_a_week_of_400_shifts_takes_as_many_queries_as_an_empty_one(
    world: World, db: Database, count_queries: Counting
) -> None:
    with count_queries() as few:
        assert (await world.get("coordinator", "/planning?semaine=2026-W50")).status_code == 200
    async with db.writing() as session:
        sites = [await make_site(session, f"grand-{n}") for n in range(20)]
        mission = await make_mission(session, sites)
        people = [await make_volunteer(session) for _ in range(3)]
        start = moment(7, 9, month=12)
        for day in range(7):
            for hour in (0, 3, 6):
                for rank, site in enumerate(sites[:19]):
                    shift = await make_shift(
                        session, start + timedelta(days=day, hours=hour), 2, mission=mission, site=site
                    )
                    if rank < 3:
                        await make_booking(session, shift, people[rank])
    with count_queries() as many:
        page = await world.get("coordinator", "/planning?semaine=2026-W50")
    assert page.text.count('class="slot" id=') >= 399
    assert len(many) <= 12
    assert len(many) <= len(few) + 3
    with count_queries() as beside:
        await world.get("coordinator", f"/planning?semaine=2026-W50&creneau={shift.id}")
    assert len(beside) <= 23


async def test_an_empty_product_shows_an_empty_week(world: World, db: Database) -> None:
    page = (await world.get("coordinator_cahc", "/planning?semaine=2027-W10")).text
    assert "Rien cette semaine" in page


async def test_a_shift_of_another_week_opens_beside_its_own_week(world: World, db: Database) -> None:
    address = f"/planning?semaine=2026-W40&annules=1&creneau={world.shift.id}"
    answer = await world.get("coordinator", address)
    assert answer.headers["location"] == address.replace("W40", "W48")
    assert (await world.get("coordinator", answer.headers["location"])).status_code == 200
    assert (await world.get("coordinator", f"/planning?creneau={world.shift.id}")).status_code == 200


async def test_a_page_knows_whether_it_is_still_true(world: World, db: Database, count_queries: Counting) -> None:
    page = (await world.get("coordinator", f"/planning?creneau={world.shift.id}")).text
    live = re.search(r'id="vif"[^>]* hx-get="([^"]+)"', page)
    assert live
    address = live[1].replace("&amp;", "&")
    with count_queries() as queries:
        assert (await world.get("coordinator", address)).status_code == 204
    assert len(queries) == 2
    await world.post("coordinator", f"/creneaux/{world.draft.id}/publication")
    changed = await world.get("coordinator", address)
    assert changed.status_code == 200
    assert "mis à jour" in changed.text
    assert 'aria-current="true"' in changed.text
    assert address not in changed.text.replace("&amp;", "&")


async def test_all_that_a_change_touches_is_made_anew(world: World, db: Database) -> None:
    """What the page asks to have replaced is in the answer: the board, a phone's list, the counts, the panel."""
    page = (await world.get("coordinator", f"/planning?creneau={world.shift.id}")).text
    live = re.search(r'id="vif"[^>]* hx-get="([^"]+)"[^>]* hx-target="#(\w+)"[^>]* hx-select-oob="([^"]+)"', page)
    assert live
    named = {live[2], *(part.split(":")[0].strip("#") for part in live[3].split(","))}
    assert {"board", "todo-list", "filled", "drafts", "days"} <= named
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
    await world.post("coordinator", f"/creneaux/{world.draft.id}/publication")
    changed = (await world.get("coordinator", live[1].replace("&amp;", "&"))).text
    for name in named:
        assert page.count(f'id="{name}"') == changed.count(f'id="{name}"') == 1, name
    board = changed.split('id="board"')[1]
    assert f'class="slot slot-line" href="/planning/creneaux/{world.shift.id}"' in board.split('id="vif"')[0]
    assert "Publier 1 brouillon" in page
    assert "Publier 1 brouillon" not in changed
    panel = changed.split('id="fiche"')[1]
    assert world.cast.volunteer.user.name in panel


async def test_the_panel_of_a_shift_out_of_sight_is_left_out(world: World) -> None:
    for gone in (world.elsewhere.id, "00000000-0000-4000-8000-000000000000"):
        changed = await world.get("coordinator_call", f"/planning/vif?creneau={gone}")
        assert changed.status_code == 200
        assert 'id="board"' in changed.text
        assert 'id="fiche"' not in changed.text
