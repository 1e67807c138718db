"""What somebody says of their week, the sites they like, and whom coordinators put together, or never."""

from sqlalchemy.ext.asyncio import AsyncSession

from civic.sites.models import Site
from civic.volunteers.models import PairWish, PreferredSite, Volunteer, WeeklyUnavailability


async def make_stretch(
    session: AsyncSession, volunteer: Volunteer, weekday: int = 1, starts: int = 14 * 60, ends: int = 18 * 60
) -> WeeklyUnavailability:
    """Tuesday afternoon."""
    one = WeeklyUnavailability(volunteer_id=volunteer.id, weekday=weekday, starts_minute=starts, ends_minute=ends)
    session.add(one)
    await session.flush()
    return one


async def make_wish(session: AsyncSession, one: Volunteer, other: Volunteer, kind: str = "apart") -> PairWish:
    first, second = sorted((one.id, other.id))
    wish = PairWish(first_id=first, second_id=second, kind=kind)
    session.add(wish)
    await session.flush()
    return wish


async def like(session: AsyncSession, volunteer: Volunteer, *sites: Site) -> None:
    session.add_all(PreferredSite(volunteer_id=volunteer.id, site_id=one.id) for one in sites)
    await session.flush()
