"""What the database itself refuses about bookings, with no rule and no action in front of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic.bookings.models import SEATED, Booking
from civic.clock import now
from civic.db import Database
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.factories.missions import make_mission
from tests.factories.volunteers import make_volunteer

MakeShift = Callable[..., Awaitable[Shift]]
TRIGGERS = {
    "sqlite": {
        "bookings_capacity_insert",
        "bookings_capacity_update",
        "shifts_capacity",
        "bookings_overlap_insert",
        "bookings_overlap_update",
        "report_snapshots_frozen_delete",
        "report_snapshots_frozen_update",
        *(
            f"{table}_closed_{event}"
            for table in ("encounters", "encounter_topics", "outings")
            for event in ("insert", "update", "delete")
        ),
    },
    "postgresql": {
        "bookings_capacity",
        "shifts_capacity",
        "report_snapshots_frozen",
        "encounters_closed",
        "encounter_topics_closed",
        "outings_closed",
    },
}


@pytest.fixture
def make_shift(session: AsyncSession) -> MakeShift:
    async def make(begins_in: float = 24, hours: float = 3, capacity: int = 1) -> Shift:
        mission = await make_mission(session)
        starts_at = now() + timedelta(hours=begins_in)
        shift = Shift(
            mission_id=mission.id,
            site_id=mission.sites[0].id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=hours),
            capacity=capacity,
            min_staff=1,
            state="published",
        )
        session.add(shift)
        await session.flush()
        return shift

    return make


def seat(shift: Shift, volunteer: Volunteer, state: str = "confirmed") -> Booking:
    return Booking(
        shift_id=shift.id,
        volunteer_id=volunteer.id,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        state=state,
        queue_key=1,
    )


async def add(session: AsyncSession, *bookings: Booking) -> None:
    session.add_all(bookings)
    await session.flush()


async def refused(session: AsyncSession, work: Awaitable[object]) -> None:
    with pytest.raises(IntegrityError):
        await work
    await session.rollback()


@pytest.mark.parametrize("state", SEATED)
async def test_no_more_seats_than_places(session: AsyncSession, make_shift: MakeShift, state: str) -> None:
    shift = await make_shift(capacity=2)
    people = [await make_volunteer(session) for _ in range(3)]
    await add(session, seat(shift, people[0]), seat(shift, people[1], "offered"))
    await refused(session, add(session, seat(shift, people[2], state)))


async def test_the_queue_has_no_end_but_no_seat(session: AsyncSession, make_shift: MakeShift) -> None:
    shift = await make_shift(capacity=1)
    waiting = [seat(shift, await make_volunteer(session), "waitlisted") for _ in range(3)]
    await add(session, seat(shift, await make_volunteer(session)), *waiting)
    promoted = update(Booking).where(Booking.id == waiting[0].id).values(state="confirmed")
    await refused(session, session.execute(promoted))


async def test_an_ended_booking_frees_its_seat(session: AsyncSession, make_shift: MakeShift) -> None:
    shift = await make_shift(capacity=1)
    first, second = await make_volunteer(session), await make_volunteer(session)
    booking = seat(shift, first)
    await add(session, booking)
    booking.state = "withdrawn"
    await session.flush()
    await add(session, seat(shift, second))


async def test_a_capacity_below_the_seats(session: AsyncSession, make_shift: MakeShift) -> None:
    shift = await make_shift(capacity=2)
    await add(session, seat(shift, await make_volunteer(session)), seat(shift, await make_volunteer(session)))
    lowered = update(Shift).where(Shift.id == shift.id).values(capacity=1)
    await refused(session, session.execute(lowered))


async def test_nobody_twice_on_a_shift(session: AsyncSession, make_shift: MakeShift) -> None:
    shift = await make_shift(capacity=5)
    volunteer = await make_volunteer(session)
    await add(session, seat(shift, volunteer, "waitlisted"))
    await refused(session, add(session, seat(shift, volunteer, "waitlisted")))


async def test_nobody_on_two_shifts_at_once(session: AsyncSession, make_shift: MakeShift) -> None:
    volunteer = await make_volunteer(session)
    await add(session, seat(await make_shift(24, hours=3), volunteer))
    await refused(session, add(session, seat(await make_shift(26.5, hours=3), volunteer)))


async def test_touching_shifts_do_not_overlap(session: AsyncSession, make_shift: MakeShift) -> None:
    volunteer = await make_volunteer(session)
    first = await make_shift(24, hours=3)
    second = await make_shift(40, hours=2)
    second.starts_at, second.ends_at = first.ends_at, first.ends_at + timedelta(hours=2)
    await session.flush()
    await add(session, seat(first, volunteer), seat(second, volunteer))


async def test_waiting_for_one_shift_while_on_another(session: AsyncSession, make_shift: MakeShift) -> None:
    volunteer = await make_volunteer(session)
    waiting = seat(await make_shift(25, hours=3), volunteer, "waitlisted")
    await add(session, seat(await make_shift(24, hours=3), volunteer), waiting)
    confirmed = update(Booking).where(Booking.id == waiting.id).values(state="confirmed")
    await refused(session, session.execute(confirmed))


async def test_a_moved_shift_takes_its_bookings_along(session: AsyncSession, make_shift: MakeShift) -> None:
    volunteer = await make_volunteer(session)
    fixed, moving = await make_shift(24, hours=3), await make_shift(48, hours=3)
    booking = seat(moving, volunteer)
    await add(session, seat(fixed, volunteer), booking)
    later = {"starts_at": moving.starts_at + timedelta(hours=1), "ends_at": moving.ends_at + timedelta(hours=1)}
    await session.execute(update(Shift).where(Shift.id == moving.id).values(later))
    await session.refresh(booking)
    assert booking.starts_at == later["starts_at"]
    onto = {"starts_at": fixed.starts_at, "ends_at": fixed.ends_at}
    await refused(session, session.execute(update(Shift).where(Shift.id == moving.id).values(onto)))


async def test_many_at_once_for_the_last_seat(db: Database, session: AsyncSession, make_shift: MakeShift) -> None:
    shift = await make_shift(capacity=1)
    people = [await make_volunteer(session) for _ in range(8)]
    await session.commit()

    async def take(volunteer: Volunteer) -> bool:
        try:
            async with db.writing() as hurried:
                await add(hurried, seat(shift, volunteer))
        except IntegrityError:
            return False
        return True

    assert sum(await asyncio.gather(*map(take, people))) == 1
    async with db.reading() as looking:
        assert await looking.scalar(select(func.count()).where(Booking.shift_id == shift.id)) == 1


async def test_the_triggers_are_there(db: Database) -> None:
    """A migration that rebuilds a table on SQLite drops its triggers without a word."""
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    async with db.engine.connect() as connection:
        engine = connection.dialect.name
        found = await connection.scalars(text(listed[engine]))
        # Those of the roll-ups are proven by what they keep, in tests/reports.
        assert {name for name in found if not name.startswith("rollup_")} == TRIGGERS[engine]
