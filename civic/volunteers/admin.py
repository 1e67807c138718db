"""What an administrator does to an account and the volunteer behind it: invite, change rights."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts import admin as accounts
from civic.accounts.models import User
from civic.errors import Refusal
from civic.i18n import _
from civic.volunteers import actions
from civic.volunteers.models import Volunteer


async def invite(
    session: AsyncSession,
    *,
    by: User,
    email: str,
    name: str,
    role: str,
    scopes: Collection[str] = (),
    birth_date: date | None = None,
) -> User:
    """Make an account of any role and mail the link to choose its password. Raises Refusal."""
    user, link = await actions.add_user(session, email, role, name, birth_date)
    if role == "coordinator" and scopes:
        await accounts.give_scopes(session, user, scopes)
    await accounts.invite(session, by=by, user=user, link=link)
    return user


async def has_profile(session: AsyncSession, user: User) -> bool:
    """Whether there is a volunteer behind an account."""
    return await session.scalar(select(Volunteer.id).where(Volunteer.user_id == user.id)) is not None


async def change_rights(session: AsyncSession, *, by: User, user: User, role: str, scopes: Collection[str]) -> None:
    """Another role; only who has a volunteer's profile may (again) be a volunteer."""
    if role == "volunteer" and not await has_profile(session, user):
        message = _("Ce compte n’a pas de profil de volontaire. Invitez la personne avec sa date de naissance.")
        raise Refusal("profile_missing", message, field="role")
    await accounts.change_rights(session, by=by, user=user, role=role, scopes=scopes)
