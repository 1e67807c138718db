"""Bookings and attendance in the JSON interface."""

from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.current import CurrentUser, VolunteerUser
from civic.bookings import actions, attendance, queries, waitlist
from civic.bookings.access import OwnBooking, PlannedBooking, PlannedShift, VisibleShift
from civic.bookings.actions import Placed
from civic.bookings.schemas import AssignmentIn, AttendanceIn, AttendanceOut, BookingOut, RosterItem, findings
from civic.db import Session
from civic.schema import Items, Nothing
from civic.volunteers.current import CurrentVolunteer

router = APIRouter(prefix="/api/v1", tags=["bookings"])


@router.post("/shifts/{shift_id}/booking", status_code=201, responses={200: {"model": BookingOut}})
async def book(
    user: VolunteerUser,
    shift: VisibleShift,
    volunteer: CurrentVolunteer,
    session: Session,
    response: Response,
    _body: Nothing | None = None,
) -> BookingOut:
    """Take a place, or join the queue of a full shift; the same call again gives the current state (200)."""
    placed = await actions.book(session, by=user, volunteer_id=volunteer.id, shift_id=shift.id)
    response.status_code = 201 if placed.made else 200
    return _out(placed)


@router.delete("/shifts/{shift_id}/booking", status_code=204)
async def withdraw(user: VolunteerUser, shift: VisibleShift, volunteer: CurrentVolunteer, session: Session) -> None:
    """Give the place back; nothing to give back is fine too."""
    await actions.withdraw(session, by=user, volunteer_id=volunteer.id, shift_id=shift.id)


@router.post("/bookings/{booking_id}/offer")
async def accept_offer(
    user: VolunteerUser, booking: OwnBooking, session: Session, _body: Nothing | None = None
) -> BookingOut:
    """Take the place that is held for the caller; the same call again gives the seat again."""
    return _out(await actions.accept(session, by=user, booking_id=booking.id))


@router.delete("/bookings/{booking_id}/offer", status_code=204)
async def decline_offer(user: VolunteerUser, booking: OwnBooking, session: Session) -> None:
    """Leave the place to the next in the queue, and the queue with it; again is fine."""
    await waitlist.decline(session, by=user, booking_id=booking.id)


@router.get("/shifts/{shift_id}/bookings")
async def roster(shift: PlannedShift, session: Session) -> Items[RosterItem]:
    """Seats first, then the queue in order, then those who came without a place (`walk_in`)."""
    return Items(items=await roster_of(session, shift.id))


@router.post("/shifts/{shift_id}/bookings", status_code=201, responses={200: {"model": BookingOut}})
async def assign(
    shift: PlannedShift, body: AssignmentIn, user: CurrentUser, session: Session, response: Response
) -> BookingOut:
    """A coordinator gives somebody a place under the same rules."""
    placed = await actions.book(
        session, by=user, volunteer_id=body.volunteer_id, shift_id=shift.id, reason=(body.reason or "").strip()
    )
    response.status_code = 201 if placed.made else 200
    return _out(placed)


@router.post("/bookings/{booking_id}/attendance")
async def note_attendance(
    booking: PlannedBooking, body: AttendanceIn, user: CurrentUser, session: Session
) -> AttendanceOut:
    """Note who came, from the start of the shift on; noting again corrects."""
    hours = None if body.hours is None else Decimal(str(body.hours)).quantize(Decimal("0.01"))
    noted = await attendance.note(session, by=user, booking_id=booking.id, state=body.state, hours=hours)
    return AttendanceOut(
        booking_id=noted.booking_id,
        state=noted.state,
        hours=float(noted.hours),
        noted_at=noted.noted_at,
    )


async def roster_of(session: AsyncSession, shift_id: UUID) -> list[RosterItem]:
    """Everybody on a shift, with the attendance noted for them."""
    held = await queries.live_bookings(session, shift_ids=[shift_id])
    crowd = queries.crowds(held)[shift_id]
    noted = await queries.attendance_of(session, [shift_id])
    return [
        RosterItem(
            id=one.booking_id,
            volunteer_id=one.volunteer_id,
            name=one.volunteer_name,
            state=one.state,
            position=crowd.position(one.booking_id),
            attendance=noted.get(one.booking_id),
        )
        for one in (*crowd.seated, *crowd.waiting, *crowd.walk_ins)
    ]


def _out(placed: Placed) -> BookingOut:
    booking = placed.booking
    return BookingOut(
        id=booking.id,
        state=booking.state,
        position=placed.position,
        offer_expires_at=booking.offer_expires_at,
        warnings=findings(placed.warnings),
    )
