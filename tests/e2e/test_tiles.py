"""The map of the places on tiles, from a server that the test plays."""

import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from tests.browser import EVERYWHERE, PHONE, Server, serve

TILES = "https://tuiles.example/{z}/{x}/{y}.png"
DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module")
def tiled(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tiled")
    shutil.copytree(demo_file.parent, folder / "var")
    with serve(folder, CIVIC_MAP_TILES_URL=TILES) as running:
        yield running


def test_the_places_stand_on_the_tiles_and_lead_to_their_pages(browser: Browser, tiled: Server) -> None:
    context = browser.new_context(base_url=tiled.url, **EVERYWHERE, **PHONE)
    context.set_default_timeout(10_000)
    page, asked, told = context.new_page(), list[str](), list[str]()

    def tile(route: Route) -> None:
        asked.append(route.request.headers.get("referer", ""))
        route.fulfill(body=DOT, content_type="image/png")

    page.route("https://tuiles.example/**", tile)
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.goto("/sites?q=terril")
    page.wait_for_function("document.querySelector('img.leaflet-tile-loaded')?.naturalWidth === 1")
    assert told == [], "the content security policy lets everything of the page in"
    assert set(asked) == {f"{tiled.url}/"}, "the server of the tiles learns no page"
    assert page.locator(".tile-mark").count() == page.locator("[data-lat]").count() > 0
    assert not page.locator(".chart-plane").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = page.locator(".tile-mark").first
    name = first.get_attribute("aria-label") or ""
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sites/*")
    assert name.startswith(page.locator("h1").inner_text())
    context.close()
