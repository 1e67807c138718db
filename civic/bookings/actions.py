"""The verbs of a place on a shift: book, withdraw, remove.

Locks are taken in one order, shifts by id before people by id, so that two requests never wait for one another in a
circle. Freeing a seat and offering it to the queue are one transaction.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import alerts, mails, queries, rules, steps, waitlist
from civic.bookings.models import LIVE, Booking, BookingEvent
from civic.bookings.people import people_of
from civic.bookings.values import Company, Held, Person, ShiftFacts
from civic.bookings.wishes import company_for
from civic.errors import Finding, Invalid, NotFound, Refusal
from civic.i18n import _
from civic.shifts.actions import lock


@dataclass(frozen=True, slots=True)
class Placed:
    """What a booking call ended with; `made` is false when the place was held already."""

    booking: Booking
    position: int | None
    made: bool
    warnings: tuple[Finding, ...] = ()


async def book(session: AsyncSession, *, by: User, volunteer_id: UUID, shift_id: UUID, reason: str = "") -> Placed:
    """Give a volunteer a seat, or a place in the queue when none is free; the same call again changes nothing.

    Raises NotFound (shift, volunteer), Refusal with every broken rule, and Invalid (`reason`) when somebody else
    assigns against a warning and does not say why.
    """
    unsettled = await steps.unsettled_on(session, await lock(session, shift_id))
    await steps.lock_people(session, {volunteer_id, *unsettled})
    shift, person, holdings, seated = await _situation(session, shift_id, volunteer_id)
    own = by.id == person.user_id
    beside = Company(seated) if own else await company_for(session, volunteer_id, seated)
    warnings = tuple(rules.advise(person, shift, holdings, beside))
    # The mail and the audit log are read by others than coordinators.
    told = rules.open_to_all(warnings)
    held = await steps.live_on(session, shift_id, volunteer_id)
    if held:
        return await _again(session, by, held, shift, warnings)
    found = rules.judge(person, shift, holdings, clock.now(), own=own)
    if found:
        raise Refusal.of(found)
    if warnings and not own and not reason:
        raise unanswered(warnings)
    if unsettled:
        # Somebody in the queue may have become eligible since: a newcomer never jumps it.
        await waitlist.settle(session, shift)
    behind = await _queue_first(session, shift) if unsettled else False
    free = not behind and await steps.free_seats(session, shift) > 0
    if free:
        await waitlist.drop_overdue(session, [volunteer_id])
    detail = {waitlist.BEHIND: True} if behind else {}
    booking = await insert(session, by, shift, person, "confirmed" if free else "waitlisted", reason, detail)
    audited = {"state": booking.state, "warnings": [one.code for one in told]}
    audit.record(session, by=by, verb="booking.made", subject=booking, detail=audited)
    await mails.placed(session, booking, shift, person, assigned=not own, warnings=told)
    await alerts.tell_tutor(session, booking, shift, told)
    return Placed(booking, await steps.position(session, booking), True, warnings)


async def accept(session: AsyncSession, *, by: User, booking_id: UUID) -> Placed:
    """Take an offered place, with what to think of twice. Raises as waitlist.accept."""
    booking = await waitlist.accept(session, by=by, booking_id=booking_id)
    shift, person, holdings, seated = await _situation(session, booking.shift_id, booking.volunteer_id)
    return Placed(booking, None, False, tuple(rules.advise(person, shift, holdings, Company(seated))))


async def _again(
    session: AsyncSession, by: User, held: Booking, shift: ShiftFacts, warnings: tuple[Finding, ...]
) -> Placed:
    """The same call once more tells the state; close to the start it takes a place that has come free."""
    if held.state == "waitlisted" and rules.in_rush(shift, clock.now()):
        try:
            await waitlist.take(session, held, shift, by=by)
        except Refusal as refusal:
            if refusal.code not in ("no_offer", "queue_first"):
                raise
    return Placed(held, await steps.position(session, held), False, warnings)


async def withdraw(session: AsyncSession, *, by: User, volunteer_id: UUID, shift_id: UUID) -> None:
    """Give a place back; nothing happens when none is held. Raises Refusal `cancel_too_late` within 24 h."""
    shift, near = await _with_neighbours(session, shift_id, volunteer_id)
    booking = await steps.live_on(session, shift_id, volunteer_id)
    if booking is None:
        return
    refusal = rules.may_withdraw(booking.state, shift, clock.now())
    if refusal:
        raise refusal
    was = booking.state
    await steps.end(session, booking, "declined" if was == "offered" else "withdrawn", by=by)
    await mails.withdrawn(session, booking, shift, was)
    await waitlist.replay(session, [shift.id, *near])
    await alerts.left_alone(session, shift, [booking.id])


async def remove(session: AsyncSession, *, by: User, booking_id: UUID, reason: str) -> None:
    """A coordinator takes somebody off a shift and says why; they are told by mail."""
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise NotFound
    shift, near = await _with_neighbours(session, booking.shift_id, booking.volunteer_id)
    await session.refresh(booking, with_for_update=True)
    if booking.state not in LIVE:
        return
    if shift.times.ends_at <= clock.now():
        raise Refusal("shift_ended", _("Ce créneau est fini : notez plutôt une absence."))
    if await steps.noted_on(session, shift.id, booking.id):
        raise Refusal("attendance_noted", _("Sa présence est notée : corrigez plutôt les heures."))
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    was = booking.state
    await steps.end(session, booking, "removed", by=by, reason=reason)
    await mails.removed(session, booking, shift, person, reason, was)
    await waitlist.replay(session, [shift.id, *near])
    await alerts.left_alone(session, shift, [booking.id])


async def _with_neighbours(session: AsyncSession, shift_id: UUID, volunteer_id: UUID) -> tuple[ShiftFacts, list[UUID]]:
    """Hold a shift together with those that its holder waits for nearby; a queue joined since is settled later."""
    facts = await queries.shift_facts(session, [shift_id])
    if shift_id not in facts:
        raise NotFound
    near = await steps.waited_near(session, [volunteer_id], facts[shift_id])
    await steps.hold(session, [shift_id, *near], [volunteer_id])
    return (await queries.shift_facts(session, [shift_id]))[shift_id], near


async def _situation(
    session: AsyncSession, shift_id: UUID, volunteer_id: UUID
) -> tuple[ShiftFacts, Person, list[Held], tuple[Held, ...]]:
    people = await people_of(session, [volunteer_id])
    if volunteer_id not in people:
        raise NotFound
    shift = (await queries.shift_facts(session, [shift_id]))[shift_id]
    holdings, seated = await steps.situation_of(session, volunteer_id, shift)
    return shift, people[volunteer_id], holdings, tuple(seated)


async def _queue_first(session: AsyncSession, shift: ShiftFacts) -> bool:
    """Whether a free place belongs to the queue: close to the start it waits for the first of them who answers."""
    if not rules.in_rush(shift, clock.now()) or await steps.free_seats(session, shift) <= 0:
        return False
    return await waitlist.may_take(session, await steps.waiting_on(session, shift.id), shift)


def unanswered(warnings: tuple[Finding, ...]) -> Invalid:
    listed = " ".join(one.title for one in warnings)
    message = _("Dites pourquoi malgré cet avertissement : %(warnings)s") % {"warnings": listed}
    return Invalid({"reason": message}, message)


async def insert(
    session: AsyncSession, by: User, shift: ShiftFacts, person: Person, state: str, reason: str, detail: dict[str, Any]
) -> Booking:
    booking = Booking(
        shift_id=shift.id,
        volunteer_id=person.volunteer_id,
        starts_at=shift.times.starts_at,
        ends_at=shift.times.ends_at,
        state=state,
        queue_key=await steps.next_key(session, shift.id),
        reason=reason,
        created_by_id=by.id,
    )
    try:
        async with session.begin_nested():
            session.add(booking)
    except IntegrityError as error:
        # The locks above make this unreachable; the database's own guard stands behind them all the same.
        raise Refusal("shift_full", _("Cette place vient d’être prise. Rechargez la page.")) from error
    session.add(BookingEvent(booking_id=booking.id, state=state, by_id=by.id, reason=reason, detail=detail))
    return booking
