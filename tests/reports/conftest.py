from collections.abc import Callable, Iterator

import httpx
import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from tests.reports.scene import NOW, Scene, make_scene


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
async def scene(session: AsyncSession, db: Database, make_client: Callable[[], httpx.AsyncClient]) -> Scene:
    return await make_scene(session, db, make_client)
