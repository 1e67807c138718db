"""What anybody may read: absent unless it is asked for, suppressed, and a valid table."""

import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import frictionless
import pytest
from sqlalchemy import update

from civic.encounters.models import Encounter
from civic.reports import shared
from civic.reports.actions import distrust_all, refresh
from civic.reports.shared_counts import Counts, counts
from civic.reports.spans import Span, cuts
from civic.reports.suppression import threshold
from civic.settings import Settings
from civic.settings import settings as read_settings
from tests.reports.scene import NOW, Scene

CSV, SCHEMA, PAGE = "/api/v1/open-data/encounters.csv", "/api/v1/open-data/schema.json", "/chiffres"


@pytest.fixture
def opened(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_settings(), "open_data", True)


@pytest.mark.parametrize("path", [CSV, SCHEMA, PAGE])
async def test_without_the_setting_there_is_nothing(scene: Scene, path: str) -> None:
    for who in (None, "manager"):
        assert (await (await scene.browser(who)).get(path)).status_code == 404


@pytest.mark.usefixtures("opened")
async def test_the_table_is_valid_and_holds_no_small_count(scene: Scene, tmp_path: Path) -> None:
    browser = await scene.browser(None)
    data, schema = await browser.get(CSV), await browser.get(SCHEMA)
    assert (data.status_code, schema.status_code) == (200, 200)
    (tmp_path / "encounters.csv").write_bytes(data.content)
    resource = frictionless.Resource(
        path="encounters.csv", basepath=str(tmp_path), schema=frictionless.Schema.from_descriptor(schema.json())
    )
    report = resource.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
    lines = list(csv.DictReader(StringIO(data.text)))
    assert {line["period"] for line in lines} == {"2025-T3", "2025-T4", "2026-T1", "2026-T2", "2026-T3"}
    shown = [line for line in lines if line["value"]]
    assert shown
    assert all(int(line["value"]) >= threshold(line["key"]) for line in shown)
    assert all(line["measure"] == "people" for line in lines if line["breakdown"] == "age")


@pytest.mark.usefixtures("opened")
async def test_the_totals_are_those_of_the_signed_in_report(scene: Scene) -> None:
    lines = list(csv.DictReader(StringIO((await (await scene.browser(None)).get(CSV)).text)))
    found = {(line["period"], line["measure"], line["breakdown"], line["key"]): line["value"] for line in lines}
    inside = (
        await scene.get("manager", "/api/v1/reports/activity", **{"from": "2026-07-01", "to": "2026-09-30"})
    ).json()
    total = inside["figures"]["encounters"]["value"]
    assert found["2026-T3", "encounters", "total", "total"] == (str(total) if total >= 11 else "")
    for line in inside["by_topic"]:
        assert found["2026-T3", "encounters", "topic", line["key"]] in ("", str(line["encounters"]))


@pytest.mark.usefixtures("opened")
async def test_the_page_hides_and_takes_no_filter(scene: Scene, count_queries: Any) -> None:
    page = await (await scene.browser(None)).get(PAGE)
    assert page.status_code == 200
    assert "masqué" in page.text
    assert "2026-T3" in page.text
    assert "2026-T4" not in page.text, "a quarter that goes on is not published"
    with count_queries() as queries:
        await (await scene.browser(None)).get(CSV)
    assert len(queries) == 0, "what was counted a moment ago serves everybody"
    assert json.dumps(page.text) == json.dumps((await (await scene.browser(None)).get(PAGE, params={"site": "x"})).text)


async def test_the_roll_ups_and_the_rows_tell_the_same(scene: Scene) -> None:
    """From the rows alone, from the roll-ups alone, and from both once a day has changed."""

    async def now() -> tuple[Counts, bool]:
        async with scene.db.reading() as session:
            (cut,) = await cuts(session, [Span(date.min, NOW.date())], NOW)
            return await counts(session, NOW.date()), bool(cut["encounters"].rows)

    async with scene.db.writing() as session:
        await distrust_all(session)
    from_rows, aside = await now()
    assert aside
    assert from_rows.months
    await refresh(scene.db)
    assert await now() == (from_rows, False)
    async with scene.db.writing() as session:
        voided = scene.world.encounters[40]["id"]
        await session.execute(update(Encounter).where(Encounter.id == voided).values(status="voided"))
        await session.execute(update(Encounter).where(Encounter.id != voided).values(referral="acces_soins"))
    mixed, aside = await now()
    assert aside
    await refresh(scene.db)
    assert await now() == (mixed, False)
    assert (
        sum(one.total() for one in mixed.months.values()) == sum(one.total() for one in from_rows.months.values()) - 1
    )


def test_a_quarter_waits_until_the_pair_can_write_no_more() -> None:
    first, last = shared.date(2026, 7, 1), shared.date(2026, 9, 30)
    assert shared.quarter_end(first) == last
    assert not shared.ended(first, last + shared.timedelta(days=7))
    assert shared.ended(first, last + shared.timedelta(days=8))
