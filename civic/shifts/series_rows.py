"""The row of a series under an edit of the whole: held, rewritten, split in two, or stopped."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.errors import Forbidden, NotFound
from civic.i18n import _
from civic.shifts import recurrence, series, series_plan
from civic.shifts.bulk import hold_sites
from civic.shifts.models import Shift, ShiftSeries
from civic.shifts.series import SeriesValues
from civic.shifts.series_plan import Placed
from civic.sites.models import Site


async def held(session: AsyncSession, by: User, series_id: UUID, *site_ids: str) -> ShiftSeries:
    """The series, held until the commit with its site and `site_ids`, as everybody does who plans many shifts there.

    Raises NotFound, and Forbidden for a site out of scope.
    """
    found = await session.get(ShiftSeries, series_id)
    if found is None:
        raise NotFound
    await hold_sites(session, {found.site_id, *site_ids})
    chosen = select(ShiftSeries).where(ShiftSeries.id == series_id).with_for_update()
    row = (await session.scalars(chosen.execution_options(populate_existing=True))).one()
    site = await session.get_one(Site, row.site_id)
    if not by.covers(site.intermunicipality_code):
        raise Forbidden(_("Cette série est hors de votre périmètre."))
    return row


async def placed(session: AsyncSession, series_id: UUID, since: date) -> list[Placed]:
    """The shifts of the days of the rule from `since` on."""
    chosen = select(Shift.id, Shift.series_day, Shift.starts_at, Shift.state, Shift.detached).where(
        Shift.series_id == series_id, Shift.series_day >= since
    )
    return [Placed(*row) for row in await session.execute(chosen.order_by(Shift.starts_at))]


def values_of(row: ShiftSeries) -> SeriesValues:
    """The series as its form shows it."""
    return SeriesValues(
        mission_id=row.mission_id,
        site_id=row.site_id,
        first_day=row.first_day,
        starts=row.starts_time,
        ends=row.ends_time,
        capacity=row.capacity,
        min_staff=row.min_staff,
        break_minutes=row.break_minutes,
        rhythm=recurrence.read_rule(row.rule),
        skip_closures=row.skip_closures,
        skip_holidays=row.skip_holidays,
    )


def rewrite(row: ShiftSeries, values: SeriesValues) -> None:
    """Give the whole series new values; its first day stays."""
    series.fill(row, replace(values, first_day=row.first_day))
    row.version += 1


async def split(
    session: AsyncSession, row: ShiftSeries, by: User, new_id: UUID, since: date, values: SeriesValues
) -> ShiftSeries:
    """End a series the day before `since`; a new one has its shifts from there on."""
    made = series.row_of(new_id, by, values)
    made.split_from_id = row.id
    session.add(made)
    stop(row, since)
    await session.flush()
    moved = update(Shift).where(Shift.series_id == row.id, Shift.series_day >= since).values(series_id=new_id)
    await session.execute(moved.execution_options(synchronize_session=False))
    return made


def stop(row: ShiftSeries, since: date) -> bool:
    """The rule gives no day from `since` on; False when it gives none already."""
    rhythm = recurrence.read_rule(row.rule)
    if rhythm.until is not None and rhythm.until < since:
        return False
    row.rule = recurrence.to_rule(series_plan.stopped(rhythm, since))
    row.version += 1
    return True
