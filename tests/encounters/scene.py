"""A shift of today that the cast's volunteer and colleague share, in a park of the CALL."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Booking
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer
from tests.cast import Cast, make_cast
from tests.factories.encounters import make_topics
from tests.factories.missions import make_mission
from tests.factories.sites import make_site

# 14 h 30 in Lens, a Monday.
NOON = "2026-11-23 13:30:00+00:00"


@dataclass
class Scene:
    cast: Cast
    site: Site
    elsewhere: Site
    shift: Shift


async def make_shift(session: AsyncSession, site: Site, starts_at: datetime, hours: int = 3) -> Shift:
    mission = await make_mission(session, [site])
    shift = Shift(
        mission_id=mission.id,
        site_id=site.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        state="published",
        published_at=starts_at - timedelta(days=9),
    )
    session.add(shift)
    await session.flush()
    return shift


async def confirm(session: AsyncSession, shift: Shift, volunteer: Volunteer, state: str = "confirmed") -> Booking:
    booking = Booking(
        shift_id=shift.id,
        volunteer_id=volunteer.id,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        state=state,
        queue_key=0,
    )
    session.add(booking)
    await session.flush()
    return booking


async def make_scene(session: AsyncSession) -> Scene:
    """Flushed; the caller commits. The shift began an hour and a half ago."""
    cast = await make_cast(session)
    await make_topics(session)
    site = await make_site(session, "base-11-19", name="Base 11/19")
    elsewhere = await make_site(session, "parc-henin", intermunicipality="CAHC", pillar="rev3")
    shift = await make_shift(session, site, clock.now() - timedelta(minutes=90))
    await confirm(session, shift, cast.volunteer)
    await confirm(session, shift, cast.colleague)
    return Scene(cast, site, elsewhere, shift)
