"""« Je ne peux pas venir »: one page, one tap, and everybody concerned is told."""

from fastapi import APIRouter, Request, Response

from civic import clock
from civic.accounts.current import VolunteerUser
from civic.bookings import absence
from civic.bookings.access import VisibleShift
from civic.bookings.cards import card
from civic.bookings.listing import see
from civic.bookings.rules import may_withdraw
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.forms import Form
from civic.i18n import _
from civic.volunteers.current import CurrentVolunteer
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/creneaux/{shift_id}/empechement")
async def ask_absence(
    request: Request, shift: VisibleShift, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session
) -> Response:
    """The reasons, once it is too late to withdraw; before, the page that gives a place back."""
    page, now = f"/creneaux/{shift.id}", clock.now()
    mine = (await see(session, user, [shift])).seen[0].mine
    said = await absence.call_by(session, shift.id, volunteer.id)
    if said and (mine is None or mine.booking_id == said.booking_id):
        return redirect(page, _("C’est déjà dit : votre coordination est prévenue."), "info")
    if mine is None:
        return redirect(page, _("Vous n’avez pas de place sur ce créneau."), "info")
    if shift.times.ends_at <= now:
        return redirect(page, _("Ce créneau est fini : dites-le à votre coordination."), "info")
    if may_withdraw(mine.state, shift, now) is None:
        return redirect(f"{page}/desistement")
    return await _page(request, session, user, shift, Form())


async def _page(
    request: Request, session: Session, user: VolunteerUser, shift: ShiftFacts, form: Form, status: int = 200
) -> Response:
    seen = (await see(session, user, [shift])).seen[0]
    reasons = [(code, _(label)) for code, label in absence.REASONS.items()]
    context = {"card": card(seen, clock.now()), "form": form, "reasons": reasons}
    return render(request, "bookings/absence.html", context, status=status)


@router.post("/creneaux/{shift_id}/empechement")
async def cannot_come(
    request: Request, shift: VisibleShift, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session
) -> Response:
    form = await Form.read(request)
    reason = form.choice("reason", absence.REASONS, missing=_("Choisissez une raison."))
    if not form.ok:
        return await _page(request, session, user, shift, form, status=422)
    said = await absence.cannot_come(session, by=user, volunteer_id=volunteer.id, shift_id=shift.id, reason=reason)
    if said.call is None:
        return redirect("/mes-creneaux", _("C’est annulé. La place est rendue aux autres."))
    return redirect("/mes-creneaux", _("C’est dit : votre coordination et votre binôme sont prévenus."))
