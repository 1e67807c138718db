import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.schema import encode_cursor
from civic.sites import reference
from tests.factories.sites import make_site

URL = "/api/v1/sites"


async def test_every_site_in_the_promised_form(session: AsyncSession, client: httpx.AsyncClient) -> None:
    await reference.load(session)
    await session.commit()
    answer = (await client.get(URL)).json()
    assert len(answer["items"]) == 53
    assert answer["next_cursor"] is None
    heap = next(item for item in answer["items"] if item["id"] == "terril-74")
    assert set(heap) == {
        "id", "name", "commune", "insee", "intermunicipality", "pillar", "lat", "lon", "approximate"
    }  # fmt: skip
    assert heap["commune"] == "Loos-en-Gohelle"
    assert heap["insee"] == "62528"
    assert heap["intermunicipality"] == "CALL"


async def test_pages_follow_each_other(session: AsyncSession, client: httpx.AsyncClient) -> None:
    for n in range(5):
        await make_site(session, f"s{n}", name="Parc" if n % 2 else "Même nom")
    await make_site(session, "old", archived_at=now())
    await session.commit()
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = (await client.get(URL, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert sorted(seen) == ["s0", "s1", "s2", "s3", "s4"]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"unknown": "1"},
        {"cursor": "nonsense"},
        {"cursor": encode_cursor("one")},
        {"cursor": encode_cursor("a\x00", "b")},
        {"cursor": "x" * 501},
    ],
)
async def test_wrong_parameters(client: httpx.AsyncClient, params: dict[str, str]) -> None:
    answer = await client.get(URL, params=params)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == set(params)
