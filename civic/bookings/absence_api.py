"""« Je ne peux pas venir » in the JSON interface."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter

from civic.accounts.current import VolunteerUser
from civic.bookings import absence
from civic.bookings.access import VisibleShift
from civic.db import Session
from civic.schema import LocalMoment, Shown, Strict
from civic.volunteers.current import CurrentVolunteer

router = APIRouter(prefix="/api/v1", tags=["bookings"])


class AbsenceIn(Strict):
    """The class of the reason, and nothing else."""

    reason: Literal["health", "family", "transport", "school", "other"]


class AbsenceOut(Shown):
    """The booking as it stands; `said_at` is null where the place was given back in the ordinary way."""

    id: UUID
    state: str
    reason: str | None
    said_at: LocalMoment | None


@router.post("/shifts/{shift_id}/absence")
async def cannot_come(
    user: VolunteerUser, shift: VisibleShift, volunteer: CurrentVolunteer, body: AbsenceIn, session: Session
) -> AbsenceOut:
    """Say that one can't come, once withdrawing is too late; saying it again gives the same."""
    said = await absence.cannot_come(session, by=user, volunteer_id=volunteer.id, shift_id=shift.id, reason=body.reason)
    return AbsenceOut(
        id=said.booking.id,
        state=said.booking.state,
        reason=said.call.reason if said.call else None,
        said_at=said.call.opened_at if said.call else None,
    )
