"""The large demo: two years of a big installation, so that each figure has the same period a year before."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings.models import Booking
from civic.contracts.models import EngagementContract
from civic.db import Database
from civic.demo.load import load_large
from civic.encounters import reference as topics
from civic.encounters.models import Encounter
from civic.reports.activity import activity
from civic.reports.filters import Filters
from civic.reports.proof import differences
from civic.sites import reference as places
from civic.volunteers.models import Volunteer

DAY = "2026-11-23 09:30+01:00"


@pytest.mark.verify
@pytest.mark.timeout(600)
async def test_two_years_of_a_big_installation(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with time_machine.travel(DAY, tick=False):
        async with database.writing() as session:
            await places.load(session)
            await topics.load(session)
            assert await load_large(session, seed=1, today=clock.today()) == 200_000
            await session.commit()
        async with database.reading() as session:
            await check_size(session)
            await check_contracts(session)
            await check_the_year_before(session)
            assert await differences(session) == []
    await database.dispose()


async def check_size(session: AsyncSession) -> None:
    assert await session.scalar(select(func.count()).select_from(Volunteer)) == 600
    assert await session.scalar(select(func.count()).select_from(Encounter)) == 200_000
    first, last = (await session.execute(select(func.min(Encounter.date), func.max(Encounter.date)))).one()
    assert first <= clock.today() - timedelta(weeks=103)
    assert last <= clock.today()
    logins = Counter(await session.scalars(select(User.email)))
    assert max(logins.values()) == 1


async def check_contracts(session: AsyncSession) -> None:
    """Nobody serves outside the contract that they have."""
    strangers = (
        select(func.count(Booking.id))
        .join(EngagementContract, EngagementContract.volunteer_id == Booking.volunteer_id)
        .where(
            Booking.state == "confirmed",
            (func.date(Booking.starts_at) < EngagementContract.starts_on)
            | (func.date(Booking.starts_at) > EngagementContract.ends_on),
        )
    )
    assert await session.scalar(strangers) == 0


async def check_the_year_before(session: AsyncSession) -> None:
    month = clock.today().replace(day=1)
    filters = Filters(from_=(month - timedelta(days=1)).replace(day=1), to=month - timedelta(days=1))
    report = await activity(session, filters, clock.now())
    missing = [code for code, (value, previous) in report.figures.items() if value is None or previous is None]
    assert missing == []
