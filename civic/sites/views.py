"""The list of places beside their map, for everybody, and what the other pages of a place share."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from civic import clock
from civic.accounts.current import CurrentUser, MaybeUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Forbidden, NotFound, Refusal
from civic.i18n import N_, _
from civic.settings import settings
from civic.sites.chart import chart
from civic.sites.kinds import KINDS
from civic.sites.models import PILLARS, Site
from civic.sites.queries import (
    SiteFilters,
    any_sites,
    closed_sites,
    communes,
    intermunicipalities,
    may_edit,
    search_sites,
)
from civic.sites.reference import ATTRIBUTION
from civic.web import render

router = APIRouter(include_in_schema=False)
# What is said of belonging to the Chaîne des Parcs: only what was read somewhere; a guess is not told at all.
MEMBERSHIP = {"confirmed": N_("Fait partie de la Chaîne des Parcs")}
PLANNERS = ("admin", "coordinator", "manager")


async def find_site(site_id: str, user: MaybeUser, session: Session) -> Site:
    """A place; one out of use is still there for those who are signed in, since what they noted names it."""
    found = None
    if "\x00" not in site_id and len(site_id) <= 40:
        found = await session.scalar(any_sites().where(Site.id == site_id))
    if found is None or (found.archived_at and user is None):
        raise NotFound
    return found


AnySite = Annotated[Site, Depends(find_site)]


def editable_site(site: AnySite, user: CurrentUser) -> Site:
    if not may_edit(user, site):
        raise Forbidden(_("Ce lieu est hors de votre périmètre.") if user.role == "coordinator" else "")
    if site.archived_at:
        raise Refusal("site_archived", _("Ce lieu est archivé : remettez-le d’abord en service."))
    return site


EditableSite = Annotated[Site, Depends(editable_site)]


def kinds() -> dict[str, str]:
    return {code: _(name) for code, name in KINDS.items()}


@router.get("/sites")
async def index(
    request: Request,
    user: MaybeUser,
    session: Session,
    q: str = "",
    intermunicipality: str = "",
    pillar: str = "",
    kind: str = "",
    archives: str = "",
) -> Response:
    """A filter that names nothing shows everything; a search that finds nothing says so."""
    groups = await intermunicipalities(session)
    filters = SiteFilters(
        words="".join(c for c in q[:100] if c.isprintable()).strip(),
        intermunicipality=intermunicipality if intermunicipality in {group.code for group in groups} else "",
        pillar=pillar if pillar in PILLARS else "",
        kind=kind if kind in KINDS else "",
        archived=archives == "1" and _plans(user),
    )
    sites = await search_sites(session, filters)
    context = {
        "sites": sites,
        "chart": chart(await communes(session), sites),
        "groups": groups,
        "filters": filters,
        "pillars": PILLARS,
        "closed": await closed_sites(session, clock.today()),
        "kinds": kinds(),
        "may_create": user is not None and user.role == "admin",
        "may_close": user is not None and user.role in ("admin", "coordinator"),
        "may_see_archives": _plans(user),
        "attribution": _(ATTRIBUTION),
        "tiles": settings().map_tiles_url if sites else None,
        "tiles_by": tiles_by(settings().tiles_host),
    }
    return render(request, "sites/index.html", context)


def tiles_by(host: str) -> str:
    """Whom the map's picture is owed to: the host, and OpenStreetMap where it is theirs."""
    name = host.partition("://")[2].removeprefix("*.")
    return _("© les contributeurs d’OpenStreetMap") if "openstreetmap." in name else name


def _plans(user: User | None) -> bool:
    return user is not None and user.role in PLANNERS
