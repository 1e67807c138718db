"""Volunteers: an account, a profile and, unless told otherwise, a contract that lets them serve."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.volunteers.models import Volunteer
from tests.factories.accounts import make_user
from tests.factories.contracts import make_contract
from tests.factories.sites import make_commune


def born(years: int) -> date:
    """A birth date that makes somebody this old today, and for half a year more."""
    day = clock.today() - timedelta(days=180)
    return date(day.year - years, day.month, min(day.day, 28))


async def make_volunteer(
    session: AsyncSession,
    birth_date: date | None = None,
    ready: bool = True,
    name: str | None = None,
    email: str | None = None,
    intermunicipality: str | None = "CALL",
    verified: bool = True,
    trainings: Iterable[str] = (),
) -> Volunteer:
    """Twenty years old by default; `.user` is loaded. `intermunicipality` is that of the home commune (or None)."""
    user = await make_user(session, "volunteer", name, email, verified=verified)
    commune = await make_commune(session, intermunicipality) if intermunicipality else None
    volunteer = Volunteer(
        id=uuid4(),
        user_id=user.id,
        user=user,
        birth_date=birth_date or born(20),
        commune_insee=commune.insee if commune else None,
        phone="06 12 34 56 78",
        emergency_name="Sacha Proche",
        emergency_phone="06 98 76 54 32",
    )
    session.add(volunteer)
    if ready:
        await make_contract(session, volunteer, trainings=trainings)
    return volunteer


async def make_minor(session: AsyncSession, ready: bool = True, **options: object) -> Volunteer:
    """A volunteer of sixteen, whose contract holds what a minor's needs."""
    return await make_volunteer(session, birth_date=born(16), ready=ready, **options)  # type: ignore[arg-type]
