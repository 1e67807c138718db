"""Sheets to print: choose a day or a week, and the PDF of each."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock, pdf
from civic.accounts.current import CoordinatorUser, CurrentUser, require
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Forbidden, NotFound
from civic.formats import week_range
from civic.forms import Form
from civic.i18n import _
from civic.planning import queries, weeks
from civic.planning.sheets import sheets_of, week_of
from civic.sites.models import Site
from civic.volunteers.models import Volunteer
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
Printer = Annotated[User, Depends(require("coordinator", "volunteer"))]
WEEKS_SHOWN = 6


@router.get("/planning/feuilles")
async def choose(request: Request, user: CoordinatorUser, session: Session) -> Response:
    places = await queries.places(session, user)
    groups: dict[str, list[tuple[str, str]]] = {}
    for place in places:
        groups.setdefault(place.group, []).append((place.id, f"{place.name} ({place.commune})"))
    day = _day(request) or clock.today()
    this_week = clock.monday(clock.today())
    mondays = [this_week + timedelta(weeks=number) for number in range(WEEKS_SHOWN)]
    if clock.monday(day) not in mondays:
        mondays.insert(0, clock.monday(day))
    context = {
        "form": Form.filled(jour=day, semaine=weeks.code(day), site=request.query_params.get("site", "")),
        "sites": list(groups.items()),
        "weeks": [(weeks.code(one), _week_name(one)) for one in mondays],
    }
    return render(request, "planning/sheets.html", context)


def _week_name(monday: date) -> str:
    return _("Semaine %(number)s, %(days)s") % {"number": weeks.number(monday), "days": week_range(monday)}


@router.get("/planning/feuilles/jour.pdf")
async def day_sheet(request: Request, user: Printer, session: Session) -> Response:
    """A day's sheets: every site in scope, or one. A volunteer's hold their own shifts."""
    day = _day(request) or clock.today()
    return await _sheet(request, session, user, day, day, f"civic_feuille_{day}")


@router.get("/planning/feuilles/semaine.pdf")
async def week_sheet(request: Request, user: Printer, session: Session) -> Response:
    monday = weeks.parse(request.query_params.get("semaine", "")) or clock.monday(clock.today())
    return await _sheet(request, session, user, *week_of(monday), f"civic_feuille_{weeks.code(monday)}")


def _day(request: Request) -> date | None:
    """The day of the address; what is not one means today, as a link may be old."""
    return Form({"jour": [request.query_params.get("jour", "")]}).date("jour", required=False)


async def _sheet(
    request: Request, session: AsyncSession, user: CurrentUser, first: date, last: date, name: str
) -> Response:
    site_id = await _site(session, user, request.query_params.get("site", ""))
    volunteer_id = await _own_id(session, user)
    made = await sheets_of(session, user, first, last, site_id, volunteer_id)
    if made is None and volunteer_id is not None:
        if site_id:
            # Not on any shift there: what others do is not theirs to know.
            raise NotFound
        return redirect("/mes-creneaux", _("Vous n’avez pas de créneau ces jours-là."), "info")
    if made is None:
        where = f"&site={site_id}" if site_id else ""
        return redirect(f"/planning/feuilles?jour={first}{where}", _("Aucun créneau publié ces jours-là."), "info")
    suffix = f"_{site_id}" if site_id else ""
    headers = {"Content-Disposition": f'attachment; filename="{name}{suffix}.pdf"', "Cache-Control": "no-store"}
    return Response(await pdf.render(made), media_type="application/pdf", headers=headers)


async def _site(session: AsyncSession, user: User, typed: str) -> str | None:
    """The id of a site that one may print, None for all. Raises NotFound, Forbidden."""
    if not typed:
        return None
    chosen = select(Site.id, Site.intermunicipality_code).where(Site.id == typed)
    row = (await session.execute(chosen)).one_or_none() if len(typed) <= 40 and "\x00" not in typed else None
    if row is None:
        raise NotFound
    if user.role == "coordinator" and not user.covers(row[1]):
        raise Forbidden(_("Ce lieu est hors de votre périmètre."))
    return str(row[0])


async def _own_id(session: AsyncSession, user: User) -> UUID | None:
    if user.role != "volunteer":
        return None
    found: UUID | None = await session.scalar(select(Volunteer.id).where(Volunteer.user_id == user.id))
    if found is None:
        raise NotFound
    return found
