"""Shifts and the places on them."""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Booking
from civic.missions.models import Mission, MissionSite
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer
from tests.factories.missions import make_mission
from tests.factories.sites import make_site


def in_days(days: int, hour: int = 14, minute: int = 0) -> datetime:
    """A local clock time some days from today, as an instant."""
    return clock.at(clock.today() + timedelta(days=days), time(hour, minute))


async def make_shift(
    session: AsyncSession,
    starts_at: datetime | None = None,
    hours: float = 3,
    mission: Mission | None = None,
    site: Site | None = None,
    state: str = "published",
    capacity: int = 2,
    **fields: Any,
) -> Shift:
    """Three hours in three days at a new park of the CALL, published, two places."""
    starts = starts_at or in_days(3)
    if mission is None:
        mission = await make_mission(session, [site or await make_site(session)])
    if site is None:
        chosen = select(Site).join(MissionSite).where(MissionSite.mission_id == mission.id).order_by(Site.id)
        site = (await session.scalars(chosen)).first()
        assert site is not None
    values: dict[str, Any] = {"min_staff": min(2, capacity), "break_minutes": 0, **fields}
    shift = Shift(
        mission_id=mission.id,
        site_id=site.id,
        starts_at=starts,
        ends_at=starts + timedelta(hours=hours),
        capacity=capacity,
        state=state,
        **values,
    )
    session.add(shift)
    await session.flush()
    return shift


async def make_booking(
    session: AsyncSession, shift: Shift, volunteer: Volunteer, state: str = "confirmed", queue_key: int | None = None
) -> Booking:
    """A place given without asking the rules."""
    booking = Booking(
        shift_id=shift.id,
        volunteer_id=volunteer.id,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        state=state,
        queue_key=queue_key if queue_key is not None else int(clock.now().timestamp() * 1_000_000),
    )
    session.add(booking)
    await session.flush()
    return booking
