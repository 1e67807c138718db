"""The figures are those that anybody would count by hand, on both engines."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import local
from civic.encounters.codes import AGES, TOPICS
from civic.reports.activity import Activity, activity
from civic.reports.figures import FIGURES
from civic.reports.filters import Filters
from civic.sites.models import PILLARS
from tests.factories.missions import make_mission
from tests.factories.reports import World, make_topics, make_world
from tests.factories.sites import make_site
from tests.reports.naive import Naive
from tests.reports.scene import NOW

FIRST, LAST = date(2025, 1, 10), date(2026, 11, 30)


def chance(dice: random.Random, world: World) -> Filters:
    """Any period and any mix of filters, often a whole year apart from the data's first day."""
    first = FIRST + timedelta(days=dice.randint(-400, 680))
    last = first + timedelta(days=dice.choice([0, 6, 30, 91, 400]))
    maybe = lambda options: dice.choice(list(options)) if dice.random() < 0.3 else None  # noqa: E731
    scope = frozenset(dice.choice([(), (), ("CALL",), ("CAHC", "CABBALR")]))
    return Filters(
        from_=first,
        to=last,
        site=maybe(world.areas),
        intermunicipality=None if scope else maybe(["CALL", "CAHC", "CABBALR"]),
        mission=maybe(world.pillars),
        pillar=maybe(PILLARS),
        topic=maybe(TOPICS),
        age=maybe(AGES),
        scope=scope,
    )


def assert_same(report: Activity, world: World) -> bool:
    """Whether there was a year before to compare, too."""
    filters = report.filters
    now = Naive(world, filters, NOW, filters.from_, filters.to)
    assert {code: pair.value for code, pair in report.figures.items()} == now.figures()
    for name, expected in now.lists().items():
        found = {line.key: tuple(line[2:]) for line in report.lists()[name] if line.encounters}
        assert found == expected, name
    said = {name: {one.key: one.encounters for one in found} for name, found in report.breakdowns().items()}
    assert {name: {key: n for key, n in found.items() if n} for name, found in said.items()} == now.breakdowns()
    first, last = filters.from_.replace(year=filters.from_.year - 1), filters.to.replace(year=filters.to.year - 1)
    data_begin = min(
        *(local(s["starts_at"]).date() for s in world.shifts if s["state"] == "published"),
        *(e["date"] for e in world.encounters if e["status"] != "voided"),
    )
    covered = data_begin <= first and last < NOW.date()
    before = Naive(world, filters, NOW, first, last).figures() if covered else dict.fromkeys(report.figures)
    assert {code: pair.previous for code, pair in report.figures.items()} == before
    return covered


@pytest.mark.parametrize("seed", [1, 2])
async def test_figures_equal_a_count_by_hand(session: AsyncSession, seed: int) -> None:
    world = await make_world(session, seed, FIRST, LAST, shifts=0.4)
    dice = random.Random(seed)
    compared = [assert_same(await activity(session, chance(dice, world)), world) for _ in range(25)]
    whole = Filters(from_=date(2026, 2, 1), to=date(2026, 11, 23))
    assert assert_same(await activity(session, whole), world)
    assert True in compared
    assert False in compared


async def test_an_empty_database_has_counts_of_0_and_no_rate(session: AsyncSession) -> None:
    report = await activity(session, Filters(from_=date(2026, 1, 1), to=date(2026, 3, 31)))
    figures = report.figures
    assert {figures[f.code].value for f in FIGURES if f.kind in ("count", "hours")} == {0}
    assert {figures[f.code].value for f in FIGURES if f.kind in ("rate", "balance")} == {None}
    assert {pair.previous for pair in figures.values()} == {None}
    assert report.lists()["by_site"] == []
    months = report.lists()["by_month"]
    assert [(line.key, line.label, line.encounters) for line in months] == [
        ("2026-01", "janvier 2026", 0),
        ("2026-02", "février 2026", 0),
        ("2026-03", "mars 2026", 0),
    ]
    assert {line.share for line in months} == {None}


async def test_a_huge_period_lists_only_the_months_that_hold_something(session: AsyncSession) -> None:
    await make_world(session, 3, date(2026, 9, 1), date(2026, 10, 31), encounters=50)
    report = await activity(session, Filters(from_=date(1900, 1, 1), to=date(2100, 12, 31)))
    assert [line.key for line in report.lists()["by_month"]] == ["2026-09", "2026-10"]
    assert report.data_from == date(2026, 9, 1)
    assert report.before is None


async def test_the_year_before_needs_data_from_its_first_day(session: AsyncSession) -> None:
    await make_world(session, 4, date(2025, 10, 1), date(2026, 10, 31), encounters=400)
    day = date(2025, 10, 1)
    start = (await activity(session, Filters(from_=day, to=day))).now
    assert start.encounters or start.shifts, "the seed leaves the first day empty: choose another"
    whole = await activity(session, Filters(from_=date(2026, 10, 1), to=date(2026, 10, 31)))
    assert whole.figures["encounters"].previous is not None
    assert whole.data_from is None
    one_day_more = await activity(session, Filters(from_=date(2026, 9, 30), to=date(2026, 10, 31)))
    assert one_day_more.figures["encounters"].previous is None


async def test_a_year_before_that_is_not_over_is_not_compared(session: AsyncSession) -> None:
    await make_world(session, 5, date(2026, 1, 1), date(2026, 11, 20), encounters=50)
    later = await activity(session, Filters(from_=date(2027, 11, 1), to=date(2027, 11, 23)))
    assert later.before is None
    assert (await activity(session, Filters(from_=date(2027, 11, 1), to=date(2027, 11, 22)))).before is not None


async def test_29_february(session: AsyncSession) -> None:
    report = await activity(session, Filters(from_=date(2028, 2, 29), to=date(2028, 2, 29)))
    assert report.figures["encounters"].value == 0


async def test_hours_are_exact(session: AsyncSession) -> None:
    """Summed as floating numbers, ten times 0.1 is not 1."""
    world = await make_world(session, 6, date(2026, 1, 1), date(2026, 11, 20), encounters=5)
    report = await activity(session, Filters(from_=date(2026, 1, 1), to=date(2026, 11, 20)))
    confirmed = {b["id"] for b in world.bookings if b["state"] in ("confirmed", "walk_in")}
    published = {s["id"] for s in world.shifts if s["state"] == "published"}
    kept = {b["id"] for b in world.bookings if b["shift_id"] in published} & confirmed
    exact = sum(a["hours"] for a in world.attendances if a["booking_id"] in kept and a["state"] == "present")
    assert report.figures["volunteer_hours"].value == float(exact)


async def test_every_figure_is_defined_once(session: AsyncSession) -> None:
    codes = [figure.code for figure in FIGURES]
    assert len(set(codes)) == len(codes) == 12
    assert all(figure.definition.endswith(".") for figure in FIGURES)


async def test_a_site_is_covered_by_a_held_shift_without_an_encounter(session: AsyncSession) -> None:
    await make_topics(session)
    await make_mission(session, [await make_site(session)])
    world = await make_world(session, 7, date(2026, 10, 1), date(2026, 10, 20), encounters=1)
    report = await activity(session, Filters(from_=date(2026, 10, 1), to=date(2026, 10, 20)))
    assert report.figures["sites_covered"].value == len(report.now.held_sites | set(report.now.sites))
    assert len(report.now.sites) <= 1 < len(report.now.held_sites)
    assert world.shifts
