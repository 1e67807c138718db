"""Who is asking: the person behind the session cookie or the personal token, in one query."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic.accounts.models import PersonalToken, User, UserSession
from civic.accounts.tokens import digest
from civic.columns import NOW
from civic.db import Session
from civic.errors import Forbidden, NotSignedIn
from civic.settings import settings

MEANT = "Civic-Account"
# Asked by every request, so built once: building a select costs more than running it.
_ACTIVE = select(User).options(joinedload(User.scopes)).where(User.is_active)
_BY_TOKEN = _ACTIVE.join(PersonalToken, PersonalToken.user_id == User.id).where(
    PersonalToken.digest == bindparam("digest")
)
_BY_COOKIE = _ACTIVE.join(UserSession, UserSession.user_id == User.id).where(
    UserSession.token == bindparam("digest"), UserSession.expires_at > NOW
)


async def find_user(session: AsyncSession, request: Request) -> User | None:
    """The active account that a request's cookie or bearer token opens, with its scopes; None otherwise."""
    cookie = request.cookies.get(settings().session_cookie)
    scheme, _space, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        found = await session.scalars(_BY_TOKEN, {"digest": digest(bearer.strip())})
    elif cookie:
        found = await session.scalars(_BY_COOKIE, {"digest": digest(cookie)})
    else:
        return None
    return found.unique().one_or_none()


async def maybe_user(request: Request, session: Session) -> User | None:
    user = await find_user(session, request)
    # Templates and error pages read it from there, after the session is gone.
    request.state.user = user
    return user


MaybeUser = Annotated[User | None, Depends(maybe_user)]


def current_user(request: Request, user: MaybeUser) -> User:
    """Whoever is signed in. A phone names the account whose records it sends: in anybody else's session they are
    refused, so that on a shared phone nobody sends another person's as their own.
    """
    if user is None or request.headers.get(MEANT, str(user.id)) != str(user.id):
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
ManagerUser = Annotated[User, Depends(require("manager"))]
AdminUser = Annotated[User, Depends(require("admin"))]
ReaderUser = Annotated[User, Depends(require("coordinator", "manager", "admin"))]
