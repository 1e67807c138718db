"""Hours by month and the papers of an engagement: for oneself, for a coordinator in scope, and for admins."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import joinedload
from starlette.responses import Response

from civic import clock, pdf
from civic.accounts.current import CurrentUser, VolunteerUser
from civic.bookings.papers import LEAVES, certificate_paper, is_final, state_text, statement_paper
from civic.bookings.statement import month_bounds, months_of, statement_of
from civic.contracts.queries import current_contract
from civic.db import Session
from civic.errors import Forbidden, NotFound
from civic.formats import plain
from civic.volunteers.current import CurrentVolunteer
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


async def find_volunteer(volunteer_id: UUID, user: CurrentUser, session: Session) -> Volunteer:
    """404 for whoever is out of sight, 403 for a manager, who reads nothing personal."""
    if user.role == "manager":
        raise Forbidden
    chosen = visible_to(user).where(Volunteer.id == volunteer_id).options(joinedload(Volunteer.user))
    found = await session.scalar(chosen)
    if found is None:
        raise NotFound
    return found


Seen = Annotated[Volunteer, Depends(find_volunteer)]


@router.get("/heures")
async def mine(user: VolunteerUser, volunteer: CurrentVolunteer) -> Response:
    """The address that a volunteer remembers."""
    return redirect(f"/volontaires/{volunteer.id}/heures")


@router.get("/volontaires/{volunteer_id}/heures")
async def show(request: Request, user: CurrentUser, volunteer: Seen, session: Session) -> Response:
    """One month, line by line; `?mois=2026-11` chooses it."""
    month = _month(request)
    statement = await statement_of(session, volunteer.id, *month_bounds(month))
    months = await months_of(session, volunteer.id)
    contract = await current_contract(session, volunteer.id)
    context = {
        "volunteer": volunteer,
        "own": volunteer.user_id == user.id,
        "statement": statement,
        "lines": [(line, state_text(line, statement.cut_off)) for line in statement.lines],
        "leaves": LEAVES,
        "month": month,
        "months": sorted({*months, month}, reverse=True),
        "contract": contract,
    }
    return render(request, "bookings/hours.html", context)


@router.get("/volontaires/{volunteer_id}/heures.pdf")
async def statement_pdf(request: Request, volunteer: Seen, session: Session) -> Response:
    """The same month on paper."""
    month = _month(request)
    statement = await statement_of(session, volunteer.id, *month_bounds(month))
    contract = await current_contract(session, volunteer.id)
    document = statement_paper(volunteer, contract, statement)
    return download(await pdf.render(document), f"civic_releve_{month:%Y-%m}_{slug(volunteer.user.name)}.pdf")


@router.get("/volontaires/{volunteer_id}/attestation.pdf")
async def certificate_pdf(volunteer: Seen, session: Session) -> Response:
    """What was done in the engagement; provisional until it is over and every presence is noted."""
    contract = await current_contract(session, volunteer.id)
    if contract is None:
        raise NotFound
    statement = await statement_of(session, volunteer.id, contract.starts_on, contract.last_day)
    tutor = contract.tutor.name if contract.tutor else None
    document = certificate_paper(volunteer, contract, statement, tutor)
    kind = "attestation" if is_final(contract, statement) else "attestation_provisoire"
    return download(await pdf.render(document), f"civic_{kind}_{slug(volunteer.user.name)}.pdf")


def _month(request: Request) -> date:
    """The month of the address; what is not one means the present month, as a link may be old."""
    try:
        return date.fromisoformat(request.query_params.get("mois", "") + "-01")
    except ValueError:
        return clock.today().replace(day=1)


def slug(name: str) -> str:
    """A name as part of a file's."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in plain(name)).split()) or "volontaire"


def download(content: bytes, name: str) -> Response:
    """A PDF that nobody's cache keeps."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
