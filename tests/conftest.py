"""What every test may ask for.

Databases (each test its own, cloned from one that was migrated once):
  engine_url      str; the test runs twice, on "sqlite" and on "postgres"
  sqlite_url, postgres_url  one engine alone
  db              civic.db.Database on engine_url: `async with db.reading() as session`, or `db.writing()`
  session         a writing AsyncSession on db, to arrange data: `session.add(…)`, `await session.commit()`.
                  Commit before you call the client (SQLite has one writer), and look at what a request wrote
                  through `db.reading()`, which has no memory of what the rows were.

The product:
  settings        civic.settings.Settings for this test: development, http://civic.test, folders under tmp_path;
                  @pytest.mark.production makes them a production's, over https://civic.test
  app             create_app(settings, db). Its lifespan is not run: nothing delivers mails behind a test's back
  client          httpx.AsyncClient on app: cookies kept, redirects not followed
  make_client     make_client() is another client of the same app (another browser), closed at the end
                  (tests/cast.py has the people, and sign_in)

Looking:
  count_queries   `with count_queries() as queries: …`, then `len(queries) <= 6`; BEGIN and its like don't count
  mailbox         `await mailbox()`: the outbox's rows (recipient, subject, text_body …), oldest first

Time: every test runs on the day of tests/day.py, and so do the servers and workers that it starts.
Within a test, `with time_machine.travel("2026-11-30 08:00+01:00", tick=False)`. None sleeps or reaches the network.
"""

import asyncio
import gc
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import hypothesis
import pytest
from fastapi import FastAPI
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import LRUCache

import tests.day  # Moves the clock, before a module works out a date as it is read.

# The developer's own settings must not reach the tests: this comes before anything of civic is read.
OURS = ("CIVIC_CHROMIUM", "CIVIC_TEST_DAY")
for _name in [name for name in os.environ if name.startswith("CIVIC_") and name not in OURS]:
    del os.environ[_name]

import civic.db
from civic.db import Database
from civic.migrate import upgrade
from civic.outbox.models import OutboxMail
from civic.settings import Settings
from civic.settings import settings as read_settings
from tests.postgres import Cluster, cluster

assert tests.day

# A busy machine is no reason to fail: pytest's own limit stops what hangs.
hypothesis.settings.register_profile("civic", deadline=None, print_blob=True)
hypothesis.settings.load_profile("civic")

ENGINES = ("sqlite", "postgres")
HOST = "civic.test"


def pytest_make_parametrize_id(val: object) -> str | None:
    """The workers compare the names of their tests: a fresh UUID in one would make them differ."""
    try:
        UUID(str(val))
    except ValueError:
        return None
    return "a-uuid"


# Whole files go to a worker in this order: the longest first, so that none is left over at the end.
LONGEST = ("tests/e2e/", "tests/test_access.py", "tests/demo/", "tests/test_cli.py", "tests/encounters/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=place)
    for item in items:
        if _said_already(item):
            item.add_marker("verify")


def pytest_collection_finish() -> None:
    """What is there by now stays until the end: the collector need not go through it again and again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


# Servers and processes of a test's own, begun once for each engine: an ordinary run takes SQLite alone.
HEAVY = (
    "tests/reports/test_downloads.py::test_20_000_rows",
    "tests/tasks/test_processes.py",
    "tests/outbox/test_worker.py::test_a_killed_worker",
    "tests/reports/test_file_worker.py",
)


# Files of pages: their actions and the JSON interface have met both engines.
PAGES = ("_views", "_page", "_pages", "_forms")


def _said_already(item: pytest.Item) -> bool:
    """Pages meet PostgreSQL in `make verify-engines`; an interface with many inputs, with the first of them."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or callspec.params.get("engine_url") != "postgres":
        return False
    if item.nodeid.startswith(HEAVY):
        return True
    if "make_client" not in item.fixturenames:
        return False
    return item.path.stem.endswith(PAGES) or any(
        index for name, index in callspec.indices.items() if name != "engine_url"
    )


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """A connection to anything but this machine is a mistake in the test, or in the product."""
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}

    def guarded(name: str) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            local = self.family == socket.AF_UNIX or str(address[0]) in {"127.0.0.1", "::1", "localhost"}
            if not local:
                raise RuntimeError(f"a test tried to reach {address}")
            return real[name](self, address)

        return connect

    with pytest.MonkeyPatch.context() as patch:
        for name in real:
            patch.setattr(socket.socket, name, guarded(name))
        yield


@pytest.fixture(scope="session")
def share_compiled() -> Callable[[str], None]:
    """Statements are compiled once per engine and worker: each test has an engine of its own, and compiling every
    statement again took a fifth of the whole suite. `share_compiled(url)` connects once, so that the dialect that the
    later engines take over knows its server.
    """
    shared: dict[str, tuple[Any, Any]] = {}
    real = civic.db.create_async_engine

    def sharing(url: str, **options: Any) -> AsyncEngine:
        made = real(url, **options)
        sync = made.sync_engine
        if sync.dialect.name in shared:
            sync.dialect, sync._compiled_cache = shared[sync.dialect.name]
            sync.pool._dialect = sync.dialect
        return made

    def connect(url: str) -> None:
        async def once() -> None:
            database = Database(url)
            async with database.reading() as looking:
                await looking.execute(select(1))
            await database.dispose()
            sync = database.engine.sync_engine
            shared[sync.dialect.name] = (sync.dialect, LRUCache(4000))

        asyncio.run(once())

    civic.db.create_async_engine = sharing
    return connect


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, share_compiled: Callable[[str], None]) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite+aiosqlite:///{file}")
    share_compiled(f"sqlite+aiosqlite:///{shutil.copy(file, file.with_name('asked.db'))}")
    assert not file.with_name("template.db-wal").exists(), "the migrated template is not one whole file"
    return file


@pytest.fixture(scope="session")
def postgres_cluster(share_compiled: Callable[[str], None]) -> Iterator[Cluster]:
    with cluster() as running:
        running.make_template(upgrade)
        with running.clone() as url:
            share_compiled(url)
        yield running


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'civic.db')}"


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    with postgres_cluster.clone() as url:
        yield url


@pytest.fixture(params=ENGINES)
def engine_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def db(engine_url: str) -> AsyncIterator[Database]:
    database = Database(engine_url)
    yield database
    await database.dispose()


@pytest.fixture
async def session(db: Database) -> AsyncIterator[AsyncSession]:
    async with db.writing() as arranging:
        yield arranging


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Set through the environment, as an operator would: the code that asks civic.settings finds the same."""
    live = request.node.get_closest_marker("production") is not None
    given = {
        "ENV": "production" if live else "development",
        "DATABASE_URL": engine_url,
        "SECRET_KEY": "a key for the tests, as long as a real one has to be",
        "BASE_URL": f"{'https' if live else 'http'}://{HOST}",
        "MAIL_FOLDER": str(tmp_path / "mail"),
        "FILES": str(tmp_path / "files"),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"CIVIC_{name}", value)
    read_settings.cache_clear()
    yield read_settings()
    read_settings.cache_clear()


@pytest.fixture(scope="session")
def made_apps() -> dict[bool, FastAPI]:
    """One application per kind of settings: what a route needs to know of itself is worked out once, not per test."""
    return {}


@pytest.fixture
def app(settings: Settings, db: Database, made_apps: dict[bool, FastAPI]) -> FastAPI:
    from civic.app import create_app

    if settings.production not in made_apps:
        made_apps[settings.production] = create_app(settings, db)
    made = made_apps[settings.production]
    made.state.db = db
    return made


@pytest.fixture
async def make_client(app: FastAPI, settings: Settings) -> AsyncIterator[Callable[[], httpx.AsyncClient]]:
    async with AsyncExitStack() as stack:

        def make() -> httpx.AsyncClient:
            made = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=settings.base_url)
            stack.push_async_callback(made.aclose)
            return made

        yield make


@pytest.fixture
def client(make_client: Callable[[], httpx.AsyncClient]) -> httpx.AsyncClient:
    return make_client()


@pytest.fixture
def count_queries(app: FastAPI) -> Callable[[], AbstractContextManager[list[str]]]:
    engine = app.state.db.engine.sync_engine

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
                seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting


@pytest.fixture
def mailbox(db: Database) -> Callable[[], Awaitable[list[OutboxMail]]]:
    async def read() -> list[OutboxMail]:
        async with db.reading() as looking:
            return list(await looking.scalars(select(OutboxMail).order_by(OutboxMail.created_at)))

    return read
