"""Reminders at the lead times that each person chose: once per booking and lead time, and never after the fact.

A run that comes late sends the nearest of the lead times that have passed and leaves the others out: one reminder, not
three. A place taken after the moment of a reminder was told by a mail of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import alerts, queries, reminder_mails
from civic.bookings.models import Booking, BookingEvent
from civic.outbox.preferences import LEAD_TIMES, told, wishes_of
from civic.shifts.models import Shift
from civic.tasks.items import Run
from civic.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class Due:
    booking_id: UUID
    starts_at: datetime
    hours: int

    @property
    def key(self) -> str:
        """A shift that moves to another time is reminded of again."""
        return f"reminder:{self.booking_id}:{self.starts_at.isoformat()}:{self.hours}"


def lead_of(leads: Iterable[int], starts_at: datetime, taken_at: datetime, now: datetime) -> int | None:
    """The lead time to remind at now: the nearest to the start of those passed, if the place was held by then."""
    if starts_at <= now:
        return None
    passed = [hours for hours in leads if starts_at - timedelta(hours=hours) <= now]
    nearest = min(passed, default=None)
    if nearest is None or taken_at > starts_at - timedelta(hours=nearest):
        return None
    return nearest


async def remind(run: Run) -> None:
    async with run.database.reading() as session:
        found = await _due(session)
        known = await told(session, [one.key for one in found])
    await run.each([one for one in found if one.key not in known], _remind)


async def _due(session: AsyncSession) -> list[Due]:
    now = clock.now()
    confirmed = (
        select(func.max(BookingEvent.at))
        .where(BookingEvent.booking_id == Booking.id, BookingEvent.state == "confirmed")
        .correlate(Booking)
        .scalar_subquery()
    )
    chosen = (
        select(
            Booking.id, Booking.starts_at, Booking.created_at, confirmed.label("confirmed_at"), User.id.label("user")
        )
        .join(Shift, Shift.id == Booking.shift_id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(User, User.id == Volunteer.user_id)
        .where(Booking.state == "confirmed", Shift.state == "published", User.is_active)
        .where(Booking.starts_at > now, Booking.starts_at <= now + timedelta(hours=max(LEAD_TIMES)))
        .order_by(Booking.starts_at, Booking.id)
    )
    rows = (await session.execute(chosen)).all()
    wishes = await wishes_of(session, {row.user for row in rows})
    found = []
    for row in rows:
        taken_at = max(row.created_at, row.confirmed_at or row.created_at)
        hours = lead_of(wishes[row.user].reminders, row.starts_at, taken_at, now)
        if hours is not None:
            found.append(Due(row.id, row.starts_at, hours))
    return found


async def _remind(session: AsyncSession, due: Due) -> int:
    """One mail, if the place still stands as it did."""
    booking = await session.get(Booking, due.booking_id, with_for_update=True)
    if booking is None or booking.state != "confirmed" or booking.starts_at != due.starts_at:
        return 0
    if booking.starts_at <= clock.now() or await told(session, [due.key]):
        return 0
    shift = (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    seats = await alerts.present_on(session, shift)
    own = next((one for one in seats if one.booking_id == booking.id), None)
    if own is None or shift.state != "published":
        return 0
    user_id = await session.scalar(select(Volunteer.user_id).where(Volunteer.id == booking.volunteer_id))
    assert user_id is not None
    await reminder_mails.reminder(session, user_id, own, shift, [one for one in seats if one is not own], due.key)
    return 1
