"""Who may log at all: a confirmed address and a contract on the day of the record."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters.models import Encounter
from civic.volunteers.models import Volunteer
from tests.cast import sign_in
from tests.encounters.scene import Scene
from tests.factories.contracts import make_contract
from tests.factories.encounters import encounter_record, outing_record
from tests.factories.volunteers import make_volunteer

FORMS = ("/rencontres/nouvelle", "/sorties/nouvelle")
Phone = Callable[[Volunteer], Awaitable[httpx.AsyncClient]]


@pytest.fixture
def phone(scene: Scene, session: AsyncSession, make_client: Callable[[], httpx.AsyncClient], db: Database) -> Phone:
    async def opened(volunteer: Volunteer) -> httpx.AsyncClient:
        await session.commit()
        return await sign_in(make_client, db, volunteer)

    return opened


async def errors(browser: httpx.AsyncClient, kind: str, record: dict[str, Any]) -> tuple[str, set[str]]:
    answer = await browser.post(f"/api/v1/{kind}", json={kind: [record]})
    [result] = answer.json()["results"]
    return result["outcome"], set(result["errors"])


async def test_a_stranger_changes_no_figure(session: AsyncSession, scene: Scene, db: Database, phone: Phone) -> None:
    street = await phone(await make_volunteer(session, ready=False))
    assert await errors(street, "encounters", encounter_record(scene.site)) == ("rejected", {"date"})
    assert await errors(street, "outings", outing_record(scene.site)) == ("rejected", {"date"})
    posted = {
        "client_uuid": str(uuid4()),
        "site_id": scene.site.id,
        "date": clock.today().isoformat(),
        "half_day": "apres_midi",
        "age_25_59": "4",
        "topics": ["parks"],
        "feeling": "positif",
    }
    answer = await street.post("/rencontres/nouvelle", data=posted)
    assert (answer.status_code, "f-date-error" in answer.text) == (422, True)
    assert 'value="4"' in answer.text
    async with db.reading() as reading:
        assert await reading.scalar(select(func.count()).select_from(Encounter)) == 0


async def test_an_address_is_confirmed_first(session: AsyncSession, scene: Scene, phone: Phone) -> None:
    unconfirmed = await make_volunteer(session)
    unconfirmed.user.is_verified = False
    browser = await phone(unconfirmed)
    assert await errors(browser, "encounters", encounter_record(scene.site)) == ("rejected", {"client_uuid"})
    assert await errors(browser, "outings", outing_record(scene.site)) == ("rejected", {"client_uuid"})
    for path in FORMS:
        page = await browser.get(path)
        assert page.status_code == 200
        assert 'action="/verification"' in page.text
        assert 'action="/rencontres/nouvelle"' not in page.text


async def test_an_early_end_closes_the_days_after_it(session: AsyncSession, scene: Scene, phone: Phone) -> None:
    """What is already kept stays, and its replay is no error."""
    today = clock.today()
    leaving = await make_volunteer(session, ready=False)
    contract = await make_contract(session, leaving)
    browser = await phone(leaving)
    kept = encounter_record(scene.site)
    assert await errors(browser, "encounters", kept) == ("created", set())
    contract.ended_on = today - timedelta(days=1)
    await session.commit()
    assert await errors(browser, "encounters", kept) == ("already_have", set())
    assert await errors(browser, "encounters", encounter_record(scene.site)) == ("rejected", {"date"})
    before = encounter_record(scene.site, date=contract.ended_on.isoformat())
    assert await errors(browser, "encounters", before) == ("created", set())
    moved = {**before, "version": 2, "date": today.isoformat()}
    assert await errors(browser, "encounters", moved) == ("rejected", {"date"})
    page = (await browser.get(f"/rencontres/{before['client_uuid']}/modifier")).text
    assert 'name="seen" value="1"' in page
    fields = {**before, "date": today.isoformat(), "seen": "1"}
    answer = await browser.post(f"/rencontres/{before['client_uuid']}/modifier", data=fields)
    assert (answer.status_code, "f-date-error" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (None, None, "La coordination le prépare"),
        (5, 300, "Il commence"),
        (-300, -8, "Il a pris fin"),
        (-300, -7, None),
        (0, 300, None),
    ],
)
async def test_a_page_says_what_is_missing(
    session: AsyncSession, scene: Scene, phone: Phone, first: int | None, last: int | None, sentence: str | None
) -> None:
    today = clock.today()
    volunteer = await make_volunteer(session, ready=False)
    if first is not None and last is not None:
        await make_contract(session, volunteer, today + timedelta(days=first), today + timedelta(days=last))
    browser = await phone(volunteer)
    for path in FORMS:
        page = await browser.get(path)
        assert page.status_code == 200
        assert (f'action="{path}"' in page.text) is (sentence is None)
        assert sentence is None or sentence in page.text
