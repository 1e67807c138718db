"""The verbs of an account: register, verify, sign in and out, choose a password, make a token."""

import secrets
from datetime import timedelta
from uuid import UUID

from fastapi_users.exceptions import InvalidResetPasswordToken, InvalidVerifyToken, UserAlreadyVerified
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, outbox
from civic.accounts import passwords
from civic.accounts.manager import UserManager
from civic.accounts.models import PersonalToken, User, UserSession
from civic.accounts.passwords import Prehashed
from civic.accounts.rules import problems_with_account
from civic.accounts.tokens import digest, fresh
from civic.clock import now
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.settings import settings

KEPT = timedelta(days=30)
NOT_KEPT = timedelta(hours=12)
INVITATION_SECONDS = 7 * 24 * 3600
MAX_TOKENS = 20


async def open_session(session: AsyncSession, user: User, lasting: timedelta = KEPT) -> str:
    """Let a browser in; returns the cookie's value, of which only the digest is kept."""
    cookie = fresh()
    await session.execute(delete(UserSession).where(UserSession.user_id == user.id, UserSession.expires_at <= now()))
    session.add(UserSession(token=digest(cookie), user_id=user.id, expires_at=now() + lasting))
    await session.flush()
    return cookie


async def close_session(session: AsyncSession, cookie: str) -> None:
    """Sign a browser out; nothing happens for a session that is gone already."""
    await session.execute(delete(UserSession).where(UserSession.token == digest(cookie)))


async def register(session: AsyncSession, *, email: str, name: str, password: Prehashed) -> User | None:
    """A new volunteer's account and the mail that verifies its address, in one commit.

    An address that has an account gets a mail that says so instead, and None is returned: the page must not tell.
    """
    manager = UserManager(session)
    existing = await manager.user_db.get_by_email(email)
    if existing is None:
        values = {"email": email, "name": name, "role": "volunteer", "hashed_password": password.digest}
        try:
            async with session.begin_nested():
                user = await manager.user_db.create(values)
        except IntegrityError:
            # Somebody took the address since we looked (PostgreSQL only: SQLite has one writer).
            existing = await manager.user_db.get_by_email(email)
        else:
            await manager.on_after_register(user)
            return user
    if existing is not None and existing.is_active:
        await _say_account_exists(manager, existing)
    return None


async def _say_account_exists(manager: UserManager, user: User) -> None:
    if not user.is_verified:
        await manager.request_verify(user)
        return
    base = settings().base_url
    await outbox.enqueue(
        manager.session,
        to=user.email,
        kind="account_exists",
        template="account_exists",
        context={
            "name": user.first_name,
            "link": f"{base}/connexion",
            "reset_link": f"{base}/mot-de-passe-oublie",
        },
    )


async def add_user(
    session: AsyncSession, email: str, role: str, name: str, password: str | None = None
) -> tuple[User, str | None]:
    """An account made by an operator, whose address is taken as verified.

    Returns it with a link that serves once to choose a password, or None when a password is given. Raises Refusal.
    """
    email, name = email.strip().lower(), " ".join(name.split())
    problems = problems_with_account(email, name, role)
    weak = passwords.problem_with(password, email, name) if password is not None else None
    if problems or weak:
        raise Refusal("invalid_account", (problems or [weak or ""])[0])
    prepared = await passwords.prepare(password or secrets.token_urlsafe(24))
    manager = UserManager(session)
    if await manager.user_db.get_by_email(email):
        raise Refusal("email_taken", _("Un compte existe déjà pour %(email)s.") % {"email": email})
    user = await manager.user_db.create(
        {"email": email, "name": name, "role": role, "hashed_password": prepared.digest, "is_verified": True}
    )
    await manager.on_after_register(user)
    return user, None if password is not None else password_link(manager, user)


def password_link(manager: UserManager, user: User) -> str:
    """A week to choose a password, by hand of an operator."""
    return f"{settings().base_url}/mot-de-passe?token={manager.reset_token(user, INVITATION_SECONDS)}"


async def verify_address(session: AsyncSession, token: str) -> bool:
    """Whether a verification link holds; the second click on it is as good as the first."""
    try:
        await UserManager(session).verify(token)
    except UserAlreadyVerified:
        return True
    except InvalidVerifyToken:
        return False
    return True


async def send_verification(session: AsyncSession, email: str) -> None:
    """A new link for an address that waits for one; silent for any other."""
    manager = UserManager(session)
    user = await manager.user_db.get_by_email(email)
    if user is not None and user.is_active and not user.is_verified:
        await manager.request_verify(user)


async def forget_password(session: AsyncSession, email: str) -> None:
    """A link to choose a new password; silent when there is no such account."""
    manager = UserManager(session)
    user = await manager.user_db.get_by_email(email)
    if user is not None and user.is_active:
        await manager.forgot_password(user)


async def reset_holder(session: AsyncSession, token: str) -> User | None:
    """Who a link to choose a password is for; None for one that is wrong, too old or used."""
    try:
        return await UserManager(session).user_of_reset_token(token)
    except InvalidResetPasswordToken:
        return None


async def reset_password(session: AsyncSession, token: str, password: Prehashed) -> bool:
    """Take the new password and close every open session; False when the link no longer serves."""
    try:
        user = await UserManager(session).reset_password(token, password)
    except InvalidResetPasswordToken:
        return False
    await session.execute(delete(UserSession).where(UserSession.user_id == user.id))
    return True


async def change_password(session: AsyncSession, user: User, password: Prehashed, keeping: str) -> None:
    """Take a new password; only the browser whose cookie is `keeping` stays signed in."""
    manager = UserManager(session)
    await manager.user_db.update(user, {"hashed_password": password.digest})
    await manager.on_after_reset_password(user)
    others = delete(UserSession).where(UserSession.user_id == user.id, UserSession.token != digest(keeping))
    await session.execute(others)


def update_account(user: User, *, name: str, theme: str) -> None:
    """Change how a person is named and which theme they see."""
    user.name = name
    user.theme = theme


async def make_token(session: AsyncSession, user: User, name: str) -> str:
    """A personal token for scripts, told this once."""
    held = await session.scalars(select(PersonalToken.id).where(PersonalToken.user_id == user.id))
    if len(held.all()) >= MAX_TOKENS:
        message = _("%(n)s jetons au plus. Supprimez-en un.") % {"n": MAX_TOKENS}
        raise Refusal("too_many_tokens", message, field="token_name")
    token = fresh()
    row = PersonalToken(user_id=user.id, name=name, digest=digest(token))
    session.add(row)
    await session.flush()
    audit.record(session, by=user, verb="account.token_made", subject=row, detail={"name": name})
    return token


async def revoke_token(session: AsyncSession, user: User, token_id: UUID) -> None:
    """Take back one's own token (404 for anybody else's)."""
    row = await session.scalar(
        select(PersonalToken).where(PersonalToken.id == token_id, PersonalToken.user_id == user.id)
    )
    if row is None:
        raise NotFound
    audit.record(session, by=user, verb="account.token_revoked", subject=row, detail={"name": row.name})
    await session.delete(row)
