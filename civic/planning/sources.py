"""What other domains add to « À traiter »: civic.app names them, since those above the planning are unknown to it."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.planning.todo import Todo

Source = Callable[[AsyncSession, User], Awaitable[list[Todo]]]
SOURCES: list[Source] = []


async def gathered(session: AsyncSession, user: User) -> list[Todo]:
    """The lines of every source, in the order in which the app names them."""
    return [line for source in SOURCES for line in await source(session, user)]
