"""Several shifts at once: call them off for one reason, after seeing who is told."""

from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.bookings import cancelling
from civic.bookings import queries as bookings
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import several
from civic.planning.several import Listed
from civic.planning.shift_form import seen_ids
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PATH = "/planning/annulations"
REASON_MAX = 300


@router.get(PATH)
async def choose_shifts(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """The coming shifts of a period, none ticked, or all (`cocher=tout`); period and filters are in the address."""
    listed = await _shifts(request, session, user)
    ticked = [one.id for one in listed.shifts] if request.query_params.get("cocher") == "tout" else []
    return await _page(request, session, listed, Form.filled(shift=ticked))


async def _shifts(request: Request, session: AsyncSession, user: User) -> Listed:
    return await several.listed(session, user, PATH, request.query_params, ("draft", "published"))


@router.post(PATH)
async def cancel_shifts(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """First show who is told; then cancel exactly what was seen."""
    form = await Form.read(request)
    listed = await _shifts(request, session, user)
    ticked = several.ticked(form, listed.shifts)
    if not ticked:
        if await several.are(session, user, form, "cancelled"):
            return redirect(listed.chosen.week, _("Ces créneaux sont déjà annulés."), "info")
        form.fail("shift", _("Cochez au moins un créneau."))
    reason = form.text("reason", maximum=REASON_MAX)
    if not form.ok:
        return await _page(request, session, listed, form, status=422)
    if not form.checked("confirm"):
        return await _seen(request, session, listed, form, ticked, 200)
    try:
        seen = seen_ids(form.get("seen"))
        count = await cancelling.cancel_many(session, by=user, shift_ids=ticked, reason=reason, seen=seen)
    except Refusal as refusal:
        if refusal.code != "booked_meanwhile":
            raise
        return await _seen(request, session, listed, form, ticked, 409)
    text = ngettext("%(n)s créneau annulé.", "%(n)s créneaux annulés.", len(ticked)) % {"n": len(ticked)}
    people = ngettext("%(n)s personne est prévenue.", "%(n)s personnes sont prévenues.", count) % {"n": count}
    return redirect(listed.chosen.week, f"{text} {people}" if count else text)


async def _seen(
    request: Request, session: AsyncSession, listed: Listed, form: Form, ticked: list[UUID], status: int
) -> Response:
    """Who would be told, before anything is cancelled."""
    held = await bookings.live_bookings(session, shift_ids=ticked)
    form.lists["seen"] = [",".join(str(one.booking_id) for one in held)]
    form.lists.pop("confirm", None)
    names = sorted({one.volunteer_name for one in held})
    return await _page(request, session, listed, form, told=names, status=status)


async def _page(
    request: Request,
    session: AsyncSession,
    listed: Listed,
    form: Form,
    *,
    told: list[str] | None = None,
    status: int = 200,
) -> Response:
    ids = [one.id for one in listed.shifts]
    crowds = bookings.crowds(await bookings.live_bookings(session, shift_ids=ids) if ids else [])
    context = {
        "listed": listed,
        "chosen": listed.chosen,
        "seated": {one: len(crowds[one].seated) for one in ids},
        "form": form,
        "told": told,
        "maximum": REASON_MAX,
    }
    return render(request, "planning/bulk_cancel.html", context, status=status)
