"""Pages of leave: a volunteer asks and takes back; a coordinator finds the list of those to decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CurrentUser, VolunteerUser
from civic.accounts.models import User
from civic.bookings import leave_pages
from civic.contracts import leave_actions
from civic.contracts.leave_queries import situation_of, visible_to, waiting_count
from civic.contracts.leave_requests import advise
from civic.contracts.leave_rules import KIND_NAMES, Days
from civic.contracts.models import LEAVE_KINDS, Leave
from civic.db import Session
from civic.errors import Forbidden, Invalid, NotFound
from civic.forms import Form
from civic.i18n import _
from civic.volunteers.current import CurrentVolunteer, current_volunteer
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


async def find_leave(leave_id: UUID, user: CurrentUser, session: Session) -> Leave:
    """404 for a leave out of sight; 403 for managers and admins, who read nothing of it."""
    if user.role not in ("volunteer", "coordinator"):
        raise Forbidden
    found = await session.scalar(visible_to(user).where(Leave.id == leave_id))
    if found is None:
        raise NotFound
    return found


VisibleLeave = Annotated[Leave, Depends(find_leave)]


@router.get("/conges")
async def index(request: Request, user: CurrentUser, session: Session) -> Response:
    """A volunteer's balance and requests; for a coordinator, those to decide."""
    if user.role == "coordinator":
        asked = request.query_params.get("vue", "")
        view = asked if asked in leave_pages.VIEWS else ""
        context = {
            "view": view,
            "lines": await leave_pages.list_page(session, user, view),
            "waiting": await waiting_count(session, user),
            "kinds": KIND_NAMES,
        }
        return render(request, "leave/list.html", context)
    if user.role != "volunteer":
        raise Forbidden
    return await _own(request, session, user, await current_volunteer(user, session), Form())


async def _own(
    request: Request, session: Session, user: User, volunteer: CurrentVolunteer, form: Form, *, status: int = 200
) -> Response:
    context = {
        **await leave_pages.own_page(session, user, volunteer),
        "form": form,
        "kinds": KIND_NAMES,
        "today": clock.today(),
    }
    return render(request, "leave/mine.html", context, status=status)


@router.post("/conges")
async def ask(request: Request, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session) -> Response:
    """Send a request; the last day may be left out when there is only one."""
    form = await Form.read(request)
    kind = form.choice("kind", LEAVE_KINDS)
    first = form.date("starts_on")
    last = form.date("ends_on", required=False) or first
    if not form.ok or first is None or last is None:
        return await _own(request, session, user, volunteer, form, status=422)
    wish = Days(kind, first, last)
    try:
        leave = await leave_actions.ask(session, wish, volunteer, by=user)
    except Invalid as invalid:
        for name, message in invalid.errors.items():
            form.fail(name, message)
        return await _own(request, session, user, volunteer, form, status=422)
    situation = await situation_of(session, volunteer.id, clock.today())
    warnings = [one.title for one in advise(Days(kind, first, last, "requested", leave.id), situation)]
    sent = _("Demande envoyée : votre coordination répond par e-mail.")
    undo = (f"/conges/{leave.id}/retrait", _("Retirer"))
    return redirect("/conges", " ".join([sent, *warnings]), "warn" if warnings else "ok", undo)


@router.get("/conges/{leave_id}/retrait")
async def ask_withdrawal(request: Request, user: CurrentUser, leave: VisibleLeave, session: Session) -> Response:
    own = leave.volunteer.user_id == user.id
    context = {
        "leave": leave,
        "own": own,
        "person": leave.volunteer.user,
        "recorded": leave.created_by_id != leave.volunteer.user_id,
        "refusal": leave_actions.may_withdraw(leave, clock.today(), own=own),
        "kinds": KIND_NAMES,
        "back_to": "/conges" if own else f"/conges/{leave.id}",
    }
    return render(request, "leave/withdraw.html", context)


@router.post("/conges/{leave_id}/retrait")
async def withdraw(user: CurrentUser, leave: VisibleLeave, session: Session) -> Response:
    await leave_actions.withdraw(session, leave.id, by=user)
    told = (
        _("Congé retiré.") if user.role == "volunteer" else _("Absence retirée. La personne est prévenue par e-mail.")
    )
    return redirect("/conges" if user.role == "volunteer" else f"/conges/{leave.id}", told)
