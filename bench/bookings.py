"""The claim: bookings through HTTP reach a fifth of a bare Starlette route that runs the same statements.

Sixteen clients at once, one server process, on both engines; the statements are recorded from a booking and run again
through the same driver, with fresh ids. No request may be lost. Trust the ratio: machines vary.
"""

import asyncio
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import time as clock_time
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from sqlalchemy import event, select

from civic import clock
from civic.app import create_app
from civic.bookings.models import Booking
from civic.db import Database
from civic.migrate import upgrade
from civic.settings import Settings
from tests.factories.accounts import make_session
from tests.factories.missions import make_mission
from tests.factories.shifts import make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer
from tests.postgres import cluster

CLIENTS = 16
# The first day is for the bare route, whose rows carry the recorded times, the second for Civic.
PEOPLE, DAYS, SIDE_BY_SIDE = 192, 2, 4
SLICE = 44
AT_LEAST = 0.2
# As it is deployed: in development the server would send the mails as well, which is the worker's own process here.
DEPLOYED = {"CIVIC_ENV": "production", "CIVIC_SECRET_KEY": "x" * 40, "CIVIC_BASE_URL": "https://civic.test"}
COOKIE = {"bare": "civic_session", "civic": "__Host-civic_session"}
ROOT = Path(__file__).parents[1]
# The driver begins and commits by itself; everything else of a booking is run, savepoint included.
SKIPPED = ("BEGIN", "PRAGMA")


async def arrange(url: str) -> tuple[list[tuple[str, UUID, UUID]], tuple[str, UUID, UUID]]:
    """(cookie, volunteer, shift) of every booking to come, and of one to be recorded."""
    database = Database(url)
    async with database.writing() as session:
        site = await make_site(session)
        mission = await make_mission(session, [site])
        start = clock.today() + timedelta(days=20)
        shifts = [
            [
                await make_shift(
                    session,
                    clock.at(start + timedelta(days=day), clock_time(9)),
                    mission=mission,
                    site=site,
                    capacity=50,
                )
                for _ in range(SIDE_BY_SIDE)
            ]
            for day in range(DAYS)
        ]
        people = [await make_volunteer(session) for _ in range(PEOPLE + 1)]
        cookies = [await make_session(session, one.user) for one in people]
    await database.dispose()
    found = [(cookies[n], people[n].id, shifts[day][n % SIDE_BY_SIDE].id) for day in range(DAYS) for n in range(PEOPLE)]
    return found, (cookies[-1], people[-1].id, shifts[0][0].id)


async def record(url: str, one: tuple[str, UUID, UUID], folder: Path) -> Path:
    """What the bare route is to run: the statements of one booking, as the driver got them."""
    cookie, volunteer, shift = one
    database = Database(url)
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if not statement.startswith(SKIPPED):
            seen.append((statement, values))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    app = create_app(Settings(env="development", secret_key="x" * 40, database_url=url), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://civic.test") as client:
        client.cookies.set("civic_session", cookie)
        answer = await client.post(f"/api/v1/shifts/{shift}/booking")
    assert answer.status_code == 201, answer.text
    recorded = list(seen)
    async with database.reading() as session:
        kept = set(await session.scalars(select(Booking.created_by_id)))
    await database.dispose()
    spec = {
        "url": url,
        "statements": recorded,
        "known": {"volunteer": volunteer, "shift": shift},
        "kept": {*kept, volunteer, shift},
        "booking": UUID(answer.json()["id"]),
    }
    file = folder / "statements.pickle"
    file.write_bytes(pickle.dumps(spec))
    return file


async def ask(url: str, requests: Sequence[bytes]) -> float:
    """Seconds with as many clients, each one after the other; a client of few instructions."""
    host = urlsplit(url)
    queue = list(requests)[::-1]

    async def client() -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        while queue:
            writer.write(queue.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 201"), head + await reader.read(2000)
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return time.perf_counter() - begun


class Serving:
    def __init__(self, stack: ExitStack, factory: str, folder: Path, **env: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--no-access-log", "--port", str(port)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVIC_")}
        log = stack.enter_context((folder / "log").open("ab"))
        settings = {"PYTHONPATH": str(ROOT), **env}
        process = subprocess.Popen(command, cwd=folder, env=kept | settings, stdout=log, stderr=log)
        stack.callback(lambda: (process.terminate(), process.wait(20)))

    async def ready(self) -> None:
        for _ in range(1200):
            try:
                _reader, writer = await asyncio.open_connection(urlsplit(self.url).hostname, urlsplit(self.url).port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def _requests(name: str, url: str, bookings: Sequence[tuple[str, UUID, UUID]]) -> list[bytes]:
    lines = []
    for cookie, volunteer, shift in bookings:
        path = f"/{volunteer}/{shift}" if name == "bare" else f"/api/v1/shifts/{shift}/booking"
        head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        lines.append(f"{head}Cookie: {COOKIE[name]}={cookie}\r\nContent-Length: 0\r\n\r\n".encode())
    return lines


async def measure(url: str, folder: Path) -> tuple[float, float, int]:
    """Bookings and bare requests per second, and the number of statements."""
    bookings, sample = await arrange(url)
    spec = await record(url, sample, folder)
    half = len(bookings) // 2
    asked = {"bare": bookings[:half], "civic": bookings[half:]}
    plans = {
        "bare": ("bench.bare:create_app", {"BENCH_SPEC": str(spec)}),
        "civic": ("civic.app:create_app", {"CIVIC_DATABASE_URL": url, **DEPLOYED}),
    }
    spent = dict.fromkeys(plans, 0.0)
    with ExitStack() as stack:
        served: dict[str, str] = {}
        for name, (factory, env) in plans.items():
            serving = Serving(stack, factory, folder, **env)
            await serving.ready()
            served[name] = serving.url
            await ask(serving.url, _requests(name, serving.url, asked[name][:CLIENTS]))
        # In turns: whatever else the machine does meanwhile slows both.
        for first in range(CLIENTS, half, SLICE):
            for name, address in served.items():
                spent[name] += await ask(address, _requests(name, address, asked[name][first : first + SLICE]))
    rates = {name: (half - CLIENTS) / seconds for name, seconds in spent.items()}
    return rates["civic"], rates["bare"], len(pickle.loads(spec.read_bytes())["statements"])


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
                ours, bare, count = asyncio.run(measure(url, place))
            ratio = ours / bare
            held &= ratio >= AT_LEAST
            rates = f"{ours:.0f}/s against {bare:.0f}/s bare, {count} statements"
            out.write(f"bookings, {engine}: {rates}: ratio {ratio:.2f} (at least {AT_LEAST})\n")
    return held


async def run(out: TextIO) -> bool:
    return await asyncio.to_thread(_all, out)
