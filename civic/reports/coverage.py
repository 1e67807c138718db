"""Which sites nobody visited lately. A visit is an encounter or a shift that was held, as for the sites covered."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import cast, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Attendance, Booking
from civic.db import UtcDateTime
from civic.encounters.models import Encounter
from civic.reports.conditions import counted, served_by, there
from civic.reports.filters import Filters
from civic.reports.rollup_models import encounter_days, rollup_changes
from civic.shifts.models import Shift
from civic.sites.models import Site

WEEKS = (2, 4, 8, 12, 26)
USUAL = 4


class Unvisited(NamedTuple):
    """A site in use, and the last day somebody was there; None: nobody ever."""

    site: Site
    last: date | None


class Coverage(NamedTuple):
    """The sites without a visit in the weeks that end on `day`, those left longest first; `total` sites are in use."""

    weeks: int
    day: date
    total: int
    unvisited: list[Unvisited]


async def last_visits(session: AsyncSession, filters: Filters, last: date, cut_off: datetime) -> dict[str, date]:
    """The last visit of each site up to a day: from the roll-ups, the rows of the days they don't tell, the shifts."""
    table, changes = encounter_days.c, rollup_changes.c
    changed = select(changes.day).where(changes.kind == "encounters", changes.day <= last)
    rolled = (
        select(table.day)
        .where(table.site_id == Site.id, table.slice == "", table.day <= last, table.day.not_in(changed))
        .order_by(table.day.desc())
        .limit(1)
    )
    met = (
        select(func.max(Encounter.date), Encounter.site_id)
        .where(Encounter.date.in_(changed), counted(), *there(filters, Encounter.site_id))
        .group_by(Encounter.site_id)
        .subquery()
    )
    came = (
        select(Attendance.id)
        .join(Booking, Booking.id == Attendance.booking_id)
        .where(Booking.shift_id == Shift.id, served_by(), Attendance.state == "present")
    )
    end = clock.day_bounds(last, last)[1]
    held = (
        select(Shift.starts_at)
        .where(Shift.site_id == Site.id, Shift.state == "published", Shift.starts_at < end, Shift.ends_at <= cut_off)
        .where(came.exists())
        .order_by(Shift.starts_at.desc())
        .limit(1)
    )
    no_start = cast(null(), UtcDateTime)
    asked = union_all(
        select(rolled.scalar_subquery(), held.scalar_subquery(), Site.id).where(*there(filters, Site.id)),
        select(met.c[0], no_start, met.c[1]),
    )
    found: dict[str, date] = {}
    for day, starts_at, site in await session.execute(asked):
        for one in (day, clock.local(starts_at).date() if starts_at else None):
            if one and one > found.get(site, date.min):
                found[site] = one
    return found


def coverage(sites: Sequence[Site], last: dict[str, date], weeks: int, day: date) -> Coverage:
    """Of the sites of the filters, those in use whose last visit is older than so many weeks."""
    limit = day - timedelta(weeks=weeks)
    used = [one for one in sites if one.archived_at is None]
    left = [Unvisited(one, last.get(one.id)) for one in used if last.get(one.id, date.min) <= limit]
    left.sort(key=lambda one: (one.last or date.min, one.site.name))
    return Coverage(weeks, day, len(used), left)
