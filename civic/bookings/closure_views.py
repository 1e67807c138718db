"""Closing a site for some days, and closing an account: first whom it costs a place, then it is done and told."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request, Response

from civic import clock
from civic.accounts.admin_views import Account
from civic.accounts.admin_views import page_of as account_page
from civic.accounts.current import AdminUser, CurrentUser
from civic.bookings import breaks, closing
from civic.bookings.breaks import Broken
from civic.bookings.closing import Closing
from civic.bookings.closure_pages import REASON_MAX, page_of
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.sites.actions import check_days
from civic.sites.models import Site
from civic.sites.views import AnySite, EditableSite
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/sites/{site_id}/fermetures")
async def closures(request: Request, site: AnySite, user: CurrentUser, session: Session) -> Response:
    """What is closed and what was: everybody who is signed in may look."""
    return await page_of(request, session, site, user)


@router.post("/sites/{site_id}/fermetures")
async def close_site(request: Request, user: CurrentUser, site: EditableSite, session: Session) -> Response:
    """The days and the reason; again with `confirm` where places would end."""
    form = await Form.read(request)
    wanted = _read(form)
    if wanted is None:
        return await page_of(request, session, site, user, status=422, closure_form=form)
    broken = await closing.closed_by(session, site, wanted)
    seen = breaks.parse(form.get("seen"))
    if broken and not (form.checked("confirm") and all(one.held.booking_id in seen for one in broken)):
        return _ask(request, site, wanted, form, broken)
    _closure, ended = await closing.close_site(session, by=user, site=site, closing=wanted, accepted=seen)
    return redirect(f"/sites/{site.id}/fermetures", closed(ended))


def _read(form: Form) -> Closing | None:
    starts_on, ends_on = form.date("starts_on"), form.date("ends_on")
    reason = form.text("reason", maximum=REASON_MAX)
    if starts_on and ends_on:
        _check(form, starts_on, ends_on)
    if not form.ok or starts_on is None or ends_on is None:
        return None
    return Closing(starts_on, ends_on, reason)


def _check(form: Form, starts_on: date, ends_on: date) -> None:
    try:
        check_days(starts_on, ends_on)
    except Refusal as refusal:
        form.fail(refusal.field or "", refusal.message)
    if ends_on < clock.today():
        form.fail("ends_on", _("Ces jours sont passés."))


def _ask(request: Request, site: Site, wanted: Closing, form: Form, broken: list[Broken]) -> Response:
    form.lists["seen"] = [breaks.pack(broken)]
    context = {"site": site, "closing": wanted, "form": form, "broken": broken}
    return render(request, "bookings/close_site.html", context, status=409)


def closed(ended: int) -> str:
    if not ended:
        return _("Fermeture notée.")
    text = ngettext(
        "Fermeture notée. %(n)s place est libérée, un e-mail l’explique.",
        "Fermeture notée. %(n)s places sont libérées, un e-mail l’explique.",
        ended,
    )
    return text % {"n": ended}


@router.post("/sites/{site_id}/fermetures/{closure_id}/suppression")
async def reopen_site(closure_id: UUID, user: CurrentUser, site: EditableSite, session: Session) -> Response:
    await closing.reopen_site(session, by=user, site=site, closure_id=closure_id)
    return redirect(f"/sites/{site.id}/fermetures", _("Fermeture supprimée."))


@router.get("/administration/comptes/{user_id}/fermeture")
async def ask_closing(request: Request, user: AdminUser, account: Account, session: Session) -> Response:
    broken = await closing.held_by(session, account)
    context = {"account": account, "broken": broken, "seen": breaks.pack(broken)}
    return render(request, "admin/close.html", context)


@router.post("/administration/comptes/{user_id}/fermeture")
async def close_account(request: Request, user: AdminUser, account: Account, session: Session) -> Response:
    """The page before has listed the places; one booked meanwhile is shown first."""
    form = await Form.read(request)
    broken = await closing.held_by(session, account)
    seen = breaks.parse(form.get("seen"))
    if any(one.held.booking_id not in seen for one in broken):
        context = {"account": account, "broken": broken, "seen": breaks.pack(broken)}
        return render(request, "admin/close.html", context, status=409)
    ended = await closing.close_account(session, by=user, account=account, accepted=seen)
    text = _("Compte fermé. Ses sessions sont closes.")
    if ended:
        freed = ngettext("%(n)s place est libérée.", "%(n)s places sont libérées.", ended) % {"n": ended}
        text = f"{text} {freed}"
    return redirect(account_page(account), text)
