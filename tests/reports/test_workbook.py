"""The report as a workbook: six tabs whose numbers are those of the interface, read by two independent readers."""

from datetime import datetime
from io import BytesIO

import openpyxl
import python_calamine
from sqlalchemy import update

from civic.sites.models import Site
from tests.reports.scene import Scene

XLSX = "/api/v1/reports/activity.xlsx"
TABS = ["Chiffres clés", "Répartitions", "Par site", "Évolution", "Aide à la lecture", "Données brutes"]


async def test_the_tabs_agree_with_the_interface(scene: Scene) -> None:
    told = (await scene.get("manager", "/api/v1/reports/activity")).json()
    answer = await scene.get("manager", XLSX)
    assert answer.status_code == 200
    assert 'filename="civic_bilan_2026-09-01_2026-10-31.xlsx"' in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(BytesIO(answer.content))
    assert book.sheetnames == TABS
    figures = {row[1]: (row[2], row[3]) for row in book["Chiffres clés"].iter_rows(min_row=2, values_only=True)}
    for code, pair in told["figures"].items():
        assert figures[code] == (pair["value"], pair["previous"]), code
    sites = [(row[0], row[3], row[5]) for row in book["Par site"].iter_rows(min_row=2, values_only=True)]
    assert sites == [(line["key"], line["encounters"], line["people_met"]) for line in told["by_site"]]
    months = [(row[0], row[2]) for row in book["Évolution"].iter_rows(min_row=2, values_only=True)]
    assert months == [(line["key"], line["encounters"]) for line in told["by_month"]]
    raw = list(book["Données brutes"].iter_rows(min_row=2, values_only=True))
    assert len(raw) == told["row_count"]
    assert isinstance(raw[0][1], datetime)
    for sheet in book.worksheets:
        assert sheet.auto_filter.ref, sheet.title
    assert book["Données brutes"].freeze_panes == "A2"


async def test_another_reader_finds_the_same(scene: Scene) -> None:
    answer = await scene.get("manager", XLSX)
    book = python_calamine.load_workbook(BytesIO(answer.content))
    assert book.sheet_names == TABS
    openpyxl_rows = openpyxl.load_workbook(BytesIO(answer.content))["Par site"].max_row
    assert len(book.get_sheet_by_name("Par site").to_python()) == openpyxl_rows


async def test_a_name_is_never_a_formula(scene: Scene) -> None:
    async with scene.db.writing() as session:
        await session.execute(update(Site).values(name='=HYPERLINK("http://x.test")'))
    book = openpyxl.load_workbook(BytesIO((await scene.get("manager", XLSX)).content))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert cells == []
    assert str(book["Par site"]["B2"].value).startswith("=HYPERLINK")


async def test_an_empty_period_has_all_its_tabs(scene: Scene) -> None:
    answer = await scene.get("manager", XLSX, **{"from": "2031-01-01", "to": "2031-01-31"})
    book = openpyxl.load_workbook(BytesIO(answer.content))
    assert book.sheetnames == TABS
