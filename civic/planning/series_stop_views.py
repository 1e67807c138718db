"""A series stopped, or some of it called off: first whom it costs a place, then exactly that."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings import series_changes
from civic.bookings.values import Held
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import series_aim
from civic.planning.series_aim import ONE, Aim
from civic.planning.series_edit_views import ShownSeries, coming_choices
from civic.planning.series_page import Made, SeriesPage
from civic.planning.shift_form import seen_ids
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
REASON_MAX = 300


@router.get("/planning/series/{series_id}/annulation")
async def stop_series_page(request: Request, page: ShownSeries) -> Response:
    """`creneau` and `portee` say from which shift on."""
    params = request.query_params
    return _page(request, page, series_aim.begun(page, params.get("portee", ""), params.get("creneau", "")))


@router.post("/planning/series/{series_id}/annulation")
async def stop_series(request: Request, user: CoordinatorUser, page: ShownSeries, session: Session) -> Response:
    """Show what is called off and who is told; then call off exactly that. Again, it changes nothing."""
    form = await Form.read(request)
    if not page.coming:
        return redirect(f"/planning/series/{page.series.id}", _("Cette série n’a plus de créneau à venir."))
    if form.get("step") == "confirm" and _done_already(form, page):
        return redirect(f"/planning/series/{page.series.id}", _("C’est déjà fait : ces créneaux sont annulés."))
    aim = series_aim.read(form, page)
    if aim.scope == ONE and aim.shift_id:
        return redirect(f"/creneaux/{aim.shift_id}/annulation?next=/planning/series/{page.series.id}")
    reason = form.text("reason", maximum=REASON_MAX)
    if not form.ok:
        return _page(request, page, form, status=422)
    chosen = [one for one in page.coming if aim.reaches(one) and (not one.detached or form.checked("take_apart"))]
    if form.get("step") != "confirm":
        return await _seen(request, session, page, form, aim, chosen)
    try:
        return await _done(session, user, page, form, aim, chosen, reason)
    except Refusal as refusal:
        form.fail("", refusal.message)
        return await _seen(request, session, page, form, aim, chosen, status=409)


def _done_already(form: Form, page: SeriesPage) -> bool:
    """Whether all that was shown is off: the same form came twice."""
    shown, coming = set(seen_ids(form.get("shifts"))), {one.shift.id for one in page.coming}
    return bool(shown) and not shown & coming and shown <= {one.shift.id for one in page.lines}


async def _done(
    session: AsyncSession, user: User, page: SeriesPage, form: Form, aim: Aim, chosen: Sequence[Made], reason: str
) -> Response:
    shown = seen_ids(form.get("shifts"))
    if not {one.shift.id for one in chosen} <= set(shown):
        raise Refusal("series_changed", _("Cette série a changé entre-temps. Relisez la liste, puis confirmez."))
    count = await series_changes.stop_series(
        session,
        by=user,
        series_id=page.series.id,
        since=aim.since,
        shift_ids=[one.shift.id for one in chosen],
        reason=reason,
        seen=seen_ids(form.get("seen")),
    )
    text = ngettext("%(n)s créneau annulé.", "%(n)s créneaux annulés.", len(chosen)) % {"n": len(chosen)}
    people = ngettext("%(n)s personne est prévenue.", "%(n)s personnes sont prévenues.", count) % {"n": count}
    return redirect(f"/planning/series/{page.series.id}", f"{text} {people}" if count else text)


async def _seen(
    request: Request,
    session: AsyncSession,
    page: SeriesPage,
    form: Form,
    aim: Aim,
    chosen: Sequence[Made],
    *,
    status: int = 200,
) -> Response:
    """Who would be told, shift by shift, before anything is called off."""
    ids = [one.shift.id for one in chosen]
    held = await bookings.live_bookings(session, shift_ids=ids) if ids else []
    form.lists["seen"] = [",".join(str(one.booking_id) for one in held)]
    form.lists["shifts"] = [",".join(map(str, ids))]
    people: dict[UUID, list[Held]] = {}
    for one in held:
        people.setdefault(one.shift_id, []).append(one)
    return _page(
        request, page, form, chosen=chosen, people=people, left=series_aim.apart(page.coming, aim), status=status
    )


def _page(
    request: Request,
    page: SeriesPage,
    form: Form,
    *,
    chosen: Sequence[Made] | None = None,
    people: dict[UUID, list[Held]] | None = None,
    left: Sequence[Made] = (),
    status: int = 200,
) -> Response:
    shown = {one.shift.id for one in chosen or ()}
    context = {
        "page": page,
        "form": form,
        "chosen": chosen,
        "people": people or {},
        "told": sorted({held.volunteer_name for theirs in (people or {}).values() for held in theirs}),
        "left": [one for one in left if one.shift.id not in shown],
        "scopes": series_aim.scope_choices(),
        "starts": coming_choices(page),
        "maximum": REASON_MAX,
    }
    return render(request, "planning/series_stop.html", context, status=status)
