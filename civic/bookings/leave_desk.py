"""Pages of leave for a coordinator: decide a request, write down a sickness."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import joinedload
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser, CurrentUser
from civic.accounts.models import User
from civic.bookings import leave as verbs
from civic.bookings import leave_pages
from civic.bookings.leave_views import VisibleLeave
from civic.contracts import leave_actions
from civic.contracts.leave_actions import RECORDED
from civic.contracts.leave_rules import KIND_NAMES, Days
from civic.contracts.models import Leave
from civic.db import Session
from civic.errors import Forbidden, Invalid, NotFound, Refusal
from civic.formats import of_name
from civic.forms import Form
from civic.i18n import _
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
REASON_MAX = 300


async def deciding(leave: VisibleLeave, user: CurrentUser) -> Leave:
    """A leave that the caller may decide: nobody decides their own."""
    if user.role != "coordinator":
        raise Forbidden
    return leave


DecidedLeave = Annotated[Leave, Depends(deciding)]


@router.get("/conges/{leave_id}")
async def show(request: Request, user: CurrentUser, leave: VisibleLeave, session: Session) -> Response:
    if user.role == "volunteer":
        return redirect("/conges")
    return await _show(request, session, user, leave, Form())


async def _show(
    request: Request,
    session: Session,
    user: User,
    leave: Leave,
    form: Form,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    context = {
        **await leave_pages.decision_page(session, user, leave),
        "form": form,
        "refusal": refusal,
        "kinds": KIND_NAMES,
        "maximum": REASON_MAX,
    }
    return render(request, "leave/show.html", context, status=status)


@router.post("/conges/{leave_id}/acceptation")
async def approve(request: Request, user: CurrentUser, leave: DecidedLeave, session: Session) -> Response:
    """Approve what the page showed: a place taken since is shown first."""
    form = await Form.read(request)
    try:
        decided = await verbs.approve(session, leave.id, by=user, seen=_seen(form))
    except Refusal as refusal:
        return await _show(request, session, user, leave, form, refusal=refusal, status=409)
    return await _answered(session, decided, _("Congé %(of_name)s accepté. Un e-mail est parti."))


@router.post("/conges/{leave_id}/refus")
async def refuse(request: Request, user: CurrentUser, leave: DecidedLeave, session: Session) -> Response:
    form = await Form.read(request)
    reason = form.text("reason", maximum=REASON_MAX)
    if not form.ok:
        return await _show(request, session, user, leave, form, status=422)
    try:
        decided = await leave_actions.refuse(session, leave.id, reason, by=user)
    except Refusal as refusal:
        return await _show(request, session, user, leave, form, refusal=refusal, status=409)
    return await _answered(session, decided, _("Congé %(of_name)s refusé. Un e-mail est parti."))


async def _answered(session: Session, decided: leave_actions.Decided, told: str) -> Response:
    leave = decided.leave
    if decided.made:
        return redirect("/conges", told % {"of_name": of_name(leave.volunteer.user.name)})
    decider = await session.get(User, leave.decided_by_id) if leave.decided_by_id else None
    name = decider.name if decider else _("quelqu’un d’autre")
    return redirect(f"/conges/{leave.id}", _("C’était déjà décidé ainsi par %(name)s.") % {"name": name}, "info")


def _seen(form: Form) -> set[UUID]:
    """The places that the page showed; what is no id was not on it."""
    found = set()
    for text in form.lists.get("seen", []):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


async def recorded_for(volunteer_id: UUID, user: CoordinatorUser, session: Session) -> Volunteer:
    """Whom an absence is written down for: 404 out of sight."""
    chosen = visible_to(user).where(Volunteer.id == volunteer_id).options(joinedload(Volunteer.user))
    found = await session.scalar(chosen)
    if found is None:
        raise NotFound
    return found


Absent = Annotated[Volunteer, Depends(recorded_for)]


@router.get("/volontaires/{volunteer_id}/arret")
async def record_page(request: Request, volunteer: Absent) -> Response:
    form = Form.filled(kind="sick", starts_on=clock.today())
    return _record_page(request, volunteer, form)


def _record_page(request: Request, volunteer: Volunteer, form: Form, status: int = 200, **shown: Any) -> Response:
    context = {
        "volunteer": volunteer,
        "person": volunteer.user,
        "form": form,
        "kinds": [(kind, _(KIND_NAMES[kind])) for kind in RECORDED],
        "freed": [],
        **shown,
    }
    return render(request, "leave/record.html", context, status=status)


@router.post("/volontaires/{volunteer_id}/arret")
async def record(request: Request, user: CoordinatorUser, volunteer: Absent, session: Session) -> Response:
    """Write an absence down; the places that it frees are shown first."""
    form = await Form.read(request)
    kind = form.choice("kind", RECORDED)
    first = form.date("starts_on")
    last = form.date("ends_on", required=False) or first
    if not form.ok or first is None or last is None:
        return _record_page(request, volunteer, form, 422)
    wish = Days(kind, first, last)
    try:
        decided = await verbs.record(session, wish, volunteer, by=user, seen=_seen(form))
    except Invalid as invalid:
        for name, message in invalid.errors.items():
            form.fail(name, message)
        return _record_page(request, volunteer, form, 422)
    except Refusal as refusal:
        if refusal.code != "leave_frees":
            raise
        covered = await verbs.frees(session, volunteer.id, first, last)
        # A step of the way, not a mistake: what it frees is read, then confirmed.
        return _record_page(request, volunteer, form, freed=await leave_pages.freed_of(session, covered))
    told = _("Absence %(of_name)s notée.") if decided.made else _("Cette absence %(of_name)s était déjà notée.")
    return redirect(f"/conges/{decided.leave.id}", told % {"of_name": of_name(volunteer.user.name)})
