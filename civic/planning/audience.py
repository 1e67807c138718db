"""Who the readers of an announcement are: of a shift, of a site, or everybody who serves.

- a shift: those who hold a place on it, an offered one included until its deadline; who waits is not concerned;
- a site: those who hold a place there in the next 14 days, and those who marked it as a favourite;
- everyone: volunteers under contract today. Within one intermunicipality they are those who live there, and those who
  held a place there in the last four weeks or hold one to come: whom its coordinator works with.

Closed accounts are nobody's readers.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User, UserScope
from civic.bookings.models import SEATED, Booking
from civic.bookings.queries import STILL_HELD
from civic.contracts.models import EngagementContract
from civic.notices.rules import Reader
from civic.shifts.models import Shift
from civic.sites.models import Commune, Site
from civic.volunteers.models import PreferredSite, Volunteer

SITE_AHEAD = timedelta(days=14)
SERVED_SINCE = timedelta(days=28)

_PEOPLE: Select[Any] = (
    select(User.id, User.name, User.email, User.is_verified)
    .join(Volunteer, Volunteer.user_id == User.id)
    .where(User.is_active)
    .order_by(User.name, User.id)
)
_SEAT = (
    exists()
    .where(Booking.volunteer_id == Volunteer.id, Booking.state.in_(SEATED), Booking.shift_id == Shift.id)
    .where(Shift.state == "published", STILL_HELD)
    .correlate(Volunteer)
)


async def of_shift(session: AsyncSession, shift_id: UUID) -> list[Reader]:
    return await _readers(session, _PEOPLE.where(_SEAT.where(Shift.id == shift_id)))


async def of_site(session: AsyncSession, site_id: str, now: datetime) -> list[Reader]:
    soon = _SEAT.where(Shift.site_id == site_id, Shift.ends_at > now, Shift.starts_at < now + SITE_AHEAD)
    favourite = exists().where(PreferredSite.volunteer_id == Volunteer.id, PreferredSite.site_id == site_id)
    today = clock.local_day(now)
    return await _readers(session, _PEOPLE.where(or_(soon, favourite & _engaged(today))))


async def of_everyone(session: AsyncSession, code: str | None, now: datetime, *, coordinators: bool) -> list[Reader]:
    """Of one intermunicipality, or of all three (None); perhaps with the coordinators who cover it."""
    chosen = _PEOPLE.where(_engaged(clock.local_day(now)))
    if code:
        lives = exists().where(Commune.insee == Volunteer.commune_insee, Commune.intermunicipality_code == code)
        serves = _SEAT.where(Shift.ends_at > now - SERVED_SINCE, Site.id == Shift.site_id)
        chosen = chosen.where(or_(lives, serves.where(Site.intermunicipality_code == code)))
    found = await _readers(session, chosen)
    return found + (await _readers(session, _coordinators(code)) if coordinators else [])


def _engaged(day: date) -> Any:
    last = func.coalesce(EngagementContract.ended_on, EngagementContract.ends_on)
    covering = exists().where(EngagementContract.volunteer_id == Volunteer.id, EngagementContract.starts_on <= day)
    return covering.where(last >= day).correlate(Volunteer)


def _coordinators(code: str | None) -> Select[Any]:
    scoped = exists().where(UserScope.user_id == User.id)
    covers = or_(~scoped, scoped.where(UserScope.intermunicipality_code == code)) if code else true()
    people = select(User.id, User.name, User.email, User.is_verified).order_by(User.name, User.id)
    return people.where(User.role == "coordinator", User.is_active, covers)


async def _readers(session: AsyncSession, chosen: Select[Any]) -> list[Reader]:
    return [Reader(*row) for row in await session.execute(chosen)]
