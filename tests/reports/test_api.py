"""GET /reports/activity: its shape, who may read it, and how it refuses."""

from typing import Any

import pytest

from civic.reports.figures import FIGURES
from civic.reports.filters import Filters
from tests.reports.naive import Naive
from tests.reports.scene import NOW, Scene

PATH = "/api/v1/reports/activity"
LISTS = ("by_site", "by_topic", "by_pillar", "by_age", "by_month")


async def test_shape(scene: Scene) -> None:
    answer = await scene.get("manager", PATH)
    assert answer.status_code == 200
    report = answer.json()
    assert report["filters"] == dict.fromkeys(("site", "intermunicipality", "mission", "pillar", "topic", "age"))
    assert report["period"] == {"from": "2026-09-01", "to": "2026-10-31"}
    assert report["cut_off"] == "2026-11-23T09:10:00+01:00"
    assert set(report["definitions"]) == set(report["figures"]) == {figure.code for figure in FIGURES}
    assert all(set(figure) == {"value", "previous"} for figure in report["figures"].values())
    assert report["data_from"] is None
    assert report["row_count"] == report["figures"]["encounters"]["value"]
    for name in LISTS:
        assert all(set(line) == {"key", "label", "encounters", "people_met", "share"} for line in report[name])
    assert [line["key"] for line in report["by_month"]] == ["2026-09", "2026-10"]
    assert [line["key"] for line in report["by_pillar"]] == ["rev3", "archipel_vert", "resilience"]
    assert sum(line["share"] for line in report["by_site"]) == pytest.approx(1)
    assert sum(line["share"] for line in report["by_age"]) == pytest.approx(1)


async def test_figures_are_those_of_a_count_by_hand(scene: Scene) -> None:
    filters = Filters(from_=NOW.date().replace(month=9, day=1), to=NOW.date().replace(month=10, day=31))
    naive = Naive(scene.world, filters, NOW, filters.from_, filters.to)
    figures = (await scene.get("admin", PATH)).json()["figures"]
    assert {code: figure["value"] for code, figure in figures.items()} == naive.figures()
    assert figures["encounters"]["previous"] > 0


async def test_data_that_begin_inside_the_period_say_so(scene: Scene) -> None:
    report = (await scene.get("manager", PATH, **{"from": "2025-01-01"})).json()
    assert report["data_from"] == "2025-08-03"
    assert report["scope_note"].startswith("Chiffres depuis le dimanche 3 août 2025")
    assert {figure["previous"] for figure in report["figures"].values()} == {None}


async def test_a_topic_leaves_the_shifts_without_figures(scene: Scene) -> None:
    report = (await scene.get("manager", PATH, topic="parks")).json()
    silent = {f.code for f in FIGURES if f.source != "encounters"}
    assert {code for code, figure in report["figures"].items() if figure["value"] is None} >= silent
    assert report["figures"]["encounters"]["value"] > 0
    assert report["filters"]["topic"] == "parks"


async def test_who_may_read(scene: Scene) -> None:
    readers = ("manager", "admin", "coordinator", "coordinator_call")
    for who, status in {**dict.fromkeys(readers, 200), "volunteer": 403, "minor": 403, None: 401}.items():
        answer = await scene.get(who, PATH)
        assert answer.status_code == status, who
        if status != 200:
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_coordinator_reads_their_own_scope(scene: Scene) -> None:
    call, cahc = scene.site_in("CALL"), scene.site_in("CAHC")
    mine = (await scene.get("coordinator_call", PATH)).json()
    whole = (await scene.get("manager", PATH, intermunicipality="CALL")).json()
    assert mine["figures"] == whole["figures"]
    assert mine["by_site"] == whole["by_site"]
    assert mine["scope"] == ["CALL"]
    assert {scene.world.areas[line["key"]] for line in mine["by_site"]} == {"CALL"}
    assert (await scene.get("coordinator_call", PATH, intermunicipality="CALL")).status_code == 200
    assert (await scene.get("coordinator_call", PATH, site=call)).status_code == 200
    assert (await scene.get("coordinator_call", PATH, intermunicipality="CAHC")).status_code == 403
    assert (await scene.get("coordinator_call", PATH, site=cahc)).status_code == 403


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"from": None}, "from"),
    ({"to": None}, "to"),
    ({"to": "2026-08-31"}, "to"),
    ({"to": "2026-02-30"}, "to"),
    ({"to": "9999-12-31"}, "to"),
    ({"from": "1756684800"}, "from"),
    ({"site": "nulle-part"}, "site"),
    ({"site": "a\x00b"}, "site"),
    ({"intermunicipality": "PARIS"}, "intermunicipality"),
    ({"mission": "x"}, "mission"),
    ({"mission": "7f4df4a5-6d0a-4a0c-9a51-3b2f2f1f0a11"}, "mission"),
    ({"pillar": "vert"}, "pillar"),
    ({"topic": "meteo"}, "topic"),
    ({"sort": "x"}, "sort"),
]


async def test_what_is_wrong_is_said_at_its_field(scene: Scene) -> None:
    browser = await scene.browser("manager")
    for changes, field in WRONG:
        params = {"from": "2026-09-01", "to": "2026-10-31", **changes}
        answer = await browser.get(PATH, params={name: value for name, value in params.items() if value is not None})
        assert answer.status_code == 422, changes
        assert list(answer.json()["errors"]) == [field]


async def test_the_widest_period(scene: Scene) -> None:
    answer = await scene.get("manager", PATH, **{"from": "1900-01-01", "to": "2100-12-31"})
    assert answer.status_code == 200
    assert len(answer.json()["by_month"]) == 15


async def test_few_queries(scene: Scene, count_queries: Any) -> None:
    browser = await scene.browser("manager")
    with count_queries() as queries:
        assert (await browser.get(PATH, params={"from": "2026-09-01", "to": "2026-10-31"})).status_code == 200
    # A period and the year before it: each from the roll-ups, and from the rows where they don't tell.
    assert len(queries) <= 35
