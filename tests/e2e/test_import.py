"""A coordinator brings a week from their spreadsheet, with the keyboard alone, and prints the sheets of a day."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from civic import clock

COORDINATOR = "coordination@demo.example"
HEAD = "Référence;Mission;Code du lieu;Date;Début;Fin;État"


def press(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name)
    button.focus()
    page.keyboard.press("Enter")


def send(page: Page, file: Path, *lines: str) -> None:
    file.write_bytes("\r\n".join((HEAD, *lines)).encode("cp1252"))
    page.goto("/imports")
    page.get_by_label("Fichier CSV ou XLSX").set_input_files(file)
    press(page, "Vérifier le fichier")


def test_from_a_spreadsheet_to_the_sheets(desk: Page, sign_in: Callable[[Page, str], None], tmp_path: Path) -> None:
    sign_in(desk, COORDINATOR)
    [mission] = desk.request.get("/api/v1/missions?limit=1").json()["items"]
    day = clock.today() + timedelta(days=45)
    line = f"E2E;{mission['title']};{mission['site_ids'][0]};{day:%d/%m/%Y}"

    send(desk, tmp_path / "semaine.csv", f"{line};14h;25h;publié")
    expect(desk.get_by_role("heading", level=2)).to_contain_text("1 ligne à corriger")
    expect(desk.locator("main")).to_contain_text("Cette heure n’existe pas")
    expect(desk.get_by_role("button", name="Importer")).to_have_count(0)

    send(desk, tmp_path / "semaine.csv", f"{line};14h;17 h 30;publié")
    expect(desk.get_by_role("heading", level=2)).to_contain_text("1 ligne à importer")
    press(desk, "Importer 1 ligne")
    expect(desk.locator("main")).to_contain_text("1 créée")

    send(desk, tmp_path / "semaine.csv", f"{line};14h;17 h 30;publié")
    expect(desk.get_by_role("heading", level=2)).to_contain_text("Tout est déjà là")

    desk.goto(f"/planning/feuilles?jour={day}")
    with desk.expect_download() as waiting:
        press(desk, "Feuille du jour (PDF)")
    assert waiting.value.suggested_filename == f"civic_feuille_{day}.pdf"
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")
