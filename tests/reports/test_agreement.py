"""One query object: whatever the filters, page, JSON, CSV, workbook and paper say the same figures."""

import csv
import random
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any

import httpx
import openpyxl

from civic import formats
from civic.encounters.codes import AGES, TOPICS
from civic.reports.figures import BY_CODE, SERVICE
from civic.reports.filters import Filters
from civic.reports.labels import FACET_TITLES
from civic.reports.page import PILLAR_NAMES, written
from civic.reports.printing import internal_content
from civic.sites.models import PILLARS
from tests.reports.scene import Scene
from tests.reports.tables_of import Tables

Json = dict[str, Any]
LISTS = ("by_site", "by_topic", "by_pillar", "by_age", "by_month")


def chance(dice: random.Random, scene: Scene) -> tuple[str, dict[str, str]]:
    """Who asks, and for what: any period, now and then one filter or two."""
    first = date(2025, 7, 1) + timedelta(days=dice.randint(0, 430))
    last = first + timedelta(days=dice.choice([6, 45, 91, 400]))
    who = dice.choice(["manager", "manager", "coordinator_call"])
    maybe = {
        "site": [site for site, area in scene.world.areas.items() if who == "manager" or area == "CALL"],
        "mission": [str(one) for one in scene.world.pillars],
        "pillar": PILLARS,
        "topic": list(TOPICS),
        "age": AGES,
    }
    chosen = {name: dice.choice(list(values)) for name, values in maybe.items() if dice.random() < 0.25}
    return who, {"from": str(first), "to": str(last), **chosen}


async def test_every_face_of_a_report_says_the_same(scene: Scene) -> None:
    dice = random.Random(7)
    asked = [("manager", {"from": "2026-08-01", "to": "2026-10-31"}), *(chance(dice, scene) for _n in range(5))]
    met = 0
    browsers = {who: await scene.browser(who) for who in ("manager", "coordinator_call")}
    for who, params in asked:
        told = await faces(browsers[who], params)
        report = told["json"].json()
        met += report["figures"]["encounters"]["value"]
        check_csv(told["csv"], report)
        check_workbook(told["xlsx"], report)
        check_page(told["page"], report, params)
        await check_paper(scene, report)
    assert met > 50


async def faces(browser: httpx.AsyncClient, params: dict[str, str]) -> dict[str, httpx.Response]:
    found = {
        "json": await browser.get("/api/v1/reports/activity", params=params),
        "csv": await browser.get("/api/v1/reports/activity.csv", params={**params, "dialect": "rfc"}),
        "xlsx": await browser.get("/api/v1/reports/activity.xlsx", params=params),
        "page": await browser.get("/bilans", params=params),
    }
    assert {name: one.status_code for name, one in found.items()} == dict.fromkeys(found, 200), params
    return found


def check_csv(answer: httpx.Response, report: Json) -> None:
    rows = csv.DictReader(StringIO(answer.text))
    said = {(row["section"], row["key"]): (row["value"], row["previous"]) for row in rows}
    for code, pair in report["figures"].items():
        assert same(said["figures", code], (pair["value"], pair["previous"])), code
    for name in LISTS:
        for line in report[name]:
            assert int(said[name, line["key"]][0]) == line["encounters"]
            assert int(said[f"{name}_people", line["key"]][0]) == line["people_met"]
    for name in FACET_TITLES:
        for part in report[name]:
            assert int(said[name, part["key"]][0]) == part["encounters"]
    for month in report["service_by_month"]:
        for code, pair in month["figures"].items():
            assert same(said[f"service_{month['key']}", code], (pair["value"], pair["previous"]))


def same(cells: tuple[str, str], values: tuple[float | None, float | None]) -> bool:
    return all(
        cell == "" if value is None else abs(float(cell) - value) < 1e-4
        for cell, value in zip(cells, values, strict=True)
    )


def check_workbook(answer: httpx.Response, report: Json) -> None:
    book = openpyxl.load_workbook(BytesIO(answer.content), read_only=True)
    tabs = {name: list(book[name].iter_rows(min_row=2, values_only=True)) for name in book.sheetnames}
    figures = {row[1]: row[2:4] for row in tabs["Chiffres clés"]}
    assert figures.keys() == report["figures"].keys()
    for code, pair in report["figures"].items():
        assert figures[code] == (pair["value"], pair["previous"]) or same(
            tuple("" if cell is None else str(cell) for cell in figures[code]), (pair["value"], pair["previous"])
        )
    parts = {(row[0], row[1]): (row[3], row[5]) for row in tabs["Répartitions"]}
    for name, title in (("by_pillar", "Pilier"), ("by_topic", "Thème"), ("by_age", "Âge estimé")):
        for line in report[name]:
            assert parts[title, line["key"]] == (line["encounters"], line["people_met"])
    for name, title in FACET_TITLES.items():
        for part in report[name]:
            assert parts[title, part["key"]][0] == part["encounters"]
    sites = {row[0]: (row[3], row[5]) for row in tabs["Par site"] if row[0]}
    assert sites == {line["key"]: (line["encounters"], line["people_met"]) for line in report["by_site"]}
    months = {row[0]: row for row in tabs["Évolution"] if row[0]}
    for line in report["by_month"]:
        assert (months[line["key"]][2], months[line["key"]][4]) == (line["encounters"], line["people_met"])
    for month in report["service_by_month"]:
        values = [month["figures"][code]["value"] for code in SERVICE]
        for cell, value in zip(months[month["key"]][5:], values, strict=True):
            assert cell == value or abs(cell - value) < 1e-4
    assert len([row for row in tabs["Données brutes"] if row[0]]) == report["row_count"]


def check_page(answer: httpx.Response, report: Json, params: dict[str, str]) -> None:
    shown = Tables(answer)
    rows = {row[0]: row for row in shown.tables["Tous les chiffres"][1:]}
    for code, pair in report["figures"].items():
        figure = BY_CODE[code]
        assert rows[figure.label][1] == written(figure.kind, pair["value"]), (code, params)
        assert rows[figure.label][3] == written(figure.kind, pair["previous"]), (code, params)
        # The same words, one tap away and in the interface.
        assert report["definitions"][code] in answer.text.replace("&#39;", "'")
    if not report["figures"]["encounters"]["value"] and "Par âge" not in shown.tables:
        return
    for name, caption in (("by_pillar", "Par pilier"), ("by_age", "Par âge"), ("by_month", "Par mois")):
        cells = {row[0]: (row[1], row[3]) for row in shown.tables[caption][1:]}
        assert list(cells.values()) == [numbers(line["encounters"], line["people_met"]) for line in report[name]]
    for name, title in FACET_TITLES.items():
        cells = {row[0]: row[1] for row in shown.tables[title][1:]}
        assert {part["label"]: formats.number(part["encounters"]) for part in report[name]}.items() <= cells.items()
    if report["by_site"]:
        sites = {row[0]: (row[2], row[4]) for row in shown.tables["Tableau par site"][1:-1]}
        assert sites == {line["label"]: numbers(line["encounters"], line["people_met"]) for line in report["by_site"]}
    for caption, codes in (
        (
            "Heures et présence par mois",
            ("shifts_held", "volunteer_hours", "fill_rate", "attendance_rate", "pair_rate"),
        ),
        ("Refus de parler par mois", ("outings", "approached", "refusal_rate")),
    ):
        compared = report["figures"]["encounters"]["previous"] is not None
        for row, month in zip(shown.tables.get(caption, [""])[1:], report["service_by_month"], strict=True):
            cells = row[1 :: 2 if compared else 1]
            assert cells == [said(code, month["figures"][code]["value"]) for code in codes]


def numbers(*values: int) -> tuple[str, ...]:
    return tuple(formats.number(value) for value in values)


def said(code: str, value: float | None) -> str:
    return "–" if value is None else written(BY_CODE[code].kind, value)


async def check_paper(scene: Scene, report: Json) -> None:
    """What the layout is given is all that the paper says."""
    narrow = {name: value for name, value in report["filters"].items() if value}
    if mission := narrow.get("mission"):
        narrow["mission"] = next(one for one in scene.world.pillars if str(one) == mission)
    period = {
        "from_": date.fromisoformat(report["period"]["from"]),
        "to": date.fromisoformat(report["period"]["to"]),
        "scope": frozenset(report["scope"]),
    }
    async with scene.db.reading() as session:
        _activity, content = await internal_content(session, Filters(**period, **narrow))
    figures = {row[0]: (row[1], row[3]) for row in content["figures"]}
    for code, pair in report["figures"].items():
        kind = BY_CODE[code].kind
        assert figures[BY_CODE[code].label] == (written(kind, pair["value"]), written(kind, pair["previous"]))
    tables = {one["title"]: one["rows"] for one in content["tables"]}
    for name, title in (("by_site", "Par site"), ("by_age", "Par âge"), ("by_month", "Par mois")):
        expected = [(line["label"], *numbers(line["encounters"], line["people_met"])) for line in report[name]]
        assert [(row[0], row[1], row[3]) for row in tables[title]] == expected
    for name, title in FACET_TITLES.items():
        assert [tuple(row[:2]) for row in tables[title]] == [
            (part["label"], formats.number(part["encounters"])) for part in report[name]
        ]
    named = {row[0]: row[1] for one in content["pillars"] for row in one["rows"]}
    named |= {row[0]: row[1] for row in content["others"]}
    assert named == {line["label"]: formats.number(line["encounters"]) for line in report["by_topic"]}
    counts = {one["name"]: one["count"].split("\u00a0rencontre")[0].split(" ")[0] for one in content["pillars"]}
    assert counts == {PILLAR_NAMES[line["key"]]: formats.number(line["encounters"]) for line in report["by_pillar"]}
    hours = [row[2] for row in tables.get("Heures et présence par mois", [])]
    assert hours == [
        said("volunteer_hours", one["figures"]["volunteer_hours"]["value"]) for one in report["service_by_month"]
    ]
