"""The volunteer who is asking."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy import bindparam, select

from civic.accounts.current import VolunteerUser
from civic.db import Session
from civic.errors import Forbidden
from civic.volunteers.models import Volunteer

_OF_ACCOUNT = select(Volunteer).where(Volunteer.user_id == bindparam("account"))


async def current_volunteer(user: VolunteerUser, session: Session) -> Volunteer:
    """Their profile (403 for an account without one)."""
    found: Volunteer | None = await session.scalar(_OF_ACCOUNT, {"account": user.id})
    if found is None:
        raise Forbidden
    return found


CurrentVolunteer = Annotated[Volunteer, Depends(current_volunteer)]
