"""The queue of a shift: a freed place is offered to the first who may take it, held until a deadline, then to the next.

Close to the start (`rush_hours`) there is no time to wait for one person: everybody in the queue is told, and the first
who answers has the place. An offer is past at its deadline, whether or not anything has run since.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import alerts, mails, queries, rules
from civic.bookings.models import ENDED, SEATED, Booking, BookingEvent
from civic.bookings.people import people_of
from civic.bookings.steps import (
    change_state,
    end,
    free_seats,
    hold,
    holdings_of,
    situation_of,
    waited_near,
    waiting_on,
)
from civic.bookings.values import Company, Held, ShiftFacts
from civic.columns import NOW, among
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.shifts.models import Shift

# In the history of somebody who joined the queue while a place was free and called out.
BEHIND = "behind"

_OVERDUE = (
    select(Booking)
    .where(Booking.state == "offered", Booking.offer_expires_at <= NOW)
    .order_by(Booking.id)
    .execution_options(populate_existing=True)
)
# From how many shifts on it is worth a query to find those that have something to settle.
FEW = 4
_UNSETTLED = select(Booking.shift_id).where(
    Booking.shift_id.in_(among("ids")),
    or_(Booking.state == "waitlisted", and_(Booking.state == "offered", Booking.offer_expires_at <= NOW)),
)
_OVERDUE_ON = _OVERDUE.where(Booking.shift_id.in_(among("ids")))
_OVERDUE_OF = _OVERDUE.where(Booking.volunteer_id.in_(among("ids")))


async def settle(session: AsyncSession, shift: ShiftFacts) -> list[Booking]:
    """Write down the offers that are past, then offer every free place of a shift; returns the new offers.

    The shift and its queue are held already (`steps.hold`).
    """
    await expire_on(session, shift.id)
    if shift.times.starts_at <= clock.now() or shift.state != "published":
        return []
    free = await free_seats(session, shift)
    waiting = await waiting_on(session, shift.id) if free > 0 else []
    if not waiting:
        return []
    ids = [one.volunteer_id for one in waiting]
    people, holdings = await people_of(session, ids), await holdings_of(session, ids, shift)
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
        waiting = waiting[waiting.index(chosen) + 1 :]
        await drop_overdue(session, [chosen.volunteer_id])
        booking = await session.get_one(Booking, chosen.booking_id)
        booking.offer_expires_at = rules.offer_deadline(shift, now)
        await change_state(session, booking, "offered", by=None)
        audit.record(session, by=None, verb="booking.offered", subject=booking)
        await mails.offered(session, booking, shift, people[chosen.volunteer_id])
        offered.append(booking)
    return offered


async def replay(session: AsyncSession, shift_ids: Iterable[UUID]) -> None:
    """Settle some held shifts again, after something that their queues' people hold, or may do, has changed."""
    ids = sorted(set(shift_ids))
    # Of the hundreds of a series few have a queue or an offer that is past: the others have nothing to settle.
    ids = ids if len(ids) < FEW else sorted(set(await session.scalars(_UNSETTLED, {"ids": ids})))
    facts = await queries.shift_facts(session, ids)
    for shift_id in ids:
        await settle(session, facts[shift_id])


async def accept(session: AsyncSession, *, by: User, booking_id: UUID) -> Booking:
    """Take the offered place; again gives the same. Raises NotFound, and Refusal `offer_expired`, `no_offer` or the
    rules that the person has come to break meanwhile."""
    booking = await _found(session, booking_id)
    await hold(session, [booking.shift_id], [booking.volunteer_id])
    await session.refresh(booking)
    shift = (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    if booking.state != "confirmed":
        await take(session, booking, shift, by=by)
    return booking


async def take(session: AsyncSession, booking: Booking, shift: ShiftFacts, *, by: User) -> None:
    """Turn an offer, or close to the start a place in the queue, into a seat. The shift and the person are held."""
    await _check_offer(session, booking, shift)
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    held, seated = await situation_of(session, booking.volunteer_id, shift)
    found = rules.judge(person, shift, held, clock.now())
    if found:
        raise Refusal.of(found)
    await drop_overdue(session, [booking.volunteer_id])
    await expire_on(session, shift.id)
    await change_state(session, booking, "confirmed", by=by)
    audit.record(session, by=by, verb="booking.accepted", subject=booking)
    # They are told by mail, so without what only coordinators know.
    warnings = rules.advise(person, shift, held, Company(tuple(seated)))
    await mails.accepted(session, booking, shift, person, warnings)
    await alerts.tell_tutor(session, booking, shift, warnings)


async def decline(session: AsyncSession, *, by: User, booking_id: UUID) -> None:
    """Leave the offered place to the next, and the queue with it; again changes nothing."""
    booking = await _found(session, booking_id)
    shift = (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    near = await waited_near(session, [booking.volunteer_id], shift)
    await hold(session, [shift.id, *near], [booking.volunteer_id])
    await session.refresh(booking)
    shift = (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    if booking.state == "declined":
        return
    await _check_offer(session, booking, shift)
    was = booking.state
    await end(session, booking, "declined", by=by)
    await mails.withdrawn(session, booking, shift, was)
    await replay(session, [shift.id, *near])


async def expire(session: AsyncSession, bookings: Collection[Booking]) -> None:
    """Write down that offers are past: off the list, and told."""
    for booking in bookings:
        await end(session, booking, "expired", by=None)
    shifts = await queries.shift_facts(session, {one.shift_id for one in bookings})
    people = await people_of(session, {one.volunteer_id for one in bookings}) if bookings else {}
    for booking in bookings:
        await mails.expired(session, booking, shifts[booking.shift_id], people[booking.volunteer_id])


async def expire_on(session: AsyncSession, *shift_ids: UUID) -> None:
    """Write down the past offers of held shifts."""
    await expire(session, await _overdue(session, shift_ids=shift_ids))


async def drop_overdue(session: AsyncSession, volunteer_ids: Collection[UUID]) -> None:
    """Write down people's past offers on any shift: the database's guards know states and not deadlines.

    The places freed so are offered on by the next settling of those shifts.
    """
    await expire(session, await _overdue(session, volunteer_ids=volunteer_ids))


async def unsettled(session: AsyncSession) -> list[UUID]:
    """Coming shifts with a past offer, or with both a queue and a free place: the regular task settles them."""
    late = select(Booking.shift_id).where(Booking.state == "offered", Booking.offer_expires_at <= clock.now())
    found = set(await session.scalars(late))
    return sorted(found | set(await _free_beside_queue(session)))


async def _free_beside_queue(session: AsyncSession) -> list[UUID]:
    """Coming published shifts that have both a queue and a place that nobody holds."""
    waiting = exists().where(Booking.shift_id == Shift.id, Booking.state == "waitlisted")
    seated = (
        select(func.count(Booking.id))
        .where(Booking.shift_id == Shift.id, Booking.state.in_(SEATED), queries.STILL_HELD)
        .scalar_subquery()
    )
    chosen = select(Shift.id).where(Shift.state == "published", Shift.starts_at > clock.now(), waiting)
    return list(await session.scalars(chosen.where(seated < Shift.capacity)))


async def settle_one(session: AsyncSession, shift_id: UUID) -> None:
    """Hold a shift and settle it."""
    await hold(session, [shift_id])
    await replay(session, [shift_id])


async def _overdue(
    session: AsyncSession, *, shift_ids: Collection[UUID] = (), volunteer_ids: Collection[UUID] = ()
) -> list[Booking]:
    chosen, ids = (_OVERDUE_ON, shift_ids) if shift_ids else (_OVERDUE_OF, volunteer_ids)
    return list(await session.scalars(chosen, {"ids": list(ids)}))


async def _found(session: AsyncSession, booking_id: UUID) -> Booking:
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise NotFound
    return booking


async def _check_offer(session: AsyncSession, booking: Booking, shift: ShiftFacts) -> None:
    """Raises the Refusal of an answer that comes too late, twice, or to nothing."""
    now = clock.now()
    if booking.state == "offered" and not rules.overdue(booking.offer_expires_at, now):
        return
    if shift.state == "cancelled":
        raise Refusal("shift_not_open", _("Ce créneau est annulé."))
    if booking.state == "offered" or booking.state in ENDED:
        raise Refusal("offer_expired", _("Cette proposition est passée : la place va à la personne suivante."))
    if booking.state != "waitlisted" or not rules.in_rush(shift, now) or await free_seats(session, shift) <= 0:
        raise Refusal("no_offer", _("Aucune place ne vous est proposée en ce moment sur ce créneau."))
    if await _comes_behind(session, booking, shift):
        text = _("Les personnes qui attendaient déjà répondent d’abord. Réessayez dans un quart d’heure.")
        raise Refusal("queue_first", text)


async def _comes_behind(session: AsyncSession, booking: Booking, shift: ShiftFacts) -> bool:
    """Whether somebody came once the place was called out: those who waited answer first, for a quarter of an hour."""
    joined = select(BookingEvent.detail).where(BookingEvent.booking_id == booking.id).order_by(BookingEvent.at).limit(1)
    late = (await session.scalar(joined) or {}).get(BEHIND, False)
    if not late or clock.now() >= booking.created_at + rules.SHORTEST_OFFER:
        return False
    ahead = [one for one in await waiting_on(session, shift.id) if one.queue_key < booking.queue_key]
    return await may_take(session, ahead, shift)


async def may_take(session: AsyncSession, waiting: Collection[Held], shift: ShiftFacts) -> bool:
    """Whether any of a queue may take a place at this moment."""
    ids = [one.volunteer_id for one in waiting]
    people, holdings = await people_of(session, ids), await holdings_of(session, ids, shift)
    return rules.first_eligible(waiting, people, holdings, shift, clock.now()) is not None
