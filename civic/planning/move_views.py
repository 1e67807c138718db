"""Moving somebody to another shift: where they could go, and the move itself."""

from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import CurrentUser
from civic.accounts.models import User
from civic.bookings import moving, queries
from civic.bookings.access import PlannedBooking, check_visible
from civic.bookings.models import Booking
from civic.db import Session
from civic.errors import Finding, Forbidden, Invalid, NotFound, Refusal
from civic.formats import moment
from civic.forms import Form
from civic.i18n import _
from civic.planning.moves import targets_of
from civic.web import redirect, render, safe_next

router = APIRouter(include_in_schema=False)
REASON_MAX = 300


@router.get("/planning/reservations/{booking_id}/deplacement")
async def ask(request: Request, user: CurrentUser, booking: PlannedBooking, session: Session) -> Response:
    """The shifts of two weeks around, with what stands against each."""
    back = f"/planning/creneaux/{booking.shift_id}"
    form = Form.filled(
        next=safe_next(request.query_params.get("next"), back), shift_id=request.query_params.get("vers", "")
    )
    return await _page(request, session, user, booking, form)


async def _page(
    request: Request,
    session: AsyncSession,
    user: User,
    booking: Booking,
    form: Form,
    refused: list[Finding] | None = None,
    status: int = 200,
) -> Response:
    old = (await queries.shift_facts(session, [booking.shift_id]))[booking.shift_id]
    back = safe_next(form.get("next"), f"/planning/creneaux/{old.id}")
    try:
        moving.check_leaves(booking.state, old)
    except Refusal as refusal:
        if status == 200:
            return redirect(back, refusal.message, "info")
    context = {
        "booking": booking,
        "old": old,
        "targets": await targets_of(session, user, booking, old),
        "form": form,
        "refused": refused or [],
        "back": back,
        "maximum": REASON_MAX,
    }
    return render(request, "planning/move.html", context, status=status)


@router.post("/planning/reservations/{booking_id}/deplacement")
async def move(request: Request, user: CurrentUser, booking: PlannedBooking, session: Session) -> Response:
    """Both or neither: what is refused leaves the seat where it is."""
    form = await Form.read(request)
    shift_id = form.uuid("shift_id", missing=_("Choisissez le nouveau créneau."))
    reason = form.text("reason", required=False, maximum=REASON_MAX)
    message = form.text("message", required=False, maximum=REASON_MAX)
    if shift_id:
        await _check_scope(session, user, form, shift_id)
    if not form.ok or shift_id is None:
        return await _page(request, session, user, booking, form, status=422)
    try:
        moved = await moving.move(
            session, by=user, booking_id=booking.id, shift_id=shift_id, reason=reason, message=message
        )
    except Refusal as refusal:
        refused = list(refusal.findings) or [Finding(refusal.code, refusal.message)]
        return await _page(request, session, user, booking, form, refused, 409)
    except Invalid as unanswered:
        for name, text in unanswered.errors.items():
            form.fail(name, text)
        return await _page(request, session, user, booking, form, status=422)
    new = (await queries.shift_facts(session, [moved.new.shift_id]))[moved.new.shift_id]
    back = safe_next(form.get("next"), f"/planning/creneaux/{booking.shift_id}")
    told = _("Place déplacée : %(site)s, %(when)s. Un e-mail l’annonce.")
    link = (f"/planning/creneaux/{new.id}", _("Voir le créneau"))
    return redirect(back, told % {"site": new.site_name, "when": moment(new.times.starts_at)}, link=link)


async def _check_scope(session: AsyncSession, user: User, form: Form, shift_id: UUID) -> None:
    """A shift that they may not plan is none to move to."""
    facts = await queries.shift_facts(session, [shift_id])
    try:
        check_visible(user, facts.get(shift_id))
    except (NotFound, Forbidden):
        form.fail("shift_id", _("Ce créneau n’existe pas, ou n’est pas dans votre périmètre."))
