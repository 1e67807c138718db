"""Verbs on several things at once: note who came to a shift. Drafts are published in `opening`."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings import attendance


@dataclass(frozen=True, slots=True)
class Note:
    """`hours` None means the shift's own."""

    booking_id: UUID
    state: str
    hours: Decimal | None


async def note_all(session: AsyncSession, *, by: User, notes: Iterable[Note]) -> None:
    """Note a whole shift's attendance, all or nothing. Raises what attendance.note raises."""
    for one in sorted(notes, key=lambda note: note.booking_id):
        await attendance.note(session, by=by, booking_id=one.booking_id, state=one.state, hours=one.hours)
