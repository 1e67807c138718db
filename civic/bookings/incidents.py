"""What a walk-in broke and could no longer be refused: read again on the shift's page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings.models import Booking, Incident
from civic.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule that somebody's coming broke, its sentence then, and why it was accepted all the same."""

    volunteer_id: UUID
    name: str
    code: str
    title: str
    reason: str
    at: datetime


async def of_shifts(session: AsyncSession, shift_ids: Collection[UUID]) -> list[Kept]:
    """The incidents of some shifts, oldest first, in the order in which the rules are told."""
    chosen = (
        select(Booking.volunteer_id, User.name, Incident.code, Incident.title, Incident.reason, Incident.at)
        .join(Booking, Booking.id == Incident.booking_id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(User, User.id == Volunteer.user_id)
        .where(Booking.shift_id.in_(shift_ids))
        .order_by(Incident.at, Incident.id)
    )
    return [Kept(*row) for row in await session.execute(chosen)]
