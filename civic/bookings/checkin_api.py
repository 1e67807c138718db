"""A volunteer's own arrival, in the JSON interface."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from civic.accounts.current import VolunteerUser
from civic.bookings.access import VisibleShift
from civic.bookings.checkin_views import note_arrival
from civic.db import Session
from civic.schema import LocalMoment, SafeStr, Shown, Strict

router = APIRouter(prefix="/api/v1", tags=["bookings"])


class CheckInIn(Strict):
    """The code posted at the site; spaces, hyphens and case don't matter."""

    code: Annotated[SafeStr, Field(min_length=1, max_length=40)]


class ArrivalOut(Shown):
    booking_id: UUID
    shift_id: UUID
    state: str
    hours: float
    arrived_at: LocalMoment


@router.post("/shifts/{shift_id}/check-in")
async def check_in(
    request: Request, shift: VisibleShift, body: CheckInIn, user: VolunteerUser, session: Session
) -> ArrivalOut:
    """Note one's own arrival with the site's code, around the start; again: the same answer."""
    found = await note_arrival(request, session, user, body.code, shift.id)
    return ArrivalOut(
        booking_id=found.booking_id,
        shift_id=found.shift_id,
        state="present",
        hours=found.hours,
        arrived_at=found.at,
    )
