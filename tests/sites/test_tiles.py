"""Tiles are a setting: unset nothing changes, set the page of the places alone may ask their host for pictures."""

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from civic.middleware import CSP
from civic.settings import Settings
from civic.sites.views import tiles_by
from tests.factories.sites import make_site

TILES = "https://{s}.tuiles.example/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (None, ""),
        ("", ""),
        (TILES, "https://*.tuiles.example"),
        ("http://127.0.0.1:8080/{z}/{x}/{y}.png?cle=a", "http://127.0.0.1:8080"),
    ],
)
def test_the_host_of_an_address(address: str | None, host: str) -> None:
    assert Settings(map_tiles_url=address).tiles_host == host


@pytest.mark.parametrize(
    "address",
    [
        "https://tuiles.example/{z}/{x}.png",
        "tuiles.example/{z}/{x}/{y}.png",
        "https://tuiles.example; script-src */{z}/{x}/{y}.png",
        "https://*/{z}/{x}/{y}.png",
        "https://tuiles.example/{z}/{x}/{y}.png; script-src *",
    ],
)
def test_what_is_no_address_of_tiles_stops_the_start(address: str) -> None:
    with pytest.raises(ValidationError, match="CIVIC_MAP_TILES_URL"):
        Settings(map_tiles_url=address)


def test_whose_the_tiles_are() -> None:
    assert tiles_by("https://*.tuiles.example") == "tuiles.example"
    assert tiles_by("https://tile.openstreetmap.org") == "© les contributeurs d’OpenStreetMap"


async def test_unset_the_drawn_map_stands_alone(session: AsyncSession, client: httpx.AsyncClient) -> None:
    await make_site(session, "here")
    await session.commit()
    page = await client.get("/sites")
    assert page.headers["content-security-policy"] == CSP
    assert "chart-plane" in page.text
    for word in ("leaflet", "tiles", "data-lat"):
        assert word not in page.text


async def test_set_the_page_of_the_places_alone_may_ask_that_host(
    session: AsyncSession, client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_site(session, "here", name="Parc d’Ici")
    await session.commit()
    monkeypatch.setattr(settings, "map_tiles_url", TILES)
    page = await client.get("/sites")
    policy = page.headers["content-security-policy"]
    assert policy == CSP.replace("img-src 'self'", "img-src 'self' https://*.tuiles.example")
    assert policy != CSP
    assert f'data-tiles="{TILES}"' in page.text
    assert 'data-told="Parc d’Ici, ' in page.text
    assert "chart-plane" in page.text, "without scripts the drawn map stands"
    assert (await client.get("/sites/here")).headers["content-security-policy"] == CSP
    empty = (await client.get("/sites?q=rien-de-tel")).text
    assert "data-tiles" not in empty
