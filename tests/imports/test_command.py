"""`civic import`: what it prints and its exit status, never a traceback."""

from pathlib import Path
from typing import Any

import pytest

from civic import cli
from civic.settings import settings as read_settings
from tests.imports.files import csv_of

SITES = ("Nom", "Nature", "Pilier", "Commune")
NEW = ("Parc du Test", "parc", "Énergie", "Lens")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """civic import, on a fresh SQLite file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("civic.logs.configure", lambda _format: None)
    monkeypatch.setenv("CIVIC_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'civic.db'}")
    read_settings.cache_clear()

    def running(*args: str) -> tuple[int, str, str]:
        try:
            status = cli.main(["import", *args])
        except SystemExit as stopped:
            status = int(str(stopped.code))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return status, said.out, said.err

    yield running
    read_settings.cache_clear()


def file(folder: Path, content: bytes) -> str:
    path = folder / "lieux.csv"
    path.write_bytes(content)
    return str(path)


def test_dry_run_then_import_then_again(run: Any, tmp_path: Path) -> None:
    name = file(tmp_path, csv_of([SITES, NEW], encoding="cp1252"))
    assert run("sites", name, "--dry-run") == (
        0,
        "Would be: 1 created, 0 changed, 0 the same. Nothing is written.\n",
        "",
    )
    assert run("sites", name) == (0, "Imported: 1 created, 0 changed, 0 the same.\n", "")
    assert run("sites", name) == (0, "Imported: 0 created, 0 changed, 1 the same.\n", "")
    changed = file(tmp_path, csv_of([SITES, (*NEW[:2], "Résilience", NEW[3])]))
    status, said, _err = run("sites", changed, "--dry-run")
    assert status == 0
    assert "Pilier: Énergie → Résilience" in said


def test_a_refused_line_is_told_with_its_number(run: Any, tmp_path: Path) -> None:
    status, said, err = run("sites", file(tmp_path, csv_of([SITES, NEW, ("Autre", "lune", "Énergie", "Lens")])))
    assert (status, said) == (1, "")
    assert "1 of 2 lines refused" in err
    assert "line 3: Nature: 'lune'" in err
    assert run("sites", file(tmp_path, csv_of([SITES, NEW])), "--dry-run")[1].startswith("Would be: 1 created")


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "vide"), (b"%PDF", "PDF"), (b"\xff\xfe\x00", "lisible"), (b"PK\x03\x04", "abîmé")]
)
def test_what_is_no_table_is_refused(run: Any, tmp_path: Path, content: bytes, word: str) -> None:
    status, said, err = run("shifts", file(tmp_path, content))
    assert (status, said) == (1, "")
    assert word in err


def test_missing_files_folders_and_usage(run: Any, tmp_path: Path) -> None:
    assert run("shifts", str(tmp_path / "rien.csv"))[0] == 1
    assert run("shifts", str(tmp_path))[0] == 1
    assert run("shifts")[0] == 2
    assert run("lunes", "x.csv")[0] == 2


def test_invited_volunteers_get_their_mail(run: Any, tmp_path: Path) -> None:
    head, line = ("email", "name", "birth_date"), ("nina@exemple.fr", "Nina Neuve", "31/12/2004")
    name = file(tmp_path, csv_of([head, line]))
    assert run("volunteers", name)[0] == 0
    assert run("volunteers", name)[1].endswith("1 the same.\n")
