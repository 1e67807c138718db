"""Many at once on both engines: capacity, one seat per person and one hour per person hold, and the tests can fail."""

import asyncio
from collections import Counter
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic.bookings import actions, steps
from civic.bookings.models import Booking
from civic.bookings.queries import shift_facts
from civic.bookings.values import ShiftFacts
from civic.db import Database
from civic.errors import Refusal
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.cast import sign_in
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.volunteers import make_volunteer

GUARDS = {
    "sqlite": [f"DROP TRIGGER bookings_{name}" for name in ("capacity_insert", "capacity_update")]
    + [f"DROP TRIGGER bookings_{name}" for name in ("overlap_insert", "overlap_update")],
    "postgres": [
        "DROP TRIGGER bookings_capacity ON bookings",
        "ALTER TABLE bookings DROP CONSTRAINT ex_bookings_overlap",
    ],
}


async def race(url: str, tries: list[tuple[Volunteer, Shift]]) -> Counter[str]:
    """Every try at the same moment, half of them through another process's engine."""
    databases = [Database(url), Database(url)]

    async def one(number: int, volunteer: Volunteer, shift: Shift) -> str:
        try:
            async with databases[number % 2].writing() as session:
                placed = await actions.book(session, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)
                return placed.booking.state if placed.made else "had"
        except Refusal as refusal:
            return refusal.code

    try:
        return Counter(await asyncio.gather(*(one(n, who, shift) for n, (who, shift) in enumerate(tries))))
    finally:
        for database in databases:
            await database.dispose()


async def seats(db: Database, state: str = "confirmed") -> int:
    async with db.reading() as session:
        return len(list(await session.scalars(select(Booking).where(Booking.state == state))))


async def test_twelve_people_race_for_two_seats(session: AsyncSession, db: Database, engine_url: str) -> None:
    people = [await make_volunteer(session) for _ in range(12)]
    shift = await make_shift(session, capacity=2)
    await session.commit()
    outcome = await race(engine_url, [(one, shift) for one in people])
    assert outcome == {"confirmed": 2, "waitlisted": 10}
    assert await seats(db) == 2


async def test_one_person_taps_eight_times(session: AsyncSession, db: Database, engine_url: str) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session)
    await session.commit()
    assert await race(engine_url, [(volunteer, shift)] * 8) == {"confirmed": 1, "had": 7}
    assert await seats(db) == 1


async def test_one_person_races_for_overlapping_shifts(session: AsyncSession, db: Database, engine_url: str) -> None:
    volunteer = await make_volunteer(session)
    shifts = [await make_shift(session, in_days(3, 9 + n)) for n in range(3)]
    await session.commit()
    outcome = await race(engine_url, [(volunteer, shift) for shift in shifts for _ in range(2)])
    assert outcome["confirmed"] == 1
    assert outcome["overlap"] >= 2
    assert await seats(db) == 1


async def test_withdrawals_and_bookings_cross_without_a_deadlock(
    session: AsyncSession, db: Database, engine_url: str
) -> None:
    people = [await make_volunteer(session) for _ in range(6)]
    shifts = [await make_shift(session, in_days(3 + n, 9), capacity=1, min_staff=1) for n in range(3)]
    for shift in shifts:
        for rank, one in enumerate(people):
            await make_booking(session, shift, one, "waitlisted" if rank else "confirmed", rank)
    await session.commit()
    database = Database(engine_url)

    async def leave(one: Volunteer, shift: Shift) -> None:
        async with database.writing() as acting:
            await actions.withdraw(acting, by=one.user, volunteer_id=one.id, shift_id=shift.id)

    await asyncio.gather(*(leave(one, shift) for one in people[:4] for shift in shifts))
    await database.dispose()
    assert await seats(db, "offered") == len(shifts)


async def test_the_database_itself_refuses_what_the_code_would_let_through(
    session: AsyncSession, db: Database, engine_url: str
) -> None:
    """The guards stand alone; without them the same rows go in, so the test above them can fail."""
    first, second = await make_volunteer(session), await make_volunteer(session)
    small = await make_shift(session, in_days(3, 9), capacity=1, min_staff=1)
    clashing = await make_shift(session, in_days(3, 10))
    await make_booking(session, small, first)
    await session.commit()

    async def force(shift: Shift, volunteer: Volunteer) -> None:
        async with db.writing() as acting:
            await make_booking(acting, shift, volunteer)

    for shift, volunteer in ((small, second), (clashing, first), (small, first)):
        with pytest.raises(IntegrityError):
            await force(shift, volunteer)
    async with db.writing() as acting:
        for statement in GUARDS["sqlite" if db.sqlite else "postgres"]:
            await acting.execute(text(statement))
    await force(small, second)
    await force(clashing, first)
    assert await seats(db) == 3


async def without_guards(db: Database) -> None:
    async with db.writing() as acting:
        for statement in GUARDS["sqlite" if db.sqlite else "postgres"]:
            await acting.execute(text(statement))


async def full_house(session: AsyncSession) -> tuple[list[Volunteer], Shift]:
    people = [await make_volunteer(session) for _ in range(6)]
    shift = await make_shift(session, capacity=1, min_staff=1)
    await session.commit()
    return people, shift


async def test_on_postgresql_the_race_overbooks_when_the_lock_is_taken_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the first race: the same verb without its lock and the database's guards."""
    db = Database(postgres_url)
    async with db.writing() as session:
        people, shift = await full_house(session)
    await without_guards(db)
    everybody_looked = asyncio.Barrier(len(people))
    look = steps.free_seats

    async def look_then_wait(acting: AsyncSession, facts: ShiftFacts) -> int:
        free = await look(acting, facts)
        async with asyncio.timeout(30):
            await everybody_looked.wait()
        return free

    async def no_lock(acting: AsyncSession, shift_id: UUID) -> Shift:
        return await acting.get_one(Shift, shift_id)

    monkeypatch.setattr(steps, "free_seats", look_then_wait)
    monkeypatch.setattr(actions, "lock", no_lock)
    outcome = await race(postgres_url, [(one, shift) for one in people])
    assert outcome == {"confirmed": len(people)}
    assert await seats(db) == len(people)
    await db.dispose()


async def test_on_sqlite_a_look_outside_the_write_lock_overbooks(sqlite_url: str) -> None:
    """The negative control there: the guard is that a writing transaction takes its lock before it looks."""
    db = Database(sqlite_url)
    async with db.writing() as session:
        people, shift = await full_house(session)
    await without_guards(db)
    everybody_looked = asyncio.Barrier(len(people))

    async def careless(one: Volunteer) -> None:
        async with db.reading() as looking:
            free = await steps.free_seats(looking, (await shift_facts(looking, [shift.id]))[shift.id])
        async with asyncio.timeout(30):
            await everybody_looked.wait()
        async with db.writing() as acting:
            await make_booking(acting, shift, one, "confirmed" if free > 0 else "waitlisted")

    await asyncio.gather(*(careless(one) for one in people))
    assert await seats(db) == len(people)
    await db.dispose()


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
async def test_a_transaction_that_gave_way_is_told_to_come_back(
    postgres_url: str, sqlstate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks are taken in one order; were two requests to cross all the same, it is no breakdown."""
    from civic.app import create_app
    from civic.settings import Settings

    db = Database(postgres_url)
    async with db.writing() as session:
        volunteer, shift = await make_volunteer(session), await make_shift(session)

    async def cross(acting: AsyncSession, **_given: object) -> None:
        await acting.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'crossed' USING ERRCODE = '{sqlstate}'; END $$"))

    monkeypatch.setattr(actions, "book", cross)
    app = create_app(Settings(env="development", secret_key="x" * 40, database_url=postgres_url), db)

    def make_client() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://civic.test")

    async with await sign_in(make_client, db, volunteer) as browser:
        answer = await browser.post(f"/api/v1/shifts/{shift.id}/booking")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["code"] == "unavailable"
    await db.dispose()
