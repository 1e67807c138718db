"""The verbs of a place on a shift: book, assign, withdraw, remove, and the promotion of a queue.

Locks are taken in one order, the shift before its people and people by id, so that two requests never wait for one
another in a circle. Freeing a seat and filling it from the queue are one transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import mails, queries, rules
from civic.bookings.models import LIVE, SEATED, Booking, BookingEvent
from civic.bookings.people import people_of
from civic.bookings.values import Held, Person, ShiftFacts
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.shifts.actions import lock
from civic.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class Placed:
    """What a booking call ended with; `made` is false when the place was held already."""

    booking: Booking
    position: int | None
    made: bool


async def book(session: AsyncSession, *, by: User, volunteer_id: UUID, shift_id: UUID, reason: str = "") -> Placed:
    """Give a volunteer a seat, or a place in the queue when none is free; the same call again changes nothing.

    Raises NotFound (shift, volunteer) and Refusal with every broken rule. Warnings never refuse here.
    """
    await lock(session, shift_id)
    held = await _live(session, shift_id, volunteer_id)
    if held:
        return Placed(held, await position(session, held), made=False)
    shift, person, holdings = await _situation(session, shift_id, volunteer_id)
    found = rules.judge(person, shift, holdings, clock.now())
    if found:
        raise Refusal.of(found)
    # Somebody in the queue may have become eligible since: a newcomer never jumps it.
    await promote(session, shift)
    state = "confirmed" if await _free_seats(session, shift) > 0 else "waitlisted"
    booking = await _insert(session, by, shift, person, state, reason)
    audit.record(session, by=by, verb="booking.made", subject=booking, detail={"state": state})
    await mails.placed(session, booking, shift, person, assigned=by.id != person.user_id)
    return Placed(booking, await position(session, booking), made=True)


async def withdraw(session: AsyncSession, *, by: User, volunteer_id: UUID, shift_id: UUID) -> None:
    """Give a place back; nothing happens when none is held. Raises Refusal `cancel_too_late` within 24 h."""
    await lock(session, shift_id)
    booking = await _live(session, shift_id, volunteer_id)
    if booking is None:
        return
    shift = (await queries.shift_facts(session, [shift_id]))[shift_id]
    refusal = rules.may_withdraw(booking.state, shift, clock.now())
    if refusal:
        raise refusal
    await _end(session, booking, "withdrawn", by=by)
    await promote(session, shift)


async def remove(session: AsyncSession, *, by: User, booking_id: UUID, reason: str) -> None:
    """A coordinator takes somebody off a shift and says why; they are told by mail."""
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise NotFound
    await lock(session, booking.shift_id)
    await session.refresh(booking, with_for_update=True)
    if booking.state not in LIVE:
        return
    shift = (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    if shift.times.ends_at <= clock.now():
        raise Refusal("shift_ended", _("Ce créneau est fini : notez plutôt une absence."))
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    await _end(session, booking, "removed", by=by, reason=reason)
    await mails.removed(session, booking, shift, person, reason)
    await promote(session, shift)


async def promote(session: AsyncSession, shift: ShiftFacts) -> list[Booking]:
    """Fill the free seats of a locked shift with the first of its queue who may take them now."""
    free = await _free_seats(session, shift)
    waiting = await _waiting(session, shift.id)
    if free <= 0 or not waiting or shift.times.starts_at <= clock.now() or shift.state != "published":
        return []
    ids = [one.volunteer_id for one in waiting]
    await lock_people(session, ids)
    people = await people_of(session, ids)
    holdings = await holdings_of(session, ids, shift)
    promoted = []
    while free > 0:
        chosen = rules.first_eligible(waiting, people, holdings, shift, clock.now())
        if chosen is None:
            break
        waiting = [one for one in waiting if one.booking_id != chosen.booking_id]
        booking = await session.get_one(Booking, chosen.booking_id)
        await change_state(session, booking, "confirmed", by=None)
        audit.record(session, by=None, verb="booking.promoted", subject=booking)
        await mails.promoted(session, booking, shift, people[chosen.volunteer_id])
        promoted.append(booking)
        free -= 1
    return promoted


async def holdings_of(
    session: AsyncSession, volunteer_ids: Collection[UUID], shift: ShiftFacts
) -> dict[UUID, list[Held]]:
    """What people hold near a shift, by person."""
    since = shift.times.starts_at - rules.HORIZON
    found: dict[UUID, list[Held]] = {one: [] for one in volunteer_ids}
    for held in await queries.live_bookings(session, volunteer_ids=volunteer_ids, since=since):
        found[held.volunteer_id].append(held)
    return found


async def change_state(
    session: AsyncSession,
    booking: Booking,
    state: str,
    *,
    by: User | None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Move a booking on and keep the step in its history."""
    booking.state = state
    event = BookingEvent(booking_id=booking.id, state=state, by_id=by.id if by else None, reason=reason)
    event.detail = detail or {}
    session.add(event)
    await session.flush()


async def position(session: AsyncSession, booking: Booking) -> int | None:
    """The place in the queue, from 1; None for a seat."""
    if booking.state != "waitlisted":
        return None
    waiting = await _waiting(session, booking.shift_id)
    return next(rank for rank, one in enumerate(waiting, start=1) if one.booking_id == booking.id)


async def _end(session: AsyncSession, booking: Booking, state: str, *, by: User, reason: str = "") -> None:
    await change_state(session, booking, state, by=by, reason=reason)
    audit.record(session, by=by, verb=f"booking.{state}", subject=booking, detail={"reason": reason} if reason else {})


async def _situation(
    session: AsyncSession, shift_id: UUID, volunteer_id: UUID
) -> tuple[ShiftFacts, Person, list[Held]]:
    await lock_people(session, [volunteer_id])
    people = await people_of(session, [volunteer_id])
    if volunteer_id not in people:
        raise NotFound
    shift = (await queries.shift_facts(session, [shift_id]))[shift_id]
    holdings = await holdings_of(session, [volunteer_id], shift)
    return shift, people[volunteer_id], holdings[volunteer_id]


async def lock_people(session: AsyncSession, volunteer_ids: Collection[UUID]) -> None:
    """Hold people's time until the commit, so that two shifts cannot take the same hour of theirs at once."""
    chosen = select(Volunteer.id).where(Volunteer.id.in_(volunteer_ids)).order_by(Volunteer.id)
    await session.execute(chosen.with_for_update())


async def _live(session: AsyncSession, shift_id: UUID, volunteer_id: UUID) -> Booking | None:
    chosen = select(Booking).where(
        Booking.shift_id == shift_id, Booking.volunteer_id == volunteer_id, Booking.state.in_(LIVE)
    )
    found: Booking | None = await session.scalar(chosen)
    return found


async def _waiting(session: AsyncSession, shift_id: UUID) -> list[Held]:
    crowd = queries.crowds(await queries.live_bookings(session, shift_ids=[shift_id]))[shift_id]
    return list(crowd.waiting)


async def _free_seats(session: AsyncSession, shift: ShiftFacts) -> int:
    taken = select(Booking.id).where(Booking.shift_id == shift.id, Booking.state.in_(SEATED))
    return shift.capacity - len((await session.scalars(taken)).all())


async def _insert(
    session: AsyncSession, by: User, shift: ShiftFacts, person: Person, state: str, reason: str
) -> Booking:
    booking = Booking(
        shift_id=shift.id,
        volunteer_id=person.volunteer_id,
        starts_at=shift.times.starts_at,
        ends_at=shift.times.ends_at,
        state=state,
        queue_key=int(clock.now().timestamp() * 1_000_000),
        reason=reason,
        created_by_id=by.id,
    )
    try:
        async with session.begin_nested():
            session.add(booking)
            await session.flush()
            session.add(BookingEvent(booking_id=booking.id, state=state, by_id=by.id, reason=reason))
    except IntegrityError as error:
        # The locks above make this unreachable; the database's own guard stands behind them all the same.
        raise Refusal("shift_full", _("Cette place vient d’être prise. Rechargez la page.")) from error
    return booking
