"""Spreadsheets hold what the CSV holds, as numbers and days, and may be had by the same people."""

import csv
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import update

from civic.reports.filters import Filters
from civic.reports.xlsx import write_xlsx
from civic.sites.models import Site
from tests.reports.scene import NOW, PERIOD, Scene

API = "/api/v1/exports"
NAMES = {"encounters": "rencontres", "shifts": "creneaux", "hours": "heures"}


def sheet(body: bytes | Path) -> Worksheet:
    book = openpyxl.load_workbook(BytesIO(body) if isinstance(body, bytes) else body)
    [only] = book.worksheets
    return only


def as_text(value: Any, code: str) -> str:
    """A cell as the plain CSV writes it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if code == "date" else value.isoformat()
    if isinstance(value, float | int):
        return f"{value:g}" if not float(value).is_integer() else str(int(value))
    return str(value)


@pytest.mark.parametrize("name", NAMES)
async def test_a_spreadsheet_holds_the_rows_of_the_csv(scene: Scene, name: str) -> None:
    plain = (await scene.get("admin", f"{API}/{name}.csv", dialect="rfc")).text
    codes, *rows = csv.reader(StringIO(plain, newline=""))
    french = (await scene.get("admin", f"{API}/{name}.csv")).content.decode("utf-8-sig").split("\r\n")[0]
    answer = await scene.get("admin", f"{API}/{name}.xlsx")
    assert answer.status_code == 200
    expected = f'filename="civic_{NAMES[name]}_2026-09-01_2026-10-31.xlsx"'
    assert expected in answer.headers["content-disposition"]
    found = sheet(answer.content)
    heads, *cells = found.iter_rows(values_only=True)
    assert ";".join(str(head) for head in heads) == french
    assert len(cells) == len(rows) > 5
    for row, line in zip(cells, rows, strict=True):
        for value, text, code in zip(row, line, codes, strict=True):
            # Local times without their offset: a spreadsheet knows no time zone.
            wanted = text[:19] if code in ("starts_at", "ends_at") else text
            assert as_text(value, code) == wanted, code
    assert found.freeze_panes == "A2"
    assert found.auto_filter.ref
    assert isinstance(cells[0][codes.index("date")], datetime)


async def test_the_same_rights_as_the_csv(scene: Scene) -> None:
    for who in ("manager", "admin", "coordinator", "coordinator_cahc", "volunteer", None):
        browser = await scene.browser(who)
        for name in NAMES:
            answers = [await browser.get(f"{API}/{name}.{kind}", params=PERIOD) for kind in ("csv", "xlsx")]
            assert answers[0].status_code == answers[1].status_code, (who, name)


async def test_a_scope_and_a_topic(scene: Scene) -> None:
    found = sheet((await scene.get("coordinator_cahc", f"{API}/shifts.xlsx")).content)
    areas = {row[8] for row in found.iter_rows(min_row=2, values_only=True)}
    assert areas == {"CAHC"}
    assert (await scene.get("coordinator_cahc", f"{API}/shifts.xlsx", intermunicipality="CALL")).status_code == 403
    assert (await scene.get("admin", f"{API}/hours.xlsx", topic="parks")).status_code == 422
    assert (await scene.get("admin", f"{API}/hours.xlsx", dialect="rfc")).status_code == 422


async def test_a_formula_stays_a_text(scene: Scene, tmp_path: Path) -> None:
    async with scene.db.writing() as session:
        await session.execute(update(Site).values(name='=HYPERLINK("x";"y")'))
    filters = Filters(from_=NOW.date().replace(month=9, day=1), to=NOW.date().replace(month=10, day=31))
    written = await write_xlsx(scene.db, "encounters", filters, tmp_path / "x.xlsx")
    found = sheet(tmp_path / "x.xlsx")
    assert found.max_row == written + 1
    cells = [row[4] for row in found.iter_rows(min_row=2)]
    assert {one.value for one in cells} == {'=HYPERLINK("x";"y")'}
    assert {one.data_type for one in cells} <= {"s", "inlineStr"}


async def test_no_row_leaves_the_headings(scene: Scene, tmp_path: Path) -> None:
    empty = Filters(from_=NOW.date().replace(year=2019), to=NOW.date().replace(year=2019))
    assert await write_xlsx(scene.db, "hours", empty, tmp_path / "x.xlsx") == 0
    assert [cell.value for cell in sheet(tmp_path / "x.xlsx")[1]][:2] == ["Identifiant", "Nom"]
