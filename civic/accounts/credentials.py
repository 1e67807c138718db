"""Is this the person they say? Asked on a reading session, before any transaction that writes."""

from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import select

from civic.accounts import passwords
from civic.accounts.models import User
from civic.accounts.throttle import Throttle
from civic.db import Database
from civic.errors import Answer
from civic.i18n import _
from civic.settings import settings


@dataclass(frozen=True, slots=True)
class Door:
    """What checking a password needs of the application and the caller."""

    database: Database
    throttle: Throttle
    address: str


def door(request: Request) -> Door:
    """The throttle is made at its first use, since its address is a setting."""
    state = request.app.state
    if not hasattr(state, "throttle"):
        state.throttle = Throttle(settings().rate_limit_url)
    return Door(state.db, state.throttle, request.client.host if request.client else "")


async def check(door: Door, email: str, password: str) -> User:
    """The active account that these open.

    Raises Answer: 400 bad_credentials, the same and as late for an unknown address, an inactive account or a wrong
    password; 429 too_many_attempts, for the right password too, asked again after the hash so that a burst of
    guesses sent at once gains nothing.
    """
    address = email.strip().lower()
    await door.throttle.refuse_when_too_many(address, door.address)
    user = await _find(door.database, address)
    fits = await passwords.verify(password, user.hashed_password if user else None)
    await door.throttle.refuse_when_too_many(address, door.address)
    if user is None or not fits:
        await door.throttle.count_failure(address, door.address)
        raise Answer(400, "bad_credentials", _("Adresse ou mot de passe inconnu."))
    return user


async def _find(database: Database, email: str) -> User | None:
    if "\x00" in email:
        return None
    async with database.reading() as session:
        found: User | None = await session.scalar(select(User).where(User.email == email, User.is_active))
        return found
