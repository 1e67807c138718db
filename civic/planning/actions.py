"""Verbs on several things at once: publish the drafts of a week, note who came to a shift."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings import attendance
from civic.shifts import actions as shifts


@dataclass(frozen=True, slots=True)
class Note:
    """`hours` None means the shift's own."""

    booking_id: UUID
    state: str
    hours: Decimal | None


async def publish_all(session: AsyncSession, *, by: User, shift_ids: Iterable[UUID]) -> None:
    """Open some drafts to bookings, in the order of their ids so that two such calls never lock crosswise."""
    for shift_id in sorted(shift_ids):
        await shifts.publish(session, by=by, shift_id=shift_id)


async def note_all(session: AsyncSession, *, by: User, notes: Iterable[Note]) -> None:
    """Note a whole shift's attendance, all or nothing. Raises what attendance.note raises."""
    for one in sorted(notes, key=lambda note: note.booking_id):
        await attendance.note(session, by=by, booking_id=one.booking_id, state=one.state, hours=one.hours)
