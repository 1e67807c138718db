"""People who came without a place, in the JSON interface."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from civic.accounts.current import CurrentUser
from civic.bookings import walkins
from civic.bookings.access import PlannedShift
from civic.bookings.schemas import FindingOut, findings
from civic.db import Session
from civic.schema import SafeStr, Shown, Strict

router = APIRouter(prefix="/api/v1", tags=["bookings"])


class WalkInIn(Strict):
    """`reason` accepts what the coming breaks; `replaces` is the confirmed booking of somebody who did not come."""

    volunteer_id: UUID
    reason: Annotated[SafeStr, Field(max_length=500)] | None = None
    replaces: UUID | None = None
    replaced: Literal["absent", "excused"] = "absent"


class WalkInOut(Shown):
    """`state` is confirmed for somebody who had a place all along."""

    id: UUID
    volunteer_id: UUID
    state: Literal["walk_in", "confirmed"]
    attendance: Literal["present"] = "present"
    incidents: list[FindingOut]


@router.post("/shifts/{shift_id}/walk-ins", status_code=201, responses={200: {"model": WalkInOut}})
async def add_walk_in(
    shift: PlannedShift, body: WalkInIn, user: CurrentUser, session: Session, response: Response
) -> WalkInOut:
    """Add somebody who is there without a place, once the shift has begun; the same again answers 200."""
    added = await walkins.add(
        session,
        by=user,
        shift_id=shift.id,
        volunteer_id=body.volunteer_id,
        reason=(body.reason or "").strip(),
        replaces=body.replaces,
        replaced=body.replaced,
    )
    response.status_code = 201 if added.made else 200
    booking = added.booking
    return WalkInOut(
        id=booking.id, volunteer_id=booking.volunteer_id, state=booking.state, incidents=findings(added.broken)
    )
