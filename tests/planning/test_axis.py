"""A day on its axis: lanes and pieces as values, then the page on both engines."""

import itertools
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic import clock
from civic.bookings.values import Times
from civic.db import Database
from civic.planning.axis import STEP, Bar, minutes, pieces, stack
from civic.sites.models import Site
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_closure
from tests.planning.world import World, moment
from tests.planning.world import world as world

Counting = Callable[[], AbstractContextManager[list[str]]]
DAY = "/planning?vue=jour&jour="
spans = st.tuples(st.integers(0, 1439), st.integers(5, 600)).map(lambda one: (one[0], one[0] + one[1]))


def bar(start: int, end: int) -> Bar:
    return Bar(cast("Any", None), start, end)


def columns(one: Bar) -> range:
    return range(one.start // STEP, -(-one.end // STEP))


@given(st.lists(spans, max_size=12))
def test_lanes_hold_each_bar_once_and_are_as_few_as_can_be(given_spans: list[tuple[int, int]]) -> None:
    bars = [bar(*one) for one in given_spans]
    lanes = stack(bars)
    assert sorted((one.start, one.end) for lane in lanes for one in lane) == sorted(given_spans)
    for lane in lanes:
        assert all(columns(a).stop <= columns(b).start for a, b in itertools.pairwise(lane))
    at_once = max((sum(column in columns(one) for one in bars) for column in range(200)), default=0)
    assert len(lanes) == at_once
    for lane in lanes:
        drawn = pieces(lane, 0, 2100)
        assert sum(one.span for one in drawn) == 2100 // STEP
        assert [one.bar for one in drawn if one.bar] == lane
        assert all(one.span <= 4 for one in drawn if not one.bar), "an empty piece stays within its hour"


@pytest.mark.parametrize(
    ("start", "hours", "on_axis"),
    [
        (datetime(2026, 11, 27, 9, 10, tzinfo=clock.PARIS), 2, (550, 670)),
        (datetime(2026, 11, 27, 22, 0, tzinfo=clock.PARIS), 4, (1320, 1560)),
        (datetime(2026, 10, 25, 1, 0, tzinfo=clock.PARIS), 3, (60, 180)),
        (datetime(2026, 3, 29, 1, 0, tzinfo=clock.PARIS), 2, (60, 240)),
    ],
)
def test_a_shift_stands_where_the_clock_on_the_wall_shows_it(
    start: datetime, hours: int, on_axis: tuple[int, int]
) -> None:
    begins = start.astimezone(UTC)
    assert minutes(Times(begins, begins + timedelta(hours=hours))) == on_axis


@pytest.mark.parametrize(
    ("who", "status"), [("coordinator", 200), ("coordinator_call", 200), ("volunteer", 403), ("manager", 403)]
)
async def test_only_coordinators_see_it(world: World, who: str, status: int) -> None:
    assert (await world.get(who, f"{DAY}2026-11-27")).status_code == status
    assert (await world.get(who, "/planning/vif?vue=jour&jour=2026-11-27")).status_code == status


async def test_shifts_at_once_stand_in_lanes_and_the_scope_hides_the_rest(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_shift(session, moment(27, 15), mission=world.mission, site=world.here)
        night = await make_shift(session, moment(27, 22), mission=world.mission, site=world.there)
        night.ends_at = moment(28, 1)
        await make_closure(session, world.there, date(2026, 11, 27), reason="Chasse")
    page = (await world.get("coordinator", f"{DAY}2026-11-27")).text
    rows = re.findall(r'<tr data-site="parc-ici".*?</tr>', page, re.DOTALL)
    assert len(rows) == 2
    assert 'rowspan="2"' in rows[0]
    assert 'data-start="840" data-end="1020"' in rows[0]
    assert 'data-start="900" data-end="1080"' in rows[1]
    assert 'data-from="480" data-to="1500"' in page, "the axis reaches past midnight for the night's shift"
    assert "Chasse" in page
    assert f'id="s-{world.draft.id}"' not in page, "another day's"
    assert "style=" not in page
    scoped = (await world.get("coordinator_call", f"{DAY}2026-11-27")).text
    assert "Parc de Là-bas" not in scoped


async def test_each_line_of_the_table_is_as_long_as_its_axis(world: World) -> None:
    page = (await world.get("coordinator", f"{DAY}2026-11-27&tous=1")).text
    lines = re.findall(r'<tr data-site="[^"]+".*?</tr>', page, re.DOTALL)
    assert len(lines) == 2
    for line in lines:
        cells = re.findall(r"<td([^>]*)>", line)
        assert sum(int(found[1]) if (found := re.search(r'colspan="(\d+)"', one)) else 1 for one in cells) == 48


async def test_a_shift_opens_its_panel_beside_the_day(world: World, db: Database) -> None:
    page = (await world.get("coordinator", f"{DAY}2026-11-27&agglo=CALL")).text
    slot = re.search(rf'id="s-{world.shift.id}" href="([^"]+)"', page)
    assert slot
    address = slot[1].replace("&amp;", "&").removesuffix("#fiche")
    opened = (await world.get("coordinator", address)).text
    assert 'id="fiche"' in opened
    assert "plan-axis" in opened
    assert 'aria-current="true"' in opened
    # What is done in the panel comes back to the day, and × closes it there.
    assert f'name="next" value="{slot[1]}' in opened
    closing = re.search(r'href="([^"]+)" data-close-sheet', opened)
    assert closing
    assert "vue=jour&amp;jour=2026-11-27" in closing[1]
    assert "agglo=CALL" in closing[1]
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
    live = re.search(r'id="vif"[^>]* hx-get="([^"]+)"', opened)
    assert live
    await world.post("coordinator", f"/creneaux/{world.draft.id}/publication")
    changed = (await world.get("coordinator", live[1].replace("&amp;", "&"))).text
    assert world.cast.volunteer.user.name in changed.split('id="fiche"')[1]


async def test_the_day_is_that_of_the_chosen_shift(world: World) -> None:
    elsewhere = await world.get("coordinator", f"{DAY}2026-11-25&agglo=CALL&creneau={world.shift.id}")
    assert elsewhere.status_code == 303
    there = dict(parse_qsl(urlsplit(elsewhere.headers["location"]).query))
    assert there == {"vue": "jour", "jour": "2026-11-27", "agglo": "CALL", "creneau": str(world.shift.id)}
    assert (await world.get("coordinator", elsewhere.headers["location"])).status_code == 200
    hidden = await world.get("coordinator_call", f"{DAY}2026-11-26&creneau={world.elsewhere.id}")
    assert hidden.status_code == 403


@pytest.mark.parametrize("text", ["hier", "2026-02-30", "1999-01-01", "9999-12-31", "%00"])
async def test_a_day_that_does_not_exist_is_said(world: World, text: str) -> None:
    page = await world.get("coordinator", DAY + text)
    assert page.status_code == 200
    assert "Ce jour n’existe pas." in page.text
    assert "ercredi 25 novembre" in page.text


async def test_holidays_are_named_in_day_and_week(world: World) -> None:
    assert "Noël" in (await world.get("coordinator", f"{DAY}2026-12-25")).text
    week = (await world.get("coordinator", "/planning?semaine=2026-W53&tous=1")).text
    assert "Jour de l" in week
    assert "Noël" in (await world.get("coordinator", "/planning?semaine=2026-W52&tous=1")).text


async def test_an_archived_site_stays_on_the_days_when_it_had_shifts(world: World, db: Database) -> None:
    async with db.writing() as session:
        (await session.get_one(Site, world.there.id)).archived_at = clock.now()
    for address in ("/planning?tous=1", f"{DAY}2026-11-26"):
        page = (await world.get("coordinator", address)).text
        assert "Parc de Là-bas" in page
        assert "archivé" in page
        assert "nouveau?site=parc-la-bas" not in page
    assert "r-parc-la-bas" in (await world.get("coordinator", "/planning?tous=1")).text
    assert "r-parc-la-bas" not in (await world.get("coordinator", "/planning?semaine=2026-W50&tous=1")).text


async def test_the_same_queries_for_one_shift_and_for_twenty(
    world: World, db: Database, count_queries: Counting
) -> None:
    with count_queries() as few:
        await world.get("coordinator", f"{DAY}2026-11-27")
    async with db.writing() as session:
        for number in range(20):
            await make_shift(session, moment(27, 8 + number % 10), mission=world.mission, site=world.here)
    with count_queries() as many:
        await world.get("coordinator", f"{DAY}2026-11-27")
    assert len(many) == len(few) <= 12


async def test_views_lead_to_the_day_and_from_there_to_who_is_missing(world: World) -> None:
    assert "vue=jour&amp;jour=2026-11-25" in (await world.get("coordinator", "/planning")).text
    assert "vue=jour&amp;jour=2026-12-07" in (await world.get("coordinator", "/planning?semaine=2026-W50")).text
    assert "/planning/jour?jour=2026-11-27" in (await world.get("coordinator", f"{DAY}2026-11-27")).text
