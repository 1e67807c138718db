"""Which shift a person may see or plan: drafts belong to coordinators in scope, the rest to whoever signs in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from civic.accounts.current import CurrentUser
from civic.accounts.models import User
from civic.bookings import queries
from civic.bookings.models import Booking
from civic.bookings.people import person_of
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Forbidden, NotFound
from civic.i18n import _
from civic.volunteers.current import CurrentVolunteer


def check_visible(user: User, shift: ShiftFacts | None) -> ShiftFacts:
    """Raises NotFound for a draft that is not theirs, Forbidden for a shift out of a coordinator's scope."""
    if shift is None:
        raise NotFound
    in_scope = user.role != "coordinator" or user.covers(shift.intermunicipality)
    if shift.state == "draft" and (user.role == "volunteer" or not in_scope):
        raise NotFound
    if not in_scope:
        raise Forbidden(_("Ce créneau est à %(commune)s, hors de votre périmètre.") % {"commune": shift.commune})
    return shift


async def visible_shift(shift_id: UUID, user: CurrentUser, session: Session) -> ShiftFacts:
    found = await queries.shift_facts(session, [shift_id])
    return check_visible(user, found.get(shift_id))


async def planned_shift(shift: Annotated[ShiftFacts, Depends(visible_shift)], user: CurrentUser) -> ShiftFacts:
    """A shift that the caller may plan: coordinators in scope only."""
    if user.role != "coordinator":
        raise Forbidden
    return shift


async def planned_booking(booking_id: UUID, user: CurrentUser, session: Session) -> Booking:
    """A booking whose shift the caller may plan; a volunteer learns nothing of others' (404)."""
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise NotFound
    if user.role == "volunteer":
        raise await _volunteers_answer(session, user, booking)
    found = await queries.shift_facts(session, [booking.shift_id])
    check_visible(user, found.get(booking.shift_id))
    if user.role != "coordinator":
        raise Forbidden
    return booking


async def own_booking(booking_id: UUID, volunteer: CurrentVolunteer, session: Session) -> Booking:
    """The caller's own booking, whatever became of it; somebody else's does not exist for them (404)."""
    booking = await session.get(Booking, booking_id)
    if booking is None or booking.volunteer_id != volunteer.id:
        raise NotFound
    return booking


async def _volunteers_answer(session: Session, user: User, booking: Booking) -> Forbidden | NotFound:
    """Somebody's own booking exists for them, though they may not note it."""
    person = await person_of(session, user)
    own = person is not None and person.volunteer_id == booking.volunteer_id
    return Forbidden() if own else NotFound()


VisibleShift = Annotated[ShiftFacts, Depends(visible_shift)]
PlannedShift = Annotated[ShiftFacts, Depends(planned_shift)]
OwnBooking = Annotated[Booking, Depends(own_booking)]
PlannedBooking = Annotated[Booking, Depends(planned_booking)]
