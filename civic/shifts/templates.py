"""Weeks to lay out again: a template made from a week, its lines, and the shifts that it would make elsewhere.

What changes a template afterwards is in `template_changes`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic import audit, clock
from civic.accounts.models import User
from civic.errors import Forbidden, NotFound
from civic.formats import day_short
from civic.i18n import _
from civic.missions.models import Mission, MissionSite
from civic.shifts import recurrence, rules
from civic.shifts.bulk import Draft, create_many, hold_sites
from civic.shifts.models import Shift, WeekTemplate, WeekTemplateLine
from civic.shifts.recurrence import Closed, Occurrence, Skips
from civic.shifts.values import ShiftValues
from civic.sites.models import Site, SiteClosure


@dataclass(frozen=True, slots=True)
class WeekLine:
    """A shift without its week. Times are local; an end that is not after the start is the next day's."""

    mission_id: UUID
    site_id: str
    weekday: int
    starts: time
    ends: time
    capacity: int
    min_staff: int
    break_minutes: int


@dataclass(frozen=True, slots=True)
class Laid:
    """A line on a given week; `skipped` says why no shift is made of it."""

    line: WeekLine
    mission: str
    site: str
    occurrence: Occurrence
    skipped: str = ""

    @property
    def values(self) -> ShiftValues:
        line, one = self.line, self.occurrence
        return ShiftValues(
            line.mission_id,
            line.site_id,
            one.starts_at,
            one.ends_at,
            line.capacity,
            line.min_staff,
            line.break_minutes,
        )


async def lines_of_week(session: AsyncSession, *, by: User, monday: date) -> list[WeekLine]:
    """The shifts of a week in somebody's scope as lines, drafts included, in the order of the week."""
    start, end = clock.day_bounds(monday, monday + timedelta(days=6))
    chosen = (
        select(Shift)
        .join(Site, Site.id == Shift.site_id)
        .where(Shift.starts_at >= start, Shift.starts_at < end, Shift.state != "cancelled")
        .order_by(Shift.starts_at, Shift.id)
    )
    if by.scopes:
        chosen = chosen.where(Site.intermunicipality_code.in_(by.scope_codes))
    return [_as_line(one) for one in await session.scalars(chosen)]


def _as_line(shift: Shift) -> WeekLine:
    starts, ends = clock.local(shift.starts_at), clock.local(shift.ends_at)
    return WeekLine(
        shift.mission_id,
        shift.site_id,
        starts.weekday(),
        starts.time(),
        ends.time(),
        shift.capacity,
        shift.min_staff,
        shift.break_minutes,
    )


async def lay_out(
    session: AsyncSession, *, by: User, lines: Sequence[WeekLine], monday: date, skips: Skips
) -> list[Laid]:
    """The lines on another week with what becomes of each, in five queries: closed, a holiday, there already, past,
    outside the mission's period, too long on the night of a clock change, or a mission or site that is no longer in
    use or out of scope."""
    if not lines:
        return []
    # As they are now, not as this session may have read them before it held the sites.
    fresh = {"populate_existing": True}
    missions = {one.id: one for one in await session.scalars(select(Mission), execution_options=fresh)}
    sites = {one.id: one for one in await session.scalars(select(Site), execution_options=fresh)}
    pairs = {tuple(row) for row in await session.execute(select(MissionSite.mission_id, MissionSite.site_id))}
    closures = await _closures(session, monday)
    there = await _there(session, monday)
    now = clock.now()
    found = []
    for line in lines:
        mission, site = missions[line.mission_id], sites[line.site_id]
        day, closed = monday + timedelta(days=line.weekday), closures.get(line.site_id, ())
        (one,) = recurrence.lay_out([day], line.starts, line.ends, closed, clock.public_holiday, skips)
        laid = Laid(line, mission.title, site.name, one)
        skipped = one.skipped
        if not by.covers(site.intermunicipality_code):
            skipped = _("Lieu hors de votre périmètre")
        elif site.archived_at or mission.archived_at or (mission.id, site.id) not in pairs:
            skipped = _("Mission ou lieu archivé, ou qui ne vont plus ensemble")
        elif rules.outside_period(one.starts_at, mission.starts_on, mission.ends_on):
            skipped = _("Hors de la période de la mission")
        elif (mission.id, site.id, one.starts_at, one.ends_at) in there:
            skipped = _("Existe déjà")
        elif one.starts_at <= now:
            skipped = _("Déjà passé")
        found.append(replace(laid, skipped=skipped or _malformed(laid)))
    return found


def _malformed(laid: Laid) -> str:
    """Why this day makes no shift though the line does: a night of 14 h lasts 15 when the clocks go back."""
    values = laid.values
    found = rules.problems_of(values)
    problem = next(iter(found.values()), "")
    return _("%(day)s : %(problem)s") % {"day": day_short(values.starts_at), "problem": problem} if problem else ""


async def _closures(session: AsyncSession, monday: date) -> dict[str, list[Closed]]:
    last = monday + timedelta(days=7)
    chosen = select(SiteClosure).where(SiteClosure.starts_on <= last, SiteClosure.ends_on >= monday)
    found: dict[str, list[Closed]] = {}
    for row in await session.scalars(chosen.order_by(SiteClosure.starts_on)):
        found.setdefault(row.site_id, []).append(Closed(row.starts_on, row.ends_on, row.reason))
    return found


async def _there(session: AsyncSession, monday: date) -> set[tuple[object, ...]]:
    start, end = clock.day_bounds(monday, monday + timedelta(days=6))
    chosen = select(Shift.mission_id, Shift.site_id, Shift.starts_at, Shift.ends_at).where(
        Shift.starts_at >= start, Shift.starts_at < end, Shift.state != "cancelled"
    )
    return {tuple(row) for row in await session.execute(chosen)}


async def plan(
    session: AsyncSession, *, by: User, lines: Sequence[WeekLine], mondays: Iterable[date], skips: Skips
) -> int:
    """Lay the lines out on some weeks as drafts; returns how many were made. The same again makes nothing twice."""
    await hold_sites(session, {one.site_id for one in lines})
    made = 0
    for monday in sorted(mondays):
        laid = await lay_out(session, by=by, lines=lines, monday=monday, skips=skips)
        drafts = [Draft(one.values, publish=False) for one in laid if not one.skipped]
        await create_many(session, by=by, drafts=drafts)
        made += len(drafts)
    return made


async def template_of(session: AsyncSession, template_id: UUID) -> WeekTemplate:
    """A template with its lines. Raises NotFound."""
    chosen = select(WeekTemplate).where(WeekTemplate.id == template_id, WeekTemplate.archived_at.is_(None))
    found = await session.scalar(chosen.options(selectinload(WeekTemplate.lines)))
    if found is None:
        raise NotFound
    return found


def lines_of(template: WeekTemplate) -> list[WeekLine]:
    """A template's lines in the order of the week."""
    return [as_line(one) for one in rows_of(template)]


def as_line(row: WeekTemplateLine) -> WeekLine:
    """A stored line as a value."""
    return WeekLine(
        row.mission_id,
        row.site_id,
        row.weekday,
        row.starts_time,
        row.ends_time,
        row.capacity,
        row.min_staff,
        row.break_minutes,
    )


def rows_of(template: WeekTemplate) -> list[WeekTemplateLine]:
    """The same as they are stored, in the same order."""
    return sorted(template.lines, key=lambda one: (one.weekday, one.starts_time, one.site_id, one.ends_time, one.id))


async def keep(
    session: AsyncSession, *, by: User, template_id: UUID, name: str, lines: Iterable[WeekLine]
) -> WeekTemplate:
    """Keep lines under a name; the same id again gives the first template."""
    made = await session.get(WeekTemplate, template_id)
    if made is not None:
        return _own(made, by)
    template = WeekTemplate(id=template_id, name=name, created_by_id=by.id)
    template.lines = [
        WeekTemplateLine(
            mission_id=one.mission_id,
            site_id=one.site_id,
            weekday=one.weekday,
            starts_time=one.starts,
            ends_time=one.ends,
            capacity=one.capacity,
            min_staff=one.min_staff,
            break_minutes=one.break_minutes,
        )
        for one in lines
    ]
    try:
        async with session.begin_nested():
            session.add(template)
    except IntegrityError:
        # The same form sent twice at once.
        made = await session.get(WeekTemplate, template_id)
        if made is None:
            raise
        return _own(made, by)
    audit.record(session, by=by, verb="template.kept", subject=template, detail={"name": name})
    return template


def _own(template: WeekTemplate, by: User) -> WeekTemplate:
    if template.created_by_id != by.id:
        raise Forbidden(_("Ce modèle est celui de quelqu’un d’autre."))
    return template
