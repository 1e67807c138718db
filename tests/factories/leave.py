"""Leaves, written without asking the rules."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.contracts.models import Leave
from civic.volunteers.models import Volunteer


async def make_leave(
    session: AsyncSession,
    volunteer: Volunteer,
    starts_on: date,
    ends_on: date | None = None,
    kind: str = "annual",
    state: str = "requested",
    by: User | None = None,
    reason: str = "",
) -> Leave:
    """One day asked for by the volunteer; `by` decided it."""
    leave = Leave(
        volunteer_id=volunteer.id,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on or starts_on,
        state=state,
        created_by_id=volunteer.user_id,
        decided_at=clock.now() if by else None,
        decided_by_id=by.id if by else None,
        decision_reason=reason,
    )
    session.add(leave)
    await session.flush()
    return leave
