"""The mail that goes with each fact about a booking, in the same transaction."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock, outbox
from civic.bookings import invites
from civic.bookings.models import Booking
from civic.bookings.people import people_of
from civic.bookings.rules import withdrawal_deadline
from civic.bookings.values import Person, ShiftFacts
from civic.errors import Finding
from civic.formats import day_long, hour_range, moment


def _context(person: Person, shift: ShiftFacts) -> dict[str, object]:
    return {
        "name": person.name.split(" ")[0],
        "site": shift.site_name,
        "commune": shift.commune,
        "day": day_long(shift.times.starts_at),
        "hours": hour_range(shift.times.starts_at, shift.times.ends_at),
        "meeting_place": shift.meeting_place,
        "on_call_number": shift.on_call_number,
        # The page can't undo it any more: the mail must not say so.
        "late": clock.now() > withdrawal_deadline(shift),
        "path": f"/creneaux/{shift.id}",
    }


async def placed(
    session: AsyncSession,
    booking: Booking,
    shift: ShiftFacts,
    person: Person,
    *,
    assigned: bool,
    warnings: Iterable[Finding] = (),
) -> None:
    """A seat or a place in the queue was taken, by the person or for them; `warnings` are what to think of."""
    told = [one.title for one in warnings]
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_placed",
        template="booking_placed",
        context={**_context(person, shift), "state": booking.state, "assigned": assigned, "warnings": told},
        dedupe=f"booking:{booking.id}:placed",
        attachments=await invites.attached(session, booking, shift, person, facts=1),
    )


async def offered(session: AsyncSession, booking: Booking, shift: ShiftFacts, person: Person) -> None:
    """A freed place is held for them until the deadline; a later offer of the same booking is another fact."""
    assert booking.offer_expires_at is not None
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_offered",
        template="booking_offered",
        context={**_context(person, shift), "until": moment(booking.offer_expires_at)},
        dedupe=f"booking:{booking.id}:offered:{booking.offer_expires_at.isoformat()}",
        attachments=await invites.attached(session, booking, shift, person),
    )


async def rush(session: AsyncSession, booking_id: UUID, shift: ShiftFacts, person: Person, free: int) -> None:
    """A place is free close to the start: told once to each of the queue, the first who answers has it."""
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_offered",
        template="booking_rush",
        context={**_context(person, shift), "free": free},
        dedupe=f"booking:{booking_id}:rush:{shift.version}",
    )


async def accepted(
    session: AsyncSession, booking: Booking, shift: ShiftFacts, person: Person, warnings: Iterable[Finding] = ()
) -> None:
    told = [one.title for one in warnings]
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_placed",
        template="booking_placed",
        context={**_context(person, shift), "state": "confirmed", "assigned": False, "warnings": told},
        dedupe=f"booking:{booking.id}:accepted",
        attachments=await invites.attached(session, booking, shift, person),
    )


async def withdrawn(session: AsyncSession, booking: Booking, shift: ShiftFacts, was: str) -> None:
    """They gave back what they had (`was`: the state until now): said once, and taken out of their calendar."""
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_withdrawn",
        template="booking_withdrawn",
        context={**_context(person, shift), "meeting_place": "", "was": was},
        dedupe=f"booking:{booking.id}:withdrawn",
        attachments=await invites.attached(session, booking, shift, person),
    )


async def expired(session: AsyncSession, booking: Booking, shift: ShiftFacts, person: Person) -> None:
    """The deadline passed without an answer; said once, with the way back into the queue."""
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_expired",
        template="booking_expired",
        context=_context(person, shift),
        dedupe=f"booking:{booking.id}:expired",
        attachments=await invites.attached(session, booking, shift, person),
    )


async def removed(
    session: AsyncSession, booking: Booking, shift: ShiftFacts, person: Person, reason: str, was: str
) -> None:
    """Somebody else ended what they had (`was`: the state until now)."""
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_removed",
        template="booking_removed",
        context={**_context(person, shift), "meeting_place": "", "reason": reason, "was": was},
        dedupe=f"booking:{booking.id}:removed",
        attachments=await invites.attached(session, booking, shift, person),
    )


async def cancelled(session: AsyncSession, booking: Booking, shift: ShiftFacts, person: Person, reason: str) -> None:
    """The shift is off: told to whoever had or waited for a place."""
    await outbox.enqueue(
        session,
        to=person.email,
        kind="shift_cancelled",
        template="shift_cancelled",
        context={**_context(person, shift), "meeting_place": "", "reason": reason},
        dedupe=f"booking:{booking.id}:shift_cancelled",
        attachments=await invites.attached(session, booking, shift, person),
    )


async def changed(
    session: AsyncSession,
    booking: Booking,
    before: ShiftFacts,
    after: ShiftFacts,
    person: Person,
    outcome: str,
    why: str = "",
    notices: Sequence[str] = (),
) -> None:
    """The shift moved; `outcome` is kept, offered, queued, waitlisted or ended, `why` the rule's sentence when it
    ended, `notices` what is now to be thought of twice."""
    until = booking.offer_expires_at
    old = _context(person, before)
    await outbox.enqueue(
        session,
        to=person.email,
        kind="shift_changed",
        template="shift_changed",
        context={
            **_context(person, after),
            "old_site": old["site"],
            "old_day": old["day"],
            "old_hours": old["hours"],
            "outcome": outcome,
            "why": why,
            "notices": list(notices),
            "until": moment(until) if until else "",
        },
        dedupe=f"booking:{booking.id}:changed:{after.version}",
        attachments=await invites.attached(session, booking, after, person),
    )


async def moved(
    session: AsyncSession,
    before: tuple[Booking, ShiftFacts],
    after: tuple[Booking, ShiftFacts],
    person: Person,
    *,
    message: str = "",
    warnings: Iterable[Finding] = (),
) -> None:
    """One mail for both shifts: one leaves the calendar, the other enters it; `message` is the coordinator’s own."""
    (old_booking, old), (booking, shift) = before, after
    left = _context(person, old)
    await outbox.enqueue(
        session,
        to=person.email,
        kind="booking_moved",
        template="booking_moved",
        context={
            **_context(person, shift),
            "old_site": left["site"],
            "old_day": left["day"],
            "old_hours": left["hours"],
            "message": message,
            "warnings": [one.title for one in warnings],
        },
        dedupe=f"booking:{booking.id}:moved",
        attachments=[
            *await invites.attached(session, old_booking, old, person),
            *await invites.attached(session, booking, shift, person, facts=1),
        ],
    )
