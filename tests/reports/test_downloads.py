"""Files on their way: flat memory, readers who hang up, two at once."""

import asyncio
import contextlib
import gc
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from civic.db import Database
from civic.encounters.models import Encounter
from civic.reports import exports
from civic.settings import settings
from tests.factories.accounts import make_session, make_user
from tests.factories.sites import make_site
from tests.reports.scene import NOW

API = "/api/v1"
ENCOUNTERS = f"{API}/exports/encounters.csv"


class Download:
    """One request driven by hand, since httpx would keep the whole body: counts bytes, and may hang up."""

    def __init__(self, app: FastAPI, path: str, query: str, cookie: str) -> None:
        self.app, self.status, self.size, self.chunks, self.peak = app, 0, 0, 0, 0
        header = f"{settings().session_cookie}={cookie}".encode()
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"host", b"civic.test"), (b"cookie", header)],
            "server": ("civic.test", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
        }
        self.gone = asyncio.Event()
        # What a server does of a connection that broke, where it does not keep silent.
        self.broken = False

    async def run(self, hang_up_after: int | None = None) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            self.status = message.get("status", self.status)
            if body := message.get("body"):
                self.size += len(body)
                self.chunks += 1
                self.peak = max(self.peak, len(body))
            if self.broken and message["type"] == "http.response.body":
                raise OSError("the pipe is broken")
            if hang_up_after is not None and self.chunks >= hang_up_after:
                self.gone.set()
                await asyncio.sleep(0)

        await self.app(self.scope, receive, send)


MANY = 20_000


async def fill(session: AsyncSession, count: int) -> str:
    """So many encounters, and a manager's cookie."""
    site = await make_site(session)
    cookie = await make_session(session, await make_user(session, "manager"))
    row = {"site_id": site.id, "date": NOW.date(), "half_day": "soir", "age_nc": 1, "people_count": 1}
    row |= {"feeling": "positif", "version": 1, "comment": "x" * 280}
    await session.execute(insert(Encounter), [{**row, "id": uuid4()} for _ in range(count)])
    await session.commit()
    return cookie


async def test_20_000_rows_in_one_query_and_a_flat_memory(
    app: FastAPI, session: AsyncSession, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    cookie = await fill(session, MANY)
    # What is loaded once and kept is not the export's.
    await Download(app, ENCOUNTERS, "from=2020-01-01&to=2020-01-31", cookie).run()
    gc.collect()
    tracemalloc.start()
    download = Download(app, ENCOUNTERS, "from=2026-11-01&to=2026-11-30", cookie)
    with count_queries() as queries:
        await download.run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert download.status == 200
    assert len(queries) <= 2, "the person, then the rows, which PostgreSQL copies without a cursor"
    assert download.size > MANY * 80
    assert download.chunks > MANY / 1000
    assert peak < 6_000_000


async def test_a_client_that_hangs_up_leaves_no_session_open(app: FastAPI, session: AsyncSession, db: Database) -> None:
    await session.close()
    async with db.writing() as writing:
        cookie = await fill(writing, 3_000)
    download = Download(app, ENCOUNTERS, "from=2026-11-01&to=2026-11-30", cookie)
    await download.run(hang_up_after=2)
    assert download.chunks < 5
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_two_exports_at_once_are_both_whole(app: FastAPI, session: AsyncSession, db: Database) -> None:
    await session.close()
    async with db.writing() as writing:
        cookie = await fill(writing, 1_200)
    days = "from=2026-11-01&to=2026-11-30"
    table = Download(app, ENCOUNTERS, days, cookie)
    sheet = Download(app, f"{API}/exports/encounters.xlsx", days, cookie)
    alone = Download(app, ENCOUNTERS, days, cookie)
    await asyncio.gather(table.run(), sheet.run())
    await alone.run()
    assert (table.status, sheet.status) == (200, 200)
    assert table.size == alone.size > 1_200 * 80
    assert sheet.size > 10_000
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_workbook_leaves_no_file_when_its_reader_hangs_up(
    app: FastAPI, session: AsyncSession, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await session.close()
    async with db.writing() as writing:
        cookie = await fill(writing, 1_000)
    made: list[Path] = []

    def here() -> Path:
        made.append(tmp_path / f"{len(made)}.xlsx")
        return made[-1]

    monkeypatch.setattr(exports, "temporary", here)
    download = Download(app, f"{API}/exports/encounters.xlsx", "from=2026-11-01&to=2026-11-30", cookie)
    download.broken = True
    with contextlib.suppress(OSError, ClientDisconnect, RuntimeError):
        await download.run()
    assert len(made) == 1
    assert not made[0].exists()
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
