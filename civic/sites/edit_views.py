"""Writing a place: an admin says what it is, and a coordinator in scope what the people on the ground know of it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic import begun
from civic.accounts.authors import last_author
from civic.accounts.current import AdminUser, CurrentUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import N_, _
from civic.sites import actions, keeping
from civic.sites.actions import Notes
from civic.sites.keeping import Identity
from civic.sites.kinds import KINDS, PILLAR_NAMES
from civic.sites.models import PILLARS, Site
from civic.sites.queries import communes
from civic.sites.rules import LATITUDES, LONGITUDES
from civic.sites.views import EditableSite, kinds
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
NOTES_MAX = 1000
NOTES = ("meeting_place", "access_notes", "safety_notes", "on_call_number")
LABELS = {
    "name": N_("Nom"),
    "kind": N_("Type de lieu"),
    "pillar": N_("Pilier"),
    "commune_insee": N_("Commune"),
    "lat": N_("Latitude"),
    "lon": N_("Longitude"),
    "approximate": N_("Position approximative"),
    "meeting_place": N_("Lieu de rendez-vous"),
    "on_call_number": N_("Numéro d’astreinte"),
    "access_notes": N_("Y aller"),
    "safety_notes": N_("Sur place"),
}
# What a form's decimals can tell apart: about eleven metres.
FINEST = 4


@router.get("/sites/nouveau")
async def new(request: Request, user: AdminUser, session: Session) -> Response:
    return await _page(request, session, user, None, Form())


@router.post("/sites/nouveau")
async def create(request: Request, user: AdminUser, session: Session) -> Response:
    form = await Form.read(request)
    identity, notes = _identity(form, None), _notes(form)
    if identity is None or not form.ok:
        return await _page(request, session, user, None, form, status=422)
    try:
        site = await keeping.create_site(session, identity, by=user)
    except Refusal as refusal:
        form.fail(refusal.field or "", refusal.message)
        return await _page(request, session, user, None, form, status=422)
    actions.update_notes(session, site, notes, by=user)
    return redirect(
        f"/sites/{site.id}", flash=_("Lieu créé. Il apparaît dans la liste et peut entrer dans une mission.")
    )


@router.get("/sites/{site_id}/modifier")
async def edit(request: Request, user: CurrentUser, site: EditableSite, session: Session) -> Response:
    return await _page(request, session, user, site, begun.begin(_filled(site), _labels(user)))


def _filled(site: Site) -> Form:
    """The form that shows a place as it is."""
    return Form.filled(
        **{name: getattr(site, name) for name in (*NOTES, "name", "kind", "pillar", "commune_insee", "approximate")},
        lat=_shown(site.lat),
        lon=_shown(site.lon),
    )


def _labels(user: User) -> dict[str, str]:
    """The fields that somebody's form has, by what it calls them."""
    return {name: _(label) for name, label in LABELS.items() if user.role == "admin" or name in NOTES}


@router.post("/sites/{site_id}/modifier")
async def update(request: Request, user: CurrentUser, site: EditableSite, session: Session) -> Response:
    form = await Form.read(request)
    await keeping.hold_site(session, site)
    clashes = begun.compare(form, _filled(site), _labels(user), await _words(session))
    if clashes:
        shown = {"clashes": clashes, "changed_by": await last_author(session, site)}
        return await _page(request, session, user, site, form, status=409, **shown)
    identity = _identity(form, site) if user.role == "admin" else None
    notes = _notes(form)
    if not form.ok:
        return await _page(request, session, user, site, form, status=422)
    try:
        if identity is not None:
            await keeping.correct_site(session, site, identity, by=user)
    except Refusal as refusal:
        form.fail(refusal.field or "", refusal.message)
        return await _page(request, session, user, site, form, status=422)
    actions.update_notes(session, site, notes, by=user)
    return redirect(f"/sites/{site.id}", flash=_("Fiche enregistrée."))


async def _words(session: AsyncSession) -> begun.Words:
    named = {
        "kind": kinds(),
        "pillar": {code: _(name) for code, name in PILLAR_NAMES.items()},
        "approximate": {"1": _("oui")},
    }
    return begun.worded(named | {"commune_insee": {one.insee: one.name for one in await communes(session)}})


def _notes(form: Form) -> Notes:
    return Notes(
        meeting_place=form.text("meeting_place", required=False, maximum=200),
        access_notes=form.text("access_notes", required=False, maximum=NOTES_MAX),
        safety_notes=form.text("safety_notes", required=False, maximum=NOTES_MAX),
        on_call_number=form.phone("on_call_number", required=False),
    )


def _identity(form: Form, site: Site | None) -> Identity | None:
    """What the place is, or None with an error at each wrong field."""
    name = form.text("name", maximum=120)
    kind = form.choice("kind", {*KINDS, *({site.kind} if site else ())})
    pillar = form.choice("pillar", PILLARS)
    commune = form.text("commune_insee", maximum=5)
    lat = form.decimal("lat", minimum=LATITUDES[0], maximum=LATITUDES[1])
    lon = form.decimal("lon", minimum=LONGITUDES[0], maximum=LONGITUDES[1])
    if not form.ok or lat is None or lon is None:
        return None
    if site is not None:
        # A point that reads the same is the same: the form shows fewer decimals than are kept.
        lat = site.lat if form.get("lat") == _shown(site.lat) else lat
        lon = site.lon if form.get("lon") == _shown(site.lon) else lon
    return Identity(name, kind, pillar, commune, lat, lon, form.checked("approximate"))


def _shown(degrees: float) -> str:
    return f"{degrees:.{FINEST}f}".replace(".", ",")


async def _page(
    request: Request,
    session: AsyncSession,
    user: User,
    site: Site | None,
    form: Form,
    *,
    status: int = 200,
    **shown: Any,
) -> Response:
    """`clashes` and `changed_by` tell what somebody else changed while this form was open."""
    identity = user.role == "admin"
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "identity": identity,
        "kinds": list(kinds().items()),
        "pillars": PILLARS,
        "communes": [(one.insee, one.name) for one in await communes(session)] if identity else [],
        "latitudes": LATITUDES,
        "longitudes": LONGITUDES,
        "maximum": NOTES_MAX,
        "clashes": [],
        "changed_by": "",
        **shown,
    }
    return render(request, "sites/edit.html", context, status=status)
