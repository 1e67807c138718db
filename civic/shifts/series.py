"""Series: plan the shifts that a rhythm gives, once. What happens to them under the people booked lives in bookings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.errors import Forbidden, Invalid, Refusal
from civic.formats import day_short
from civic.i18n import _
from civic.missions.models import Mission
from civic.shifts import recurrence, rules
from civic.shifts.actions import check_place, hold_place
from civic.shifts.bulk import Draft, create_many, hold_sites
from civic.shifts.models import Shift, ShiftSeries
from civic.shifts.recurrence import Closed, Occurrence, Rhythm, Skips
from civic.shifts.values import ShiftValues
from civic.sites.models import SiteClosure


@dataclass(frozen=True, slots=True)
class SeriesValues:
    """A shift without its date, and the rhythm at which it comes back."""

    mission_id: UUID
    site_id: str
    first_day: date
    starts: time
    ends: time
    capacity: int
    min_staff: int
    break_minutes: int
    rhythm: Rhythm
    skip_closures: bool = True
    skip_holidays: bool = True

    def on(self, one: Occurrence) -> ShiftValues:
        return ShiftValues(
            self.mission_id,
            self.site_id,
            one.starts_at,
            one.ends_at,
            self.capacity,
            self.min_staff,
            self.break_minutes,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One day of a series before it is made; `there` says that this very shift exists already."""

    occurrence: Occurrence
    there: bool = False
    past: bool = False

    @property
    def made(self) -> bool:
        return not (self.occurrence.skipped or self.there or self.past)


async def closures_of(session: AsyncSession, site_id: str, first: date, last: date) -> list[Closed]:
    """A site's closures that touch some days, soonest first."""
    chosen = select(SiteClosure.starts_on, SiteClosure.ends_on, SiteClosure.reason).where(
        SiteClosure.site_id == site_id, SiteClosure.starts_on <= last, SiteClosure.ends_on >= first
    )
    return [Closed(*row) for row in await session.execute(chosen.order_by(SiteClosure.starts_on))]


async def preview(session: AsyncSession, *, by: User, values: SeriesValues) -> list[Line]:
    """Every day of the rhythm with what becomes of it, in two queries beside the check of the place.

    Raises Invalid (fields) and Forbidden (site out of scope).
    """
    found = recurrence.problems(values.rhythm, values.first_day)
    if found:
        raise Invalid(found)
    occurrences = await occurrences_of(
        session, values, recurrence.days_of(recurrence.to_rule(values.rhythm), values.first_day)
    )
    await check_place(session, by=by, values=values.on(occurrences[0]))
    there = await starts_there(session, values, occurrences)
    now = clock.now()
    return [Line(one, one.starts_at in there, one.starts_at <= now) for one in occurrences]


async def occurrences_of(session: AsyncSession, values: SeriesValues, days: list[date]) -> list[Occurrence]:
    """The shifts that some days give (at least one), those that a closure, a holiday or the mission's period skips
    being told. Raises Invalid when one that is not skipped does not make a shift."""
    closures = await closures_of(session, values.site_id, days[0], days[-1])
    skips = Skips(values.skip_closures, values.skip_holidays)
    occurrences = recurrence.lay_out(days, values.starts, values.ends, closures, clock.public_holiday, skips)
    _check(values, occurrences)
    return await _within_period(session, values, occurrences)


async def _within_period(
    session: AsyncSession, values: SeriesValues, occurrences: Iterable[Occurrence]
) -> list[Occurrence]:
    """A rhythm may outlast its mission: the days after its end make no shift."""
    mission = await session.get(Mission, values.mission_id)
    if mission is None:
        return list(occurrences)
    outside = _("Hors de la période de la mission")
    return [
        replace(one, skipped=one.skipped or outside)
        if rules.outside_period(one.starts_at, mission.starts_on, mission.ends_on)
        else one
        for one in occurrences
    ]


def _check(values: SeriesValues, occurrences: Iterable[Occurrence]) -> None:
    """Raises Invalid when a day that is not skipped does not make a shift; it names a day that is not as the others."""
    kept = [one for one in occurrences if not one.skipped]
    wrong = [(one, found) for one in kept if (found := rules.problems_of(values.on(one)))]
    if not wrong:
        return
    one, found = wrong[0]
    if len(wrong) == len(kept):
        raise Invalid(found)
    # A night of 14 h lasts 15 when the clocks go back.
    day = day_short(one.starts_at)
    raise Invalid({name: _("%(day)s : %(problem)s") % {"day": day, "problem": text} for name, text in found.items()})


async def starts_there(session: AsyncSession, values: SeriesValues, occurrences: Sequence[Occurrence]) -> set[datetime]:
    """The starts at which this mission already has a shift at this site."""
    chosen = select(Shift.starts_at).where(
        Shift.site_id == values.site_id,
        Shift.mission_id == values.mission_id,
        Shift.state != "cancelled",
        Shift.starts_at >= occurrences[0].starts_at,
        Shift.starts_at <= occurrences[-1].starts_at,
    )
    return set(await session.scalars(chosen))


async def create(
    session: AsyncSession, *, by: User, series_id: UUID, values: SeriesValues, publish: bool
) -> tuple[ShiftSeries, int]:
    """Make the series and its shifts; the same id again gives the first one. Returns how many shifts were made.

    Raises as `preview`, and Refusal when no day is left to make.
    """
    # Before the look: the same form sent twice at once waits here, and then finds what the other request made.
    await hold_sites(session, [values.site_id])
    made = await session.get(ShiftSeries, series_id)
    if made is not None:
        return _own(made, by), 0
    await hold_place(session, values.mission_id, values.site_id)
    lines = [one for one in await preview(session, by=by, values=values) if one.made]
    if not lines:
        raise Refusal("series_empty", _("Aucun créneau à créer : chaque jour est passé, sauté ou déjà planifié."))
    series = row_of(series_id, by, values)
    session.add(series)
    await session.flush()
    drafts = [
        Draft(values.on(one.occurrence), publish, series_id=series.id, series_day=one.occurrence.day) for one in lines
    ]
    await create_many(session, by=by, drafts=drafts)
    audit.record(session, by=by, verb="series.created", subject=series, detail={"shifts": len(lines)})
    return series, len(lines)


def _own(series: ShiftSeries, by: User) -> ShiftSeries:
    if series.created_by_id != by.id:
        raise Forbidden(_("Cette série est celle de quelqu’un d’autre."))
    return series


def row_of(series_id: UUID, by: User, values: SeriesValues) -> ShiftSeries:
    """A new series with these values, not yet in the session."""
    made = ShiftSeries(id=series_id, created_by_id=by.id)
    fill(made, values)
    return made


def fill(row: ShiftSeries, values: SeriesValues) -> None:
    """Write the values into the row of a series."""
    row.mission_id, row.site_id = values.mission_id, values.site_id
    row.rule, row.first_day = recurrence.to_rule(values.rhythm), values.first_day
    row.starts_time, row.ends_time, row.break_minutes = values.starts, values.ends, values.break_minutes
    row.capacity, row.min_staff = values.capacity, values.min_staff
    row.skip_closures, row.skip_holidays = values.skip_closures, values.skip_holidays
