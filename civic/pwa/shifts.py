"""A volunteer's own shifts of the days around today, as the phone needs them to fill in its forms by itself."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.encounters.lookups import local_days, pair_shift_ids
from civic.encounters.places import shifts_with_outing
from civic.encounters.rules import WINDOW
from civic.shifts.models import Shift

AHEAD = timedelta(days=7)


async def around(session: AsyncSession, user: User) -> list[dict[str, Any]]:
    """From the oldest day that may still be written about to a week ahead, with whether the pair summed each up."""
    first, end = clock.day_bounds(clock.today() - WINDOW, clock.today() + AHEAD)
    chosen = select(Shift).where(
        Shift.id.in_(pair_shift_ids(user.id)), Shift.state == "published", Shift.ends_at > first, Shift.starts_at < end
    )
    found = (await session.scalars(chosen.order_by(Shift.starts_at).options(joinedload(Shift.site)))).all()
    summed_up = await shifts_with_outing(session, found)
    return [
        {
            "id": str(shift.id),
            "site_id": shift.site_id,
            "site": shift.site.name,
            "starts_at": clock.local(shift.starts_at).isoformat(),
            "ends_at": clock.local(shift.ends_at).isoformat(),
            "days": sorted(day.isoformat() for day in local_days(shift.starts_at, shift.ends_at)),
            "summed_up": shift.id in summed_up,
        }
        for shift in found
    ]
