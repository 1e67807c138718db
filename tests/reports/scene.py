"""The cast, a year and more of invented data, and each role's browser."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.clock import PARIS
from civic.db import Database
from tests.cast import Cast, make_cast, sign_in
from tests.factories.reports import World, make_world

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=PARIS)
PERIOD: dict[str, Any] = {"from": "2026-09-01", "to": "2026-10-31"}


@dataclass
class Scene:
    cast: Cast
    world: World
    db: Database
    make_client: Callable[[], httpx.AsyncClient]

    async def browser(self, who: User | str | None) -> httpx.AsyncClient:
        """Somebody's, by the name of their part; None: nobody's."""
        if who is None:
            return self.make_client()
        return await sign_in(self.make_client, self.db, self.cast.users[who] if isinstance(who, str) else who)

    async def get(self, who: User | str | None, path: str, **params: Any) -> httpx.Response:
        return await (await self.browser(who)).get(path, params={**PERIOD, **params})

    def site_in(self, area: str) -> str:
        return next(site for site, where in self.world.areas.items() if where == area)


async def make_scene(session: AsyncSession, db: Database, make_client: Callable[[], httpx.AsyncClient]) -> Scene:
    cast = await make_cast(session)
    world = await make_world(session, 11, date(2025, 8, 1), date(2026, 10, 31), encounters=150, shifts=0.3)
    await session.commit()
    return Scene(cast, world, db, make_client)
