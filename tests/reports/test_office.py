"""LibreOffice opens the workbook and finds the same tabs, rows and numbers (make verify-reports)."""

import csv
import shutil
import subprocess
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pytest

from tests.reports.scene import Scene
from tests.reports.test_workbook import TABS, XLSX

# Every sheet as a file of its own: commas, quotes, UTF-8, cells as they are shown = false.
ALL_SHEETS = 'csv:"Text - txt - csv (StarCalc)":44,34,76,1,,0,false,false,false,false,false,-1'


@pytest.mark.verify
async def test_libreoffice_opens_the_workbook(scene: Scene, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    assert office, "LibreOffice is needed here: scripts/test-deps office"
    answer = await scene.get("manager", XLSX)
    (tmp_path / "bilan.xlsx").write_bytes(answer.content)
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    asked = [office, home, "--headless", "--convert-to", ALL_SHEETS.replace('"', ""), "bilan.xlsx"]
    subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True, timeout=240)
    book = openpyxl.load_workbook(BytesIO(answer.content))
    for name in TABS:
        text = (tmp_path / f"bilan-{name}.csv").read_text(encoding="utf-8")
        rows = list(csv.reader(StringIO(text)))
        wanted = list(book[name].iter_rows(values_only=True))
        assert len(rows) == len(wanted), name
        assert rows[0] == [str(cell) for cell in wanted[0]]
    told = (await scene.get("manager", "/api/v1/reports/activity")).json()
    figures = {
        row[1]: row[2] for row in csv.reader(StringIO((tmp_path / "bilan-Chiffres clés.csv").read_text("utf-8")))
    }
    for code, pair in told["figures"].items():
        assert float(figures[code].replace(",", ".")) == pytest.approx(pair["value"], abs=0.006), code
