"""Who is asking: the person behind the session cookie or the personal token, in one query."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic.accounts.models import PersonalToken, User, UserSession
from civic.accounts.tokens import digest
from civic.clock import now
from civic.db import Session
from civic.errors import Forbidden, NotSignedIn
from civic.settings import settings


async def find_user(session: AsyncSession, request: Request) -> User | None:
    """The active account that a request's cookie or bearer token opens, with its scopes; None otherwise."""
    cookie = request.cookies.get(settings().session_cookie)
    scheme, _space, bearer = request.headers.get("Authorization", "").partition(" ")
    chosen = select(User).options(joinedload(User.scopes)).where(User.is_active)
    if scheme.lower() == "bearer" and bearer:
        chosen = chosen.join(PersonalToken, PersonalToken.user_id == User.id).where(
            PersonalToken.digest == digest(bearer.strip())
        )
    elif cookie:
        chosen = chosen.join(UserSession, UserSession.user_id == User.id).where(
            UserSession.token == digest(cookie), UserSession.expires_at > now()
        )
    else:
        return None
    return (await session.scalars(chosen)).unique().one_or_none()


async def maybe_user(request: Request, session: Session) -> User | None:
    user = await find_user(session, request)
    # Templates and error pages read it from there, after the session is gone.
    request.state.user = user
    return user


MaybeUser = Annotated[User | None, Depends(maybe_user)]


def current_user(user: MaybeUser) -> User:
    if user is None:
        raise NotSignedIn
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def require(*roles: str) -> Callable[[User], User]:
    """A dependency that lets only some roles in; the others get 403, the signed-out 401.

    def view(user: Annotated[User, Depends(require("coordinator", "admin"))]) …
    """

    def check(user: CurrentUser) -> User:
        if user.role not in roles:
            raise Forbidden
        return user

    return check


VolunteerUser = Annotated[User, Depends(require("volunteer"))]
CoordinatorUser = Annotated[User, Depends(require("coordinator"))]
AdminUser = Annotated[User, Depends(require("admin"))]
ReaderUser = Annotated[User, Depends(require("coordinator", "manager", "admin"))]
