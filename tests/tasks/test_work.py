"""Regular tasks: one worker at a time, a killed one is taken over, one failure holds nothing up. On both engines."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import UserSession
from civic.bookings.models import Booking
from civic.db import Database
from civic.formats import moment
from civic.outbox.models import JobRun, OutboxMail
from civic.tasks import lease, work
from civic.tasks.items import Run
from civic.tasks.registry import TASKS, Task
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_session, make_user
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
MakeClient = Callable[[], httpx.AsyncClient]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def morning() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24 10:00+01:00", tick=False) as here:
        yield here


async def job(db: Database, name: str) -> JobRun:
    async with db.reading() as session:
        return await session.get_one(JobRun, name)


def counting(seen: list[str], every: timedelta = MINUTE) -> Task:
    async def run(mine: Run) -> None:
        seen.append(mine.name)

    return Task("counting", "", every, run)


async def test_a_task_runs_once_per_pause(db: Database, morning: time_machine.Traveller) -> None:
    seen: list[str] = []
    tasks = [counting(seen)]
    await work.run_due(db, tasks)
    await work.run_due(db, tasks)
    assert len(seen) == 1
    morning.shift(61)
    await work.run_due(db, tasks)
    assert len(seen) == 2
    await work.run_due(db, tasks, now=True)
    assert len(seen) == 3, "at once leaves the pause out"


async def test_two_workers_never_hold_one_task(db: Database, engine_url: str) -> None:
    databases = [Database(engine_url) for _ in range(4)]
    try:
        claims = await asyncio.gather(*(lease.claim(one, "queues", MINUTE) for one in databases for _ in range(4)))
    finally:
        for one in databases:
            await one.dispose()
    assert sum(claim is not None for claim in claims) == 1


async def test_a_killed_worker_is_taken_over_and_can_t_undo_it(db: Database, morning: time_machine.Traveller) -> None:
    killed = await lease.claim(db, "queues", MINUTE)
    assert killed
    assert await lease.claim(db, "queues", timedelta()) is None
    morning.shift(lease.LEASE + MINUTE)
    heir = await lease.claim(db, "queues", MINUTE)
    assert heir
    assert not await killed.still_ours()
    await killed.give_back(clock.now(), "late")
    assert (await job(db, "queues")).held_until == heir.until
    await heir.give_back(clock.now(), None)
    run = await job(db, "queues")
    assert (run.held_until, run.last_error) == (None, None)


async def test_a_long_run_keeps_its_lease(db: Database, morning: time_machine.Traveller) -> None:
    held = await lease.claim(db, "queues", MINUTE)
    assert held
    for _ in range(5):
        morning.shift(lease.LEASE * 0.6)
        assert await held.still_ours()
        assert await lease.claim(db, "queues", timedelta()) is None


async def test_one_failure_holds_nothing_up_and_stays_to_be_read(
    session: AsyncSession, db: Database, caplog: pytest.LogCaptureFixture, morning: time_machine.Traveller
) -> None:
    shift = await make_shift(session, capacity=3)
    people = [await make_volunteer(session) for _ in range(3)]
    bookings = [await make_booking(session, shift, one) for one in people]
    await session.commit()

    async def act(acting: AsyncSession, number: int) -> None:
        booking = await acting.get_one(Booking, bookings[number].id)
        booking.reason = f"item {number}"
        if number == 1:
            raise ValueError("two\nlines")

    async def run(mine: Run) -> None:
        await mine.each(range(3), act)

    tasks = [Task("three", "", MINUTE, run)]
    [ran] = await work.run_due(db, tasks)
    assert (ran.done, ran.failed) == (2, 1)
    async with db.reading() as looking:
        reasons = set(await looking.scalars(select(Booking.reason)))
    assert reasons == {"item 0", "", "item 2"}
    error = (await job(db, "three")).last_error
    assert error
    assert error.startswith("ValueError: two lines")
    assert len([line for line in caplog.messages if "three" in line]) == 1

    async def fine(mine: Run) -> None:
        return None

    morning.shift(61)
    await work.run_due(db, [Task("three", "", MINUTE, fine)])
    assert (await job(db, "three")).last_error is None, "a good run clears the error"


async def test_a_task_that_breaks_does_not_stop_the_next(db: Database) -> None:
    seen: list[str] = []

    async def breaks(mine: Run) -> None:
        raise RuntimeError("no")

    ran = await work.run_due(db, [Task("breaks", "", MINUTE, breaks), counting(seen)])
    assert [(one.name, one.failed) for one in ran] == [("breaks", 1), ("counting", 0)]
    assert seen == ["counting"]


async def test_past_offers_go_on_and_lapsed_sessions_go(
    session: AsyncSession, db: Database, morning: time_machine.Traveller
) -> None:
    first, second = await make_volunteer(session), await make_volunteer(session)
    shift = await make_shift(session, in_days(5), capacity=1)
    offered = await make_booking(session, shift, first, "offered", 1)
    offered.offer_expires_at = clock.now() + timedelta(hours=2)
    waiting = await make_booking(session, shift, second, "waitlisted", 2)
    await make_session(session, first.user, lasting=timedelta(hours=1))
    await make_session(session, second.user, lasting=timedelta(days=3))
    await session.commit()
    await work.run_due(db)
    morning.shift(timedelta(hours=3))
    await work.run_due(db)
    async with db.reading() as looking:
        assert (await looking.get_one(Booking, offered.id)).state == "expired"
        assert (await looking.get_one(Booking, waiting.id)).state == "offered"
        assert list(await looking.scalars(select(UserSession.user_id))) == [second.user_id]


async def test_the_loop_works_and_stops(
    session: AsyncSession, db: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session, in_days(1, 9))
    (await make_booking(session, shift, volunteer)).created_at = clock.now() - timedelta(days=3)
    await session.commit()
    monkeypatch.setattr(work, "SECONDS", 0.01)
    stopping = asyncio.Event()
    taken: list[str] = []

    class Kept:
        async def send(self, mail: OutboxMail) -> None:
            taken.append(mail.kind)
            stopping.set()

    await asyncio.wait_for(work.for_ever(db, Kept(), stopping), 30)
    # The alert about somebody alone may come along in the same round.
    assert "reminder" in taken


async def test_the_administrator_sees_each_task_and_its_error(
    session: AsyncSession, db: Database, make_client: MakeClient
) -> None:
    admin = await make_user(session, "admin")
    session.add(JobRun(name="reminders", last_run_at=clock.now(), last_error="OSError: disk full"))
    session.add(JobRun(name="digest", last_run_at=clock.now()))
    await session.commit()
    page = await (await sign_in(make_client, db, admin)).get("/administration/taches")
    assert page.status_code == 200
    assert "OSError: disk full" in page.text
    assert page.text.count("pas encore lancée") == len(TASKS) - 2
    assert moment(clock.now()) in page.text
    assert "Toutes les 20 secondes" in page.text
    assert "En retard" not in page.text


async def test_the_first_worker_of_several_to_ask_tells_a_fact_once(
    session: AsyncSession, db: Database, engine_url: str, mailbox: Mailbox
) -> None:
    """Without any lease: two processes run the same tasks at the same moment."""
    cast = await make_cast(session)
    for hours in (9, 14):
        shift = await make_shift(session, in_days(1, hours))
        booking = await make_booking(session, shift, cast.volunteer)
        booking.created_at = clock.now() - timedelta(days=3)
    await session.commit()
    databases = [Database(engine_url) for _ in range(3)]
    try:
        await asyncio.gather(
            *(task.run(Run(task.name, one)) for task in TASKS for one in databases),
        )
    finally:
        for one in databases:
            await one.dispose()
    kinds = [mail.kind for mail in await mailbox()]
    assert kinds.count("reminder") == 1, "the shift of 9 h; that of 14 h is more than a day away"
    assert kinds.count("pair_alert") == 2 * 3, "two shifts; the CALL’s coordinator and two of everywhere"
