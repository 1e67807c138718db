"""Pages of missions, for everybody; a volunteer applies there."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from civic.accounts.current import CurrentUser, MaybeUser
from civic.accounts.models import User
from civic.contracts.rules import TRAINING_NAMES
from civic.db import Session
from civic.errors import NotFound
from civic.forms import Form
from civic.i18n import N_, _
from civic.missions import actions
from civic.missions.models import Mission
from civic.missions.queries import covers, list_missions, mission_with_all, own_application, own_applications
from civic.missions.rules import MOTIVATION_MAX
from civic.sites.models import PILLARS
from civic.volunteers.current import CurrentVolunteer
from civic.volunteers.queries import visible_to
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
TAG_NAMES = {
    "outdoor": N_("en plein air"),
    "stand_duty": N_("permanence sur un stand"),
    "vulnerable_public": N_("public fragile"),
    "regulated_risk": N_("risque réglementé : pas avant 18 ans"),
}


async def find_mission(mission_id: UUID, session: Session) -> Mission:
    found = await mission_with_all(session, mission_id)
    if found is None:
        raise NotFound
    return found


AnyMission = Annotated[Mission, Depends(find_mission)]


@router.get("/missions")
async def index(request: Request, user: MaybeUser, session: Session, pillar: str = "") -> Response:
    chosen = pillar if pillar in PILLARS else ""
    missions = await list_missions(session, chosen or None)
    context = {
        "groups": [(code, [one for one in missions if one.pillar == code]) for code in PILLARS],
        "pillar": chosen,
        "pillars": PILLARS,
        "states": await _states(session, user),
        "may_create": user is not None and user.role == "coordinator",
    }
    return render(request, "missions/index.html", context)


async def _states(session: Session, user: User | None) -> dict[UUID, str]:
    """Where a volunteer's own applications stand, by mission (the newest word counts)."""
    if user is None or user.role != "volunteer":
        return {}
    volunteer = await session.scalar(visible_to(user))
    if volunteer is None:
        return {}
    found = await own_applications(session, volunteer.id)
    return {one.mission_id: one.state for one in reversed(found)}


@router.get("/missions/{mission_id}")
async def show(request: Request, user: MaybeUser, mission: AnyMission, session: Session) -> Response:
    return await _show(request, session, mission, user, Form())


async def _show(
    request: Request, session: Session, mission: Mission, user: User | None, form: Form, *, status: int = 200
) -> Response:
    volunteer = await session.scalar(visible_to(user)) if user is not None and user.role == "volunteer" else None
    context: dict[str, Any] = {
        "mission": mission,
        "tags": [_(TAG_NAMES[tag]) for tag in TAG_NAMES if tag in mission.tag_codes],
        "trainings": [_(name) for kind, name in TRAINING_NAMES.items() if kind in mission.training_codes],
        "volunteer": volunteer,
        "application": await own_application(session, mission.id, volunteer.id) if volunteer else None,
        "form": form,
        "maximum": MOTIVATION_MAX,
        "editable": user is not None and user.role == "coordinator" and covers(user, mission),
    }
    return render(request, "missions/show.html", context, status=status)


@router.post("/missions/{mission_id}/candidature")
async def apply(
    request: Request, user: CurrentUser, volunteer: CurrentVolunteer, mission: AnyMission, session: Session
) -> Response:
    form = await Form.read(request)
    motivation = form.text("motivation", required=False, maximum=MOTIVATION_MAX)
    if not form.ok:
        return await _show(request, session, mission, user, form, status=422)
    before = await own_application(session, mission.id, volunteer.id)
    if before is not None and before.state in actions.LIVE:
        told = _("Votre candidature était déjà envoyée : elle n’a pas changé.")
        return redirect(f"/missions/{mission.id}", flash=told, tone="info")
    await actions.apply(session, mission, volunteer, motivation)
    return redirect(f"/missions/{mission.id}", flash=_("Candidature envoyée. La réponse viendra par e-mail."))


@router.post("/missions/{mission_id}/retrait")
async def withdraw(user: CurrentUser, volunteer: CurrentVolunteer, mission: AnyMission, session: Session) -> Response:
    await actions.withdraw(session, mission, volunteer, by=user)
    return redirect(f"/missions/{mission.id}", flash=_("Candidature retirée."), tone="info")
