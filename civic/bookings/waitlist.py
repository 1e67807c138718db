"""The queue of a shift: a freed place is offered to the first who may take it, held until a deadline, then to the next.

Close to the start (`rush_hours`) there is no time to wait for one person: everybody in the queue is told, and the first
who answers has the place. An offer is past at its deadline, whether or not anything has run since.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import mails, queries, rules
from civic.bookings.models import Booking
from civic.bookings.people import people_of
from civic.bookings.steps import (
    change_state,
    end,
    free_seats,
    holdings_of,
    lock_people,
    lock_shifts,
    waiting_on,
)
from civic.bookings.values import ShiftFacts
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.shifts.actions import lock


async def settle(session: AsyncSession, shift: ShiftFacts) -> list[Booking]:
    """Write down the offers that are past, then offer every free place of a locked shift; returns the new offers."""
    await expire(session, await _overdue(session, shift_ids=[shift.id]))
    if shift.times.starts_at <= clock.now() or shift.state != "published":
        return []
    free = await free_seats(session, shift)
    waiting = await waiting_on(session, shift.id) if free > 0 else []
    if not waiting:
        return []
    ids = [one.volunteer_id for one in waiting]
    await lock_people(session, ids)
    people = await people_of(session, ids)
    holdings = await holdings_of(session, ids, shift)
    now = clock.now()
    if rules.in_rush(shift, now):
        for held in waiting:
            if rules.first_eligible([held], people, holdings, shift, now):
                await mails.rush(session, held.booking_id, shift, people[held.volunteer_id], free)
        return []
    offered: list[Booking] = []
    while len(offered) < free:
        chosen = rules.first_eligible(waiting, people, holdings, shift, now)
        if chosen is None:
            break
        waiting = [one for one in waiting if one.booking_id != chosen.booking_id]
        booking = await session.get_one(Booking, chosen.booking_id)
        booking.offer_expires_at = rules.offer_deadline(shift, now)
        await change_state(session, booking, "offered", by=None)
        audit.record(session, by=None, verb="booking.offered", subject=booking)
        await mails.offered(session, booking, shift, people[chosen.volunteer_id])
        offered.append(booking)
    return offered


async def replay(session: AsyncSession, shift_ids: Iterable[UUID]) -> None:
    """Settle some locked shifts again, after something that their queues' people hold, or may do, has changed."""
    for shift in (await queries.shift_facts(session, list(shift_ids))).values():
        await settle(session, shift)


async def accept(session: AsyncSession, *, by: User, booking_id: UUID) -> Booking:
    """Take the offered place; again gives the same. Raises NotFound, and Refusal `offer_expired`, `no_offer` or the
    rules that the person has come to break meanwhile."""
    booking, shift = await _answering(session, booking_id)
    if booking.state == "confirmed":
        return booking
    await lock_people(session, [booking.volunteer_id])
    await _check_offer(session, booking, shift)
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    held = (await holdings_of(session, [booking.volunteer_id], shift))[booking.volunteer_id]
    found = rules.judge(person, shift, held, clock.now())
    if found:
        raise Refusal.of(found)
    await drop_overdue(session, [booking.volunteer_id])
    await change_state(session, booking, "confirmed", by=by)
    audit.record(session, by=by, verb="booking.accepted", subject=booking)
    await mails.accepted(session, booking, shift, person)
    return booking


async def decline(session: AsyncSession, *, by: User, booking_id: UUID) -> None:
    """Leave the offered place to the next, and the queue with it; again changes nothing."""
    booking, shift = await _answering(session, booking_id)
    if booking.state == "declined":
        return
    if booking.state != "offered":
        raise _no_offer(booking)
    if rules.overdue(booking.offer_expires_at, clock.now()):
        raise _expired()
    await end(session, booking, "declined", by=by)
    await settle(session, shift)


async def expire(session: AsyncSession, bookings: Collection[Booking]) -> None:
    """Write down that offers are past: off the list, and told."""
    for booking in bookings:
        await end(session, booking, "expired", by=None)
    shifts = await queries.shift_facts(session, {one.shift_id for one in bookings})
    people = await people_of(session, {one.volunteer_id for one in bookings}) if bookings else {}
    for booking in bookings:
        await mails.expired(session, booking, shifts[booking.shift_id], people[booking.volunteer_id])


async def drop_overdue(session: AsyncSession, volunteer_ids: Collection[UUID]) -> None:
    """Write down people's past offers on any shift: the database's guards know states and not deadlines.

    The places freed so are offered on by the next settling of those shifts.
    """
    await expire(session, await _overdue(session, volunteer_ids=volunteer_ids))


async def unsettled(session: AsyncSession) -> list[UUID]:
    """Coming shifts with a past offer, or with both a queue and a free place: the regular task settles them."""
    late = select(Booking.shift_id).where(Booking.state == "offered", Booking.offer_expires_at <= clock.now())
    found = set(await session.scalars(late))
    return sorted(found | set(await queries.free_beside_queue(session)))


async def settle_one(session: AsyncSession, shift_id: UUID) -> None:
    """Lock a shift and settle it."""
    await lock_shifts(session, [shift_id])
    await replay(session, [shift_id])


async def _overdue(
    session: AsyncSession, *, shift_ids: Collection[UUID] = (), volunteer_ids: Collection[UUID] = ()
) -> list[Booking]:
    whose = Booking.shift_id.in_(shift_ids) if shift_ids else Booking.volunteer_id.in_(volunteer_ids)
    chosen = select(Booking).where(whose, Booking.state == "offered", Booking.offer_expires_at <= clock.now())
    return list(await session.scalars(chosen.order_by(Booking.id).with_for_update()))


async def _answering(session: AsyncSession, booking_id: UUID) -> tuple[Booking, ShiftFacts]:
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise NotFound
    await lock(session, booking.shift_id)
    await session.refresh(booking, with_for_update=True)
    return booking, (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]


async def _check_offer(session: AsyncSession, booking: Booking, shift: ShiftFacts) -> None:
    if booking.state == "offered" and not rules.overdue(booking.offer_expires_at, clock.now()):
        return
    if booking.state in ("offered", "expired", "declined"):
        raise _expired()
    if booking.state == "waitlisted" and rules.in_rush(shift, clock.now()) and await free_seats(session, shift) > 0:
        await expire(session, await _overdue(session, shift_ids=[shift.id]))
        return
    raise _no_offer(booking)


def _expired() -> Refusal:
    return Refusal("offer_expired", _("Cette proposition est passée : la place est allée à la personne suivante."))


def _no_offer(booking: Booking) -> Refusal:
    if booking.state in ("expired", "declined"):
        return _expired()
    return Refusal("no_offer", _("Aucune place ne vous est proposée en ce moment sur ce créneau."))
