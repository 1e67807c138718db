"""The installable app as it is served, and the guard of a shared phone."""

import json
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from civic.release import modules, phone, release
from tests.cast import Cast, make_cast, sign_in

MakeClient = Callable[[], httpx.AsyncClient]


@pytest.fixture
async def cast(session: AsyncSession) -> Cast:
    made = await make_cast(session)
    await session.commit()
    return made


async def test_the_manifest_names_icons_that_exist(client: httpx.AsyncClient) -> None:
    shown = json.loads((await client.get("/manifest.webmanifest")).text)
    assert (shown["start_url"], shown["scope"], shown["display"]) == ("/", "/", "standalone")
    assert {icon["purpose"] for icon in shown["icons"]} == {"any", "maskable"}
    for icon in shown["icons"]:
        assert (await client.get(icon["src"])).headers["content-type"] == "image/png"


async def test_the_service_worker_names_files_that_are_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sw.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    assets = json.loads(answer.text.splitlines()[1].removeprefix("const ASSETS = ").removesuffix(";"))
    assert {phone(name) for name in modules()} <= set(assets)
    for address in assets:
        assert (await client.get(address)).status_code == 200, address


async def test_another_releases_module_is_never_answered_with_ours(client: httpx.AsyncClient) -> None:
    assert (await client.get(phone("start.js"))).status_code == 200
    assert (await client.get(phone("start.js").replace(release(), "000000000000"))).status_code == 404
    assert (await client.get(phone("sw.js"))).status_code == 404


async def test_a_record_meant_for_another_account_is_refused(cast: Cast, db: Database, make_client: MakeClient) -> None:
    browser = await sign_in(make_client, db, cast.volunteer)
    mine, other = str(cast.volunteer.user_id), str(cast.colleague.user_id)
    batch = {"encounters": []}
    answers = [
        await browser.post("/api/v1/encounters", json=batch, headers={"Civic-Account": account})
        for account in (mine, other)
    ]
    assert [answer.status_code for answer in answers] == [200, 401]


async def test_a_page_says_whose_it_is(cast: Cast, db: Database, make_client: MakeClient) -> None:
    browser = await sign_in(make_client, db, cast.volunteer)
    page = await browser.get("/envois")
    assert page.headers["civic-account"] == str(cast.volunteer.user_id)
    assert page.headers["civic-release"] == release()
    manager = await sign_in(make_client, db, cast.manager)
    assert (await manager.get("/bilans")).headers["civic-account"] == "-"
    assert "civic-account" not in (await browser.get("/hors-ligne")).headers
