"""What an administrator does to accounts: rights, closing, invitations."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import audit, outbox
from civic.accounts.actions import password_link
from civic.accounts.manager import UserManager
from civic.accounts.models import User, UserScope, UserSession
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.outbox import dead
from civic.outbox.models import OutboxMail


async def find(session: AsyncSession, user_id: UUID) -> User:
    """An account with its scopes. Raises NotFound."""
    chosen = select(User).where(User.id == user_id).options(joinedload(User.scopes))
    found = (await session.scalars(chosen)).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


async def change_rights(session: AsyncSession, *, by: User, user: User, role: str, scopes: Collection[str]) -> None:
    """Give an account (`scopes` loaded) another role, and a coordinator their intermunicipalities (none: all).

    Open sessions stay: each request asks for the role anew.
    """
    _refuse_self(by, user)
    wanted = frozenset(scopes) if role == "coordinator" else frozenset()
    if (role, wanted) == (user.role, user.scope_codes):
        return
    if role != "admin":
        await _keep_an_admin(session, user)
    before = {"role": user.role, "scopes": sorted(user.scope_codes)}
    user.role = role
    user.scopes = [UserScope(user_id=user.id, intermunicipality_code=code) for code in sorted(wanted)]
    detail = {"before": before, "role": role, **({"scopes": sorted(wanted)} if role == "coordinator" else {})}
    audit.record(session, by=by, verb="account.rights_changed", subject=user, detail=detail)


async def give_scopes(session: AsyncSession, user: User, scopes: Collection[str]) -> None:
    """The intermunicipalities of an account that was just made."""
    session.add_all(UserScope(user_id=user.id, intermunicipality_code=code) for code in sorted(set(scopes)))
    await session.flush()


async def deactivate(session: AsyncSession, *, by: User, user: User) -> None:
    """Close an account: its browsers are signed out and its tokens open nothing. Closing again changes nothing."""
    _refuse_self(by, user)
    if not user.is_active:
        return
    await _keep_an_admin(session, user)
    user.is_active = False
    await session.execute(delete(UserSession).where(UserSession.user_id == user.id))
    audit.record(session, by=by, verb="account.deactivated", subject=user)


def reactivate(session: AsyncSession, *, by: User, user: User) -> None:
    if user.is_active:
        return
    user.is_active = True
    audit.record(session, by=by, verb="account.activated", subject=user)


async def invite(session: AsyncSession, *, by: User, user: User, link: str | None = None) -> None:
    """Mail somebody the link that serves once to choose their password, made anew unless given."""
    if not user.is_active:
        raise Refusal("account_closed", _("Ce compte est fermé : rouvrez-le d’abord."))
    await outbox.enqueue(
        session,
        to=user.email,
        kind="invitation",
        template="invitation",
        context={"name": user.first_name, "by": by.name, "link": link or password_link(UserManager(session), user)},
    )
    audit.record(session, by=by, verb="account.invited", subject=user)


async def retry_mail(session: AsyncSession, *, by: User, mail_id: UUID) -> OutboxMail:
    """Send a dead mail again. Raises NotFound."""
    mail = await dead.retry(session, mail_id)
    audit.record(session, by=by, verb="mail.retried", subject=mail)
    return mail


async def retry_mails(session: AsyncSession, *, by: User) -> int:
    """Send every dead mail again; returns how many."""
    mails = await dead.retry_all(session)
    for mail in mails:
        audit.record(session, by=by, verb="mail.retried", subject=mail)
    return len(mails)


def _refuse_self(by: User, user: User) -> None:
    if by.id == user.id:
        raise Refusal("own_account", _("Vous ne pouvez pas changer vos propres droits. Demandez à une autre personne."))


async def _keep_an_admin(session: AsyncSession, user: User) -> None:
    """Two administrators who dismiss one another at once wait here for each other; the second is refused."""
    if user.role != "admin":
        return
    chosen = select(User).where(User.role == "admin", User.is_active).order_by(User.id)
    locked = chosen.with_for_update().execution_options(populate_existing=True)
    admins = [one.id for one in await session.scalars(locked) if one.is_active]
    if not set(admins) - {user.id}:
        raise Refusal("last_admin", _("C’est le dernier compte d’administration : nommez-en un autre d’abord."))
