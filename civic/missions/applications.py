"""The applications that a coordinator answers."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.clock import age_on, today
from civic.db import Session
from civic.errors import NotFound
from civic.formats import of_name
from civic.forms import Form
from civic.i18n import _
from civic.missions import actions
from civic.missions.models import APPLICATION_STATES, Application
from civic.missions.queries import applications_visible_to
from civic.missions.rules import NOTE_MAX
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
SHOWN = 200


@router.get("/candidatures")
async def index(request: Request, user: CoordinatorUser, session: Session, state: str = "") -> Response:
    return await _show(request, session, user, state=state if state in APPLICATION_STATES else "")


async def _show(
    request: Request,
    session: Session,
    user: User,
    *,
    state: str = "",
    status: int = 200,
    wrong: UUID | None = None,
    form: Form | None = None,
) -> Response:
    """`wrong` is the application whose answer, in `form`, has to be corrected."""
    wanted = applications_visible_to(user).limit(SHOWN)
    if state:
        wanted = wanted.where(Application.state == state)
    applications = (await session.scalars(wanted)).all()
    context: dict[str, Any] = {
        "applications": applications,
        "ages": _ages(applications),
        "state": state,
        "wrong": wrong,
        "form": form or Form(),
        "blank": Form(),
        "maximum": NOTE_MAX,
    }
    return render(request, "missions/applications.html", context, status=status)


def _ages(applications: Sequence[Application]) -> dict[UUID, int]:
    day = today()
    return {one.id: age_on(one.volunteer.birth_date, day) for one in applications}


async def find_application(application_id: UUID, user: CoordinatorUser, session: Session) -> Application:
    found = await session.scalar(applications_visible_to(user).where(Application.id == application_id))
    if found is None:
        raise NotFound
    return found


VisibleApplication = Annotated[Application, Depends(find_application)]


@router.post("/candidatures/{application_id}/acceptation")
async def accept(
    request: Request, user: CoordinatorUser, application: VisibleApplication, session: Session
) -> Response:
    return await _decide(request, session, user, application, "accepted")


@router.post("/candidatures/{application_id}/refus")
async def reject(
    request: Request, user: CoordinatorUser, application: VisibleApplication, session: Session
) -> Response:
    return await _decide(request, session, user, application, "rejected")


async def _decide(request: Request, session: Session, user: User, application: Application, state: str) -> Response:
    """Accepting is one tap; a refusal, whose mail can't be called back, is asked first with the word that was typed."""
    form = await Form.read(request)
    note = form.text("note", required=False, maximum=NOTE_MAX)
    if not form.ok and form.checked("confirm"):
        context = {"application": application, "form": form, "maximum": NOTE_MAX}
        return render(request, "missions/reject.html", context, status=422)
    if not form.ok:
        return await _show(request, session, user, status=422, wrong=application.id, form=form)
    if state == "rejected" and application.state == "submitted" and not form.checked("confirm"):
        context = {"application": application, "form": form, "maximum": NOTE_MAX}
        return render(request, "missions/reject.html", context)
    await actions.decide(session, application.id, state, note, by=user)
    name = application.volunteer.user.name
    told = _("Candidature %(of_name)s acceptée.") if state == "accepted" else _("Candidature %(of_name)s refusée.")
    return redirect("/candidatures", flash=told % {"of_name": of_name(name)} + " " + _("Un e-mail est parti."))
