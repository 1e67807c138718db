"""Who came: noted from the start of a shift on, by a coordinator or with the site's code, corrected as often as needed.

Each noting is kept (`attendance_events`), so that a correction never hides what stood before.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings.models import WALK_IN, Attendance, AttendanceEvent, Booking
from civic.errors import Invalid, NotFound, Refusal
from civic.formats import duration
from civic.i18n import _
from civic.shifts.actions import lock
from civic.shifts.models import Shift

MAX_HOURS = Decimal(24)
# A shift may run over; beyond this it is most likely a slip of the finger, and hours feed a certificate.
OVERRUN = Decimal(3)


async def note(
    session: AsyncSession,
    *,
    by: User,
    booking_id: UUID,
    state: str,
    hours: Decimal | None = None,
    reason: str = "",
) -> Attendance:
    """Note the presence of somebody who is confirmed, or came without a place; again: a correction, said with `reason`.

    The hours default to the shift's own, 0 for somebody who did not come. What is noted already changes nothing.
    Raises NotFound, Refusal (`shift_not_started`, `not_confirmed`), Invalid (hours).
    """
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise NotFound
    # The shift first, as everywhere: an arrival noted with the code at the same moment waits, or was first.
    shift = await lock(session, booking.shift_id)
    await session.refresh(booking, with_for_update=True)
    if booking.state not in ("confirmed", WALK_IN):
        raise Refusal("not_confirmed", _("Cette personne n’a pas de place confirmée sur ce créneau."))
    if clock.now() < shift.starts_at:
        raise Refusal("shift_not_started", _("Le créneau n’a pas commencé : notez la présence dès son début."))
    served = _hours(shift, state, hours)
    return await put(session, booking, state, served, by=by, source="coordinator", reason=reason)


async def put(
    session: AsyncSession,
    booking: Booking,
    state: str,
    hours: Decimal,
    *,
    by: User,
    source: str,
    reason: str = "",
    arrived_at: datetime | None = None,
) -> Attendance:
    """Write what is noted now, with its event and its line in the audit log. The booking is locked already."""
    noted = await session.scalar(select(Attendance).where(Attendance.booking_id == booking.id))
    before = {"state": noted.state, "hours": str(noted.hours)} if noted else None
    if noted is None:
        noted = Attendance(booking_id=booking.id)
        session.add(noted)
    elif noted.state == state and noted.hours == hours:
        return noted
    else:
        await _keep_first(session, noted)
    noted.state, noted.hours, noted.source = state, hours, source
    noted.noted_at, noted.noted_by_id = clock.now(), by.id
    if arrived_at or state != "present":
        # A correction of the hours leaves the moment of arrival as it was; somebody absent has none.
        noted.arrived_at = arrived_at
    event = AttendanceEvent(booking_id=booking.id, at=clock.now(), by_id=by.id, state=state, hours=hours)
    event.source, event.reason = source, reason
    session.add(event)
    await session.flush()
    verb = "attendance.noted" if before is None else "attendance.corrected"
    detail: dict[str, Any] = {"before": before, "state": state, "hours": str(hours), "source": source}
    audit.record(session, by=by, verb=verb, subject=booking, detail=detail | ({"reason": reason} if reason else {}))
    return noted


async def _keep_first(session: AsyncSession, noted: Attendance) -> None:
    """What was noted before notings were kept becomes the first of them."""
    if await session.scalar(select(AttendanceEvent.id).where(AttendanceEvent.booking_id == noted.booking_id).limit(1)):
        return
    first = AttendanceEvent(booking_id=noted.booking_id, at=noted.noted_at, by_id=noted.noted_by_id)
    first.state, first.hours, first.source = noted.state, noted.hours, noted.source
    session.add(first)


def whole_shift(shift: Shift) -> Decimal:
    """The hours of somebody who served the shift as planned."""
    return Decimal(str(round(shift.hours, 2)))


def _hours(shift: Shift, state: str, hours: Decimal | None) -> Decimal:
    if state != "present":
        if hours:
            raise Invalid({"hours": _("Pas d’heures pour une personne absente.")})
        return Decimal(0)
    if hours is None:
        return whole_shift(shift)
    if not 0 < hours <= MAX_HOURS:
        raise Invalid({"hours": _("Donnez plus de 0 h, et 24 h au plus.")})
    longest = Decimal(str((shift.ends_at - shift.starts_at).total_seconds() / 3600)) + OVERRUN
    if hours > longest:
        limit = {"hours": duration(float(longest))}
        raise Invalid({"hours": _("Ce créneau est plus court : %(hours)s au plus, dépassement compris.") % limit})
    return hours
