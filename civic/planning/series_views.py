"""Series of shifts: the form with its preview, and the page of one series."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Invalid, Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import series_form, shift_form
from civic.planning.series_page import SeriesPage, series_page
from civic.planning.shift_form import Choices
from civic.shifts import recurrence, series
from civic.shifts.series import Line, SeriesValues
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/planning/series/nouvelle")
async def new_series(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """An empty form, begun by the cell that was chosen (`site`, `jour`)."""
    choices = await shift_form.choices_of(session, user)
    params = request.query_params
    return _page(request, choices, series_form.begun(choices, params.get("site", ""), params.get("jour", "")))


@router.post("/planning/series/nouvelle")
async def create_series(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Show every day first; then make the shifts, as drafts or published."""
    form = await Form.read(request)
    choices = await shift_form.choices_of(session, user)
    values = series_form.read(form, choices)
    if values is None:
        return _page(request, choices, form, status=422)
    try:
        if form.get("state") in ("draft", "published"):
            return await _made(session, user, form, values)
        lines = await series.preview(session, by=user, values=values)
    except Invalid as invalid:
        for name, message in invalid.errors.items():
            form.fail(series_form.OF_VALUES.get(name, name), message)
        return _page(request, choices, form, status=422)
    except Refusal as refusal:
        form.fail("", refusal.message)
        return _page(request, choices, form, status=409)
    return _page(request, choices, form, lines=lines, values=values)


async def _made(session: AsyncSession, user: User, form: Form, values: SeriesValues) -> Response:
    publish = form.get("state") == "published"
    made, count = await series.create(
        session, by=user, series_id=series_form.series_id(form), values=values, publish=publish
    )
    if publish:
        text = ngettext("%(n)s créneau publié.", "%(n)s créneaux publiés.", count)
    else:
        text = ngettext("%(n)s brouillon enregistré.", "%(n)s brouillons enregistrés.", count)
    told = text % {"n": count} if count else _("Cette série est déjà enregistrée.")
    return redirect(f"/planning/series/{made.id}", told)


def _page(
    request: Request,
    choices: Choices,
    form: Form,
    *,
    lines: list[Line] | None = None,
    values: SeriesValues | None = None,
    status: int = 200,
) -> Response:
    context = {
        "choices": choices,
        "form": form,
        "lines": lines,
        "made": sum(line.made for line in lines or ()),
        "values": values,
        "rhythm": recurrence.sentence(values.rhythm) if values else "",
        "kinds": [(key, _(label)) for key, label in series_form.KINDS],
        "ends": [(key, _(label)) for key, label in series_form.ENDS],
        "days": series_form.day_choices(),
        "nths": series_form.nth_choices(),
    }
    return render(request, "planning/series_form.html", context, status=status)


async def visible_series(user: CoordinatorUser, session: Session, series_id: UUID) -> SeriesPage:
    """A series at a site of the coordinator's scope. Raises NotFound, Forbidden."""
    return await series_page(session, user, series_id)


@router.get("/planning/series/{series_id}")
async def show_series(request: Request, page: Annotated[SeriesPage, Depends(visible_series)]) -> Response:
    return render(request, "planning/series.html", {"page": page})
