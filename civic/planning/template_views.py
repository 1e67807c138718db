"""A week laid out again, copied from another or from a template that was kept; every line is seen first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.formats import week_range
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import queries, weeks
from civic.shifts import templates
from civic.shifts.models import WeekTemplate, WeekTemplateLine
from civic.shifts.recurrence import DAYS
from civic.shifts.templates import Laid, WeekLine
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
# How far ahead a week may be laid out, and how many at once.
AHEAD, AT_ONCE = 26, 12


@dataclass(frozen=True, slots=True)
class Target:
    """One week with what the lines become there."""

    monday: date
    laid: list[Laid]

    @property
    def made(self) -> int:
        return sum(not one.skipped for one in self.laid)


def _choices() -> list[tuple[str, str]]:
    """The coming weeks, by code."""
    monday = clock.monday(clock.today())
    coming = [monday + weeks.WEEK * number for number in range(AHEAD)]
    text = _("Semaine %(number)s, %(days)s")
    return [(weeks.code(one), text % {"number": weeks.number(one), "days": week_range(one)}) for one in coming]


def _read(form: Form) -> list[date]:
    """The weeks that were ticked."""
    known = [code for code, _label in _choices()]
    ticked = form.choices("vers", known, maximum=AT_ONCE)
    if not ticked and "vers" not in form.errors:
        form.fail("vers", _("Cochez au moins une semaine."))
    return [monday for monday in map(weeks.parse, ticked) if monday]


async def _targets(
    session: AsyncSession, user: User, lines: Sequence[WeekLine], mondays: Sequence[date], form: Form
) -> list[Target]:
    skip = form.checked("skip_holidays")
    return [
        Target(one, await templates.lay_out(session, by=user, lines=lines, monday=one, skip_holidays=skip))
        for one in mondays
    ]


async def _answer(
    request: Request, session: AsyncSession, user: User, lines: Sequence[WeekLine], form: Form, shown: dict[str, Any]
) -> Response:
    """Show what would be made; make it when the form says so."""
    mondays = _read(form)
    if not form.ok:
        return _page(request, form, lines, shown, status=422)
    if form.get("state") != "draft":
        return _page(request, form, lines, shown, targets=await _targets(session, user, lines, mondays, form))
    skip = form.checked("skip_holidays")
    count = await templates.plan(session, by=user, lines=lines, mondays=mondays, skip_holidays=skip)
    text = ngettext("%(n)s brouillon enregistré.", "%(n)s brouillons enregistrés.", count) % {"n": count}
    told = text if count else _("Rien à créer : tout y est déjà, ou chaque jour est sauté.")
    return redirect(f"/planning?semaine={weeks.code(mondays[0])}", told, "ok" if count else "info")


def _page(
    request: Request,
    form: Form,
    lines: Sequence[WeekLine],
    shown: dict[str, Any],
    *,
    targets: list[Target] | None = None,
    status: int = 200,
) -> Response:
    context = {
        "form": form,
        "count": len(lines),
        "choices": _choices(),
        "targets": targets,
        "made": sum(one.made for one in targets or ()),
        **shown,
    }
    return render(request, "planning/lay_out.html", context, status=status)


@router.get("/planning/semaines/copie")
async def ask_copy(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Which weeks to copy a week onto; the next one is ticked."""
    monday = _week(request)
    form = Form.filled(vers=[weeks.code(max(monday, clock.monday(clock.today())) + weeks.WEEK)], skip_holidays=True)
    return _page(request, form, await templates.lines_of_week(session, by=user, monday=monday), _source(monday))


def _week(request: Request) -> date:
    return weeks.parse(request.query_params.get("semaine", "")) or clock.monday(clock.today())


def _source(monday: date) -> dict[str, Any]:
    return {"monday": monday, "number": weeks.number(monday), "template": None, "template_id": uuid4()}


@router.post("/planning/semaines/copie")
async def copy_week(request: Request, user: CoordinatorUser, session: Session) -> Response:
    form, monday = await Form.read(request), _week(request)
    lines = await templates.lines_of_week(session, by=user, monday=monday)
    return await _answer(request, session, user, lines, form, _source(monday))


@router.get("/planning/modeles")
async def show_templates(request: Request, user: CoordinatorUser, session: Session) -> Response:
    counted = (
        select(WeekTemplate, func.count(WeekTemplateLine.id))
        .outerjoin(WeekTemplateLine, WeekTemplateLine.template_id == WeekTemplate.id)
        .where(WeekTemplate.archived_at.is_(None))
        .group_by(WeekTemplate.id)
        .order_by(WeekTemplate.name, WeekTemplate.id)
    )
    listed = [(row[0], row[1]) for row in await session.execute(counted)]
    return render(request, "planning/templates.html", {"templates": listed})


@router.post("/planning/modeles")
async def keep_template(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Keep a week under a name."""
    form, monday = await Form.read(request), _week(request)
    name = form.text("name", maximum=80)
    lines = await templates.lines_of_week(session, by=user, monday=monday)
    if form.ok and not lines:
        form.fail("name", _("Cette semaine n’a aucun créneau à garder."))
    if not form.ok:
        again = Form.filled(vers=[weeks.code(monday + weeks.WEEK)], skip_holidays=True, name=form.get("name"))
        again.errors = form.errors
        return _page(request, again, lines, _source(monday), status=422)
    template_id = form.uuid("template_id", required=False) or uuid4()
    made = await templates.keep(session, by=user, template_id=template_id, name=name, lines=lines)
    return redirect(f"/planning/modeles/{made.id}", _("Modèle gardé : %(name)s.") % {"name": made.name})


@router.get("/planning/modeles/{template_id}")
async def show_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    template = await templates.template_of(session, template_id)
    form = Form.filled(vers=[weeks.code(clock.monday(clock.today()) + weeks.WEEK)], skip_holidays=True)
    return _page(request, form, templates.lines_of(template), await _kept(session, user, template))


async def _kept(session: AsyncSession, user: User, template: WeekTemplate) -> dict[str, Any]:
    """The template's lines in words, by weekday."""
    monday = clock.monday(clock.today()) + weeks.WEEK
    lines = templates.lines_of(template)
    laid = await templates.lay_out(session, by=user, lines=lines, monday=monday, skip_holidays=False)
    mine = {one.id for one in await queries.places(session, user)}
    own = template.created_by_id == user.id
    rows = [
        (_(DAYS[one.line.weekday]), one, row.id if own or row.site_id in mine else None)
        for one, row in zip(laid, templates.rows_of(template), strict=True)
    ]
    return {
        "template": template,
        "rows": rows,
        "removable": all(line_id for _day, _one, line_id in rows),
        "monday": None,
        "number": None,
        "template_id": template.id,
    }


@router.post("/planning/modeles/{template_id}")
async def lay_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    template = await templates.template_of(session, template_id)
    form = await Form.read(request)
    return await _answer(
        request, session, user, templates.lines_of(template), form, await _kept(session, user, template)
    )


@router.post("/planning/modeles/{template_id}/archivage")
async def archive_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    await templates.archive(session, by=user, template_id=template_id)
    return redirect("/planning/modeles", _("Modèle archivé."))


@router.post("/planning/modeles/{template_id}/lignes/{line_id}/retrait")
async def drop_line(
    request: Request, template_id: UUID, line_id: UUID, user: CoordinatorUser, session: Session
) -> Response:
    await templates.drop_line(session, by=user, template_id=template_id, line_id=line_id)
    return redirect(f"/planning/modeles/{template_id}", _("Ligne retirée du modèle."))
