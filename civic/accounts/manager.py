"""fastapi-users behind our own doors: its manager makes accounts and mail tokens, the request makes the commit."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi_users import BaseUserManager, UUIDIDMixin
from fastapi_users.exceptions import InvalidID, InvalidResetPasswordToken, UserInactive
from fastapi_users.jwt import decode_jwt, generate_jwt
from fastapi_users_db_sqlalchemy import SQLAlchemyUserDatabase
from jwt import PyJWTError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, outbox
from civic.accounts.models import User
from civic.accounts.passwords import Helper, Prehashed
from civic.accounts.tokens import digest
from civic.db import Session, WritingSession
from civic.settings import settings

VERIFY_SECONDS = 3 * 24 * 3600
RESET_SECONDS = 3600


# Its protocol wants plain attributes, ours are mapped: hence the ignored type-var on these two classes.
class FlushingUserDatabase(SQLAlchemyUserDatabase[User, UUID]):  # type: ignore[type-var]
    """The library's adapter commits by itself; this one flushes, so that an account and its mail are one commit."""

    async def get_by_email(self, email: str) -> User | None:
        found: User | None = await self.session.scalar(select(User).where(User.email == email.strip().lower()))
        return found

    async def create(self, create_dict: dict[str, Any]) -> User:
        user = User(**{**create_dict, "email": create_dict["email"].strip().lower()})
        self.session.add(user)
        await self.session.flush()
        return user

    async def update(self, user: User, update_dict: dict[str, Any]) -> User:
        for key, value in update_dict.items():
            setattr(user, key, value)
        await self.session.flush()
        return user

    async def delete(self, user: User) -> None:
        await self.session.delete(user)
        await self.session.flush()


class UserManager(UUIDIDMixin, BaseUserManager[User, UUID]):  # type: ignore[type-var]
    """Tokens are signed with the secret key and die by themselves."""

    verification_token_lifetime_seconds = VERIFY_SECONDS
    reset_password_token_lifetime_seconds = RESET_SECONDS

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(FlushingUserDatabase(session, User), Helper())
        self.session = session
        self.verification_token_secret = settings().secret_key + "verify"
        self.reset_password_token_secret = settings().secret_key + "reset"

    def reset_token(self, user: User, lifetime: int = RESET_SECONDS) -> str:
        """A token that serves once: it names the present password by a digest, so it dies when that one changes.

        The library would hash it with argon2 instead, on the event loop and inside the transaction.
        """
        data = {
            "sub": str(user.id),
            "password_fgpt": digest(user.hashed_password),
            "aud": self.reset_password_token_audience,
        }
        return generate_jwt(data, self.reset_password_token_secret, lifetime)

    async def user_of_reset_token(self, token: str) -> User:
        """Raises InvalidResetPasswordToken for one that is wrong, too old or used."""
        try:
            data = decode_jwt(token, self.reset_password_token_secret, [self.reset_password_token_audience])
            user = await self.user_db.get(self.parse_id(data["sub"]))
        except (PyJWTError, InvalidID, KeyError) as error:
            raise InvalidResetPasswordToken from error
        if user is None or not user.is_active or data.get("password_fgpt") != digest(user.hashed_password):
            raise InvalidResetPasswordToken
        return user

    async def forgot_password(self, user: User, request: Request | None = None) -> None:
        if not user.is_active:
            raise UserInactive
        await self.on_after_forgot_password(user, self.reset_token(user), request)

    async def reset_password(self, token: str, password: str, request: Request | None = None) -> User:
        """Whoever holds the token reads that mailbox, or was handed it by an administrator: it verifies the address."""
        assert isinstance(password, Prehashed)
        user = await self.user_of_reset_token(token)
        await self.user_db.update(user, {"hashed_password": password.digest, "is_verified": True})
        await self.on_after_reset_password(user, request)
        return user

    async def on_after_register(self, user: User, request: Request | None = None) -> None:
        audit.record(self.session, by=user, verb="account.created", subject=user)
        if not user.is_verified:
            await self.request_verify(user, request)

    async def on_after_request_verify(self, user: User, token: str, request: Request | None = None) -> None:
        await outbox.enqueue(
            self.session,
            to=user.email,
            kind="verify",
            template="verify",
            context={"name": user.first_name, "link": f"{settings().base_url}/verification?token={token}"},
        )

    async def on_after_verify(self, user: User, request: Request | None = None) -> None:
        audit.record(self.session, by=user, verb="account.verified", subject=user)

    async def on_after_forgot_password(self, user: User, token: str, request: Request | None = None) -> None:
        await outbox.enqueue(
            self.session,
            to=user.email,
            kind="reset",
            template="reset",
            context={"name": user.first_name, "link": f"{settings().base_url}/mot-de-passe?token={token}"},
        )

    async def on_after_reset_password(self, user: User, request: Request | None = None) -> None:
        audit.record(self.session, by=user, verb="account.password_changed", subject=user)


def get_manager(session: Session) -> UserManager:
    return UserManager(session)


def get_writing_manager(session: WritingSession) -> UserManager:
    return UserManager(session)


Manager = Annotated[UserManager, Depends(get_manager)]
WritingManager = Annotated[UserManager, Depends(get_writing_manager)]
