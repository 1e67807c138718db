"""Answering an offer from the queue: one tap each way, without a page to confirm."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from civic import clock
from civic.accounts.current import VolunteerUser
from civic.bookings import actions, queries, waitlist
from civic.bookings.access import OwnBooking
from civic.bookings.rules import may_withdraw
from civic.db import Session
from civic.forms import Form
from civic.i18n import _
from civic.web import redirect, safe_next

router = APIRouter(include_in_schema=False)


@router.post("/reservations/{booking_id}/acceptation")
async def accept(request: Request, user: VolunteerUser, booking: OwnBooking, session: Session) -> Response:
    """Take the place that is held; a second tap says the same."""
    form = await Form.read(request)
    placed = await actions.accept(session, by=user, booking_id=booking.id)
    shift = (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    page = f"/creneaux/{shift.id}"
    back = safe_next(form.get("next"), page)
    text = _("C’est réservé : %(site)s.") % {"site": shift.site_name}
    if placed.warnings:
        text = f"{text} {placed.warnings[0].title}"
    if may_withdraw("confirmed", shift, clock.now()):
        return redirect(back, text)
    return redirect(back, text, link=(f"{page}/desistement", _("Annuler")))


@router.post("/reservations/{booking_id}/refus")
async def decline(request: Request, user: VolunteerUser, booking: OwnBooking, session: Session) -> Response:
    """Leave the place to the next, and the queue with it."""
    form = await Form.read(request)
    await waitlist.decline(session, by=user, booking_id=booking.id)
    back = safe_next(form.get("next"), f"/creneaux/{booking.shift_id}")
    return redirect(back, _("C’est noté : la place va à la personne suivante."))
