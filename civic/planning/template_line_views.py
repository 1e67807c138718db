"""The lines of a kept week, one by one: added, changed, removed."""

from datetime import time
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Invalid, NotFound, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.planning import shift_form
from civic.planning.shift_form import Choices
from civic.shifts import template_changes, templates
from civic.shifts.models import MAX_CAPACITY, WeekTemplate
from civic.shifts.recurrence import DAYS
from civic.shifts.templates import WeekLine
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
LINES = "/planning/modeles/{template_id}/lignes"
# The names that the verbs give to the same fields.
OF_VALUES = {"starts_at": "start", "ends_at": "end"}


@router.get(LINES + "/nouvelle")
async def new_line(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    template = await templates.template_of(session, template_id)
    form = Form.filled(line_id=uuid4(), weekday=0, capacity=2, min_staff=2, break_minutes=0)
    return _page(request, template, await shift_form.choices_of(session, user), form, None)


@router.post(LINES + "/nouvelle")
async def add_line(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    """Add a shift; the same form, sent twice, adds one."""
    return await _save(request, session, user, template_id, None)


@router.get(LINES + "/{line_id}/modifier")
async def edit_line(
    request: Request, template_id: UUID, line_id: UUID, user: CoordinatorUser, session: Session
) -> Response:
    template = await templates.template_of(session, template_id)
    line = _line_of(template, line_id)
    if line is None:
        raise NotFound
    await template_changes.check_line(session, by=user, template=template, site_id=line.site_id)
    return _page(request, template, await shift_form.choices_of(session, user), _filled(line), line_id)


@router.post(LINES + "/{line_id}/modifier")
async def change_line(
    request: Request, template_id: UUID, line_id: UUID, user: CoordinatorUser, session: Session
) -> Response:
    """Save; first say so when somebody else changed the line meanwhile, or took it out."""
    return await _save(request, session, user, template_id, line_id)


async def _save(
    request: Request, session: AsyncSession, user: User, template_id: UUID, line_id: UUID | None
) -> Response:
    template = await templates.template_of(session, template_id)
    stored = _line_of(template, line_id)
    if stored is not None:
        await template_changes.check_line(session, by=user, template=template, site_id=stored.site_id)
    form, choices = await Form.read(request), await shift_form.choices_of(session, user)
    line = _read(form, choices)
    if line is None:
        return _page(request, template, choices, form, line_id, status=422)
    try:
        if line_id is None:
            drawn = form.uuid("line_id", required=False) or uuid4()
            await template_changes.add_line(session, by=user, template_id=template_id, line_id=drawn, line=line)
        else:
            seen = form.get("seen")
            await template_changes.change_line(
                session, by=user, template_id=template_id, line_id=line_id, line=line, seen=seen
            )
    except Invalid as invalid:
        for name, message in invalid.errors.items():
            form.fail(OF_VALUES.get(name, name), message)
        return _page(request, template, choices, form, line_id, status=422)
    except Refusal as refusal:
        form.fail("", refusal.message)
        stored = _line_of(await templates.template_of(session, template_id), line_id)
        if stored is not None:
            form.lists["seen"] = [template_changes.token(stored)]
        return _page(request, template, choices, form, line_id, stored=stored, status=409)
    done = _("Créneau ajouté au modèle.") if line_id is None else _("Ligne du modèle changée.")
    return redirect(f"/planning/modeles/{template_id}", done)


@router.post(LINES + "/{line_id}/retrait")
async def drop_line(
    request: Request, template_id: UUID, line_id: UUID, user: CoordinatorUser, session: Session
) -> Response:
    await template_changes.drop_line(session, by=user, template_id=template_id, line_id=line_id)
    return redirect(f"/planning/modeles/{template_id}", _("Ligne retirée du modèle."))


def _line_of(template: WeekTemplate, line_id: UUID | None) -> WeekLine | None:
    return next((templates.as_line(one) for one in template.lines if one.id == line_id), None)


def _filled(line: WeekLine) -> Form:
    return Form.filled(
        mission_id=line.mission_id,
        site_id=line.site_id,
        weekday=line.weekday,
        start=line.starts,
        end=line.ends,
        capacity=line.capacity,
        min_staff=line.min_staff,
        break_minutes=line.break_minutes,
        seen=template_changes.token(line),
    )


def _read(form: Form, choices: Choices) -> WeekLine | None:
    """The values typed, or None with an error at each wrong field."""
    mission, site = shift_form.read_place(form, choices)
    weekday = form.choice("weekday", [str(day) for day in range(len(DAYS))], missing=_("Choisissez un jour."))
    start, end = form.time("start"), form.time("end")
    pause, capacity, min_staff = shift_form.read_seats(form)
    if not form.ok or mission is None or capacity is None or min_staff is None:
        return None
    assert isinstance(start, time)
    assert isinstance(end, time)
    return WeekLine(mission, site, int(weekday), start, end, capacity, min_staff, pause)


def _page(
    request: Request,
    template: WeekTemplate,
    choices: Choices,
    form: Form,
    line_id: UUID | None,
    *,
    stored: WeekLine | None = None,
    status: int = 200,
) -> Response:
    context = {
        "template": template,
        "choices": choices,
        "form": form,
        "line_id": line_id,
        "stored": stored,
        "stored_site": choices.label("site_id", stored.site_id) if stored else "",
        "stored_day": _(DAYS[stored.weekday]) if stored else "",
        "days": [(str(number), _(name)) for number, name in enumerate(DAYS)],
        "most": MAX_CAPACITY,
    }
    return render(request, "planning/template_line.html", context, status=status)
