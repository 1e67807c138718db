"""The week of a coordinator, and one shift on its own page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser, CurrentUser
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.access import PlannedShift, check_visible
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Forbidden, NotFound
from civic.forms import Form
from civic.planning import (
    announce_views,
    axis_page,
    bulk_views,
    copy_views,
    day_views,
    draft_views,
    fill_views,
    move_views,
    overview,
    roster_views,
    series_edit_views,
    series_stop_views,
    series_views,
    shift_move_views,
    shift_views,
    team_views,
    template_line_views,
    template_views,
    todo,
    week,
    weeks,
    wish_views,
)
from civic.planning.desk import stamp_of, unreached
from civic.planning.fiche import Fiche, fiche_of
from civic.planning.pages import page_of_shift
from civic.sites.models import PILLARS
from civic.templating import query
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


# First of all what is asked most: routes are tried in their order.
@router.get("/planning")
async def show_week(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """The week by site, four of them or a day (`vue`); every filter and the chosen shift are in the address."""
    params = request.query_params
    if params.get("vue") == "quatre":
        found = await overview.overview_of(session, user, params)
        return render(request, "planning/overview.html", {**found, "pillars": PILLARS})
    current = _shift_id(params.get("creneau"))
    shift = await _seen_by(session, user, current) if current else None
    if shift and (there := _where(shift, params)):
        return redirect("/planning" + query(dict(params), **there))
    shown: dict[str, Any] = {
        "fiche": await fiche_of(session, user, shift) if shift else None,
        "form": Form(),
        "refused": [],
    }
    return await _board(request, session, user, current, shown)


def _where(shift: ShiftFacts, params: Mapping[str, str]) -> dict[str, str]:
    """An old link, or a shift that was moved: the week or the day is the shift's, the filters stay; {} where it is."""
    day = shift.times.day
    if params.get("vue") == "jour":
        return {} if axis_page.asked_day(params)[0] == day else {"jour": day.isoformat()}
    monday = clock.monday(day)
    return {} if week.monday_of(params) == monday else {"semaine": weeks.code(monday)}


async def _board(
    request: Request, session: AsyncSession, user: User, current: UUID | None, shown: dict[str, Any]
) -> Response:
    params = request.query_params
    if params.get("vue") == "jour":
        found = await axis_page.day_of(session, user, params, current)
        return render(request, "planning/axis.html", {**found, **shown, "pillars": PILLARS})
    found = await week.week_of(session, user, params, current)
    return render(request, "planning/week.html", {**found, **shown, "pillars": PILLARS})


@router.get("/planning/vif")
async def show_changes(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """The same page once something changed since it was made, its panel too; 204 while nothing did."""
    params = request.query_params
    if params.get("vu") == await stamp_of(session):
        return Response(status_code=204)
    shown: dict[str, Any] = {"pillars": PILLARS, "changed_at": clock.now()}
    if params.get("vue") == "quatre":
        return render(request, "planning/overview.html", shown | await overview.overview_of(session, user, params))
    current = _shift_id(params.get("creneau"))
    shown |= {"fiche": await _panel(session, user, current), "form": Form(), "refused": []}
    return await _board(request, session, user, current, shown)


async def _panel(session: AsyncSession, user: User, shift_id: UUID | None) -> Fiche | None:
    """The panel of a shift that is still to be seen; the board of a page that named another one goes on."""
    try:
        return await fiche_of(session, user, await _seen_by(session, user, shift_id)) if shift_id else None
    except (NotFound, Forbidden):
        return None


def _shift_id(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


async def _seen_by(session: AsyncSession, user: User, shift_id: UUID) -> ShiftFacts:
    return check_visible(user, (await bookings.shift_facts(session, [shift_id])).get(shift_id))


@router.get("/planning/a-traiter")
async def show_todo(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Everything that needs a decision, nothing folded, and who did not get a mail."""
    found = await week.look(session, user, request.query_params)
    facts = replace(
        found.facts,
        drafts=sum(one.state == "draft" for one in found.shifts),
        drafts_href=week.drafts_address(found.chosen),
    )
    items = todo.listed(facts, found.chosen.panel, found.now, whole=True)
    context = {
        "todo": items,
        "count": todo.total(items),
        "mails": await unreached(session, user) if facts.dead_mails else [],
        "back": found.chosen.address(),
    }
    return render(request, "planning/todo.html", context)


# Before the pages of one shift, so that « nouveau » is not taken for its id.
for _part in (
    shift_views,
    shift_move_views,
    fill_views,
    series_views,
    series_edit_views,
    series_stop_views,
    copy_views,
    template_line_views,
    template_views,
    draft_views,
    bulk_views,
    roster_views,
    move_views,
    day_views,
    team_views,
    wish_views,
    announce_views,
):
    router.include_router(_part.router)


@router.get("/planning/creneaux/{shift_id}")
async def show_shift(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    return await page_of_shift(request, session, user, shift)
