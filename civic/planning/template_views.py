"""Weeks that were kept: their list, and one of them to lay out, to rename, to archive and to take back."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.forms import Form
from civic.i18n import _
from civic.planning import lay_out_page, queries, weeks
from civic.shifts import template_changes, templates
from civic.shifts.models import WeekTemplate, WeekTemplateLine
from civic.shifts.recurrence import DAYS, Skips
from civic.sites.models import Site
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
LIST = "/planning/modeles"
NAME_MAX = 80


@router.get(LIST)
async def show_templates(request: Request, user: CoordinatorUser, session: Session) -> Response:
    counted = (
        select(WeekTemplate, func.count(WeekTemplateLine.id))
        .outerjoin(WeekTemplateLine, WeekTemplateLine.template_id == WeekTemplate.id)
        .group_by(WeekTemplate.id)
        .order_by(WeekTemplate.name, WeekTemplate.id)
    )
    listed = [(row[0], row[1]) for row in await session.execute(counted)]
    context = {
        "templates": [one for one in listed if one[0].archived_at is None],
        "archived": [one for one in listed if one[0].archived_at is not None],
        "foreign": await _foreign(session, user),
    }
    return render(request, "planning/templates.html", context)


async def _foreign(session: AsyncSession, user: User) -> set[UUID]:
    """The templates that hold a place which this coordinator does not plan."""
    if not user.scopes:
        return set()
    chosen = (
        select(WeekTemplateLine.template_id)
        .join(Site, Site.id == WeekTemplateLine.site_id)
        .where(Site.intermunicipality_code.not_in(user.scope_codes))
        .distinct()
    )
    return set(await session.scalars(chosen))


@router.get(LIST + "/{template_id}")
async def show_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    template = await templates.template_of(session, template_id)
    form = lay_out_page.begun(clock.today(), name=template.name)
    return lay_out_page.page(request, form, templates.lines_of(template), await _shown(session, user, template))


async def _shown(session: AsyncSession, user: User, template: WeekTemplate) -> dict[str, Any]:
    """The template's lines in words, by weekday; a line's id where it is theirs to change."""
    monday = clock.monday(clock.today()) + weeks.WEEK
    lines = templates.lines_of(template)
    skips = Skips(closures=False, holidays=False)
    laid = await templates.lay_out(session, by=user, lines=lines, monday=monday, skips=skips)
    mine = {one.id for one in await queries.places(session, user)}
    own = template.created_by_id == user.id
    rows = [
        (_(DAYS[one.line.weekday]), one, row.id if own or row.site_id in mine else None)
        for one, row in zip(laid, templates.rows_of(template), strict=True)
    ]
    return {
        "template": template,
        "rows": rows,
        "removable": own or all(line_id for _day, _one, line_id in rows),
        "name_max": NAME_MAX,
        "monday": None,
        "number": None,
        "template_id": template.id,
    }


@router.post(LIST + "/{template_id}")
async def lay_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    template = await templates.template_of(session, template_id)
    form, shown = await Form.read(request), await _shown(session, user, template)
    form.lists["name"] = [template.name]
    return await lay_out_page.answer(request, session, user, templates.lines_of(template), form, shown)


@router.post(LIST + "/{template_id}/nom")
async def rename_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    template = await templates.template_of(session, template_id)
    await template_changes.check_whole(session, by=user, template=template)
    form = await Form.read(request)
    name = " ".join(form.text("name", maximum=NAME_MAX).split())
    if not form.ok:
        again = lay_out_page.begun(clock.today(), name=form.get("name"))
        again.errors = form.errors
        shown = await _shown(session, user, template)
        return lay_out_page.page(request, again, templates.lines_of(template), shown, status=422)
    await template_changes.rename(session, by=user, template_id=template_id, name=name)
    return redirect(f"{LIST}/{template_id}", _("Modèle renommé : %(name)s.") % {"name": name})


@router.post(LIST + "/{template_id}/archivage")
async def archive_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    await template_changes.archive(session, by=user, template_id=template_id)
    return redirect(LIST, _("Modèle archivé."))


@router.post(LIST + "/{template_id}/remise")
async def restore_template(request: Request, template_id: UUID, user: CoordinatorUser, session: Session) -> Response:
    await template_changes.restore(session, by=user, template_id=template_id)
    return redirect(f"{LIST}/{template_id}", _("Modèle remis en service."))
