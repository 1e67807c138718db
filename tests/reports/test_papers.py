"""The report on paper: the figures of the interface, a tagged and archivable file, and nobody's text read as markup."""

import json
import re
from datetime import date
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from civic import clock, pdf
from civic.reports.activity import activity
from civic.reports.filters import Filters
from civic.reports.paper import Voice, internal
from civic.reports.paper_draw import draw_months
from civic.reports.printing import content_of
from civic.reports.reading import chart_of
from tests.reports.scene import Scene

PDF = "/api/v1/reports/activity.pdf"
QUARTER: dict[str, Any] = {"from": "2026-07-01", "to": "2026-09-30"}


def tags(node: Any, found: list[str]) -> list[str]:
    """The names of the structure tree, in reading order."""
    if isinstance(node, pikepdf.Array):
        for one in node:
            tags(one, found)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            found.append(str(node["/S"]))
        if "/K" in node:
            tags(node["/K"], found)
    return found


def check_structure(body: bytes) -> pikepdf.Pdf:
    """What PDF/UA-1 and PDF/A-2a ask that can be read here: marks, language, title, metadata, tags, no script."""
    paper = pikepdf.open(BytesIO(body))
    root = paper.Root
    assert root.MarkInfo.Marked
    assert str(root.Lang).startswith("fr")
    assert root.ViewerPreferences.DisplayDocTitle
    assert root.OutputIntents
    assert "/JavaScript" not in root.get("/Names", {})
    with paper.open_metadata() as said:
        assert said["pdfuaid:part"] == "1"
        assert (said["pdfaid:part"], said["pdfaid:conformance"]) == ("2", "A")
        assert "Bilan" in said["dc:title"]
    found = tags(root.StructTreeRoot.K, [])
    for name in ("/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/P", "/TOC"):
        assert name in found, name
    assert all(page.get("/StructParents") is not None for page in paper.pages)
    return paper


def figures_with_words(node: Any) -> list[bool]:
    if isinstance(node, pikepdf.Array):
        return [one for each in node for one in figures_with_words(each)]
    if not isinstance(node, pikepdf.Dictionary):
        return []
    own = [bool(str(node.get("/Alt", "")))] if str(node.get("/S", "")) == "/Figure" else []
    return own + (figures_with_words(node["/K"]) if "/K" in node else [])


async def test_the_paper_is_tagged_and_archivable(scene: Scene) -> None:
    answer = await scene.get("manager", PDF)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert 'filename="civic_bilan_2026-09-01_2026-10-31.pdf"' in answer.headers["content-disposition"]
    paper = check_structure(answer.content)
    described = figures_with_words(paper.Root.StructTreeRoot.K)
    assert described
    assert all(described)


async def test_its_figures_are_those_of_the_interface(scene: Scene) -> None:
    told = (await scene.get("manager", "/api/v1/reports/activity")).json()
    async with scene.db.reading() as session:
        _report, content = await content_of(session, Filters(from_=date(2026, 9, 1), to=date(2026, 10, 31)), "interne")
    values = {row[0]: row[1] for row in content["figures"]}
    assert values["Rencontres notées"] == str(told["figures"]["encounters"]["value"])
    by_site = next(one for one in content["tables"] if one["title"] == "Par site")
    assert [(row[0], row[1]) for row in by_site["rows"]] == [
        (line["label"], str(line["encounters"])) for line in told["by_site"]
    ]
    named = {row[0]: row[1] for pillar in content["pillars"] for row in pillar["rows"]}
    named |= {row[0]: row[1] for row in content["others"]}
    assert named == {line["label"]: str(line["encounters"]) for line in told["by_topic"]}


def tables_before_a_second_part(paper: pikepdf.Pdf) -> int:
    """The tables between the first drawing and the next heading of the first rank."""
    found = tags(paper.Root.StructTreeRoot.K, [])
    after = found[found.index("/Figure") :]
    return after[: after.index("/H1")].count("/Table")


async def test_the_many_weeks_of_a_long_period_stand_among_the_tables(scene: Scene) -> None:
    short = await scene.get("manager", PDF, **QUARTER)
    long = await scene.get("manager", PDF, **{"from": "2025-12-01", "to": "2026-09-30"})
    papers = [check_structure(answer.content) for answer in (short, long)]
    assert [tables_before_a_second_part(paper) for paper in papers] == [1, 0]
    counts = [tags(paper.Root.StructTreeRoot.K, []).count("/Table") for paper in papers]
    assert counts[1] >= counts[0], "every drawing is a table too"


MARKUP = ['#panic("x")', "#import sys", "$ x^2 $ *b* _i_ `c`", '"] #eval("1/0")', "</svg><script>", "\\u{0041} @x <y>"]


async def test_words_are_never_read_as_markup(scene: Scene) -> None:
    async with scene.db.reading() as session:
        filters = Filters(from_=date(2026, 9, 1), to=date(2026, 9, 30))
        report, chart = await activity(session, filters), await chart_of(session, filters)
    everything = "\n".join(MARKUP)
    voice = Voice({"introduction": everything, "rev3": everything}, [("rev3", text) for text in MARKUP])
    content = internal(report, voice, chart)
    for place, text in enumerate(MARKUP):
        content["tables"][0]["rows"][place % 2][0] = text
    paper = pikepdf.open(BytesIO(await pdf.render(pdf.Bilan(content, clock.now()))))
    assert len(paper.pages) >= 3


def check_drawing(chart: dict[str, Any]) -> None:
    """A column for each month that is told, as high as its number beside the others, and none for a hidden one."""
    shown = [int(value.replace("\u202f", "").replace("\xa0", "")) for _month, value in chart["rows"] if value != "–"]
    heights = [float(one) for one in re.findall(r'class="now"[^>]*height="([\d.]+)"', chart["svg"])]
    assert len(heights) == len(shown)
    assert all(abs(h / heights[0] - n / shown[0]) < 0.05 for h, n in zip(heights, shown, strict=True) if shown[0])
    assert [value for _month, value in chart["rows"]] == re.findall(r"\d{4} ([\d\xa0\u202f]+|–)(?=[,.])", chart["alt"])


def test_a_hidden_month_is_not_drawn() -> None:
    months = [("2026-07", "juillet 2026", 40, "40"), ("2026-08", "août 2026", None, "–")]
    rows = [["juillet 2026", "40"], ["août 2026", "–"]]
    check_drawing({**draw_months(months, "Rencontres par mois").values, "rows": rows})
    assert not draw_months([("2026-07", "juillet 2026", None, "–")], "Rencontres par mois").svg


async def test_the_version_for_diffusion_says_only_what_is_published(scene: Scene) -> None:
    async with scene.db.reading() as session:
        filters = Filters(from_=date(2026, 7, 1), to=date(2026, 9, 30))
        _report, content = await content_of(session, filters, "diffusion")
        _report, whole = await content_of(session, filters, "interne")
    assert (content["badge"], whole["badge"]) == ("diffusion", "interne")
    for one in content["tables"]:
        for _label, value in one["rows"]:
            assert value == "–" or int(value.replace("\u202f", "")) >= 5
    sites = next(one for one in content["tables"] if one["title"] == "Par site")["rows"]
    whole_sites = {row[0]: row[1] for row in next(t for t in whole["tables"] if t["title"] == "Par site")["rows"]}
    assert any(value == "–" for _label, value in sites)
    assert all(value in ("–", whole_sites.get(label)) for label, value in sites)
    check_drawing(content["charts"][0])
    answer = await scene.get("manager", PDF, **QUARTER, version="diffusion")
    check_structure_without_charts = pikepdf.open(BytesIO(answer.content))
    assert check_structure_without_charts.Root.MarkInfo.Marked
    assert "civic_bilan_diffusion_" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    "narrowed",
    [
        {"from": "2026-07-02"},
        {"to": "2026-10-31"},
        {"topic": "parks"},
        {"pillar": "rev3"},
        {"intermunicipality": "CALL"},
    ],
)
async def test_the_version_for_diffusion_has_a_fixed_grain_and_no_filter(
    scene: Scene, narrowed: dict[str, str]
) -> None:
    answer = await scene.get("manager", PDF, **{**QUARTER, **narrowed, "version": "diffusion"})
    assert answer.status_code == 422
    assert "version" in answer.json()["errors"]


async def test_a_coordinator_prints_their_own_scope_alone(scene: Scene) -> None:
    assert (await scene.get("coordinator_call", PDF)).status_code == 200
    assert (await scene.get("coordinator_call", PDF, intermunicipality="CAHC")).status_code == 403
    assert (await scene.get("coordinator_call", PDF, **QUARTER, version="diffusion")).status_code == 422


async def test_a_period_without_data_says_so(scene: Scene) -> None:
    async with scene.db.reading() as session:
        report, content = await content_of(session, Filters(from_=date(2031, 1, 1), to=date(2031, 1, 31)), "interne")
    assert content["summary"] == ["Aucune rencontre n’a été notée sur cette période."]
    json.dumps(content)
    assert (await pdf.render(pdf.Bilan(content, report.cut_off))).startswith(b"%PDF-")
