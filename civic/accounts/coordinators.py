"""The coordinators whom something concerns: those whose scope holds its intermunicipality."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic.accounts.models import User


async def coordinators_for(session: AsyncSession, code: str, first: UUID | None = None) -> list[User]:
    """Open accounts with a confirmed address, `first` (who made the thing, say) before the others."""
    chosen = select(User).where(User.role == "coordinator", User.is_active, User.is_verified)
    found = await session.scalars(chosen.options(selectinload(User.scopes)).order_by(User.name, User.id))
    return sorted((one for one in found if one.covers(code)), key=lambda one: one.id != first)
