"""Two partners each write the account of one shift: it counts once, and the second is told."""

import re
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters.models import Outing
from tests.encounters.scene import Browser, Scene
from tests.factories.encounters import make_outing

NEW = "/sorties/nouvelle"


async def offered(browser: httpx.AsyncClient, scene: Scene) -> str:
    """The identifier in the form of the shift's account."""
    page = (await browser.get(NEW, params={"shift": str(scene.shift.id)})).text
    [found] = re.findall(r'name="client_uuid" value="([0-9a-f-]{36})"', page)
    return found


def account(scene: Scene, uuid: str, approached: int, **changes: str) -> dict[str, str]:
    place = {"site_id": scene.site.id, "date": clock.today().isoformat(), "half_day": "apres_midi"}
    return {"client_uuid": uuid, "version": "1", "approached_count": str(approached), **place, **changes}


async def rows(db: Database) -> list[tuple[UUID, int | None]]:
    async with db.reading() as reading:
        return [(one.id, one.approached_count) for one in await reading.scalars(select(Outing).order_by(Outing.id))]


async def test_the_pair_knows_one_identifier_and_the_second_writer_is_told(
    as_: Browser, scene: Scene, db: Database
) -> None:
    one, two = await as_("volunteer"), await as_("colleague")
    uuid = await offered(one, scene)
    assert await offered(two, scene) == uuid
    for phone in (one, two):
        [shift] = (await phone.get("/telephone")).json()["shifts"]
        assert shift["outing_uuid"] == uuid
    assert (await one.post(NEW, data=account(scene, uuid, 8))).status_code == 303
    # The same once more, after a lost answer, and the same words from the partner: nothing new.
    for phone in (one, two):
        assert (await phone.post(NEW, data=account(scene, uuid, 8))).status_code == 303
    refused = await two.post(NEW, data=account(scene, uuid, 5))
    assert refused.status_code == 422
    assert "sans doute par votre binôme" in refused.text
    assert 'value="5"' in refused.text, "what was typed is kept"
    assert await rows(db) == [(UUID(uuid), 8)]
    reopened = (await two.get(NEW, params={"shift": str(scene.shift.id)})).text
    assert 'name="version" value="2"' in reopened
    assert (await two.post(NEW, data=account(scene, uuid, 5, version="2"))).status_code == 303
    assert await rows(db) == [(UUID(uuid), 5)]


async def test_by_the_queue_of_a_phone_the_second_is_a_conflict_and_a_free_identifier_is_still_taken(
    as_: Browser, scene: Scene, db: Database
) -> None:
    one, two = await as_("volunteer"), await as_("colleague")
    uuid = await offered(one, scene)

    async def send(phone: httpx.AsyncClient, uuid: str, approached: int) -> str:
        sent = account(scene, uuid, approached) | {"version": 1, "approached_count": approached}
        sent["shift_id"] = str(scene.shift.id)
        answer = await phone.post("/api/v1/outings", json={"outings": [sent]})
        return str(answer.json()["results"][0]["outcome"])

    assert [await send(one, uuid, 8), await send(two, uuid, 5), await send(two, uuid, 8)] == [
        "created",
        "conflict",
        "already_have",
    ]
    assert await send(two, str(uuid4()), 5) == "created"
    assert sorted(approached for _id, approached in await rows(db) if approached) == [5, 8]


async def test_after_a_void_another_account_has_another_identifier(
    as_: Browser, scene: Scene, session: AsyncSession
) -> None:
    one = await as_("volunteer")
    before = await offered(one, scene)
    await make_outing(
        session, scene.site, scene.cast.volunteer, shift=scene.shift, id=UUID(before), voided_at=clock.now()
    )
    await session.commit()
    after = await offered(one, scene)
    assert after != before
    assert (await one.post(NEW, data=account(scene, after, 3))).status_code == 303


async def test_a_place_changed_in_the_form_takes_no_shifts_identifier_along(
    as_: Browser, scene: Scene, db: Database
) -> None:
    one = await as_("volunteer")
    uuid = await offered(one, scene)
    elsewhere = account(scene, uuid, 2, site_id=scene.elsewhere.id)
    for _twice in range(2):
        assert (await one.post(NEW, data=elsewhere)).status_code == 303
    [(made, _approached)] = await rows(db)
    assert made != UUID(uuid)
    assert (await one.post(NEW, data=account(scene, uuid, 8))).status_code == 303
    assert {approached for _id, approached in await rows(db)} == {2, 8}


async def test_off_shift_the_form_has_an_identifier_of_its_own(as_: Browser, scene: Scene) -> None:
    minor = await as_("minor")
    pages = [(await minor.get(NEW)).text for _twice in range(2)]
    found = {re.findall(r'name="client_uuid" value="([0-9a-f-]{36})"', page)[0] for page in pages}
    assert len(found) == 2
