"""The verbs of a place on a shift, on both engines."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings import actions, attendance, cancelling, changes
from civic.bookings.models import Attendance, Booking, BookingEvent
from civic.db import Database
from civic.errors import Invalid, NotFound, Refusal
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.volunteers.models import Volunteer
from tests.factories.accounts import make_user
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


async def take(db: Database, volunteer: Volunteer, shift: Shift) -> actions.Placed:
    async with db.writing() as session:
        return await actions.book(session, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)


async def give_back(db: Database, volunteer: Volunteer, shift: Shift) -> None:
    async with db.writing() as session:
        await actions.withdraw(session, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)


def values_of(shift: Shift) -> ShiftValues:
    return ShiftValues(**{name: getattr(shift, name) for name in ShiftValues.__slots__})


async def states(db: Database, shift: Shift) -> dict[object, str]:
    async with db.reading() as session:
        rows = await session.scalars(select(Booking).where(Booking.shift_id == shift.id).order_by(Booking.queue_key))
        return {row.volunteer_id: row.state for row in rows}


async def test_a_booking_its_history_its_audit_and_its_mail_are_one(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session)
    await session.commit()
    placed = await take(db, volunteer, shift)
    assert (placed.booking.state, placed.position, placed.made) == ("confirmed", None, True)
    async with db.reading() as looking:
        events = list(await looking.scalars(select(BookingEvent)))
        audited = list(await looking.scalars(select(AuditEvent.verb)))
    assert [(one.booking_id, one.state, one.by_id) for one in events] == [
        (placed.booking.id, "confirmed", volunteer.user_id)
    ]
    assert audited == ["booking.made"]
    [mail] = await mailbox()
    assert mail.recipient == volunteer.user.email
    assert "réservé" in mail.subject
    assert f"/creneaux/{shift.id}" in mail.text_body
    assert f"/creneaux/{shift.id}" in mail.html_body


async def test_the_same_call_again_changes_nothing(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session)
    await session.commit()
    first, second = await take(db, volunteer, shift), await take(db, volunteer, shift)
    assert (second.booking.id, second.made) == (first.booking.id, False)
    assert len(await mailbox()) == 1


async def test_a_refusal_writes_nothing(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    volunteer, shift = await make_volunteer(session, ready=False), await make_shift(session)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await take(db, volunteer, shift)
    assert refused.value.code == "contract_ready"
    assert await states(db, shift) == {}
    assert await mailbox() == []


async def test_a_full_shift_waitlists_and_a_freed_seat_goes_to_the_first_eligible(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    people = [await make_volunteer(session, name=f"Volontaire {n}") for n in range(4)]
    shift = await make_shift(session, capacity=1, min_staff=1)
    elsewhere = await make_shift(session)
    await session.commit()
    placed = [await take(db, one, shift) for one in people]
    assert [(one.booking.state, one.position) for one in placed] == [
        ("confirmed", None),
        ("waitlisted", 1),
        ("waitlisted", 2),
        ("waitlisted", 3),
    ]
    # The head of the queue takes the same hours elsewhere: the seat goes to the next one.
    await take(db, people[1], elsewhere)
    await give_back(db, people[0], shift)
    assert await states(db, shift) == {
        people[0].id: "withdrawn",
        people[1].id: "waitlisted",
        people[2].id: "offered",
        people[3].id: "waitlisted",
    }
    told = [mail for mail in await mailbox() if mail.kind == "booking_offered"]
    assert [mail.recipient for mail in told] == [people[2].user.email]


async def test_a_newcomer_never_jumps_a_queue_that_became_eligible(session: AsyncSession, db: Database) -> None:
    first, second, newcomer = [await make_volunteer(session) for _ in range(3)]
    shift, elsewhere = await make_shift(session, capacity=1, min_staff=1), await make_shift(session)
    await make_booking(session, shift, first)
    await make_booking(session, shift, second, "waitlisted")
    await make_booking(session, elsewhere, second)
    await session.commit()
    await give_back(db, first, shift)  # nobody may take it yet
    await give_back(db, second, elsewhere)  # now the second may
    placed = await take(db, newcomer, shift)
    assert placed.booking.state == "waitlisted"
    assert (await states(db, shift))[second.id] == "offered"


async def test_a_withdrawal_again_or_without_a_place_is_fine(session: AsyncSession, db: Database) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session)
    await session.commit()
    await give_back(db, volunteer, shift)
    await take(db, volunteer, shift)
    await give_back(db, volunteer, shift)
    await give_back(db, volunteer, shift)
    again = await take(db, volunteer, shift)
    assert again.made
    assert again.booking.state == "confirmed"
    async with db.reading() as looking:
        assert len(list(await looking.scalars(select(Booking)))) == 2


async def test_within_a_day_of_the_start_a_seat_stays_but_a_queue_can_be_left(
    session: AsyncSession, db: Database
) -> None:
    seated, waiting = await make_volunteer(session), await make_volunteer(session)
    shift = await make_shift(session, capacity=1, min_staff=1)
    await make_booking(session, shift, seated)
    await make_booking(session, shift, waiting, "waitlisted")
    await session.commit()
    with time_machine.travel(shift.starts_at - timedelta(hours=23), tick=False):
        with pytest.raises(Refusal, match="24\u00a0h"):
            await give_back(db, seated, shift)
        await give_back(db, waiting, shift)
    assert await states(db, shift) == {seated.id: "confirmed", waiting.id: "withdrawn"}


async def test_a_coordinator_removes_with_a_reason_that_is_told(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    coordinator = await make_user(session, "coordinator")
    out, heir = await make_volunteer(session), await make_volunteer(session)
    shift = await make_shift(session, capacity=1, min_staff=1)
    booking = await make_booking(session, shift, out)
    await make_booking(session, shift, heir, "waitlisted")
    await session.commit()
    for _ in range(2):
        async with db.writing() as acting:
            await actions.remove(acting, by=coordinator, booking_id=booking.id, reason="Besoin ailleurs")
    assert await states(db, shift) == {out.id: "removed", heir.id: "offered"}
    mails = {mail.recipient: mail for mail in await mailbox()}
    assert "Besoin ailleurs" in mails[out.user.email].text_body
    assert mails[heir.user.email].kind == "booking_offered"


async def test_an_unknown_shift_or_volunteer_is_not_found(session: AsyncSession, db: Database) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session)
    await session.commit()
    async with db.writing() as acting:
        with pytest.raises(NotFound):
            await actions.book(acting, by=volunteer.user, volunteer_id=volunteer.id, shift_id=volunteer.id)
        with pytest.raises(NotFound):
            await actions.book(acting, by=volunteer.user, volunteer_id=shift.id, shift_id=shift.id)


async def test_attendance_waits_for_the_start_and_can_be_corrected(session: AsyncSession, db: Database) -> None:
    coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
    shift = await make_shift(session, in_days(1, 9), hours=3.5, break_minutes=30)
    booking = await make_booking(session, shift, volunteer)
    await session.commit()

    async def note(state: str, hours: str | None = None) -> Attendance:
        given = Decimal(hours) if hours else None
        async with db.writing() as acting:
            return await attendance.note(acting, by=coordinator, booking_id=booking.id, state=state, hours=given)

    with pytest.raises(Refusal) as early:
        await note("present")
    assert early.value.code == "shift_not_started"
    with time_machine.travel(shift.starts_at + timedelta(minutes=1), tick=False):
        assert float((await note("present")).hours) == 3.0
        assert float((await note("present", "2.5")).hours) == 2.5
        assert float((await note("absent")).hours) == 0
        with pytest.raises(Invalid):
            await note("absent", "2")
        with pytest.raises(Invalid):
            await note("present", "0")
    async with db.reading() as looking:
        [row] = await looking.scalars(select(Attendance))
        details = [event.detail for event in await looking.scalars(select(AuditEvent).order_by(AuditEvent.at))]
    assert row.state == "absent"
    assert details[-1]["before"]["state"] == "present"


async def test_a_withdrawn_place_takes_no_attendance(session: AsyncSession, db: Database) -> None:
    coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
    shift = await make_shift(session, clock.now() - timedelta(hours=1))
    booking = await make_booking(session, shift, volunteer, "withdrawn")
    await session.commit()
    async with db.writing() as acting:
        with pytest.raises(Refusal) as refused:
            await attendance.note(acting, by=coordinator, booking_id=booking.id, state="present")
    assert refused.value.code == "not_confirmed"


async def test_every_mail_has_one_line_of_subject_and_greets(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    """A block that ends the first line of a template would swallow the line's end, greeting included."""
    people = [await make_volunteer(session, name=f"Zoé {n}") for n in range(3)]
    coordinator = await make_user(session, "coordinator")
    shift = await make_shift(session, capacity=1, min_staff=1)
    await session.commit()
    for one in people:
        await take(db, one, shift)
    async with db.writing() as acting:
        values = replace(values_of(shift), starts_at=shift.starts_at + timedelta(minutes=30))
        await changes.edit_shift(acting, by=coordinator, shift_id=shift.id, values=values, version=None, confirm=True)
    await give_back(db, people[0], shift)
    async with db.writing() as acting:
        await cancelling.cancel_shift(acting, by=coordinator, shift_id=shift.id, reason="Tempête")
    mails = await mailbox()
    assert {mail.kind for mail in mails} == {
        "booking_placed",
        "shift_changed",
        "booking_offered",
        "booking_withdrawn",
        "shift_cancelled",
    }
    for mail in mails:
        assert "Bonjour" not in mail.subject
        assert mail.text_body.startswith("Bonjour Zoé,\n")
        assert mail.subject[-4:].isdigit()
        assert "\n\n\n" not in mail.text_body
    queued = [mail for mail in mails if mail.kind == "shift_changed" and mail.recipient == people[2].user.email]
    assert "rang dans la liste d’attente" in queued[0].text_body
