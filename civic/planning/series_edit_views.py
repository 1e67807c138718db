"""A series changed as a whole: first what becomes of each day and of whom, then exactly that."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.bookings import series_changes, series_judging
from civic.bookings.series_judging import ALL, DryRun, Edit
from civic.db import Session
from civic.errors import Invalid, Refusal
from civic.formats import day_short, hour_range
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import series_aim, series_edit_form, series_form, shift_form
from civic.planning.series_aim import ONE
from civic.planning.series_page import SeriesPage
from civic.planning.series_views import visible_series
from civic.planning.shift_form import Choices
from civic.shifts import recurrence
from civic.shifts.models import ShiftSeries
from civic.shifts.series_plan import ADDED, DROPPED
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
ShownSeries = Annotated[SeriesPage, Depends(visible_series)]


@router.get("/planning/series/{series_id}/modification")
async def edit_series_page(request: Request, user: CoordinatorUser, page: ShownSeries, session: Session) -> Response:
    """The series as it is; `creneau` and `portee` say from which shift on."""
    params = request.query_params
    form = series_edit_form.begun(page, params.get("portee", ""), params.get("creneau", ""))
    return _page(request, page, await shift_form.choices_of(session, user), form)


@router.post("/planning/series/{series_id}/modification")
async def edit_series(request: Request, user: CoordinatorUser, page: ShownSeries, session: Session) -> Response:
    """Show the dry run; then do what was shown."""
    form = await Form.read(request)
    if form.get("scope") == ONE and (one := series_aim.read(form, page).shift_id):
        return redirect(f"/planning/creneaux/{one}/modifier")
    if made := await _made_by(session, page, form):
        return redirect(f"/planning/series/{made}", _("C’est déjà fait : la série est modifiée."))
    choices = await shift_form.choices_of(session, user)
    reason = form.text("reason", required=False, maximum=series_edit_form.REASON_MAX)
    found = series_edit_form.read(form, choices, page)
    if found is None:
        return _page(request, page, choices, form, status=422)
    _aim, edit = found
    try:
        if form.get("step") == "confirm":
            return await _done(session, user, page, form, edit, reason)
        run = await series_judging.dry_run(session, by=user, row=page.series, edit=edit)
        return _page(request, page, choices, form, run=run)
    except Invalid as invalid:
        for name, message in invalid.errors.items():
            form.fail(series_form.OF_VALUES.get(name, name), message)
        return _page(request, page, choices, form, status=422)
    except Refusal as refusal:
        form.fail("", refusal.message)
        again = await series_judging.dry_run(session, by=user, row=page.series, edit=edit)
        return _page(request, page, choices, form, run=again, status=409)


async def _made_by(session: AsyncSession, page: SeriesPage, form: Form) -> UUID | None:
    """The series that this very form made: it came twice."""
    edit_id = form.uuid("edit_id", required=False)
    made = await session.get(ShiftSeries, edit_id) if edit_id else None
    return made.id if made is not None and made.split_from_id == page.series.id else None


async def _done(session: AsyncSession, user: User, page: SeriesPage, form: Form, edit: Edit, reason: str) -> Response:
    target, run = await series_changes.edit_series(
        session, by=user, series_id=page.series.id, edit=edit, seen=form.get("seen"), reason=reason
    )
    told = _("Rien ne change : la série est déjà ainsi.") if run is None else summary(run)
    return redirect(f"/planning/series/{target.id}", told)


def summary(run: DryRun) -> str:
    """« 6 créneaux changés, 1 annulé, 2 créés. 3 personnes sont prévenues. »"""
    counts = (
        (len(run.edited), ngettext("%(n)s créneau changé", "%(n)s créneaux changés", len(run.edited))),
        (len(run.of_kind(DROPPED)), ngettext("%(n)s annulé", "%(n)s annulés", len(run.of_kind(DROPPED)))),
        (len(run.of_kind(ADDED)), ngettext("%(n)s créé", "%(n)s créés", len(run.of_kind(ADDED)))),
    )
    parts = [text % {"n": count} for count, text in counts if count]
    text = ", ".join(parts) + "." if parts else _("Le rythme est enregistré, aucun créneau ne change.")
    people = len(run.told)
    told = ngettext("%(n)s personne est prévenue.", "%(n)s personnes sont prévenues.", people) % {"n": people}
    return f"{text} {told}" if people else text


def _page(
    request: Request,
    page: SeriesPage,
    choices: Choices,
    form: Form,
    *,
    run: DryRun | None = None,
    status: int = 200,
) -> Response:
    form.lists["seen"] = [run.digest if run else ""]
    context: dict[str, Any] = {
        "page": page,
        "choices": choices,
        "form": form,
        "run": run,
        "prolonging": "portee" in request.query_params and form.get("scope") == ALL,
        "summary": summary(run) if run else "",
        "rhythm": recurrence.sentence(run.values.rhythm) if run else "",
        "scopes": series_aim.scope_choices(),
        "starts": coming_choices(page),
        "kinds": [(key, _(label)) for key, label in series_form.KINDS],
        "ends": [(key, _(label)) for key, label in series_form.ENDS],
        "days": series_form.day_choices(),
        "nths": series_form.nth_choices(),
        "states": [("published", _("Publiés")), ("draft", _("En brouillon"))],
        "maximum": series_edit_form.REASON_MAX,
    }
    return render(request, "planning/series_edit.html", context, status=status)


def coming_choices(page: SeriesPage) -> list[tuple[str, str]]:
    """The shifts to begin with, by id."""
    return [
        (
            str(one.shift.id),
            f"{day_short(one.shift.times.starts_at)}, {hour_range(one.shift.times.starts_at, one.shift.times.ends_at)}",
        )
        for one in page.coming
    ]
