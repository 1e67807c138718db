"""Four weeks at a glance, on both engines."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date

import pytest

from civic.db import Database
from civic.planning.overview import Mark
from civic.sites.models import SiteClosure
from tests.factories.missions import make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site
from tests.planning.world import World, moment
from tests.planning.world import world as world

FOUR = "/planning?vue=quatre"
Counting = Callable[[], AbstractContextManager[list[str]]]


async def test_a_mark_says_how_many_and_what_they_lack(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
        await make_shift(session, moment(27, 9), mission=world.mission, site=world.here)
        full = await make_shift(session, moment(2, 9, month=12), mission=world.mission, site=world.here, capacity=1)
        full.min_staff = 1
        await make_booking(session, full, world.cast.colleague)
        session.add(
            SiteClosure(site_id=world.here.id, starts_on=date(2026, 12, 6), ends_on=date(2026, 12, 6), reason="Chasse")
        )
    page = (await world.get("coordinator", FOUR)).text
    assert "2 créneaux, 2 à pourvoir, 1 sur 4 places" in page
    assert "1 créneau, 1 brouillon, 0 sur 0 place" in page
    assert "1 créneau, 1 sur 1 place" in page
    assert "Chasse" in page
    assert set(re.findall(r'data-state="(\w+)"', page)) == {"short", "draft", "full", "empty"}
    assert page.count('scope="colgroup"') == 4
    assert "Semaine 48" in page
    assert "Semaine 51" in page
    # A mark leads to its week and its site.
    assert "/planning?semaine=2026-W49&amp;site=parc-ici" in page


def test_one_place_is_no_places() -> None:
    one = Mark(date(2026, 11, 23), True, shifts=1, drafts=0, short=1, seated=0, capacity=1, closed="", href="")
    assert one.words == "1 créneau, 1 à pourvoir, 0 sur 1 place"
    assert replace(one, capacity=2).words.endswith("0 sur 2 places")


async def test_holidays_are_named_and_the_filters_stay(world: World) -> None:
    page = (await world.get("coordinator", f"{FOUR}&semaine=2026-W52&tous=1&agglo=CALL")).text
    assert "Noël" in page
    assert "Jour de l" in page
    assert "Parc d’Ici" in page
    assert "Parc de Là-bas" not in page
    assert "vue=quatre" in page
    nothing = (await world.get("coordinator", f"{FOUR}&semaine=2027-W20")).text
    assert "Rien dans ces quatre semaines" in nothing


async def test_four_weeks_know_whether_they_are_still_true(world: World) -> None:
    page = (await world.get("coordinator", FOUR)).text
    live = re.search(r'id="vif"[^>]* hx-get="([^"]+)"', page)
    assert live
    address = live[1].replace("&amp;", "&")
    assert (await world.get("coordinator", address)).status_code == 204
    await world.post("coordinator", f"/creneaux/{world.draft.id}/publication")
    changed = (await world.get("coordinator", address)).text
    assert "Quatre semaines" in changed
    assert "1 brouillon" in page
    assert "1 brouillon" not in changed
    assert address not in changed.replace("&amp;", "&")


async def test_a_week_that_does_not_exist_is_said(world: World) -> None:
    assert "Cette semaine n’existe pas" in (await world.get("coordinator", f"{FOUR}&semaine=2026-W60")).text
    assert "Cette semaine n’existe pas" not in (await world.get("coordinator", f"{FOUR}&semaine=2026-W50")).text


@pytest.mark.parametrize("address", ["&semaine=hier", "&agglo=x&pilier=y&site=z", "&semaine=2099-W52"])
async def test_nonsense_shows_the_present(world: World, address: str) -> None:
    assert (await world.get("coordinator", FOUR + address)).status_code == 200


async def test_each_sees_their_scope_in_few_queries(world: World, db: Database, count_queries: Counting) -> None:
    assert "Parc d’Ici" not in (await world.get("coordinator_cahc", FOUR)).text
    for who in ("volunteer", "manager", "admin"):
        assert (await world.get(who, FOUR)).status_code == 403
    async with db.writing() as session:
        sites = [await make_site(session, f"grand-{n}") for n in range(6)]
        mission = await make_mission(session, sites)
        for site in sites:
            for day in range(25, 31):
                await make_shift(session, moment(day, 14), mission=mission, site=site)
    with count_queries() as queries:
        page = await world.get("coordinator", FOUR)
    assert page.text.count('class="day-mark"') >= 36
    assert len(queries) <= 6
