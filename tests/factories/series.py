"""Series of shifts and weeks kept as templates."""

from datetime import date, time

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.missions.models import Mission
from civic.shifts.models import ShiftSeries, WeekTemplate, WeekTemplateLine
from civic.sites.models import Site


async def make_series(session: AsyncSession, mission: Mission, site: Site, by: User | None = None) -> ShiftSeries:
    """Every Tuesday afternoon of December 2026, without its shifts."""
    series = ShiftSeries(
        mission_id=mission.id,
        site_id=site.id,
        rule="FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;UNTIL=20261231",
        first_day=date(2026, 12, 1),
        starts_time=time(14),
        ends_time=time(17),
        created_by_id=by.id if by else None,
    )
    session.add(series)
    await session.flush()
    return series


async def make_template(session: AsyncSession, mission: Mission, site: Site, name: str = "Hiver") -> WeekTemplate:
    """One afternoon, on Tuesday."""
    template = WeekTemplate(name=name)
    template.lines = [
        WeekTemplateLine(mission_id=mission.id, site_id=site.id, weekday=1, starts_time=time(14), ends_time=time(17))
    ]
    session.add(template)
    await session.flush()
    return template
