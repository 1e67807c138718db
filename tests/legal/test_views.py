"""The pages that the law asks for, and the description of the JSON interface."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from tests.cast import sign_in
from tests.factories.accounts import make_user


@pytest.mark.parametrize("path", ["/mentions-legales", "/donnees-personnelles", "/accessibilite", "/api/docs"])
async def test_everybody_reads_them(
    session: AsyncSession, make_client: Callable[[], httpx.AsyncClient], db: Database, path: str
) -> None:
    user = await make_user(session)
    await session.commit()
    assert (await make_client().get(path)).status_code == 200
    assert (await (await sign_in(make_client, db, user)).get(path)).status_code == 200


async def test_the_accessibility_status_is_honest(client: httpx.AsyncClient) -> None:
    assert "non conforme" in (await client.get("/accessibilite")).text


async def test_the_schema_and_its_page_agree(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/api/openapi.json")).json()
    page = (await client.get("/api/docs")).text
    for path in ("/api/v1/auth/login", "/api/v1/me", "/api/v1/sites", "/api/v1/missions"):
        assert path in schema["paths"]
        assert path in page
