"""The verbs of a volunteer: sign up, keep one's details right."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts import actions as accounts
from civic.accounts.models import User
from civic.accounts.passwords import Prehashed
from civic.clock import today
from civic.errors import Refusal
from civic.i18n import _
from civic.volunteers.models import Volunteer
from civic.volunteers.rules import problem_with_birth_date


@dataclass(frozen=True, slots=True)
class Details:
    """What a volunteer tells about themself; empty texts where nothing is told."""

    commune_insee: str | None
    phone: str
    emergency_name: str
    emergency_phone: str


async def sign_up(
    session: AsyncSession, *, email: str, name: str, birth_date: date, password: Prehashed
) -> Volunteer | None:
    """A new account and its volunteer; None for an address that has one (its owner is told by mail)."""
    _refuse_wrong_age(birth_date)
    user = await accounts.register(session, email=email, name=name, password=password)
    return await _make(session, user, birth_date) if user else None


async def add_user(
    session: AsyncSession,
    email: str,
    role: str,
    name: str,
    birth_date: date | None = None,
    password: str | None = None,
) -> tuple[User, str | None]:
    """An operator's account of any role, with a volunteer's profile where the role is that.

    Returns the account and a link that serves once to choose a password (None when `password` is given).
    """
    if role == "volunteer" and birth_date is None:
        raise Refusal("birth_date_missing", _("Donnez la date de naissance du volontaire."))
    if role == "volunteer" and birth_date is not None:
        _refuse_wrong_age(birth_date)
    user, link = await accounts.add_user(session, email, role, name, password)
    if role == "volunteer" and birth_date is not None:
        await _make(session, user, birth_date)
    return user, link


def _refuse_wrong_age(birth_date: date) -> None:
    problem = problem_with_birth_date(birth_date, today())
    if problem:
        raise Refusal("wrong_age", problem, field="birth_date")


async def _make(session: AsyncSession, user: User, birth_date: date) -> Volunteer:
    volunteer = Volunteer(user=user, birth_date=birth_date)
    session.add(volunteer)
    await session.flush()
    return volunteer


def update_details(session: AsyncSession, volunteer: Volunteer, details: Details, *, by: User) -> None:
    """Keep what has changed, and note that it did (never the values themselves)."""
    columns = ("commune_insee", "phone", "emergency_name", "emergency_phone")
    changed = [name for name in columns if getattr(volunteer, name) != getattr(details, name)]
    for name in changed:
        setattr(volunteer, name, getattr(details, name))
    if changed:
        audit.record(session, by=by, verb="volunteer.updated", subject=volunteer, detail={"fields": changed})


def rename(session: AsyncSession, volunteer: Volunteer, name: str, *, by: User) -> None:
    """Set somebody's name right (`user` loaded), by hand of who is in charge of them."""
    volunteer.user.name = name
    audit.record(session, by=by, verb="volunteer.updated", subject=volunteer, detail={"fields": ["name"]})
