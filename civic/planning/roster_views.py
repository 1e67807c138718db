"""Who is on a shift: give a place, take it back, note who came."""

from decimal import Decimal

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CurrentUser
from civic.bookings import actions as bookings
from civic.bookings import queries as booking_queries
from civic.bookings.access import PlannedBooking, PlannedShift
from civic.bookings.attendance import MAX_HOURS
from civic.bookings.models import ATTENDANCE, LIVE, Booking
from civic.bookings.people import people_of
from civic.bookings.values import Held
from civic.db import Session
from civic.errors import Invalid, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.planning import actions, queries
from civic.planning.actions import Note
from civic.planning.pages import page_of_shift
from civic.web import redirect, render, safe_next

router = APIRouter(include_in_schema=False)
REASON_MAX = 300


@router.post("/creneaux/{shift_id}/affectations")
async def assign(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    """Give somebody in sight a place under the rules of any booking."""
    form = await Form.read(request)
    volunteer_id = form.uuid("volunteer_id")
    reason = form.text("reason", required=False, maximum=REASON_MAX)
    if volunteer_id and volunteer_id not in await queries.visible_ids(session, user):
        form.fail("volunteer_id", _("Cette personne n’existe pas. Choisissez dans la liste."))
    if not form.ok or volunteer_id is None:
        return await page_of_shift(request, session, user, shift, form=form, status=422)
    try:
        placed = await bookings.book(session, by=user, volunteer_id=volunteer_id, shift_id=shift.id, reason=reason)
    except Refusal as refusal:
        if not refusal.findings:
            raise
        refused = list(refusal.findings)
        return await page_of_shift(request, session, user, shift, form=form, refused=refused, status=409)
    except Invalid as unanswered:
        # A warning stands against it: the page asks why, beside the person.
        for name, message in unanswered.errors.items():
            form.fail(name, message)
        return await page_of_shift(request, session, user, shift, form=form, status=422)
    person = (await people_of(session, [volunteer_id]))[volunteer_id]
    back = safe_next(form.get("next"), f"/planning/creneaux/{shift.id}")
    if placed.booking.state == "waitlisted":
        return redirect(
            back, _("%(name)s est en liste d’attente : le créneau est complet.") % {"name": person.name}, "info"
        )
    return redirect(back, _("%(name)s a une place. Un e-mail l’annonce.") % {"name": person.name})


@router.get("/reservations/{booking_id}/retrait")
async def ask_removal(request: Request, booking: PlannedBooking, session: Session) -> Response:
    """Why somebody loses their place."""
    back = f"/planning/creneaux/{booking.shift_id}"
    if booking.state not in LIVE:
        return redirect(back, _("Cette personne n’a plus de place sur ce créneau."), "info")
    form = Form.filled(next=safe_next(request.query_params.get("next"), back))
    return await _removal_page(request, session, booking, form, 200)


async def _removal_page(request: Request, session: AsyncSession, booking: Booking, form: Form, status: int) -> Response:
    shift = (await booking_queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    context = {
        "booking": booking,
        "shift": shift,
        "person": person,
        "form": form,
        "maximum": REASON_MAX,
        "back": safe_next(form.get("next"), f"/planning/creneaux/{shift.id}"),
        "ended": shift.times.ends_at <= clock.now(),
    }
    return render(request, "planning/remove.html", context, status=status)


@router.post("/reservations/{booking_id}/retrait")
async def remove(request: Request, user: CurrentUser, booking: PlannedBooking, session: Session) -> Response:
    form = await Form.read(request)
    reason = form.text("reason", maximum=REASON_MAX)
    if not form.ok:
        return await _removal_page(request, session, booking, form, 422)
    await bookings.remove(session, by=user, booking_id=booking.id, reason=reason)
    back = safe_next(form.get("next"), f"/planning/creneaux/{booking.shift_id}")
    return redirect(back, _("Place retirée. Un e-mail l’explique."))


@router.post("/creneaux/{shift_id}/presences")
async def note_attendance(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    """One form for everybody on the shift; somebody left blank stays to be noted."""
    form = await Form.read(request)
    if clock.now() < shift.times.starts_at:
        raise Refusal("shift_not_started", _("Le créneau n’a pas commencé : notez la présence dès son début."))
    held = await booking_queries.live_bookings(session, shift_ids=[shift.id])
    seated = [one for one in held if one.shift_id == shift.id and one.state in ("confirmed", "walk_in")]
    notes = _read_notes(form, seated)
    if not form.ok:
        return await page_of_shift(request, session, user, shift, form=form, status=422)
    await actions.note_all(session, by=user, notes=notes)
    back = safe_next(form.get("next"), f"/planning/creneaux/{shift.id}")
    return redirect(back, _("Présences enregistrées."))


def _read_notes(form: Form, seated: list[Held]) -> list[Note]:
    notes = []
    for one in seated:
        state = form.choice(f"state-{one.booking_id}", ATTENDANCE, required=False)
        if not form.get(f"state-{one.booking_id}") and form.checked("everybody"):
            state = "present"
        name = f"hours-{one.booking_id}"
        if state != "present":
            # Hours beside an absence are those noted before it was one.
            notes.extend([Note(one.booking_id, state, None)] if state else [])
            continue
        hours = form.decimal(name, minimum=0, maximum=float(MAX_HOURS), required=False)
        exact = None if hours is None else Decimal(str(hours)).quantize(Decimal("0.01"))
        if exact == 0:
            form.fail(name, _("0 h : notez plutôt une absence."))
        notes.append(Note(one.booking_id, state, exact))
    if not notes and form.ok:
        form.fail("", _("Choisissez au moins une réponse."))
    return notes
