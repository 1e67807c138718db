"""Encounters and outings through the JSON interface."""

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
from tests.encounters.scene import Browser, Scene
from tests.factories.encounters import encounter_record, make_encounter, outing_record

URL = "/api/v1/encounters"


async def test_a_batch_is_taken_in_and_its_replay_does_nothing(as_: Browser, scene: Scene) -> None:
    phone = await as_("volunteer")
    batch = {"encounters": [encounter_record(scene.site, scene.shift), encounter_record("lune")]}
    first, again = await phone.post(URL, json=batch), await phone.post(URL, json=batch)
    assert first.status_code == again.status_code == 200
    assert [one["outcome"] for one in first.json()["results"]] == ["created", "rejected"]
    assert [one["outcome"] for one in again.json()["results"]] == ["already_have", "rejected"]
    assert first.json()["results"][0] == {
        "client_uuid": batch["encounters"][0]["client_uuid"],
        "outcome": "created",
        "errors": {},
    }


@pytest.mark.parametrize("path", [URL, "/api/v1/outings"])
@pytest.mark.parametrize(
    ("who", "status"), [("coordinator", 403), ("manager", 403), ("admin", 403), ("volunteer", 200), ("", 401)]
)
async def test_only_volunteers_log(as_: Browser, client: httpx.AsyncClient, path: str, who: str, status: int) -> None:
    browser = await as_(who) if who else client
    answer = await browser.post(path, json={path.rsplit("/", 1)[1]: []})
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"results": []}


BAD_BODIES = [
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"[" * 100_000, 400),
    (b"[]", 422),
    (b"null", 422),
    (b'"x"', 422),
    (b"{}", 422),
    (b'{"encounters": {}}', 422),
    (b'{"encounters": null}', 422),
    (b'{"encounters": [], "more": 1}', 422),
    (b'{"encounters": [' + b",".join([b"1"] * 201) + b"]}", 422),
    (b'{"encounters": ["' + b"x" * 1_000_001 + b'"]}', 413),
    (b'{"encounters": [1e999, NaN, "\\ud800", null, [], "\\u0000", true]}', 200),
    (
        b'{"encounters": [{"client_uuid": NaN, "\\ud800": 1}, {"client_uuid": "\\ud800"}, {"client_uuid": [1e999]}]}',
        200,
    ),
    (b'{"encounters": [{"version": ' + b"9" * 4000 + b', "age_60p": 1e400}]}', 200),
]


async def test_bad_bodies_have_their_status(as_: Browser) -> None:
    phone = await as_("volunteer")
    for body, status in BAD_BODIES:
        answer = await phone.post(URL, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, (body[:80], answer.text[:300])
        if status == 200:
            assert {one["outcome"] for one in answer.json()["results"]} == {"rejected"}
        else:
            assert answer.headers["content-type"] == "application/problem+json"


async def test_an_identifier_comes_back_as_it_was_given(as_: Browser, scene: Scene) -> None:
    phone = await as_("volunteer")
    given = [5, True, None, "pas un uuid", "é", 10**30]
    batch = [{**encounter_record(scene.site), "client_uuid": one} for one in given]
    results = (await phone.post(URL, json={"encounters": batch})).json()["results"]
    assert [one["client_uuid"] for one in results] == given
    assert all(one["outcome"] == "rejected" and set(one["errors"]) == {"client_uuid"} for one in results)


BAD_FIELDS: list[dict[str, Any]] = [
    {"comment": "a\x00b"},
    {"site_id": "a\x00b"},
    {"topics": ["a\x00b"]},
    {"age_60p": 2**63},
    {"version": 2**63},
    {"status": "sent"},
    {"nom": "Mme Petit"},
    {"topics": ["parks", "parks"]},
    {"feeling": ["positif"]},
    {"shift_id": str(uuid4())},
]


async def test_bad_records_are_rejected_and_their_neighbour_is_not(as_: Browser, scene: Scene, db: Database) -> None:
    phone = await as_("volunteer")
    batch = [*({**encounter_record(scene.site), **fields} for fields in BAD_FIELDS), encounter_record(scene.site)]
    results = (await phone.post(URL, json={"encounters": batch})).json()["results"]
    assert [one["outcome"] for one in results] == ["rejected"] * len(BAD_FIELDS) + ["created"]
    assert [set(one["errors"]) for one in results[:-1]] == [set(fields) for fields in BAD_FIELDS]
    async with db.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Encounter)) == 1


async def test_outings_answer_alike(as_: Browser, scene: Scene) -> None:
    phone = await as_("volunteer")
    batch = {"outings": [outing_record(scene.site, scene.shift), {"client_uuid": "x"}]}
    results = (await phone.post("/api/v1/outings", json=batch)).json()["results"]
    assert [one["outcome"] for one in results] == ["created", "rejected"]
    assert (await phone.post("/api/v1/outings", json={"outings": [1] * 201})).status_code == 422


async def test_a_list_shows_what_each_may_see(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    cast = scene.cast
    shared = await make_encounter(session, scene.site, cast.volunteer, shift=scene.shift, comment="Un banc")
    alone = await make_encounter(session, scene.elsewhere, cast.volunteer)
    other = await make_encounter(session, scene.site, cast.minor)
    await session.commit()
    seen = {
        "volunteer": {shared.id, alone.id},
        "colleague": {shared.id},
        "minor": {other.id},
        "coordinator": {shared.id, alone.id, other.id},
        "coordinator_call": {shared.id, other.id},
        "coordinator_cahc": {alone.id},
        "manager": {shared.id, alone.id, other.id},
    }
    for who, ids in seen.items():
        items = (await (await as_(who)).get(URL)).json()["items"]
        assert {one["client_uuid"] for one in items} == {str(one) for one in ids}, who
        assert all("author_id" not in one for one in items)
        comments = {one["comment"] for one in items if one["client_uuid"] == str(shared.id)}
        assert comments <= ({None} if who == "manager" else {"Un banc"}), who
    assert (await (await as_("admin")).get(URL)).status_code == 403


async def test_an_item_holds_every_field(as_: Browser, scene: Scene) -> None:
    phone = await as_("volunteer")
    record = encounter_record(scene.site, scene.shift, age_lt12=1, topics=["water", "parks"], spot="terril")
    await phone.post(URL, json={"encounters": [record]})
    [item] = (await phone.get(URL)).json()["items"]
    assert {name: item[name] for name in record} == record
    assert (item["people_count"], item["status"], item["transport"]) == (3, "sent", None)


async def test_a_list_is_filtered_and_cut(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    today = clock.today()
    for back in range(5):
        await make_encounter(session, scene.site, scene.cast.volunteer, today - timedelta(days=back))
    await make_encounter(session, scene.elsewhere, scene.cast.volunteer, today)
    await session.commit()
    desk = await as_("manager")

    async def dates(**params: Any) -> list[str]:
        return [one["date"] for one in (await desk.get(URL, params=params)).json()["items"]]

    assert len(await dates()) == 6
    assert await dates(site=scene.elsewhere.id) == [today.isoformat()]
    period = {"from": (today - timedelta(days=3)).isoformat(), "to": (today - timedelta(days=2)).isoformat()}
    assert await dates(**period) == [period["from"], period["to"]]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await desk.get(URL, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        found += [one["client_uuid"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(found) == len(set(found)) == 6


async def test_a_wrong_query_is_refused(as_: Browser) -> None:
    desk = await as_("manager")
    for query in (
        *("limit=0", "limit=201", "limit=x", "page=1", "site=a%00b"),
        *("from=hier", "from=2026-02-30", "from=2026-12-02&to=2026-12-01"),
        *("cursor=x", "cursor=W10", "cursor=WyJhIiwiYiJd", "cursor=%00"),
    ):
        assert (await desk.get(f"{URL}?{query}")).status_code == 422, query


VOIDS: list[tuple[str, dict[str, Any] | None, int]] = [
    ("volunteer", None, 200),
    ("colleague", {}, 200),
    ("minor", None, 404),
    ("coordinator", None, 422),
    ("coordinator", {"reason": "  "}, 422),
    ("coordinator", {"reason": "Doublon"}, 200),
    ("coordinator_call", {"reason": "Doublon"}, 200),
    ("coordinator_cahc", {"reason": "Doublon"}, 403),
    ("manager", {"reason": "Doublon"}, 200),
    ("manager", {"reason": "Doublon", "more": 1}, 422),
    ("admin", {"reason": "Doublon"}, 403),
    ("", None, 401),
]


async def test_who_voids(as_: Browser, client: httpx.AsyncClient, scene: Scene, session: AsyncSession) -> None:
    rows = [await make_encounter(session, scene.site, scene.cast.volunteer, shift=scene.shift) for _ in VOIDS]
    await session.commit()
    for row, (who, body, status) in zip(rows, VOIDS, strict=True):
        browser = await as_(who) if who else client
        for _ in range(2):
            answer = await browser.post(f"{URL}/{row.id}/void", json=body)
            assert answer.status_code == status, (who, body)
            if status == 200:
                assert answer.json() == {"client_uuid": str(row.id), "status": "voided"}


async def test_a_void_that_comes_too_late_or_for_nothing(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    old = await make_encounter(session, scene.site, scene.cast.volunteer, clock.today() - timedelta(days=8))
    await session.commit()
    phone = await as_("volunteer")
    answer = await phone.post(f"{URL}/{old.id}/void")
    assert (answer.status_code, answer.json()["code"]) == (409, "edit_window")
    assert (await phone.post(f"{URL}/{uuid4()}/void")).status_code == 404
    assert (await phone.post(f"{URL}/x/void")).status_code == 404


async def test_the_schema_tells_the_fields(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/api/openapi.json")).json()["components"]["schemas"]
    record = schema["EncounterBatch"]["properties"]["encounters"]["items"]
    assert {"client_uuid", "topics", "feeling", "version"} <= set(record["required"])
    assert record["properties"]["half_day"]["enum"] == ["matin", "midi", "apres_midi", "soir"]
    assert set(record["example"]) <= set(record["properties"])
