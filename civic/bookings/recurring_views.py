"""Closures that come back, at one site or at many: the days and whom they touch are always shown before."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.current import CurrentUser
from civic.accounts.models import User
from civic.bookings import breaks, recurring
from civic.bookings.closure_pages import REASON_MAX, page_of, rule_choices, rule_form
from civic.bookings.closure_views import closed
from civic.db import Session
from civic.errors import Forbidden, Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.sites.models import Site
from civic.sites.queries import scope_of, search_sites
from civic.sites.recurrence import EVERY, Recurrence, days_to_close
from civic.sites.views import EditableSite
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


@router.post("/sites/{site_id}/fermetures/regles")
async def close_by_rule(request: Request, user: CurrentUser, site: EditableSite, session: Session) -> Response:
    form = await Form.read(request)
    wanted = _read(form)
    if wanted is None:
        return await page_of(request, session, site, user, status=422, rule_form=form)
    path = f"/sites/{site.id}/fermetures"
    return await _ask_or_close(request, session, user, [site], wanted, form, f"{path}/regles", path)


@router.post("/sites/{site_id}/fermetures/regles/{rule_id}/fin")
async def end_rule(
    request: Request, rule_id: UUID, user: CurrentUser, site: EditableSite, session: Session
) -> Response:
    """From a day on, the rule closes nothing more; without a day, from today on."""
    form = await Form.read(request)
    day = form.date("from", required=False) or clock.today()
    if not form.ok:
        raise Refusal("unknown_day", form.errors["from"])
    await recurring.end_rule(session, by=user, site=site, rule_id=rule_id, day=day)
    return redirect(f"/sites/{site.id}/fermetures", _("La règle s’arrête : ses jours à venir sont rouverts."))


@router.get("/sites/fermetures")
async def many(request: Request, user: CurrentUser, session: Session) -> Response:
    return await _many_page(request, session, await _kept(session, user), rule_form())


@router.post("/sites/fermetures")
async def close_many(request: Request, user: CurrentUser, session: Session) -> Response:
    """One rule for several sites, as for the hunting season."""
    kept = await _kept(session, user)
    form = await Form.read(request)
    chosen = set(form.choices("sites", {site.id for site in kept}, minimum=1))
    wanted = _read(form)
    if wanted is None:
        return await _many_page(request, session, kept, form, status=422)
    places = [site for site in kept if site.id in chosen]
    return await _ask_or_close(request, session, user, places, wanted, form, "/sites/fermetures", "/sites")


async def _kept(session: AsyncSession, user: User) -> list[Site]:
    if user.role not in ("admin", "coordinator"):
        raise Forbidden
    return scope_of(user, await search_sites(session))


async def _many_page(
    request: Request, session: AsyncSession, kept: list[Site], form: Form, *, status: int = 200
) -> Response:
    context: dict[str, Any] = {"sites": kept, "form": form, **rule_choices()}
    return render(request, "sites/close_many.html", context, status=status)


def _read(form: Form) -> tuple[Recurrence, str, list[date]] | None:
    """The rule, its reason and its days from today on; None with an error at each wrong field."""
    every = form.choice("every", EVERY)
    weekdays = form.choices("weekdays", [str(day) for day in range(7)], minimum=1)
    starts_on, until = form.date("first"), form.date("until")
    reason = form.text("why", maximum=REASON_MAX)
    if not form.ok or starts_on is None or until is None:
        return None
    recurrence = Recurrence(every, tuple(sorted(int(day) for day in weekdays)), starts_on, until)
    try:
        days = days_to_close(recurrence, clock.today())
    except Refusal as refusal:
        form.fail(refusal.field or "", refusal.message)
        return None
    return recurrence, reason, days


async def _ask_or_close(
    request: Request,
    session: AsyncSession,
    user: User,
    places: Sequence[Site],
    wanted: tuple[Recurrence, str, list[date]],
    form: Form,
    action: str,
    back: str,
) -> Response:
    """Show the days and whom they touch; done once confirmed for all the places that end."""
    recurrence, reason, days = wanted
    shifts, broken = await recurring.preview(session, places, days, reason)
    seen = breaks.parse(form.get("seen"))
    if not (form.checked("confirm") and all(one.held.booking_id in seen for one in broken)):
        form.lists["seen"] = [breaks.pack(broken)]
        context = {
            "places": places,
            "sentence": recurrence.sentence(),
            "reason": reason,
            "days": days,
            "shifts": shifts,
            "broken": broken,
            "form": form,
            "action": action,
            "back": back,
        }
        return render(request, "bookings/close_rule.html", context, status=409 if broken else 200)
    ended = await recurring.close_by_rule(
        session, by=user, places=places, recurrence=recurrence, reason=reason, accepted=seen
    )
    text = closed(ended)
    if len(places) > 1:
        text = ngettext("%(n)s lieu fermé.", "%(n)s lieux fermés.", len(places)) % {"n": len(places)} + " " + text
    return redirect(back, text)
