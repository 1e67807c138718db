"""The claim: a list of 200 shifts that says why each can't be taken costs at most one and a half times the same list.

Both are the product's own pages, asked for through the whole application by a minor of the demo, to whom the most rules
apply. The baseline runs the same queries and writes the same cards; judging alone is replaced by nothing.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

import httpx
from sqlalchemy import select

from civic import clock
from civic.accounts.models import User
from civic.app import create_app
from civic.db import Database
from civic.demo.load import load
from civic.demo.people import PASSWORD
from civic.encounters import reference as topics
from civic.migrate import upgrade
from civic.settings import Settings
from civic.sites import reference as places

SHIFTS = 200
AT_MOST = 1.5
ROUNDS = 25
WHO = "mineur@demo.example"
PATHS = {"JSON": f"/api/v1/shifts?limit={SHIFTS}", "page": f"/creneaux?voir=tous&n={SHIFTS}"}


@contextmanager
def unjudged() -> Iterator[None]:
    """The rules say nothing and cost nothing."""
    with ExitStack() as stack:
        for name in ("judge", "advise"):
            stack.enter_context(patch(f"civic.bookings.rules.{name}", lambda *_given, **_named: []))
        yield


async def measure(client: httpx.AsyncClient, path: str) -> tuple[float, float]:
    """Seconds of processor time with reasons and without, the best of several rounds in turn."""
    with_reasons, without = [], []
    for _ in range(ROUNDS):
        with_reasons.append(await _once(client, path))
        with unjudged():
            without.append(await _once(client, path))
    return min(with_reasons), min(without)


async def _once(client: httpx.AsyncClient, path: str) -> float:
    start = time.process_time()
    answer = await client.get(path)
    spent = time.process_time() - start
    answer.raise_for_status()
    return spent


async def run(report: TextIO) -> bool:
    """Whether the claim holds; the figures go to `report`."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'civic.db'}"
        await asyncio.to_thread(upgrade, url)
        database = Database(url)
        async with database.writing() as session:
            await places.load(session)
            await topics.load(session)
            await load(session, seed=1, today=clock.today())
            assert await session.scalar(select(User.id).where(User.email == WHO))
        settings = Settings(database_url=url, files=Path(folder), base_url="http://civic.test")
        transport = httpx.ASGITransport(app=create_app(settings, database))
        held = True
        async with httpx.AsyncClient(transport=transport, base_url="http://civic.test") as client:
            signed = await client.post("/api/v1/auth/login", data={"username": WHO, "password": PASSWORD})
            signed.raise_for_status()
            for face, path in PATHS.items():
                ours, plain = await measure(client, path)
                ratio = ours / plain
                held = held and ratio <= AT_MOST
                report.write(f"{SHIFTS} shifts with reasons, {face}, by processor time: {ours * 1000:.0f} ms, ")
                report.write(f"without {plain * 1000:.0f} ms, ratio {ratio:.2f} (at most {AT_MOST})\n")
        await database.dispose()
    return held
