"""A place's life says what the report says of each of its months, rolled up or not; who may read it."""

from datetime import date

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters.models import Encounter, EncounterTopic
from civic.reports.actions import refresh
from civic.reports.activity import activity
from civic.reports.filters import Filters
from civic.reports.site_life import life_of, month_starts
from tests.reports.scene import Scene


def test_months_before_a_day() -> None:
    assert month_starts(date(2026, 1, 31), 3) == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert len(set(month_starts(date(2026, 11, 23), 24))) == 24


async def test_each_month_is_the_reports(scene: Scene, session: AsyncSession, db: Database) -> None:
    site, last = scene.site_in("CALL"), date(2026, 10, 1)
    await refresh(db)
    async with db.writing() as writing:
        # A day that the roll-ups no longer tell lies among the others.
        gone = next(row for row in scene.world.encounters if row["site_id"] == site and row["date"].month == 10)
        await writing.execute(delete(EncounterTopic).where(EncounterTopic.encounter_id == gone["id"]))
        await writing.execute(delete(Encounter).where(Encounter.id == gone["id"]))
    async with db.reading() as looking:
        life = await life_of(looking, site, last, clock.now())
        assert [month.first for month in (*life.before, *life.months)] == month_starts(last, 24)
        for month in (life.before[-1], life.months[0], life.months[-1]):
            end = date(month.first.year, month.first.month, 31 if month.first.month in (1, 10, 12) else 30)
            report = await activity(looking, Filters(from_=month.first, to=end, site=site))
            figures = {code: pair.value for code, pair in report.figures.items()}
            assert (month.encounters, month.people, month.held, month.shifts) == (
                figures["encounters"],
                figures["people_met"],
                figures["shifts_held"],
                report.now.shifts,
            ), month.first
            assert dict(month.topics) == {one.code: one.encounters for one in report.now.topics}, month.first
        assert sum(topic.total for topic in life.topics) == sum(sum(month.topics.values()) for month in life.months)
        assert life.total("encounters") > 0
    before = life
    await refresh(db)
    async with db.reading() as looking:
        assert await life_of(looking, site, last, clock.now()) == before


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 303), ("volunteer", 403), ("coordinator_call", 200), ("coordinator_cahc", 403), ("manager", 200)],
)
async def test_who_reads_a_places_life(scene: Scene, who: str | None, status: int) -> None:
    browser = await scene.browser(who)
    page = f"/sites/{scene.site_in('CALL')}/vie"
    assert (await browser.get(page)).status_code == status
    if who != "manager":
        return
    shown = (await browser.get(page, params={"mois": "2026-10"})).text
    assert 'role="img"' in shown
    assert "oct.\u00a02026" in shown
    early = (await browser.get(page, params={"mois": "2025-10"})).text
    assert ("août\u00a02025" in early, "juil.\u00a02025" in early) == (True, False), "no nought before the data begin"
    assert "un an avant" not in shown, "the data begin within the year before"
    for query in ("mois=x", "mois=9999-12", "mois=2020-01", "mois=%00"):
        assert (await browser.get(f"{page}?{query}")).status_code == 200, query
    assert (await browser.get("/sites/nowhere/vie")).status_code == 404
