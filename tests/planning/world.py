"""A week with the cast in it: Wednesday 25 November 2026, ten o'clock, and shifts of every kind."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
import pytest
import time_machine

from civic import clock
from civic.db import Database
from civic.missions.models import Mission
from civic.shifts.models import Shift
from civic.sites.models import Site
from tests.cast import Cast, make_cast, sign_in_all
from tests.factories.contracts import without_newcomers
from tests.factories.missions import make_mission
from tests.factories.shifts import make_shift
from tests.factories.sites import make_site

NOW = "2026-11-25 10:00+01:00"


@dataclass
class World:
    """`here` is a park of the CALL, `there` one of the CAHC; `shift` is Friday 14–17 h at the first."""

    cast: Cast
    here: Site
    there: Site
    mission: Mission
    shift: Shift
    elsewhere: Shift
    draft: Shift
    clients: dict[str, httpx.AsyncClient]

    async def get(self, who: str, path: str) -> httpx.Response:
        return await self.clients[who].get(path)

    async def post(self, who: str, path: str, **data: object) -> httpx.Response:
        return await self.clients[who].post(path, data=data)


def moment(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A local time of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=clock.PARIS).astimezone(clock.UTC)


@pytest.fixture
async def world(db: Database, make_client: Callable[[], httpx.AsyncClient]) -> AsyncIterator[World]:
    with time_machine.travel(NOW, tick=False):
        async with db.writing() as session:
            cast = await make_cast(session)
            await without_newcomers(session)
            here = await make_site(session, "parc-ici", name="Parc d’Ici")
            there = await make_site(session, "parc-la-bas", "CAHC", name="Parc de Là-bas")
            mission = await make_mission(session, [here, there], title="Aller vers")
            shift = await make_shift(session, moment(27, 14), mission=mission, site=here)
            elsewhere = await make_shift(session, moment(26, 9), mission=mission, site=there)
            draft = await make_shift(session, moment(28, 10), mission=mission, site=here, state="draft")
        clients = await sign_in_all(make_client, db, cast.users)
        clients["nobody"] = make_client()
        yield World(cast, here, there, mission, shift, elsewhere, draft, clients)
