"""A week copied onto others, whole or only some of its places and missions, and kept under a name as a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.forms import Form
from civic.i18n import _
from civic.missions.models import Mission
from civic.planning import lay_out_page, weeks
from civic.shifts import templates
from civic.shifts.templates import WeekLine
from civic.sites.models import Site
from civic.web import redirect

router = APIRouter(include_in_schema=False)
COPY = "/planning/semaines/copie"


@dataclass(frozen=True, slots=True)
class Week:
    """A week's shifts as lines, and the places and missions among them, (value, label) by name."""

    monday: date
    lines: Sequence[WeekLine]
    sites: list[tuple[str, str]]
    missions: list[tuple[str, str]]

    def read(self, form: Form) -> list[WeekLine]:
        """Those of the places and missions that are ticked; nothing ticked means each of them."""
        sites = form.choices("lieux", [key for key, _label in self.sites], maximum=len(self.sites))
        missions = form.choices("missions", [key for key, _label in self.missions], maximum=len(self.missions))
        kept = [
            one
            for one in self.lines
            if (not sites or one.site_id in sites) and (not missions or str(one.mission_id) in missions)
        ]
        if self.lines and not kept:
            form.fail("missions", _("Aucun créneau de cette semaine n’a à la fois ces lieux et ces missions."))
        return kept

    def shown(self, template_id: UUID | None = None) -> dict[str, Any]:
        """What the page needs beside the form."""
        return {
            "week": self,
            "monday": self.monday,
            "number": weeks.number(self.monday),
            "template": None,
            "template_id": template_id or uuid4(),
        }


async def _week(request: Request, session: AsyncSession, user: User) -> Week:
    monday = weeks.parse(request.query_params.get("semaine", "")) or clock.monday(clock.today())
    lines = await templates.lines_of_week(session, by=user, monday=monday)
    sites = select(Site.id, Site.name).where(Site.id.in_({one.site_id for one in lines}))
    missions = select(Mission.id, Mission.title).where(Mission.id.in_({one.mission_id for one in lines}))
    return Week(
        monday,
        lines,
        [(key, name) for key, name in await session.execute(sites.order_by(Site.name, Site.id))],
        [(str(key), title) for key, title in await session.execute(missions.order_by(Mission.title, Mission.id))],
    )


@router.get(COPY)
async def ask_copy(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Which weeks to copy a week onto; the next one is ticked."""
    week = await _week(request, session, user)
    return lay_out_page.page(request, lay_out_page.begun(week.monday), week.lines, week.shown())


@router.post(COPY)
async def copy_week(request: Request, user: CoordinatorUser, session: Session) -> Response:
    form, week = await Form.read(request), await _week(request, session, user)
    kept = week.read(form)
    if not form.ok:
        return lay_out_page.page(request, form, week.lines, week.shown(), status=422)
    return await lay_out_page.answer(request, session, user, kept, form, week.shown())


@router.post("/planning/modeles")
async def keep_template(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Keep a week, or what was chosen of it, under a name."""
    form, week = await Form.read(request), await _week(request, session, user)
    name = form.text("name", maximum=80)
    lines = week.read(form)
    if form.ok and not lines:
        form.fail("name", _("Cette semaine n’a aucun créneau à garder."))
    drawn = form.uuid("template_id", required=False) or uuid4()
    if not form.ok:
        typed = {key: form.lists.get(key, []) for key in ("lieux", "missions")}
        again = lay_out_page.begun(week.monday, name=form.get("name"), **typed)
        again.errors = form.errors
        return lay_out_page.page(request, again, week.lines, week.shown(drawn), status=422)
    made = await templates.keep(session, by=user, template_id=drawn, name=name, lines=lines)
    return redirect(f"/planning/modeles/{made.id}", _("Modèle gardé : %(name)s.") % {"name": made.name})
