"""The team, and one volunteer as their coordinator sees them. Admins read names and readiness, never contacts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import joinedload
from starlette.responses import Response

from civic.accounts.current import require
from civic.accounts.models import User
from civic.db import Session
from civic.errors import NotFound
from civic.planning import team
from civic.templating import query
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from civic.web import render

router = APIRouter(include_in_schema=False)
TeamReader = Annotated[User, Depends(require("coordinator", "admin"))]


@router.get("/volontaires")
async def show_team(request: Request, user: TeamReader, session: Session) -> Response:
    """Names, readiness, this week's hours and the next shift; the filters are in the address."""
    chosen = team.read(request.query_params)
    found = await team.team_of(session, user, chosen)
    page = min(chosen.page, found.pages)
    context = {
        "team": found,
        "chosen": chosen,
        "more": "/volontaires" + query(chosen.params, page=page + 1) if page < found.pages else None,
        "previous": "/volontaires" + query(chosen.params, page=page - 1 or None) if page > 1 else None,
        "page": page,
    }
    return render(request, "planning/team.html", context)


async def find_volunteer(volunteer_id: UUID, user: TeamReader, session: Session) -> Volunteer:
    """404 for whoever is out of sight."""
    chosen = visible_to(user).where(Volunteer.id == volunteer_id)
    found = await session.scalar(chosen.options(joinedload(Volunteer.user), joinedload(Volunteer.commune)))
    if found is None:
        raise NotFound
    return found


@router.get("/volontaires/{volunteer_id}")
async def show_volunteer(
    request: Request,
    user: TeamReader,
    volunteer: Annotated[Volunteer, Depends(find_volunteer)],
    session: Session,
) -> Response:
    context = await team.record_of(session, volunteer)
    return render(request, "planning/volunteer.html", context)
