"""Moving somebody to another shift: both or neither, under the rules of any booking, told once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.audit.models import AuditEvent
from civic.bookings import actions, moving, steps
from civic.bookings.models import Booking, BookingEvent
from civic.bookings.moving import move
from civic.bookings.values import ShiftFacts
from civic.db import Database
from civic.errors import Invalid, NotFound, Refusal
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.bookings.test_races import without_guards
from tests.cast import Cast, make_cast
from tests.factories.contracts import without_newcomers
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer
from tests.factories.wishes import make_stretch, make_wish

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


@dataclass
class Scene:
    """Somebody seated on `old`, and an empty shift `new` the day after."""

    cast: Cast
    old: Shift
    new: Shift
    booking: Booking

    async def go(self, db: Database, to: Shift | None = None, **said: str) -> moving.Moved:
        async with db.writing() as session:
            target = (to or self.new).id
            return await move(session, by=self.cast.coordinator, booking_id=self.booking.id, shift_id=target, **said)


@pytest.fixture
async def scene(session: AsyncSession) -> Scene:
    cast = await make_cast(session)
    await without_newcomers(session)
    site = await make_site(session)
    mission = await make_mission(session, [site])
    old = await make_shift(session, in_days(3, 9), mission=mission)
    new = await make_shift(session, in_days(4, 9), mission=mission)
    booking = await make_booking(session, old, cast.volunteer)
    await session.commit()
    return Scene(cast, old, new, booking)


async def states(db: Database, who: Volunteer) -> dict[str, str]:
    """State by shift."""
    async with db.reading() as session:
        rows = await session.scalars(select(Booking).where(Booking.volunteer_id == who.id))
        return {str(one.shift_id): one.state for one in rows}


async def test_the_seat_moves_and_one_mail_tells_it(scene: Scene, db: Database, mailbox: Mailbox) -> None:
    moved = await scene.go(db, message="Plus près de chez vous.")
    assert await states(db, scene.cast.volunteer) == {str(scene.old.id): "removed", str(scene.new.id): "confirmed"}
    [mail] = await mailbox()
    assert (mail.kind, mail.recipient) == ("booking_moved", "ines@example.test")
    assert "Plus près de chez vous." in mail.text_body
    assert "Avant" in mail.text_body
    methods = [part["params"]["method"] for part in mail.attachments]
    assert methods == ["CANCEL", "REQUEST"]
    old_text, new_text = (part["text"] for part in mail.attachments)
    assert str(scene.booking.id) in old_text
    assert str(moved.new.id) in new_text
    async with db.reading() as session:
        verbs = list(await session.scalars(select(AuditEvent.verb)))
        event = await session.scalar(select(BookingEvent).where(BookingEvent.booking_id == scene.booking.id))
    assert sorted(verbs) == ["booking.moved", "booking.removed"]
    assert event is not None
    assert event.reason.startswith("Déplacement\u00a0: ")
    assert event.by_id == scene.cast.coordinator.id


async def test_an_overlapping_hour_is_no_obstacle_since_the_old_seat_goes(
    scene: Scene, session: AsyncSession, db: Database
) -> None:
    later = await make_shift(session, in_days(3, 11))
    third = await make_shift(session, in_days(4, 10))
    await make_booking(session, third, scene.cast.volunteer)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await scene.go(db)
    assert refused.value.code == "overlap", "what else they hold stands in the way as ever"
    assert (await states(db, scene.cast.volunteer))[str(scene.old.id)] == "confirmed"
    await scene.go(db, later)
    assert (await states(db, scene.cast.volunteer))[str(later.id)] == "confirmed"


async def test_what_is_refused_changes_nothing(
    scene: Scene, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    full = await make_shift(session, in_days(4, 14), capacity=1, min_staff=1)
    await make_booking(session, full, scene.cast.colleague)
    draft = await make_shift(session, in_days(4, 14), state="draft")
    begun = await make_shift(session, in_days(-1, 9))
    await session.commit()
    before = await states(db, scene.cast.volunteer)
    for target, code in (
        (full, "shift_full"),
        (draft, "shift_not_open"),
        (begun, "shift_started"),
        (scene.old, "already_there"),
    ):
        with pytest.raises(Refusal) as refused:
            await scene.go(db, target)
        assert refused.value.code == code
    for wrong in ({"booking_id": uuid4()}, {"shift_id": uuid4()}):
        given = {"booking_id": scene.booking.id, "shift_id": scene.new.id, **wrong}
        with pytest.raises(NotFound):
            async with db.writing() as acting:
                await move(acting, by=scene.cast.coordinator, **given)
    assert await states(db, scene.cast.volunteer) == before
    assert await mailbox() == []


async def test_only_a_confirmed_seat_to_come_moves(scene: Scene, session: AsyncSession, db: Database) -> None:
    begun = await make_shift(session, in_days(-1, 9))
    gone = await make_booking(session, begun, scene.cast.colleague)
    waiting = await make_booking(session, scene.old, scene.cast.colleague, "waitlisted")
    waits_there = await make_booking(session, scene.new, scene.cast.volunteer, "waitlisted")
    await session.commit()
    assert waits_there.id
    for booking, code in ((gone, "shift_started"), (waiting, "not_seated"), (scene.booking, "already_there")):
        with pytest.raises(Refusal) as refused:
            async with db.writing() as acting:
                await move(acting, by=scene.cast.coordinator, booking_id=booking.id, shift_id=scene.new.id)
        assert refused.value.code == code
    async with db.writing() as acting:
        await actions.remove(acting, by=scene.cast.coordinator, booking_id=scene.booking.id, reason="Vu ensemble")
    with pytest.raises(Refusal) as refused:
        await scene.go(db)
    assert refused.value.code == "not_seated"


async def test_a_warning_takes_a_reason_that_is_kept_and_not_sent(
    scene: Scene, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    await make_booking(session, scene.new, scene.cast.colleague)
    await make_wish(session, scene.cast.volunteer, scene.cast.colleague)
    await make_stretch(session, scene.cast.volunteer, in_days(4).weekday(), 0, 1440)
    await session.commit()
    with pytest.raises(Invalid) as unanswered:
        await scene.go(db)
    assert "Malik Collègue" in unanswered.value.errors["reason"]
    assert (await states(db, scene.cast.volunteer))[str(scene.old.id)] == "confirmed"
    moved = await scene.go(db, reason="Une seule fois, vu avec Malik")
    assert [one.code for one in moved.warnings] == ["unavailable", "pair_wish"]
    [mail] = await mailbox()
    assert "Indisponible" in mail.text_body
    assert "Malik" not in mail.text_body + mail.html_body
    assert "ensemble" not in mail.text_body + mail.html_body
    async with db.reading() as looking:
        kept = await looking.scalar(select(BookingEvent.reason).where(BookingEvent.booking_id == moved.new.id))
        details = [str(one.detail) for one in await looking.scalars(select(AuditEvent))]
    assert kept == "Une seule fois, vu avec Malik"
    assert not any("pair_wish" in one or "Malik Collègue" in one for one in details)


async def test_both_queues_are_settled_and_nobody_is_moved_in_front_of_one(
    scene: Scene, session: AsyncSession, db: Database
) -> None:
    waiting = await make_volunteer(session, name="Zoé Attente")
    other = await make_volunteer(session, name="Tom Attente")
    await make_booking(session, scene.old, scene.cast.colleague)
    await make_booking(session, scene.old, waiting, "waitlisted")
    await make_booking(session, scene.new, other, "waitlisted")
    small = await make_shift(session, in_days(5, 9), capacity=1, min_staff=1)
    await make_booking(session, small, other, "waitlisted")
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await scene.go(db, small)
    assert refused.value.code == "shift_full", "the one free place is for who waits"
    await scene.go(db)
    assert (await states(db, waiting))[str(scene.old.id)] == "offered"
    assert (await states(db, other))[str(scene.new.id)] == "offered", "the second place goes to the queue"
    assert (await states(db, scene.cast.volunteer))[str(scene.new.id)] == "confirmed"


async def race(url: str, scene: Scene, tries: list[tuple[Booking, Shift]]) -> Counter[str]:
    databases = [Database(url), Database(url)]

    async def one(number: int, booking: Booking, shift: Shift) -> str:
        try:
            async with databases[number % 2].writing() as session:
                await move(session, by=scene.cast.coordinator, booking_id=booking.id, shift_id=shift.id)
                return "moved"
        except Refusal as refusal:
            return refusal.code

    try:
        return Counter(await asyncio.gather(*(one(n, *given) for n, given in enumerate(tries))))
    finally:
        for database in databases:
            await database.dispose()


async def crowd(session: AsyncSession, count: int) -> tuple[list[Booking], Shift]:
    """So many people, each alone on a shift of the same day, and one shift with a single place."""
    seats = []
    for n in range(count):
        shift = await make_shift(session, in_days(3, 9 + n % 3))
        seats.append(await make_booking(session, shift, await make_volunteer(session)))
    target = await make_shift(session, in_days(4, 14), capacity=1, min_staff=1)
    await session.commit()
    return seats, target


async def test_many_are_moved_to_the_last_place_and_one_gets_it(
    scene: Scene, session: AsyncSession, db: Database, engine_url: str
) -> None:
    seats, target = await crowd(session, 6)
    assert await race(engine_url, scene, [(one, target) for one in seats]) == {"moved": 1, "shift_full": 5}
    async with db.reading() as looking:
        confirmed = list(await looking.scalars(select(Booking).where(Booking.state == "confirmed")))
    assert sum(one.shift_id == target.id for one in confirmed) == 1
    assert len(confirmed) == 7, "whoever was refused keeps their seat"


async def test_one_seat_moves_once_and_crossing_moves_never_lock_in_a_circle(
    scene: Scene, session: AsyncSession, db: Database, engine_url: str
) -> None:
    one = await make_shift(session, in_days(7, 9))
    two = await make_shift(session, in_days(8, 9))
    first = await make_booking(session, one, scene.cast.colleague)
    second = await make_booking(session, two, await make_volunteer(session))
    await session.commit()
    tries = [(scene.booking, scene.new), (scene.booking, one), (first, two), (second, one)] * 2
    outcome = await race(engine_url, scene, tries)
    # Who comes first decides who finds a place; nobody waits for ever and nobody loses a seat.
    assert outcome["moved"] >= 2
    assert outcome["moved"] + outcome["not_seated"] + outcome["already_there"] + outcome["shift_full"] == 8
    async with db.reading() as looking:
        confirmed = list(await looking.scalars(select(Booking).where(Booking.state == "confirmed")))
    assert len(confirmed) == 3
    assert len({one.volunteer_id for one in confirmed}) == 3


async def test_on_postgresql_the_race_overbooks_when_the_lock_is_taken_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same verb without its locks and the database's guards."""
    db = Database(postgres_url)
    async with db.writing() as session:
        cast = await make_cast(session)
        await without_newcomers(session)
        seats, target = await crowd(session, 4)
    scene = Scene(cast, target, target, seats[0])
    await without_guards(db)
    everybody_looked = asyncio.Barrier(len(seats))
    look = moving._left_by_queue

    async def look_then_wait(acting: AsyncSession, facts: ShiftFacts) -> int:
        free = await look(acting, facts)
        async with asyncio.timeout(30):
            await everybody_looked.wait()
        return free

    async def no_lock(acting: AsyncSession, *_given: object, **_named: object) -> None:
        return None

    monkeypatch.setattr(moving, "_left_by_queue", look_then_wait)
    monkeypatch.setattr(steps, "hold", no_lock)
    assert await race(postgres_url, scene, [(one, target) for one in seats]) == {"moved": len(seats)}
    await db.dispose()
