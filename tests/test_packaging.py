"""What is installed elsewhere is whole: the wheel carries its templates, static files and migrations."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-run.lock")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked far from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_what_the_checkout_holds(installed: Path) -> None:
    files = [file for folder in ("civic", "templates", "static", "alembic") for file in (ROOT / folder).rglob("*")]
    made = ("__pycache__", ".pot")
    names = [str(file.relative_to(ROOT)) for file in files if file.is_file() and not any(m in str(file) for m in made)]
    expected = {re.sub(r"^(templates|static|alembic)/", r"civic/_\1/", name) for name in names}
    held = {str(file.relative_to(installed)) for file in installed.rglob("*") if file.is_file()}
    assert expected - held == set()
    assert not [name for name in held if "__pycache__" in name or name.startswith("tests")]


def test_the_wheel_migrates_and_starts_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    script = """
from pathlib import Path
import civic
from civic import paths
from civic.app import create_app
from civic.migrate import upgrade
from civic.settings import settings
from civic.templating import environment
home = Path(civic.__file__).parent
assert str(home).startswith(SITE), home
for folder in (paths.TEMPLATES, paths.STATIC, paths.MIGRATIONS, paths.DATA):
    assert folder.is_dir() and folder.is_relative_to(home), folder
upgrade(settings().database_url)
create_app()
environment().get_template("base.html")
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIVIC_")}
    environment["PYTHONPATH"] = str(installed)
    command = [sys.executable, "-c", f"SITE = {str(installed)!r}\n{script}"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "var" / "civic.db").is_file()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_and_hashes_everything_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    requirements = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.M).strip())
    assert len(requirements) > 30
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==", requirement), requirement.splitlines()[0]
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]
    assert "://" not in text
    assert "index-url" not in text


def test_the_locks_hold_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    everything = set(re.findall(r"^([a-z0-9._-]+)", (ROOT / "requirements.lock").read_text(), flags=re.M))
    running = set(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements-run.lock").read_text(), flags=re.M))
    whole = set(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), flags=re.M))

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[<>=~! ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}

    assert names(project["dependencies"]) <= {name for name, _version in running}
    assert names(project["optional-dependencies"]["dev"]) <= everything
    assert running <= whole, "make lock: the two locks differ"
