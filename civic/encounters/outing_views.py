"""Pages of outings: the list, one with its history, its correction and its cancellation."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.db import Session
from civic.encounters import choices, codes, corrections, forms, history, outing_queries, places
from civic.encounters.access import Reader, VisibleOuting, refused
from civic.encounters.choices import labels
from civic.encounters.models import Outing
from civic.encounters.rules import in_time
from civic.encounters.tables import OUTINGS
from civic.errors import Invalid, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/rencontres/sorties"
SIZE = 50
DEFAULT_DAYS = 28
REASON_MAX = 300


@router.get(PAGE)
async def index(request: Request, user: Reader, session: Session) -> Response:
    """A volunteer's pair's, all of them; for coordinators and managers the filters live in the address."""
    asked = _filters(request, user)
    number = max(1, forms.number(asked.get("page"), 1))
    first, last = asked.date("from", required=False), asked.date("to", required=False)
    if first and last and last < first:
        asked.fail("to", _("La fin de la période vient avant son début."))
    site = asked.text("site", required=False, maximum=40)
    chosen = outing_queries.narrowed(outing_queries.visible_to(user), first, last, site)
    rows, total = await outing_queries.page(session, chosen, number=number, size=SIZE) if asked.ok else ([], 0)
    context = {
        "form": asked,
        "rows": rows,
        "total": total,
        "met": await outing_queries.met(session, rows),
        "sites": await places.site_choices(session, user.scope_codes if user.role == "coordinator" else frozenset()),
        "params": {name: value for name, value in asked.values.items() if name != "page"},
        "page": number,
        "pages": max(1, -(-total // SIZE)),
        "open_days": {row.date for row in rows if in_time(row.date, clock.today())},
        **_words(),
    }
    return render(request, "encounters/outings.html", context, status=200 if asked.ok else 422)


def _filters(request: Request, user: User) -> Form:
    lists = {name: request.query_params.getlist(name) for name in request.query_params}
    if user.role != "volunteer":
        today = clock.today()
        lists.setdefault("from", [(today - timedelta(days=DEFAULT_DAYS - 1)).isoformat()])
        lists.setdefault("to", [today.isoformat()])
    return Form(lists)


def _words() -> dict[str, Any]:
    named = {"half_days": codes.HALF_DAYS, "weathers": codes.WEATHERS, "crowds": codes.CROWDS}
    return {name: dict(labels(options)) for name, options in {**named, "ambiences": codes.AMBIENCES}.items()}


@router.get(PAGE + "/{outing_id}")
async def show(request: Request, outing: VisibleOuting, user: Reader, session: Session) -> Response:
    context = {
        "outing": outing,
        "met": (await outing_queries.met(session, [outing]))[outing.id],
        "steps": await history.of_outing(session, outing.id),
        "changeable": refused(user, voided=outing.voided_at is not None, day=outing.date) is None,
        **_words(),
    }
    return render(request, "encounters/outing_show.html", context)


@router.get(PAGE + "/{outing_id}/modifier")
async def edit(request: Request, outing: VisibleOuting, user: Reader, session: Session) -> Response:
    _check(user, outing)
    form = forms.shown_content(OUTINGS.content_of(outing))
    form.lists["seen"] = [str(outing.version)]
    return await _edit_form(request, session, user, outing, form)


@router.post(PAGE + "/{outing_id}/modifier")
async def update(request: Request, outing: VisibleOuting, user: Reader, session: Session) -> Response:
    form = await Form.read(request)
    reason = form.text("reason", required=user.role != "volunteer", maximum=REASON_MAX)
    values = forms.outing_record(form)
    values["shift_id"] = await places.shift_kept(session, user, outing, values)
    seen = forms.number(form.get("seen"), 0)
    if not form.ok:
        forms.fail_all(form, OUTINGS.read({**values, "client_uuid": str(outing.id), "version": 1}).errors)
        return await _edit_form(request, session, user, outing, form, status=422)
    try:
        await corrections.correct(
            session, by=user, row_id=outing.id, values=values, seen=seen, reason=reason, table=OUTINGS
        )
    except Invalid as invalid:
        forms.fail_all(form, invalid.errors)
        return await _edit_form(request, session, user, outing, form, status=422)
    except Refusal as refusal:
        if refusal.code != "changed_meanwhile":
            raise
        form.lists["seen"] = [str(outing.version)]
        stale = [change for step in (await history.of_outing(session, outing.id))[:1] for change in step.changes]
        return await _edit_form(request, session, user, outing, form, status=409, stale=stale)
    return redirect(f"{PAGE}/{outing.id}", flash=_("Sortie corrigée."))


@router.get(PAGE + "/{outing_id}/annulation")
async def ask_void(request: Request, outing: VisibleOuting, user: Reader) -> Response:
    if outing.voided_at is None:
        _check(user, outing)
    return render(request, "encounters/outing_void.html", {"outing": outing, "form": Form(), **_words()})


@router.post(PAGE + "/{outing_id}/annulation")
async def void(request: Request, outing: VisibleOuting, user: Reader, session: Session) -> Response:
    form = await Form.read(request)
    reason = form.text("reason", required=user.role != "volunteer", maximum=REASON_MAX)
    if not form.ok:
        context = {"outing": outing, "form": form, **_words()}
        return render(request, "encounters/outing_void.html", context, status=422)
    await corrections.void(session, by=user, row_id=outing.id, reason=reason, table=OUTINGS)
    return redirect(PAGE, flash=_("Sortie annulée. Elle ne compte plus dans les bilans."))


def _check(user: User, outing: Outing) -> None:
    error = refused(user, voided=outing.voided_at is not None, day=outing.date)
    if error:
        raise error


async def _edit_form(
    request: Request,
    session: AsyncSession,
    user: User,
    outing: Outing,
    form: Form,
    *,
    status: int = 200,
    stale: list[history.Change] | None = None,
) -> Response:
    forms.in_order(form)
    scope = user.scope_codes if user.role == "coordinator" else frozenset()
    context = {
        "outing": outing,
        "form": form,
        # The site of an old outing may have closed since.
        "sites": await places.site_choices(session, scope, also=outing.site_id),
        **choices.of_outing(),
        "half_days": labels(codes.HALF_DAYS),
        "today": clock.today(),
        "stale": stale,
    }
    return render(request, "encounters/outing_edit.html", context, status=status)
