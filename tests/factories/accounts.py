"""People who sign in. Every account's password is PASSWORD."""

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from itertools import count
from uuid import uuid4

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import PersonalToken, User, UserScope, UserSession
from civic.accounts.tokens import digest, fresh
from civic.clock import now
from tests.factories.sites import make_intermunicipality

PASSWORD = "demo-chaine-des-parcs"
_numbers = count(1)


@lru_cache
def _hashed() -> str:
    """The cheapest parameters: tests make many accounts and few of them sign in."""
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(PASSWORD)


async def make_user(
    session: AsyncSession,
    role: str = "volunteer",
    name: str | None = None,
    email: str | None = None,
    scopes: Iterable[str] = (),
    verified: bool = True,
    active: bool = True,
) -> User:
    """An account of any role; `scopes` are a coordinator's intermunicipality codes (none: all)."""
    number = next(_numbers)
    for code in scopes:
        await make_intermunicipality(session, code)
    # An id of its own spares a statement: it goes in with whatever is flushed next.
    user = User(
        id=uuid4(),
        email=email or f"{role}{number}@example.test",
        name=name or f"Camille {role.capitalize()}{number}",
        role=role,
        hashed_password=_hashed(),
        is_active=active,
        is_superuser=False,
        is_verified=verified,
        scopes=[UserScope(intermunicipality_code=code) for code in scopes],
    )
    session.add(user)
    return user


async def make_tutor(session: AsyncSession) -> User:
    """The one tutor of every contract that names no other."""
    found = await session.scalar(select(User).where(User.email == "tutrice@example.test"))
    return found or await make_user(session, "coordinator", "Dominique Tutrice", "tutrice@example.test")


async def make_session(session: AsyncSession, user: User, lasting: timedelta = timedelta(days=30)) -> str:
    """A signed-in browser's session; returns the value of its cookie."""
    cookie = fresh()
    session.add(UserSession(token=digest(cookie), user_id=user.id, expires_at=now() + lasting))
    return cookie


async def make_personal_token(session: AsyncSession, user: User, name: str = "script") -> str:
    """The text to send as `Authorization: Bearer …`."""
    token = fresh()
    await session.flush()
    session.add(PersonalToken(user_id=user.id, name=name, digest=digest(token)))
    await session.flush()
    return token
