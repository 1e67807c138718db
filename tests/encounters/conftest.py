"""It is the afternoon of the scene, and each of its people has a browser.

scene   tests.encounters.scene.Scene, committed
as_     `await as_("volunteer")`: a new browser in which that part of the cast is signed in; "" is nobody
"""

from collections.abc import Callable, Iterator

import httpx
import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from tests.cast import sign_in
from tests.encounters.scene import NOON, Browser, Scene, make_scene


@pytest.fixture(autouse=True)
def afternoon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
async def scene(session: AsyncSession) -> Scene:
    made = await make_scene(session)
    await session.commit()
    return made


@pytest.fixture
def as_(scene: Scene, make_client: Callable[[], httpx.AsyncClient], db: Database) -> Browser:
    async def browser(who: str) -> httpx.AsyncClient:
        return await sign_in(make_client, db, scene.cast.users[who]) if who else make_client()

    return browser
