"""Pages of the places: a list that everybody may read, a page each, and the upkeep of its notes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.current import CurrentUser, MaybeUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Forbidden, NotFound
from civic.forms import Form
from civic.i18n import _
from civic.sites import actions
from civic.sites.kinds import KINDS
from civic.sites.models import Site
from civic.sites.queries import closed_sites, closures_from, intermunicipalities, may_edit, open_sites, search_sites
from civic.sites.reference import ATTRIBUTION
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
NOTES_MAX = 1000


async def find_site(site_id: str, session: Session) -> Site:
    found = None
    if "\x00" not in site_id and len(site_id) <= 40:
        found = await session.scalar(open_sites().where(Site.id == site_id))
    if found is None:
        raise NotFound
    return found


AnySite = Annotated[Site, Depends(find_site)]


def editable_site(site: AnySite, user: CurrentUser) -> Site:
    if not may_edit(user, site):
        raise Forbidden(_("Ce lieu est hors de votre périmètre.") if user.role == "coordinator" else "")
    return site


EditableSite = Annotated[Site, Depends(editable_site)]


@router.get("/sites")
async def index(
    request: Request, user: MaybeUser, session: Session, q: str = "", intermunicipality: str = ""
) -> Response:
    """A filter that names nothing shows everything; a search that finds nothing says so."""
    groups = await intermunicipalities(session)
    known = {group.code for group in groups}
    chosen = intermunicipality if intermunicipality in known else ""
    words = "".join(c for c in q[:100] if c.isprintable()).strip()
    context = {
        "sites": await search_sites(session, words, chosen),
        "groups": groups,
        "q": words,
        "intermunicipality": chosen,
        "closed": await closed_sites(session, clock.today()),
        "kinds": _kinds(),
        "attribution": _(ATTRIBUTION),
    }
    return render(request, "sites/index.html", context)


def _kinds() -> dict[str, str]:
    return {code: _(name) for code, name in KINDS.items()}


@router.get("/sites/{site_id}")
async def show(request: Request, site: AnySite, user: MaybeUser, session: Session) -> Response:
    return await page_of(request, session, site, user)


async def page_of(
    request: Request, session: AsyncSession, site: Site, user: User | None, *, status: int = 200, **shown: Any
) -> Response:
    """The site's page; `closure_form` is the form as typed (the closing itself is bookings.closure_views)."""
    day = clock.today()
    closures = await closures_from(session, site.id, day)
    context = {
        "site": site,
        "kind": _(KINDS[site.kind]) if site.kind in KINDS else "",
        "closures": closures,
        "closed": next((closure for closure in closures if closure.starts_on <= day), None),
        "editable": may_edit(user, site),
        "closure_form": Form.filled(starts_on=day, ends_on=day),
        "attribution": _(ATTRIBUTION),
        **shown,
    }
    return render(request, "sites/show.html", context, status=status)


@router.get("/sites/{site_id}/modification")
async def edit(request: Request, site: EditableSite) -> Response:
    form = Form.filled(
        meeting_place=site.meeting_place,
        access_notes=site.access_notes,
        safety_notes=site.safety_notes,
        on_call_number=site.on_call_number,
    )
    return render(request, "sites/edit.html", {"site": site, "form": form, "maximum": NOTES_MAX})


@router.post("/sites/{site_id}/modification")
async def update(request: Request, user: CurrentUser, site: EditableSite, session: Session) -> Response:
    form = await Form.read(request)
    notes = actions.Notes(
        meeting_place=form.text("meeting_place", required=False, maximum=200),
        access_notes=form.text("access_notes", required=False, maximum=NOTES_MAX),
        safety_notes=form.text("safety_notes", required=False, maximum=NOTES_MAX),
        on_call_number=form.phone("on_call_number", required=False),
    )
    if not form.ok:
        return render(request, "sites/edit.html", {"site": site, "form": form, "maximum": NOTES_MAX}, status=422)
    actions.update_notes(session, site, notes, by=user)
    return redirect(f"/sites/{site.id}", flash=_("Fiche enregistrée."))
