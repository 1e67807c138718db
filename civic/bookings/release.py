"""End bookings that something else has made impossible: a leave, a closed site, the end of a contract or an account.

Nobody is dropped silently: each person is told by mail with the reason, and every place is offered on.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings import alerts, mails, queries, waitlist
from civic.bookings.models import LIVE, Booking
from civic.bookings.people import people_of
from civic.bookings.steps import REACH, end, hold
from civic.clock import now
from civic.shifts.models import Shift


async def release(
    session: AsyncSession,
    *,
    by: User | None,
    booking_ids: Collection[UUID],
    reason: str,
    state: str = "cancelled",
    tell: bool = True,
) -> list[Booking]:
    """End the live bookings among some, on shifts that have not begun, and settle every queue that this touches.

    `state` is one of bookings.models.ENDED, `reason` a French sentence that goes into the mail and the history.
    Returns those that were ended; a second call ends none.
    """
    chosen = select(Booking.shift_id, Booking.volunteer_id).where(Booking.id.in_(booking_ids))
    pairs = (await session.execute(chosen)).all()
    shift_ids, volunteer_ids = {one.shift_id for one in pairs}, {one.volunteer_id for one in pairs}
    near = await _waited(session, volunteer_ids, shift_ids)
    await hold(session, shift_ids | near, volunteer_ids)
    bookings = list(await session.scalars(_still_live(booking_ids).with_for_update()))
    shifts = await queries.shift_facts(session, shift_ids)
    people = await people_of(session, volunteer_ids) if volunteer_ids else {}
    for booking in bookings:
        was = booking.state
        await end(session, booking, state, by=by, reason=reason)
        if tell:
            person = people[booking.volunteer_id]
            await mails.removed(session, booking, shifts[booking.shift_id], person, reason, was)
    await waitlist.replay(session, shift_ids | near)
    for shift_id in sorted(shift_ids):
        await alerts.left_alone(session, shifts[shift_id], [one.id for one in bookings if one.shift_id == shift_id])
    return bookings


def _still_live(booking_ids: Collection[UUID]) -> Select[tuple[Booking]]:
    return (
        select(Booking)
        .where(Booking.id.in_(booking_ids), Booking.state.in_(LIVE), Booking.starts_at > now())
        .order_by(Booking.id)
        .execution_options(populate_existing=True)
    )


async def _waited(session: AsyncSession, volunteer_ids: Collection[UUID], shift_ids: Collection[UUID]) -> set[UUID]:
    """Shifts that the same people wait for around these: a seat less may open them."""
    if not shift_ids:
        return set()
    shifts = list(await session.scalars(select(Shift).where(Shift.id.in_(shift_ids))))
    first, last = min(one.starts_at for one in shifts) - REACH, max(one.ends_at for one in shifts) + REACH
    waited = select(Booking.shift_id).where(Booking.volunteer_id.in_(volunteer_ids), Booking.state == "waitlisted")
    return set(await session.scalars(waited.where(Booking.starts_at > now(), Booking.starts_at.between(first, last))))
