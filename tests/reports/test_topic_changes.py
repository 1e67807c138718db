"""Topics that begin, end or merge: past periods say what they said, roll-ups stay exact, and reports tell it."""

from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters import topics
from civic.reports import shared, topic_notes
from civic.reports.actions import refresh
from civic.reports.activity import activity
from civic.reports.filters import Filters
from civic.reports.proof import differences
from civic.reports.topic_notes import TopicChange
from tests.reports.scene import Scene
from tests.reports.test_figures import assert_same

SEPTEMBER = Filters(from_=date(2026, 9, 1), to=date(2026, 9, 30))
OCTOBER = Filters(from_=date(2026, 10, 1), to=date(2026, 10, 31))
FIRST = date(2026, 10, 15)


def merged(scene: Scene, code: str, into: str) -> None:
    """The same in the world that is counted by hand."""
    days = {row["id"]: row["date"] for row in scene.world.encounters}
    both = {row["encounter_id"] for row in scene.world.topics if row["topic_code"] == into}
    kept = []
    for row in scene.world.topics:
        if row["topic_code"] == code and days[row["encounter_id"]] >= FIRST:
            if row["encounter_id"] in both:
                continue
            row["topic_code"] = into
        kept.append(row)
    scene.world.topics[:] = kept


async def test_a_merge_changes_no_past_figure_and_no_sum(scene: Scene, session: AsyncSession, db: Database) -> None:
    await refresh(db)
    admin = scene.cast.users["admin"]
    async with db.reading() as looking:
        before = await activity(looking, SEPTEMBER)
        published = list(shared.rows(await shared.published(looking, clock.today())))
    async with db.writing() as writing:
        assert await topics.merge(writing, by=admin, code="parks", into="culture", first_day=FIRST)
        await topics.add(writing, by=admin, label="Jardins", pillar="rev3", sensitive=False, valid_from=clock.today())
        await topics.retire(writing, by=admin, code="tourism", last_day=clock.today())
    merged(scene, "parks", "culture")
    for _rolled in (False, True):
        async with db.reading() as looking:
            assert (await activity(looking, SEPTEMBER)).lists() == before.lists()
            assert await differences(looking) == []
            for filters in (OCTOBER, Filters(**{**vars(OCTOBER), "topic": "culture"}), SEPTEMBER):
                assert_same(await activity(looking, filters), scene.world)
            assert list(shared.rows(await shared.published(looking, clock.today()))) == published
        await refresh(db)


@pytest.mark.parametrize(("first", "last", "said"), [("10-01", "10-31", True), ("09-01", "09-30", False)])
async def test_reports_say_it(scene: Scene, db: Database, first: str, last: str, said: bool) -> None:
    async with db.writing() as writing:
        await topics.merge(writing, by=scene.cast.users["admin"], code="parks", into="culture", first_day=FIRST)
    period = {"from": f"2026-{first}", "to": f"2026-{last}"}
    for path in ("/bilans", "/api/v1/reports/activity"):
        answer = await scene.get("manager", path, **period)
        assert (answer.status_code, "compte dans" in answer.text) == (200, said), path


CHANGES = [
    TopicChange("new", date(2026, 3, 1), "new", "Neuf"),
    TopicChange("gone", date(2026, 5, 1), "old", "Vieux"),
    TopicChange("merged", date(2026, 7, 1), "parks", "Parcs", "water", "Eau"),
]


@pytest.mark.parametrize(
    ("first", "last", "topic", "count"),
    [
        ((2026, 1, 1), (2026, 12, 31), None, 3),
        ((2026, 7, 1), (2026, 12, 31), None, 0),
        ((2026, 6, 30), (2026, 7, 1), None, 1),
        ((2025, 1, 1), (2026, 2, 28), None, 0),
        ((2026, 1, 1), (2026, 12, 31), "water", 1),
        ((2026, 1, 1), (2026, 12, 31), "culture", 0),
    ],
)
def test_what_changed_inside_a_period(
    first: tuple[int, int, int], last: tuple[int, int, int], topic: str | None, count: int
) -> None:
    assert len(topic_notes.notes(CHANGES, date(*first), date(*last), topic)) == count
