import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.schema import encode_cursor
from tests.factories.missions import make_mission
from tests.factories.sites import make_site

URL = "/api/v1/missions"


async def test_open_missions_in_the_promised_form(session: AsyncSession, client: httpx.AsyncClient) -> None:
    sites = [await make_site(session, "b"), await make_site(session, "a", "CAHC")]
    mission = await make_mission(session, sites, "rev3", title="Énergie", description="Parler")
    await make_mission(session, sites, title="Parcs")
    await make_mission(session, sites, title="Finie", archived_at=now())
    await session.commit()
    answer = (await client.get(URL)).json()
    assert len(answer["items"]) == 2
    assert {
        "id": str(mission.id),
        "title": "Énergie",
        "pillar": "rev3",
        "site_ids": ["a", "b"],
        "description": "Parler",
    } in (answer["items"])
    assert [item["title"] for item in (await client.get(URL, params={"pillar": "rev3"})).json()["items"]] == ["Énergie"]
    assert (await client.get(URL, params={"pillar": "resilience"})).json() == {"items": [], "next_cursor": None}


async def test_pages_follow_each_other(session: AsyncSession, client: httpx.AsyncClient) -> None:
    site = await make_site(session)
    for _ in range(5):
        await make_mission(session, [site], title="Même titre")
    await session.commit()
    first = (await client.get(URL, params={"limit": 3})).json()
    second = (await client.get(URL, params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert second["next_cursor"] is None
    assert len({item["id"] for item in first["items"] + second["items"]}) == 5


@pytest.mark.parametrize(
    "params",
    [
        {"pillar": "pink"},
        {"unknown": "1"},
        {"limit": "999"},
        {"cursor": encode_cursor("title", "not an id")},
        {"cursor": encode_cursor("a\x00", "b")},
    ],
)
async def test_wrong_parameters(client: httpx.AsyncClient, params: dict[str, str]) -> None:
    answer = await client.get(URL, params=params)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    assert set(answer.json()["errors"]) == set(params)
