"""Shifts as they would be with other values, as rules judge them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.bookings.queries import OWN, PLACE, facts_around
from civic.bookings.values import ShiftFacts, Times, times_of
from civic.missions.models import Mission
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.sites.models import Commune, Site


async def facts_if(session: AsyncSession, shift: Shift, values: ShiftValues) -> ShiftFacts:
    """The shift as it would be with other values; the mission and the site must exist."""
    own = {column.key: getattr(shift, column.key) for column in OWN}
    return (await facts_with(session, [(own, values)]))[0]


async def facts_with(session: AsyncSession, listed: Sequence[tuple[dict[str, Any], ShiftValues]]) -> list[ShiftFacts]:
    """Shifts of one mission and site as they would be: what each is by itself, and its values (2 queries)."""
    if not listed:
        return []
    values = listed[0][1]
    chosen = (
        select(*PLACE)
        .select_from(Mission)
        .join(Site, Site.id == values.site_id)
        .join(Commune, Commune.insee == Site.commune_insee)
        .where(Mission.id == values.mission_id)
    )
    place = (await session.execute(chosen)).one()._asdict()
    return await facts_around(session, [(_times(one), own | place | _seats(one)) for own, one in listed])


def _times(values: ShiftValues) -> Times:
    return times_of(values.starts_at, values.ends_at, values.break_minutes)


def _seats(values: ShiftValues) -> dict[str, int]:
    return {"capacity": values.capacity, "min_staff": values.min_staff}
