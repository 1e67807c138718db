"""Drafts of an assignment."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.planning.models import FillLine, FillProposal
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer


async def make_proposal(session: AsyncSession, by: User, state: str = "done", **fields: Any) -> FillProposal:
    """From today for a week, done and empty."""
    today = clock.today()
    values = {"first_day": today, "last_day": today + timedelta(days=6), **fields}
    proposal = FillProposal(created_by_id=by.id, state=state, **values)
    session.add(proposal)
    await session.flush()
    return proposal


async def make_line(
    session: AsyncSession, proposal: FillProposal, shift: Shift, volunteer: Volunteer, **detail: Any
) -> FillLine:
    """Somebody on a shift, with nothing to think of twice unless `warnings` say so."""
    told = {"before": 0, "after": 3, "weekly": 24, "km": 2.0, "warnings": [], "rank": 0, **detail}
    line = FillLine(proposal_id=proposal.id, shift_id=shift.id, volunteer_id=volunteer.id, detail=told)
    session.add(line)
    await session.flush()
    return line
