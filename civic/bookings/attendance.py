"""Who came: noted by a coordinator once the shift has begun, corrected as often as needed."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings.models import Attendance, Booking
from civic.errors import Invalid, NotFound, Refusal
from civic.i18n import _
from civic.shifts.models import Shift

MAX_HOURS = Decimal(24)


async def note(
    session: AsyncSession, *, by: User, booking_id: UUID, state: str, hours: Decimal | None = None
) -> Attendance:
    """Note presence for a confirmed booking; the hours default to the shift's own, 0 for somebody who did not come.

    Raises NotFound, Refusal (`shift_not_started`, `not_confirmed`), Invalid (hours).
    """
    booking = await session.get(Booking, booking_id, with_for_update=True)
    if booking is None:
        raise NotFound
    shift = await session.get_one(Shift, booking.shift_id)
    if booking.state != "confirmed":
        raise Refusal("not_confirmed", _("Cette personne n’a pas de place confirmée sur ce créneau."))
    if clock.now() < shift.starts_at:
        raise Refusal("shift_not_started", _("Le créneau n’a pas commencé : notez la présence dès son début."))
    served = _hours(shift, state, hours)
    noted = await session.scalar(select(Attendance).where(Attendance.booking_id == booking_id))
    before = noted and {"state": noted.state, "hours": str(noted.hours)}
    if noted is None:
        noted = Attendance(booking_id=booking_id)
        session.add(noted)
    elif noted.state == state and noted.hours == served:
        return noted
    noted.state, noted.hours = state, served
    noted.noted_at, noted.noted_by_id = clock.now(), by.id
    await session.flush()
    detail = {"before": before, "state": state, "hours": str(served)}
    audit.record(session, by=by, verb="attendance.noted", subject=booking, detail=detail)
    return noted


def _hours(shift: Shift, state: str, hours: Decimal | None) -> Decimal:
    if state != "present":
        if hours:
            raise Invalid({"hours": _("Pas d’heures pour une personne absente.")})
        return Decimal(0)
    if hours is None:
        return Decimal(str(round(shift.hours, 2)))
    if not 0 < hours <= MAX_HOURS:
        raise Invalid({"hours": _("Donnez plus de 0 h, et 24 h au plus.")})
    return hours
