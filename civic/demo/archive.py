"""Two years of shifts and encounters: what a report needs for its year before, and what a big installation holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.demo import calendar, cohorts, shifts
from civic.demo.chance import Chance
from civic.demo.encounters import Logbook
from civic.demo.rows import Rows
from civic.demo.shifts import Ground
from civic.demo.staffing import Staffed
from civic.missions.models import Mission
from civic.sites.models import Commune

ENCOUNTERS = 200_000
WEEKS = 104
# Written in blocks, so that the memory stays flat.
BLOCK = 4
# Pairs at a site on the days of an ordinary week, next to those of the small demo.
ROUNDS = 2


class Archive(Logbook):
    """Spreads a number of encounters over the shifts that were held, to the last one."""

    def spread(self, staffed: Sequence[Staffed], total: int) -> None:
        held = [one for one in staffed if one.present]
        shares = [self._share(one.shift) for one in held]
        scale, owed = total / sum(shares), 0.0
        for one, share in zip(held, shares, strict=True):
            owed += share * scale
            count = round(owed)
            owed -= count
            self._outing(one, count)


async def add(session: AsyncSession, *, seed: int, ground: Ground, already: int) -> int:
    """Cohorts, then block after block up to yesterday; returns the encounters there are then."""

    def chance(part: str) -> Chance:
        return Chance(f"{seed} {ground.today} large {part}")

    communes = list(await session.scalars(select(Commune).order_by(Commune.insee)))
    rows = Rows()
    everybody = cohorts.add(chance("people"), ground.today, communes, ground.people, rows)
    await rows.insert(session)
    opened = {"starts_on": ground.today - timedelta(weeks=WEEKS + 4), "created_at": clock.midnight(_first(ground))}
    await session.execute(update(Mission).values(opened))

    first = _first(ground)
    before = ground.today - timedelta(days=1)
    sky = calendar.weather(chance("weather"), first, ground.today) | dict(ground.weather)
    ground = replace(ground, weather=sky)
    crew = cohorts.Crew(chance("staffing"), ground.today, everybody)
    planning, writing = chance("shifts"), chance("encounters")
    blocks = range(0, WEEKS + 1, BLOCK)
    missing = ENCOUNTERS - already
    for number, start in enumerate(blocks):
        rows = crew.rows = Rows()
        mondays = [first + timedelta(weeks=week) for week in range(start, min(start + BLOCK, WEEKS + 1))]
        days = min((mondays[-1] - mondays[0]).days + 7, (ground.today - mondays[0]).days)
        if days <= 0:
            continue
        planned = shifts.past(planning, ground, mondays, before, ROUNDS, rows)
        left = (ground.today - mondays[0]).days
        share = missing if number == len(blocks) - 1 or left <= days else round(missing * days / left)
        Archive(writing, ground.today, sky, rows).spread(crew.fill(planned), share)
        missing -= share
        await rows.insert(session)
    return ENCOUNTERS - missing


def _first(ground: Ground) -> date:
    return clock.monday(ground.today) - timedelta(weeks=WEEKS)
