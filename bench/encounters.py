"""The claim: batches of 100 encounters through HTTP reach 0.3 of a bare Starlette route that runs the same inserts.

Four clients at once, one server process, on both engines. The inserts are recorded from a batch and run again through
the same driver under the UUIDs of each request; the bare route judges nothing and keeps to no right.
"""

import asyncio
import json
import pickle
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from sqlalchemy import event

from bench.bookings import COOKIE, DEPLOYED, Serving
from civic.app import create_app
from civic.db import Database
from civic.migrate import upgrade
from civic.settings import Settings
from tests.factories.accounts import make_session
from tests.factories.encounters import encounter_record, make_topics
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer
from tests.postgres import cluster

CLIENTS, BATCH = 4, 100
ROUNDS, EACH = 12, 8
AT_LEAST = 0.3
PATH = "/api/v1/encounters"


async def arrange(url: str) -> tuple[str, str]:
    """A volunteer's cookie and a site."""
    database = Database(url)
    async with database.writing() as session:
        site = await make_site(session)
        await make_topics(session)
        cookie = await make_session(session, (await make_volunteer(session)).user)
    await database.dispose()
    return cookie, site.id


def batch(site: str) -> dict[str, Any]:
    return {
        "encounters": [encounter_record(site, comment="Veut un banc", topics=["parks", "water"]) for _ in range(BATCH)]
    }


async def record(url: str, cookie: str, site: str, folder: Path) -> Path:
    """What the bare route is to run: the inserts of one batch, as the driver got them."""
    database, seen, body = Database(url), [], batch(site)

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith("INSERT"):
            seen.append((statement, list(values) if many else [values]))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    app = create_app(Settings(env="development", secret_key="x" * 40, database_url=url), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://civic.test") as client:
        client.cookies.set("civic_session", cookie)
        answer = await client.post(PATH, json=body)
    assert {one["outcome"] for one in answer.json()["results"]} == {"created"}, answer.text
    await database.dispose()
    assert sum(len(rows) for _sql, rows in seen) == 4 * BATCH, [sql for sql, _rows in seen]
    spec = {"url": url, "inserts": seen, "uuids": [UUID(one["client_uuid"]) for one in body["encounters"]]}
    file = folder / "inserts.pickle"
    file.write_bytes(pickle.dumps(spec))
    return file


async def send(url: str, cookie: str, bodies: Sequence[bytes]) -> float:
    """Seconds with as many clients, each one batch after the other; every record must be answered « created »."""
    host, queue = urlsplit(url), list(bodies)
    head = f"POST {PATH} HTTP/1.1\r\nHost: {host.netloc}\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n"

    async def client() -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        while queue:
            body = queue.pop()
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            said = await reader.readexactly(length)
            assert answer.startswith(b"HTTP/1.1 200"), answer
            assert said.count(b'"created"') == BATCH, said[:500]
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return time.perf_counter() - begun


async def measure(url: str, folder: Path) -> tuple[float, float]:
    """Encounters per second, ours and bare."""
    cookie, site = await arrange(url)
    spec = await record(url, cookie, site, folder)
    plans = {
        "bare": ("bench.bare_encounters:create_app", {"BENCH_SPEC": str(spec)}),
        "civic": ("civic.app:create_app", {"CIVIC_DATABASE_URL": url, **DEPLOYED}),
    }
    spent = dict.fromkeys(plans, 0.0)
    with ExitStack() as stack:
        served: dict[str, str] = {}
        for name, (factory, env) in plans.items():
            serving = Serving(stack, factory, folder, **env)
            await serving.ready()
            served[name] = serving.url
        # In turns: whatever else the machine does meanwhile slows both. The first turn only warms up.
        for turn in range(ROUNDS + 1):
            for name, address in served.items():
                bodies = [json.dumps(batch(site)).encode() for _ in range(EACH)]
                seconds = await send(address, f"{COOKIE[name]}={cookie}", bodies)
                spent[name] += seconds if turn else 0
    total = ROUNDS * EACH * BATCH
    return total / spent["civic"], total / spent["bare"]


def _all(out: TextIO) -> bool:
    held = True
    with tempfile.TemporaryDirectory() as folder, cluster() as running:
        running.make_template(upgrade)
        for engine in ("sqlite", "postgres"):
            place = Path(folder) / engine
            place.mkdir()
            with ExitStack() as stack:
                if engine == "sqlite":
                    url = f"sqlite+aiosqlite:///{place / 'civic.db'}"
                    upgrade(url)
                else:
                    url = stack.enter_context(running.clone())
                ours, bare = asyncio.run(measure(url, place))
            ratio = ours / bare
            held &= ratio >= AT_LEAST
            rates = f"{ours:.0f}/s against {bare:.0f}/s bare"
            out.write(f"encounters in batches of {BATCH}, {engine}: {rates}: ratio {ratio:.2f} (at least {AT_LEAST})\n")
    return held


async def run(out: TextIO) -> bool:
    return await asyncio.to_thread(_all, out)
