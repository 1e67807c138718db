"""Who am I: the person behind a cookie or a token."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from civic.accounts.current import CurrentUser
from civic.db import Session
from civic.schema import Shown
from civic.volunteers.models import Volunteer

router = APIRouter(prefix="/api/v1", tags=["auth"])


class Me(Shown):
    id: UUID
    email: str
    name: str
    role: str
    volunteer_id: UUID | None


@router.get("/me")
async def me(user: CurrentUser, session: Session) -> Me:
    volunteer_id = await session.scalar(select(Volunteer.id).where(Volunteer.user_id == user.id))
    return Me(id=user.id, email=user.email, name=user.name, role=user.role, volunteer_id=volunteer_id)
