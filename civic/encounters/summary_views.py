"""The summary of an engagement: one's own, and one's tutor's to read. Nobody else's, whatever their role."""

from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock, pdf
from civic.accounts.current import CurrentUser, VolunteerUser
from civic.accounts.models import User
from civic.bookings.hours_views import download, slug
from civic.contracts.models import EngagementContract
from civic.contracts.queries import current_contract
from civic.db import Session
from civic.encounters.summary import Summary, summary_of
from civic.encounters.summary_paper import paper_of
from civic.errors import Forbidden, NotFound
from civic.i18n import _
from civic.volunteers.current import CurrentVolunteer
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


class Engaged(NamedTuple):
    volunteer: Volunteer
    contract: EngagementContract | None


async def find_own(volunteer_id: UUID, user: CurrentUser, session: Session) -> Engaged:
    """Oneself and the tutor of the last contract. Who sees the person otherwise is told no (403), a stranger 404."""
    chosen = select(Volunteer).where(Volunteer.id == volunteer_id).options(joinedload(Volunteer.user))
    volunteer = await session.scalar(chosen)
    if volunteer is None:
        raise NotFound
    contract = await current_contract(session, volunteer.id)
    if volunteer.user_id == user.id or (contract is not None and contract.tutor_id == user.id):
        return Engaged(volunteer, contract)
    if user.role == "manager" or await _sees(session, user, volunteer_id):
        raise Forbidden(_("Ce bilan n’est lu que par la personne et par qui suit son engagement."))
    raise NotFound


async def _sees(session: AsyncSession, user: User, volunteer_id: UUID) -> bool:
    chosen = visible_to(user).where(Volunteer.id == volunteer_id).with_only_columns(Volunteer.id)
    return await session.scalar(chosen) is not None


Own = Annotated[Engaged, Depends(find_own)]


async def _summary(session: AsyncSession, own: Engaged) -> Summary:
    return await summary_of(session, own.volunteer.id, own.volunteer.user_id, own.contract)


@router.get("/profil/bilan")
async def mine(user: VolunteerUser, volunteer: CurrentVolunteer) -> Response:
    """The address that a volunteer remembers."""
    return redirect(f"/volontaires/{volunteer.id}/bilan")


@router.get("/volontaires/{volunteer_id}/bilan")
async def show(request: Request, user: CurrentUser, own: Own, session: Session) -> Response:
    found = await _summary(session, own)
    context = {
        "volunteer": own.volunteer,
        "own": own.volunteer.user_id == user.id,
        "contract": own.contract,
        "summary": found,
        "most": max((line.encounters for line in found.topics), default=0),
    }
    return render(request, "encounters/summary.html", context)


@router.get("/volontaires/{volunteer_id}/bilan.pdf")
async def show_paper(own: Own, session: Session) -> Response:
    """The same to take along."""
    document = paper_of(own.volunteer, own.contract, await _summary(session, own), clock.now())
    return download(await pdf.render(document), f"civic_bilan_engagement_{slug(own.volunteer.user.name)}.pdf")
