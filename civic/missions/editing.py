"""A mission's form, and the new mission that it makes; changing one under people booked is bookings.mission_views."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from civic import begun
from civic.accounts.authors import last_author
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.contracts.models import TRAININGS
from civic.contracts.rules import MAX_AGE_EXTENDED, MIN_AGE, TRAINING_NAMES
from civic.db import Session
from civic.errors import Forbidden, Refusal
from civic.forms import Form
from civic.i18n import N_, _
from civic.missions import actions
from civic.missions.actions import MissionFacts
from civic.missions.models import TAGS, Mission
from civic.missions.queries import covers, hold_mission, mission_with_all
from civic.missions.views import TAG_NAMES, AnyMission
from civic.sites.kinds import PILLAR_NAMES
from civic.sites.models import PILLARS, Site
from civic.sites.queries import search_sites
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
TEXT_MAX = 4000
LABELS = {
    "title": N_("Titre"),
    "pillar": N_("Pilier"),
    "description": N_("En quelques phrases"),
    "tasks": N_("Ce que l’on fait"),
    "activity": N_("Activité"),
    "sites": N_("Lieux"),
    "tags": N_("Conditions"),
    "trainings": N_("Formations à faire avant"),
    "min_age": N_("Âge minimum"),
    "approval_number": N_("Numéro d’agrément"),
    "starts_on": N_("Premier jour"),
    "ends_on": N_("Dernier jour"),
}


def editable_mission(mission: AnyMission, user: CoordinatorUser) -> Mission:
    if not covers(user, mission):
        raise Forbidden(_("Cette mission est hors de votre périmètre."))
    return mission


EditableMission = Annotated[Mission, Depends(editable_mission)]


@router.get("/missions/nouvelle")
async def new(request: Request, user: CoordinatorUser, session: Session, copie: UUID | None = None) -> Response:
    """An empty form, or one filled from the mission that `copie` names."""
    model = await mission_with_all(session, copie) if copie else None
    if model is None:
        return await show_form(request, session, user, None, Form.filled(min_age=MIN_AGE, tags=["outdoor"]))
    form = filled(model)
    form.lists["title"] = [_("%(title)s (copie)") % {"title": model.title}]
    return await show_form(request, session, user, None, form)


def filled(mission: Mission) -> Form:
    """The form that shows a mission as it is."""
    return Form.filled(
        **{name: getattr(mission, name) for name in ("title", "pillar", "description", "activity", "tasks", "min_age")},
        approval_number=mission.approval_number,
        starts_on=mission.starts_on,
        ends_on=mission.ends_on,
        sites=[site.id for site in mission.sites],
        tags=mission.tag_codes,
        trainings=mission.training_codes,
    )


@router.post("/missions/nouvelle")
async def create(request: Request, user: CoordinatorUser, session: Session) -> Response:
    form = await Form.read(request)
    facts = await read_facts(session, form, user, None)
    if facts is None:
        return await show_form(request, session, user, None, form, status=422)
    try:
        mission = await actions.create_mission(session, facts, by=user)
    except Refusal as refusal:
        form.fail(refusal.field or "", refusal.message)
        return await show_form(request, session, user, None, form, status=422)
    return redirect(f"/missions/{mission.id}", flash=_("Mission créée."))


def begun_form(mission: Mission) -> Form:
    """The same, which says what it was begun with."""
    return begun.begin(filled(mission), LABELS)


async def changed_since(session: Session, form: Form, user: User, mission: Mission) -> dict[str, Any]:
    """What somebody else changed since a form was begun, for `show_form`; {} for nothing. Holds the mission."""
    await hold_mission(session, mission)
    named = {
        "pillar": {code: _(name) for code, name in PILLAR_NAMES.items()},
        "sites": {site.id: site.name for site in await _offered(session, user, mission)},
        "tags": {code: _(name) for code, name in TAG_NAMES.items()},
        "trainings": {code: _(name) for code, name in TRAINING_NAMES.items()},
    }
    labels = {name: _(label) for name, label in LABELS.items()}
    clashes = begun.compare(form, filled(mission), labels, begun.worded(named))
    return {"clashes": clashes, "changed_by": await last_author(session, mission)} if clashes else {}


async def show_form(
    request: Request,
    session: Session,
    user: User,
    mission: Mission | None,
    form: Form,
    *,
    status: int = 200,
    **shown: Any,
) -> Response:
    """`broken` lists the places that the change would end, when it has to be asked; `clashes` what somebody else,
    `changed_by`, changed while this form was open."""
    context: dict[str, Any] = {
        "mission": mission,
        "form": form,
        "sites": await _offered(session, user, mission),
        "pillars": PILLARS,
        "tags": [(code, _(name)) for code, name in TAG_NAMES.items()],
        "trainings": [(code, _(name)) for code, name in TRAINING_NAMES.items()],
        "maximum": TEXT_MAX,
        "broken": [],
        "clashes": [],
        "changed_by": "",
        **shown,
    }
    return render(request, "missions/edit.html", context, status=status)


async def _offered(session: Session, user: User, mission: Mission | None) -> list[Site]:
    """Sites in the author's scope, and those that the mission has already."""
    present = {site.id for site in mission.sites} if mission else set()
    every = await search_sites(session)
    return [site for site in every if user.covers(site.intermunicipality_code) or site.id in present]


async def read_facts(session: Session, form: Form, user: User, mission: Mission | None) -> MissionFacts | None:
    offered = {site.id for site in await _offered(session, user, mission)}
    facts = MissionFacts(
        title=form.text("title", maximum=120),
        pillar=form.choice("pillar", PILLARS),
        description=form.text("description", maximum=TEXT_MAX),
        activity=form.text("activity", required=False, maximum=60),
        tasks=form.text("tasks", required=False, maximum=TEXT_MAX),
        min_age=form.integer("min_age", minimum=MIN_AGE, maximum=MAX_AGE_EXTENDED) or MIN_AGE,
        approval_number=form.text("approval_number", required=False, maximum=60),
        starts_on=form.date("starts_on", required=False),
        ends_on=form.date("ends_on", required=False),
        site_ids=form.choices("sites", offered, minimum=1),
        tags=form.choices("tags", TAGS),
        trainings=form.choices("trainings", TRAININGS),
    )
    return facts if form.ok else None
