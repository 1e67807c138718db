"""Sessions of browsers that nobody can use any more."""

from sqlalchemy import CursorResult, delete
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import UserSession
from civic.clock import now


async def drop_lapsed(session: AsyncSession) -> int:
    """Delete the sessions past their day; returns how many."""
    gone = await session.execute(delete(UserSession).where(UserSession.expires_at <= now()))
    return gone.rowcount if isinstance(gone, CursorResult) else 0
