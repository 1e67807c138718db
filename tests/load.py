"""Many people at once against real server processes: what the load tests share, whatever their size.

async with field(url, folder, people=40, servers=2) as one: await race(one, places=5)
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select, text

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries, rules, steps
from civic.bookings.models import LIVE, SEATED, Booking
from civic.bookings.people import people_of
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.browser import CIVIC, environment
from tests.day import FOLDER as CLOCK
from tests.factories.accounts import make_session, make_user
from tests.factories.missions import make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer
from tests.postgres import die_with_parent

# Shorter than any server keeps an idle connection.
IDLE = httpx.Limits(keepalive_expiry=2)
ROOT = Path(__file__).parents[1]
GUARDS = {
    "sqlite": [f"DROP TRIGGER bookings_{name}" for name in ("capacity_insert", "capacity_update")]
    + [f"DROP TRIGGER bookings_{name}" for name in ("overlap_insert", "overlap_update")],
    "postgres": [
        "DROP TRIGGER bookings_capacity ON bookings",
        "ALTER TABLE bookings DROP CONSTRAINT ex_bookings_overlap",
        "DROP INDEX uq_bookings_live",
    ],
}


class Process:
    """One `civic serve`, or without its guards; it can be killed outright and started again on its port."""

    def __init__(self, folder: Path, url: str, guarded: bool = True) -> None:
        folder.mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url, self.folder, self.guarded = f"http://127.0.0.1:{self.port}", folder, guarded
        self.env = {
            "CIVIC_DATABASE_URL": url,
            "CIVIC_BASE_URL": self.url,
            "PYTHONPATH": os.pathsep.join((str(ROOT), CLOCK)),
        }
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        bare = [sys.executable, "-m", "uvicorn", "tests.unguarded:create_app", "--factory", "--no-access-log"]
        command = [CIVIC, "serve"] if self.guarded else bare
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=self.folder,
                env=environment(**self.env),
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )

    async def ready(self) -> None:
        async with httpx.AsyncClient() as asking:
            for _ in range(1200):
                try:
                    if (await asking.get(f"{self.url}/healthz", timeout=5)).is_success:
                        return
                except httpx.TransportError:
                    pass
                assert self.running
                assert self.running.poll() is None, self.log
                await asyncio.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log}")

    def kill(self) -> None:
        """As a power cut would: nothing is said, nothing is finished."""
        assert self.running
        self.running.kill()
        self.running.wait(15)

    def stop(self) -> None:
        if self.running and self.running.poll() is None:
            self.running.terminate()
            self.running.wait(30)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


@dataclass
class Someone:
    """A volunteer with a browser of their own, signed in."""

    volunteer: Volunteer
    client: httpx.AsyncClient


@dataclass
class Field:
    db: Database
    processes: list[Process]
    people: list[Someone]
    coordinator: httpx.AsyncClient

    async def shift(self, days: int = 40, hour: int = 9, hours: float = 3, **fields: Any) -> Shift:
        async with self.db.writing() as session:
            site = await make_site(session)
            mission = await make_mission(session, [site])
            start = clock.at(clock.today() + timedelta(days=days), time(hour))
            return await make_shift(session, start, hours, mission=mission, site=site, **fields)

    async def roster(self, shift: Shift) -> list[dict[str, Any]]:
        answer = await self.coordinator.get(f"/shifts/{shift.id}/bookings")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def seats(self, someone: Someone) -> int:
        chosen = select(func.count(Booking.id)).where(
            Booking.volunteer_id == someone.volunteer.id, Booking.state.in_(SEATED)
        )
        async with self.db.reading() as session:
            return await session.scalar(chosen) or 0


@asynccontextmanager
async def field(url: str, folder: Path, *, people: int, servers: int = 2, guarded: bool = True) -> AsyncIterator[Field]:
    """A fresh database with people, served by several processes; everybody's requests go to one of them."""
    db = Database(url)
    async with db.writing() as session:
        made = [await make_volunteer(session) for _ in range(people)]
        coordinator = await make_user(session, "coordinator")
        cookies = [await make_session(session, one.user) for one in made]
        planner = await make_session(session, coordinator)
    if not guarded:
        async with db.writing() as session:
            for statement in GUARDS["sqlite" if db.sqlite else "postgres"]:
                await session.execute(text(statement))
    processes = [Process(folder / f"server-{n}", url, guarded) for n in range(servers)]

    def client(number: int, cookie: str) -> httpx.AsyncClient:
        base = f"{processes[number % servers].url}/api/v1"
        return httpx.AsyncClient(base_url=base, cookies={"civic_session": cookie}, timeout=120, limits=IDLE)

    clients = [client(number, cookie) for number, cookie in enumerate(cookies)]
    planning = client(0, planner)
    try:
        for process in processes:
            process.start()
        for process in processes:
            await process.ready()
        yield Field(db, processes, [Someone(*pair) for pair in zip(made, clients, strict=True)], planning)
    finally:
        for one in (*clients, planning):
            await one.aclose()
        for process in processes:
            process.stop()
        await db.dispose()
    for process in processes:
        assert "Traceback" not in process.log, process.log


def statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    found = Counter(answer.status_code for answer in answers)
    broken = [answer.text for answer in answers if answer.status_code >= 500]
    assert not broken, f"{found}: {broken[0]}"
    return found


async def race(one: Field, places: int) -> None:
    """Everybody at once for a few places: exactly those are taken, and the rest stand in one line."""
    shift = await one.shift(capacity=places)
    path = f"/shifts/{shift.id}/booking"
    answers = await asyncio.gather(*(who.client.post(path) for who in one.people))
    assert statuses(answers) == {201: len(one.people)}
    bodies = [answer.json() for answer in answers]
    waiting = len(one.people) - places
    assert Counter(body["state"] for body in bodies) == {"confirmed": places, "waitlisted": waiting}
    roster = await one.roster(shift)
    queue = [item["position"] for item in roster if item["state"] == "waitlisted"]
    assert queue == list(range(1, waiting + 1))
    assert len({item["volunteer_id"] for item in roster}) == len(one.people)
    async with one.db.reading() as session:
        keys = list(await session.scalars(select(Booking.queue_key).where(Booking.shift_id == shift.id)))
    assert len(set(keys)) == len(keys), "two in one place of the queue"
    # What each was told is where they stand: nobody slipped in before them afterwards.
    stand = {item["id"]: item["position"] for item in roster}
    assert {body["id"]: body["position"] for body in bodies} == stand
    await every_booking_has_its_mail(one)


async def double_tap(one: Field, taps: int) -> None:
    shift, who = await one.shift(days=41), one.people[0]
    answers = await asyncio.gather(*(who.client.post(f"/shifts/{shift.id}/booking") for _ in range(taps)))
    found = statuses(answers)
    assert found == {201: 1, 200: taps - 1}, f"{found} {sorted({answer.text for answer in answers})}"
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await one.roster(shift)) == 1


async def two_at_one_hour(one: Field, rounds: int) -> None:
    """Each person asks for two overlapping shifts in the same moment, through two processes."""
    for number in range(rounds):
        who = one.people[number]
        pair = [await one.shift(days=50 + number, hour=hour) for hour in (9, 11)]
        await _one_of(one, who, pair, "overlap")


async def past_the_week(one: Field, rounds: int) -> None:
    """40 hours are planned; two shifts of seven hours each fit alone, and not together."""
    for number in range(rounds):
        who = one.people[number]
        monday = clock.monday(clock.today()) + timedelta(weeks=9 + number)
        days = [(monday - clock.today()).days + offset for offset in range(6)]
        full = [await one.shift(days=day, hour=8, hours=10) for day in days[:4]]
        async with one.db.writing() as session:
            for shift in full:
                await make_booking(session, shift, who.volunteer)
        pair = [await one.shift(days=day, hour=8, hours=7) for day in days[4:]]
        await _one_of(one, who, pair, "week_max_adult")


async def _one_of(one: Field, who: Someone, pair: list[Shift], code: str) -> None:
    before = await one.seats(who)
    addresses = [f"{process.url}/api/v1" for process in one.processes]
    tries = [
        who.client.post(f"{addresses[n % len(addresses)]}/shifts/{shift.id}/booking")
        for n, shift in enumerate([*pair, *pair])
    ]
    answers = await asyncio.gather(*tries)
    found = statuses(answers)
    assert (found[201], found[201] + found[200] + found[409]) == (1, 4)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {code}
    assert await one.seats(who) == before + 1


async def withdrawals_race_offers(one: Field, places: int) -> None:
    """Those seated leave while others accept, decline, book and leave the queue."""
    shift = await one.shift(days=42, capacity=places)
    path = f"/shifts/{shift.id}/booking"
    third = len(one.people) // 3
    seated, waiting, fresh = one.people[:places], one.people[places : 2 * third], one.people[2 * third :]
    for who in (*seated, *waiting):
        statuses([await who.client.post(path)])

    async def answer(number: int, who: Someone) -> list[httpx.Response]:
        given = []
        for _ in range(6):
            mine = (await who.client.get(f"/shifts/{shift.id}")).json()["my_booking"]
            if mine is None:
                break
            if mine["state"] == "offered":
                method = "DELETE" if number % 3 == 0 else "POST"
                given.append(await who.client.request(method, f"/bookings/{mine['id']}/offer"))
        return given

    answers = await asyncio.gather(
        *(who.client.delete(path) for who in seated),
        *(who.client.post(path) for who in fresh),
        *(who.client.delete(path) for who in waiting[::4]),
    )
    statuses(answers)
    batches = await asyncio.gather(*(answer(number, who) for number, who in enumerate(waiting)))
    statuses([given for batch in batches for given in batch])
    await sound(one, shift)


async def sound(one: Field, shift: Shift) -> None:
    """Never above capacity, never a free place beside somebody who may take it."""
    async with one.db.reading() as session:
        facts = (await queries.shift_facts(session, [shift.id]))[shift.id]
        crowd = queries.crowds(await queries.live_bookings(session, shift_ids=[shift.id]))[shift.id]
        assert len(crowd.seated) <= facts.capacity
        if len(crowd.seated) == facts.capacity:
            return
        ids = [held.volunteer_id for held in crowd.waiting]
        people, holdings = await people_of(session, ids), await steps.holdings_of(session, ids, facts)
        assert rules.first_eligible(crowd.waiting, people, holdings, facts, clock.now()) is None


async def every_booking_has_its_mail(one: Field) -> None:
    """In the outbox, once: waiting, sent or dead, whatever the worker did meanwhile."""
    async with one.db.reading() as session:
        mine = select(Booking.id).where(Booking.created_by_id.is_not(None), Booking.state.in_(LIVE))
        bookings: set[UUID] = set(await session.scalars(mine))
        told = Counter(await session.scalars(select(OutboxMail.dedupe).where(OutboxMail.kind == "booking_placed")))
        by = select(User.id).where(User.role == "volunteer").limit(1)
        assert await session.scalar(by)
    assert set(told) == {f"booking:{booking_id}:placed" for booking_id in bookings}
    assert set(told.values()) <= {1}


def workers() -> int:
    """Server processes for the big runs."""
    return max(2, min(4, os.cpu_count() or 2))
