"""From a figure to the rows behind it: the list that its link opens holds exactly as many."""

import re
from typing import Any

import pytest
from httpx import AsyncClient

from civic.formats import NBSP, duration
from tests.reports.scene import Scene

LINK = re.compile(r'href="(/rencontres\?[^"]*|/bilans/(?:creneaux|sorties)\?[^"]*)"[^>]*>([^<]+)')


def number(text: str) -> float:
    return float(text.replace(NBSP, "").replace("\u202f", "").replace("%", "").replace(",", "."))


async def told(browser: AsyncClient, href: str) -> dict[str, float]:
    """The numbers of a list's line, by the word that follows them."""
    answer = await browser.get(href.replace("&amp;", "&"))
    assert answer.status_code == 200, href
    line = re.search(r'<p class="muted" role="status">(.*?)</p>', answer.text, re.S)
    assert line
    return {word: number(count) for count, word in re.findall(r"([\d\u00a0\u202f]+) (\w+)", line[1])}


FILTERS: list[dict[str, str]] = [
    {},
    {"pillar": "resilience"},
    {"topic": "parks"},
    {"age": "age_60p"},
    {"intermunicipality": "CALL", "pillar": "rev3"},
]


@pytest.mark.parametrize("params", FILTERS, ids=lambda p: "-".join(p) or "all")
async def test_every_link_of_the_page_leads_to_as_many_rows(scene: Scene, params: dict[str, str]) -> None:
    browser = await scene.browser("manager")
    page = (await scene.get("manager", "/bilans", **params)).text
    report = (await scene.get("manager", "/api/v1/reports/activity", **params)).json()
    people = report["figures"]["people_met"]["value"]
    links = {(href, text) for href, text in LINK.findall(page) if href.startswith("/rencontres")}
    assert len(links) > 15
    wrong = {}
    for href, text in links:
        found = await told(browser, href)
        counts = [found.get(word) for word in ("rencontres", "rencontre", "personnes")]
        if number(text) not in counts[: 3 if number(text) == people else 2]:
            wrong[href] = (text, found)
    assert not wrong


async def test_the_lists_of_shifts_and_outings_say_the_figures(scene: Scene) -> None:
    browser = await scene.browser("manager")
    page = (await scene.get("manager", "/bilans")).text
    figures: dict[str, Any] = (await scene.get("manager", "/api/v1/reports/activity")).json()["figures"]
    value = {code: pair["value"] for code, pair in figures.items()}

    async def behind(path: str, which: str) -> dict[str, float]:
        href = f"{path}?from=2026-09-01&amp;to=2026-10-31&amp;choix={which}"
        assert f'href="{href}"' in page, which
        return await told(browser, href)

    held = await behind("/bilans/creneaux", "tenus")
    assert held["créneaux"] == value["shifts_held"] > 0
    shown = (await browser.get("/bilans/creneaux?from=2026-09-01&to=2026-10-31&choix=tenus")).text
    assert duration(value["volunteer_hours"]) in shown
    whole = await behind("/bilans/creneaux", "tous")
    line = (await browser.get("/bilans/creneaux?from=2026-09-01&to=2026-10-31&choix=tous")).text
    capacity = number(re.findall(r"confirmées sur ([\d\u00a0\u202f]+)", line)[0])
    assert whole["places"] / capacity == pytest.approx(value["fill_rate"])
    assert whole["inscrits"] / whole["places"] == pytest.approx(value["attendance_rate"])
    paired = await behind("/bilans/creneaux", "binome")
    assert paired["créneaux"] / held["créneaux"] == pytest.approx(value["pair_rate"])
    assert (await behind("/bilans/sorties", "toutes"))["sorties"] == value["outings"]
    assert (await behind("/bilans/sorties", "abordees"))["personnes"] == value["approached"]
    asked = await behind("/bilans/sorties", "refus")
    assert asked["refus"] / asked["personnes"] == pytest.approx(value["refusal_rate"])


async def test_a_coordinators_lists_stay_in_their_scope(scene: Scene) -> None:
    browser = await scene.browser("coordinator_cahc")
    figures = (await scene.get("coordinator_cahc", "/api/v1/reports/activity")).json()["figures"]
    days = "from=2026-09-01&to=2026-10-31"
    found = await told(browser, f"/bilans/creneaux?{days}&choix=tenus")
    assert found.get("créneaux", found.get("créneau")) == figures["shifts_held"]["value"]
    found = await told(browser, f"/rencontres?{days}&status=counted")
    assert found["rencontres"] == figures["encounters"]["value"]
    assert (await browser.get(f"/bilans/creneaux?{days}&intermunicipality=CALL")).status_code == 403


async def test_what_is_wrong_is_said(scene: Scene) -> None:
    browser = await scene.browser("manager")
    for path in ("/bilans/creneaux", "/bilans/sorties"):
        for wrong in ("from=2026-10-31&to=2026-09-01", "from=hier", "site=nulle-part", "choix=autre", "page=x"):
            status = (await browser.get(f"{path}?{wrong}")).status_code
            assert status == (200 if wrong == "page=x" else 422), wrong
    topic = await browser.get("/bilans/creneaux?from=2026-09-01&to=2026-10-31&topic=parks")
    assert "0 créneau" in topic.text


async def test_an_administrator_is_offered_no_list_of_encounters(scene: Scene) -> None:
    page = (await scene.get("admin", "/bilans")).text
    assert 'href="/rencontres?' not in page
    assert 'href="/bilans/creneaux?' in page
