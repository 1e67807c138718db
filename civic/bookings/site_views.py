"""A place's own page, with what happens there; and taking it out of use."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from civic import clock
from civic.accounts.current import AdminUser, MaybeUser
from civic.accounts.models import User
from civic.bookings import queries
from civic.bookings.closure_pages import rules_shown
from civic.bookings.queries import ShiftFilters
from civic.db import Session
from civic.errors import Refusal
from civic.i18n import _
from civic.shifts import retiring
from civic.sites import keeping
from civic.sites.kinds import DANGER, KINDS, REPORT_KINDS, SPOTS, states_for
from civic.sites.models import Site
from civic.sites.queries import closure_rules, closures_from, may_edit
from civic.sites.reference import ATTRIBUTION
from civic.sites.report_queries import may_read, open_at
from civic.sites.views import MEMBERSHIP, AnySite
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
AHEAD = timedelta(days=14)
MOST_SHIFTS = 12


@router.get("/sites/{site_id}")
async def show(request: Request, site: AnySite, user: MaybeUser, session: Session) -> Response:
    """Everybody reads where it is; notes on safety, the on-call number and the shifts are for who is signed in."""
    day = clock.today()
    coming = await closures_from(session, site.id, day)
    shifts = await queries.list_shifts(session, ShiftFilters(day, day + AHEAD, site=site.id)) if user else []
    ahead = [one for one in shifts if one.times.ends_at > clock.now()][:MOST_SHIFTS]
    crowds = queries.crowds(await queries.live_bookings(session, shift_ids=[one.id for one in ahead])) if ahead else {}
    context = {
        "site": site,
        "kind": _(KINDS[site.kind]) if site.kind in KINDS else "",
        "member": _(MEMBERSHIP[site.chain_member]) if site.chain_member in MEMBERSHIP else "",
        "alone": [one for one in coming if one.rule_id is None],
        "rules": rules_shown(await closure_rules(session, site.id), coming),
        "closed": next((closure for closure in coming if closure.starts_on <= day), None),
        "shifts": [(one, len(crowds[one.id].seated) if one.id in crowds else 0) for one in ahead],
        "editable": may_edit(user, site) and site.archived_at is None,
        "attribution": _(ATTRIBUTION),
        **await _reports(session, user, site),
    }
    return render(request, "sites/show.html", context)


async def _reports(session: Session, user: User | None, site: Site) -> dict[str, Any]:
    """What is wrong here, told to whoever is signed in so that nobody reports it twice; `opened` are those that this
    reader may open."""
    found = await open_at(session, site.id) if user else []
    return {
        "reports": found,
        "opened": {one.id for one in found if user and may_read(user, one, site)},
        "kind_names": {code: _(name) for code, name in REPORT_KINDS.items()},
        "state_names": {code: _(name) for code, name in states_for(user.role if user else "").items()},
        "spot_names": {code: _(name) for code, name in SPOTS.items()},
        "danger": DANGER,
    }


def _admin_site(site: AnySite, _user: AdminUser) -> Site:
    return site


AdminSite = Annotated[Site, Depends(_admin_site)]


@router.get("/sites/{site_id}/archivage")
async def ask_archiving(request: Request, site: AdminSite, session: Session) -> Response:
    return await _archiving(request, session, site)


async def _archiving(request: Request, session: Session, site: Site, *, error: str = "", status: int = 200) -> Response:
    context = {"site": site, "uses": await retiring.uses_of_site(session, site), "most": retiring.SHOWN, "error": error}
    return render(request, "sites/archive.html", context, status=status)


@router.post("/sites/{site_id}/archivage")
async def archive(request: Request, site: AdminSite, user: AdminUser, session: Session) -> Response:
    try:
        await retiring.archive_site(session, by=user, site=site)
    except Refusal as refusal:
        return await _archiving(request, session, site, error=refusal.message, status=409)
    return redirect(f"/sites/{site.id}", _("Lieu archivé : il quitte les listes et reste dans l’historique."))


@router.post("/sites/{site_id}/restauration")
async def restore(site: AdminSite, user: AdminUser, session: Session) -> Response:
    keeping.restore(session, site, by=user)
    return redirect(f"/sites/{site.id}", _("Lieu remis en service."))


@router.post("/sites/{site_id}/suppression")
async def delete(request: Request, site: AdminSite, user: AdminUser, session: Session) -> Response:
    """Only what nothing has ever named goes for good."""
    try:
        await keeping.delete_site(session, site, by=user)
    except Refusal as refusal:
        return await _archiving(request, session, site, error=refusal.message, status=409)
    return redirect("/sites", _("Lieu supprimé : il n’avait jamais servi."))
