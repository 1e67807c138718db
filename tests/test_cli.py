"""The `civic` command from outside: what it prints, its exit status, and never a traceback."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from civic import cli
from civic.settings import settings as read_settings
from tests.day import FOLDER as CLOCK
from tests.postgres import Cluster

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "civic.cli"]
KEY = "a key for the tests, as long as a real one has to be"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A fresh SQLite file that does not exist yet; the folders of the settings lie beside it."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CIVIC_")},
        "PYTHONPATH": os.pathsep.join((str(ROOT), CLOCK)),
        "CIVIC_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'var' / 'civic.db'}",
    }


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command in this process: starting Python for each would take longer than what it does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("civic.logs.configure", lambda _format: None)

    def running(*args: str, stdin: str = "", **settings: str) -> Done:
        given = environment | {f"CIVIC_{name}": value for name, value in settings.items()}
        with monkeypatch.context() as patch:
            for name in [*os.environ, *given]:
                if name.startswith("CIVIC_"):
                    patch.setenv(name, given[name]) if name in given else patch.delenv(name)
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            read_settings.cache_clear()
            try:
                status = cli.main(args)
            finally:
                read_settings.cache_clear()
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Done(status, said.out, said.err)

    return running


def refused(done: Done, *words: str) -> None:
    """Status 1 and one sentence on standard error."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("civic: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(environment: dict[str, str], folder: Path, *args: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    command = [*COMMAND, "serve", "--port", str(port), *args]
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            yield f"http://127.0.0.1:{port}", server
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)


def answer(url: str, server: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str]:
    """The first answer of a server that is starting."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            assert server.poll() is None, server.stdout.read() if server.stdout else ""
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["dance"],
        ["serve", "--port", "80000"],
        ["serve", "--workers", "0"],
        ["demo", "--scale", "huge"],
        ["demo", "--seed", "one"],
        ["export", "encounters", "--from", "2026-02-30", "--to", "2026-03-01", "-o", "x"],
        ["export", "encounters", "--from", "2026-02-01", "-o", "x"],
        ["export", "people", "--from", "2026-02-01", "--to", "2026-02-02", "-o", "x"],
        ["user", "add", "somebody@example.org", "--role", "boss", "--name", "Somebody"],
        ["user", "add", "somebody@example.org", "--role", "volunteer", "--name", "Somebody"],
    ],
)
def test_a_wrong_use_is_said_with_status_2(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(args)
    assert ended.value.code == 2
    assert "usage: civic" in capsys.readouterr().err


def test_wrong_settings_are_named_without_their_value(run: Run) -> None:
    refused(run("migrate", ENV="staging"), "CIVIC_ENV")
    done = run("migrate", ENV="production", SECRET_KEY="too short")
    refused(done, "CIVIC_SECRET_KEY")
    assert "too short" not in done.stderr
    refused(run("migrate", ENV="production", SECRET_KEY=KEY, BASE_URL="http://x"), "https")
    refused(run("migrate", RATE_LIMIT_URL="redis://127.0.0.1"), "civic[redis]")
    refused(run("migrate", RATE_LIMIT_URL="foo"), "memory://")
    refused(run("migrate", SMTP_URL="foo"), "smtp://")


def test_a_database_that_cannot_be_used_is_said(run: Run, tmp_path: Path) -> None:
    refused(run("serve", DATABASE_URL="mysql://x"), "CIVIC_DATABASE_URL")
    refused(run("serve", DATABASE_URL="sqlite+aiosqlite://"), "CIVIC_DATABASE_URL")
    port = free_port()
    done = run("serve", "--port", "0", DATABASE_URL=f"postgresql+asyncpg://me:hidden@127.0.0.1:{port}/civic")
    refused(done, str(port))
    assert "hidden" not in done.stderr
    text = tmp_path / "text.db"
    text.write_text("not a database, " * 200)
    refused(run("serve", "--port", "0", DATABASE_URL=f"sqlite+aiosqlite:///{text}"), "not a database")
    refused(run("serve", "--port", "0", DATABASE_URL=f"sqlite+aiosqlite:///{text}/civic.db"), str(text))
    refused(run("serve", "--port", "0", DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}"), "folder")
    refused(run("export", "hours", "--from", "2026-01-01", "--to", "2026-01-02", "-o", "x"), "civic migrate")


def test_a_read_only_database_is_said(run: Run, sqlite_url: str) -> None:
    file = Path(sqlite_url.partition("///")[2])
    file.chmod(0o444)
    refused(run("serve", "--port", "0", DATABASE_URL=sqlite_url), "read-only", str(file))
    file.chmod(0o644)
    file.parent.chmod(0o555)
    try:
        refused(run("migrate", DATABASE_URL=sqlite_url), "read-only", str(file.parent))
    finally:
        file.parent.chmod(0o755)


def test_a_port_in_use_is_said_before_the_database_is_touched(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused(run("serve", "--port", str(taken.getsockname()[1])), "in use")
    refused(run("serve", "--host", "nowhere.invalid", "--port", "0"), "nowhere.invalid")
    assert not (tmp_path / "var").exists()


def test_postgresql_is_migrated_by_hand_only(run: Run, postgres_cluster: Cluster) -> None:
    with postgres_cluster.clone("template1") as url:
        refused(run("serve", "--port", "0", DATABASE_URL=url), "civic migrate")
        refused(run("worker", "--once", DATABASE_URL=url), "civic migrate")
        done = run("migrate", DATABASE_URL=url)
        assert (done.returncode, done.stderr) == (0, "")
        done = run("check", DATABASE_URL=url)
        assert done.returncode == 0, done.stdout
        assert "53 sites, 150 communes" in done.stdout


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_migrates_a_new_file_and_ends_well(environment: dict[str, str], tmp_path: Path, workers: str) -> None:
    with serving(environment, tmp_path, "--workers", workers) as (url, server):
        assert answer(f"{url}/readyz", server) == (200, '{"ready":true}')
        status, body = answer(f"{url}/api/v1/sites", server)
        assert (status, len(json.loads(body)["items"])) == (200, 53)
        server.send_signal(signal.SIGTERM)
        said, _nothing = server.communicate(timeout=30)
    assert server.returncode == 0
    assert said.startswith("Civic 0.1.0 on http://127.0.0.1:")
    assert said.count("\n") == 1, said


def test_the_worker_ends_well(environment: dict[str, str], tmp_path: Path, sqlite_url: str) -> None:
    environment["CIVIC_DATABASE_URL"] = sqlite_url
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([*COMMAND, "worker"], env=environment, cwd=tmp_path, **pipes) as worker:
        assert worker.stdout
        assert worker.stdout.readline().startswith("Sending the mails of SQLite ")
        worker.send_signal(signal.SIGTERM)
        said, _nothing = worker.communicate(timeout=30)
    assert (worker.returncode, said) == (0, "")


def test_a_database_that_goes_away_is_a_503_and_one_line(
    environment: dict[str, str], tmp_path: Path, postgres_cluster: Cluster
) -> None:
    with ExitStack() as stack:
        lost = stack.enter_context(ExitStack())
        environment["CIVIC_DATABASE_URL"] = lost.enter_context(postgres_cluster.clone())
        url, server = stack.enter_context(serving(environment, tmp_path))
        assert answer(f"{url}/readyz", server)[0] == 200
        lost.close()
        asked = {path: answer(url + path, server)[0] for path in ("/healthz", "/readyz", "/api/v1/sites", "/missions")}
        server.send_signal(signal.SIGTERM)
        said, _nothing = server.communicate(timeout=30)
    assert asked == {"/healthz": 200, "/readyz": 503, "/api/v1/sites": 503, "/missions": 503}
    assert "Traceback" not in said
    # What the tasks and the outbox say beside it depends on the moment.
    asked_for = [line for line in said.splitlines() if "civic: task" not in line and "civic: outbox" not in line]
    assert len(asked_for) == 4, said


def test_the_demo_then_what_reads_it(run: Run, tmp_path: Path) -> None:
    started = time.monotonic()
    done = run("demo")
    assert time.monotonic() - started < 60, (
        "over 15 s on an idle machine is too slow; a loaded one gets four times that"
    )
    assert done.returncode == 0, done.stderr
    for login in ("volontaire", "mineur", "coordination.call", "direction", "admin"):
        assert f"{login}@demo.example" in done.stdout
    assert "demo-chaine-des-parcs" in done.stdout
    refused(run("demo"), "empty")
    assert run("check").returncode == 0
    first, second = run("worker", "--once").stdout, run("worker", "--once").stdout
    assert first.startswith("Tasks run: queues "), first
    assert "reminders 0" in second, "what the first one told is told"
    assert "Mails handled: 0." in second

    days = ("--from", "2020-01-01", "--to", "2030-12-31")
    for what in ("encounters", "shifts", "hours"):
        assert run("export", what, *days, "-o", f"{what}.csv").returncode == 0
        with (tmp_path / f"{what}.csv").open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.reader(file, delimiter=";"))) > 1000
    assert run("report", *days, "--site", "terril-74", "--format", "json", "-o", "bilan.json").returncode == 0
    report = json.loads((tmp_path / "bilan.json").read_text(encoding="utf-8"))
    assert report["figures"]["encounters"]["value"] > 50
    assert run("report", *days, "-o", "bilan-du-jour.JSON").returncode == 0, "the name says the format"
    assert json.loads((tmp_path / "bilan-du-jour.JSON").read_text(encoding="utf-8"))["period"]
    assert run("report", *days, "-o", "x.pdf").returncode == 0
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF-")
    assert run("report", *days, "-o", "x.xlsx").returncode == 0
    assert (tmp_path / "x.xlsx").read_bytes().startswith(b"PK")
    refused(run("report", *days, "-o", "x.parquet"), "parquet", "csv or json")
    assert run("export", "hours", *days, "-o", "heures.xlsx").returncode == 0
    assert (tmp_path / "heures.xlsx").read_bytes().startswith(b"PK")
    assert run("export", "encounters", *days, "-o", "x.parquet").returncode == 0
    assert (tmp_path / "x.parquet").read_bytes().startswith(b"PAR1")
    refused(run("export", "shifts", *days, "-o", "x.parquet"), "parquet", "csv or xlsx")
    refused(
        run("export", "hours", *days, "--format", "parquet", "-o", "x.parquet"),
        "Hours can't be written as parquet, only encounters can: use --format csv or xlsx.",
    )
    refused(run("report", *days, "--site", "nowhere", "-o", "x.csv"), "nowhere")
    refused(run("report", "--from", "2026-02-02", "--to", "2026-02-01", "-o", "x.csv"), "--to")
    refused(run("export", "hours", *days, "-o", "no/such/folder.csv"), "folder")
    refused(run("export", "hours", *days, "-o", str(tmp_path)), "folder")
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {
        "var",
        "x.pdf",
        "x.xlsx",
        "x.parquet",
        "encounters.csv",
        "shifts.csv",
        "hours.csv",
        "heures.xlsx",
        "bilan.json",
        "bilan-du-jour.JSON",
    }


def test_the_demo_is_not_for_production(run: Run) -> None:
    refused(run("demo", ENV="production", SECRET_KEY=KEY, BASE_URL="https://civic.test"), "production")


def test_an_account_by_hand(run: Run) -> None:
    done = run("user", "add", "Ada@Example.org", "--role", "admin", "--name", "Ada Admin")
    assert done.returncode == 0, done.stderr
    assert "http://127.0.0.1:8000/mot-de-passe?token=" in done.stdout
    refused(run("user", "add", "ada@example.org", "--role", "admin", "--name", "Ada"), "already", "ada@example.org")
    new = ("user", "add", "vic@example.org", "--role", "volunteer", "--name", "Vic", "--birth-date", "2007-05-01")
    refused(run(*new, "--password-stdin"), "password")
    refused(run(*new, "--password-stdin", stdin="short\n"), "account")
    done = run(*new, "--password-stdin", stdin="une phrase assez longue\n")
    assert (done.returncode, done.stdout) == (0, "Account made: vic@example.org, volunteer.\n")


def test_an_unexpected_error_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr("civic.commands.migrate.prepare", broken)
    refused(run("migrate"), "Unexpected error: RuntimeError: first second (", "test_cli.py:")
