"""Fill an empty database with the demo."""

from datetime import date, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.demo import (
    announcements,
    applications,
    archive,
    arrivals,
    calendar,
    habits,
    history,
    leaves,
    missions,
    people,
    places,
    series,
    shifts,
    tickets,
)
from civic.demo.chance import Chance
from civic.demo.encounters import Logbook
from civic.demo.rows import Rows
from civic.demo.staffing import Staffing
from civic.encounters.models import Encounter
from civic.sites.models import Commune, Site


async def is_empty(session: AsyncSession) -> bool:
    """Whether nobody has an account yet."""
    return not await session.scalar(select(func.count()).select_from(User))


async def load(session: AsyncSession, *, seed: int, today: date) -> Rows:
    """Insert everything; the reference rows must be there. Returns what was inserted."""
    return (await _small(session, seed, today))[0]


async def load_large(session: AsyncSession, *, seed: int, today: date) -> int:
    """The same, and two years of a big installation before it; returns the number of encounters."""
    rows, ground = await _small(session, seed, today)
    return await archive.add(session, seed=seed, ground=ground, already=len(rows.of(Encounter)))


async def _small(session: AsyncSession, seed: int, today: date) -> tuple[Rows, shifts.Ground]:
    communes = list(await session.scalars(select(Commune).order_by(Commune.insee)))
    sites = list(await session.scalars(select(Site).where(Site.archived_at.is_(None)).order_by(Site.id)))

    def chance(part: str) -> Chance:
        return Chance(f"{seed} {today} {part}")

    rows = Rows()
    everybody = people.make(chance("people"), today, communes, rows)
    lead = everybody.staff["coordination"]
    open_missions = missions.add(chance("missions"), today, lead, {site.id for site in sites}, rows)
    closed = places.closures(chance("closures"), today, lead, rows)
    first = clock.monday(today) - timedelta(weeks=shifts.PAST_WEEKS)
    sky = calendar.weather(chance("weather"), first, today)
    ground = shifts.Ground(today, sites, open_missions, everybody, closed, sky)
    planned = shifts.plan(chance("shifts"), ground, rows)
    series.templates(chance("template"), ground, rows)
    staffed = Staffing(chance("staffing"), today, everybody, rows).fill(planned)
    Logbook(chance("encounters"), today, sky, rows).fill(staffed)
    first_volunteer = everybody.volunteers[0].user_id
    tickets.add(chance("tickets"), today, staffed, first_volunteer, lead, rows)
    applications.add(chance("applications"), today, everybody, open_missions, rows)
    leaves.add(chance("leaves"), today, everybody, rows)
    adults = {one.volunteer_id: one.user_id for one in everybody.volunteers if not one.minor}
    arrivals.add(chance("arrivals"), today, sites, lead, adults, rows)
    habits.add(chance("habits"), today, everybody, sites, rows)
    announcements.add(chance("announcements"), today, everybody, rows)
    history.add(chance("history"), today, planned, rows)

    for notes in places.describe(chance("places"), sites):
        await session.execute(update(Site).where(Site.id == notes.pop("site")).values(notes))
    await rows.insert(session)
    return rows, ground
