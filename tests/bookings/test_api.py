"""Shifts and bookings in the JSON interface, with the cast, on both engines."""

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.missions.models import Mission
from civic.schema import encode_cursor
from civic.shifts.models import Shift
from civic.sites.models import Site
from tests.cast import Cast, make_cast, sign_in
from tests.factories.contracts import without_newcomers
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

MakeClient = Callable[[], httpx.AsyncClient]
API = "/api/v1"


@dataclass
class World:
    cast: Cast
    here: Site
    there: Site
    mission: Mission
    shift: Shift
    draft: Shift
    far: Shift
    clients: dict[str, httpx.AsyncClient]

    async def call(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.clients[who].request(method, API + path, **options)


@pytest.fixture
async def world(session: AsyncSession, db: Database, make_client: MakeClient) -> World:
    """A mission in the CALL and the CAHC, a published shift and a draft in the first, a published one in the second."""
    cast = await make_cast(session)
    await without_newcomers(session)
    here, there = await make_site(session), await make_site(session, intermunicipality="CAHC")
    mission = await make_mission(session, [here, there])
    made = World(
        cast=cast,
        here=here,
        there=there,
        mission=mission,
        shift=await make_shift(session, in_days(3), mission=mission, site=here),
        draft=await make_shift(session, in_days(4), mission=mission, site=here, state="draft"),
        far=await make_shift(session, in_days(5), mission=mission, site=there),
        clients={"nobody": make_client()},
    )
    await session.commit()
    for name, user in cast.users.items():
        made.clients[name] = await sign_in(make_client, db, user)
    return made


async def body(answer: Awaitable[httpx.Response], status: int) -> Any:
    response = await answer
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def new_shift(world: World, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "mission_id": str(world.mission.id),
        "site_id": world.here.id,
        "starts_at": in_days(40, 9).isoformat(),
        "ends_at": in_days(40, 12).isoformat(),
        "capacity": 2,
        "min_staff": 2,
        "state": "published",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


async def test_a_list_shows_each_role_its_shifts(world: World) -> None:
    async def ids(who: str, query: str = "") -> list[str]:
        return [one["id"] for one in (await body(world.call(who, "GET", f"/shifts{query}"), 200))["items"]]

    shift, draft, far = (str(one.id) for one in (world.shift, world.draft, world.far))
    assert await ids("volunteer") == [shift, far]
    assert await ids("coordinator") == [shift, draft, far]
    assert await ids("coordinator_call") == [shift, draft]
    assert await ids("coordinator_cahc") == [far]
    assert await ids("manager") == [shift, draft, far]
    assert await ids("volunteer", "?intermunicipality=CAHC") == [far]
    assert await ids("volunteer", f"?site={world.here.id}") == [shift]
    assert await ids("volunteer", f"?to={(clock.today() + timedelta(days=4)).isoformat()}") == [shift]
    assert await ids("volunteer", "?pillar=rev3") == []
    await body(world.call("nobody", "GET", "/shifts"), 401)


async def test_an_item_says_everything_that_the_interface_names(world: World) -> None:
    [item, _far] = (await body(world.call("volunteer", "GET", "/shifts"), 200))["items"]
    assert item == {
        "id": str(world.shift.id),
        "mission_id": str(world.mission.id),
        "site_id": world.here.id,
        "pillar": "archipel_vert",
        "starts_at": clock.local(world.shift.starts_at).isoformat(),
        "ends_at": clock.local(world.shift.ends_at).isoformat(),
        "break_minutes": 0,
        "capacity": 2,
        "min_staff": 2,
        "confirmed": 0,
        "waitlisted": 0,
        "state": "published",
        "my_booking": None,
        "refusals": [],
        "warnings": [],
    }


async def test_bookable_keeps_what_the_caller_could_take(session: AsyncSession, world: World, db: Database) -> None:
    async with db.writing() as arranging:
        await make_booking(arranging, world.shift, world.cast.volunteer)
    bookable = await body(world.call("volunteer", "GET", "/shifts?bookable=true"), 200)
    assert [one["id"] for one in bookable["items"]] == [str(world.far.id)]
    everything = await body(world.call("volunteer", "GET", "/shifts"), 200)
    assert everything["items"][0]["my_booking"]["state"] == "confirmed"
    assert everything["items"][0]["refusals"] == []


async def test_pages_follow_one_another(world: World) -> None:
    first = await body(world.call("coordinator", "GET", "/shifts?limit=2"), 200)
    assert len(first["items"]) == 2
    second = await body(world.call("coordinator", "GET", f"/shifts?limit=2&cursor={first['next_cursor']}"), 200)
    assert [one["id"] for one in second["items"]] == [str(world.far.id)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=201", "limit"),
        ("limit=0", "limit"),
        ("from=2026-02-30", "from"),
        ("from=1764000000", "from"),
        ("pillar=rouge", "pillar"),
        ("intermunicipality=LILLE", "intermunicipality"),
        ("mission=12", "mission"),
        ("nothing=1", "nothing"),
        ("cursor=abc", "cursor"),
    ],
)
async def test_a_wrong_filter_is_named(world: World, query: str, field: str) -> None:
    answer = await world.call("volunteer", "GET", f"/shifts?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["errors"]


async def test_rights_on_one_shift(world: World) -> None:
    shift, draft, far = (f"/shifts/{one.id}" for one in (world.shift, world.draft, world.far))
    for who, path, status in [
        ("volunteer", shift, 200),
        ("volunteer", draft, 404),
        ("volunteer", f"{shift}/bookings", 403),
        ("volunteer", f"/shifts/{uuid4()}", 404),
        ("volunteer", "/shifts/12", 404),
        ("coordinator_call", draft, 200),
        ("coordinator_call", far, 403),
        ("coordinator_call", f"{far}/bookings", 403),
        ("coordinator_cahc", draft, 404),
        ("manager", shift, 200),
        ("manager", f"{shift}/bookings", 403),
        ("nobody", shift, 401),
    ]:
        assert (await world.call(who, "GET", path)).status_code == status, (who, path)


async def test_who_may_plan(world: World) -> None:
    for who, status in [
        ("volunteer", 403),
        ("manager", 403),
        ("admin", 403),
        ("nobody", 401),
        ("coordinator_cahc", 403),
    ]:
        await body(world.call(who, "POST", "/shifts", json=new_shift(world)), status)
        await body(world.call(who, "POST", f"/shifts/{world.shift.id}/cancellation", json={"reason": "x"}), status)
    made = await body(world.call("coordinator_call", "POST", "/shifts", json=new_shift(world)), 201)
    assert made["state"] == "published"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_at": None}, "ends_at"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": "2"}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"capacity": 10**20}, "capacity"),
        ({"min_staff": 3}, "min_staff"),
        ({"break_minutes": 200}, "break_minutes"),
        ({"starts_at": "2026-13-01T10:00:00+01:00"}, "starts_at"),
        ({"starts_at": "2026-12-01T10:00:00"}, "starts_at"),
        ({"starts_at": 1764000000}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"site_id": "nulle-part"}, "site_id"),
        ({"site_id": "a\x00b"}, "site_id"),
        ({"mission_id": str(uuid4())}, "mission_id"),
        ({"state": "cancelled"}, "state"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_value_is_named_at_its_field(world: World, change: dict[str, Any], field: str) -> None:
    problem = await body(world.call("coordinator", "POST", "/shifts", json=new_shift(world, **change)), 422)
    assert list(problem["errors"]) == [field]
    assert problem["code"] == "invalid"


async def test_a_site_that_is_not_the_missions(session: AsyncSession, world: World, db: Database) -> None:
    async with db.writing() as arranging:
        other = await make_site(arranging)
    problem = await body(world.call("coordinator", "POST", "/shifts", json=new_shift(world, site_id=other.id)), 422)
    assert list(problem["errors"]) == ["site_id"]


async def test_a_body_that_is_not_json_or_too_heavy(world: World) -> None:
    as_json = {"Content-Type": "application/json"}
    for content, status in [(b"{", 400), (b"\xff", 400), (b"x" * 1_000_001, 413)]:
        answer = await world.call("coordinator", "POST", "/shifts", content=content, headers=as_json)
        assert answer.status_code == status, content[:5]
    assert (await world.call("coordinator", "POST", "/shifts", json=[1])).status_code == 422


async def test_edits_need_the_version_that_was_read(world: World) -> None:
    path = f"/shifts/{world.shift.id}"
    etag = (await world.call("coordinator", "GET", path)).headers["ETag"]
    await body(world.call("volunteer", "POST", f"{path}/booking"), 201)
    assert (await world.call("coordinator", "GET", path)).headers["ETag"] == etag
    await body(world.call("coordinator", "PATCH", path, json={"capacity": 3}), 428)
    await body(world.call("coordinator", "PATCH", path, json={"capacity": "trois"}), 428)
    changed = await world.call("coordinator", "PATCH", path, json={"capacity": 3}, headers={"If-Match": etag})
    assert changed.json()["capacity"] == 3
    assert changed.headers["ETag"] != etag
    await body(world.call("coordinator", "PATCH", path, json={"capacity": 4}, headers={"If-Match": etag}), 412)
    fresh = {"If-Match": changed.headers["ETag"]}
    await body(world.call("coordinator", "PATCH", path, json={"state": "draft"}, headers=fresh), 422)
    await body(world.call("coordinator", "PATCH", path, json={"capacity": None}, headers=fresh), 422)


async def test_a_breaking_edit_lists_whom_it_breaks(world: World, db: Database) -> None:
    async with db.writing() as arranging:
        for one in (world.cast.volunteer, world.cast.colleague):
            await make_booking(arranging, world.shift, one)
    path, fresh = f"/shifts/{world.shift.id}", {"If-Match": '"1"'}
    change = {"capacity": 1, "min_staff": 1}
    problem = await body(world.call("coordinator", "PATCH", path, json=change, headers=fresh), 409)
    assert problem["code"] == "breaks_bookings"
    assert [one["volunteer_id"] for one in problem["affected"]] == [str(world.cast.colleague.id)]
    done = await body(world.call("coordinator", "PATCH", path, json={**change, "confirm": True}, headers=fresh), 200)
    assert (done["confirmed"], done["waitlisted"]) == (1, 1)


async def test_publish_and_cancel_say_the_same_again(world: World) -> None:
    path = f"/shifts/{world.draft.id}"
    for _ in range(2):
        assert (await body(world.call("coordinator", "POST", f"{path}/publication"), 200))["state"] == "published"
    for reason in ("Tempête", "Autre"):
        shift = await body(world.call("coordinator", "POST", f"{path}/cancellation", json={"reason": reason}), 200)
        assert shift["state"] == "cancelled"
    assert (await body(world.call("coordinator", "POST", f"{path}/publication"), 409))["code"] == "shift_not_open"
    refused = await body(world.call("volunteer", "POST", f"{path}/booking"), 409)
    assert (refused["code"], refused["refusals"][0]["code"]) == ("shift_not_open", "shift_not_open")
    await body(world.call("coordinator", "POST", f"/shifts/{world.shift.id}/cancellation", json={"reason": ""}), 422)


async def test_a_booking_from_first_tap_to_withdrawal(world: World) -> None:
    path = f"/shifts/{world.shift.id}/booking"
    made = await body(world.call("volunteer", "POST", path), 201)
    assert made == {
        "id": made["id"],
        "state": "confirmed",
        "position": None,
        "offer_expires_at": None,
        "warnings": [],
    }
    assert await body(world.call("volunteer", "POST", path), 200) == made
    await body(world.call("colleague", "POST", path), 201)
    waiting = await body(world.call("minor", "POST", path), 201)
    assert (waiting["state"], waiting["position"]) == ("waitlisted", 1)
    await body(world.call("volunteer", "DELETE", path), 204)
    await body(world.call("volunteer", "DELETE", path), 204)
    shift = await body(world.call("minor", "GET", f"/shifts/{world.shift.id}"), 200)
    mine = shift["my_booking"]
    assert mine == {
        "id": waiting["id"],
        "state": "offered",
        "position": None,
        "offer_expires_at": mine["offer_expires_at"],
    }
    left = world.shift.starts_at - datetime.fromisoformat(mine["offer_expires_at"])
    assert timedelta(days=1) < left < timedelta(days=3)
    assert shift["confirmed"] == 2
    again = await body(world.call("volunteer", "POST", path), 201)
    assert again["id"] != made["id"]
    assert again["state"] == "waitlisted"


async def test_nobody_but_a_volunteer_books(world: World) -> None:
    for who, status in [("coordinator", 403), ("manager", 403), ("admin", 403), ("nobody", 401)]:
        for method in ("POST", "DELETE"):
            await body(world.call(who, method, f"/shifts/{world.shift.id}/booking"), status)
    await body(world.call("volunteer", "POST", f"/shifts/{world.draft.id}/booking"), 404)


async def test_too_late_to_withdraw(world: World, db: Database) -> None:
    path = f"/shifts/{world.shift.id}/booking"
    await body(world.call("volunteer", "POST", path), 201)
    with time_machine.travel(world.shift.starts_at - timedelta(hours=23), tick=False):
        assert (await body(world.call("volunteer", "DELETE", path), 409))["code"] == "cancel_too_late"


async def test_a_coordinator_assigns_under_the_same_rules(session: AsyncSession, world: World, db: Database) -> None:
    async with db.writing() as arranging:
        unready = await make_volunteer(arranging, ready=False)
    path = f"/shifts/{world.shift.id}/bookings"

    def assign(who: Any, by: str = "coordinator") -> Awaitable[httpx.Response]:
        return world.call(by, "POST", path, json={"volunteer_id": str(who)})

    assert (await body(assign(world.cast.volunteer.id), 201))["state"] == "confirmed"
    assert (await body(assign(world.cast.volunteer.id), 200))["state"] == "confirmed"
    assert (await body(assign(unready.id), 409))["code"] == "contract_ready"
    await body(assign(uuid4()), 404)
    await body(assign("12"), 422)
    await body(assign(world.cast.colleague.id, "coordinator_cahc"), 403)
    await body(assign(world.cast.colleague.id, "volunteer"), 403)
    roster = await body(world.call("coordinator", "GET", path), 200)
    assert [(one["name"], one["state"], one["attendance"]) for one in roster["items"]] == [
        ("Inès Volontaire", "confirmed", None)
    ]


async def test_attendance_is_noted_by_a_coordinator_in_scope(world: World) -> None:
    made = await body(world.call("volunteer", "POST", f"/shifts/{world.shift.id}/booking"), 201)
    path = f"/bookings/{made['id']}/attendance"
    early = await body(world.call("coordinator", "POST", path, json={"state": "present"}), 409)
    assert early["code"] == "shift_not_started"
    with time_machine.travel(world.shift.starts_at + timedelta(hours=1), tick=False):
        noted = await body(world.call("coordinator", "POST", path, json={"state": "present"}), 200)
        assert (noted["state"], noted["hours"]) == ("present", 3.0)
        for who, status in [
            ("volunteer", 403),
            ("colleague", 404),
            ("coordinator_cahc", 403),
            ("manager", 403),
            ("nobody", 401),
        ]:
            await body(world.call(who, "POST", path, json={"state": "absent"}), status)
        await body(world.call("coordinator", "POST", f"/bookings/{uuid4()}/attendance", json={"state": "absent"}), 404)
        await body(world.call("coordinator", "POST", path, json={"state": "late"}), 422)
        await body(world.call("coordinator", "POST", path, json={"state": "present", "hours": 25}), 422)
    [item] = (await body(world.call("coordinator", "GET", f"/shifts/{world.shift.id}/bookings"), 200))["items"]
    assert item["attendance"] == "present"


async def test_a_request_from_another_site_is_refused(world: World) -> None:
    path = f"/shifts/{world.shift.id}/booking"
    for headers in (
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert (await body(world.call("volunteer", "POST", path, headers=headers), 403))["code"] == "cross_origin"
    own = {"Origin": "http://civic.test", "Sec-Fetch-Site": "same-origin"}
    await body(world.call("volunteer", "POST", path, headers=own), 201)


async def test_a_list_of_fifty_takes_six_queries(
    session: AsyncSession,
    world: World,
    db: Database,
    count_queries: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    async with db.writing() as arranging:
        for number in range(50):
            shift = await make_shift(arranging, in_days(1 + number % 25, 8 + number % 10), mission=world.mission)
            await make_booking(arranging, shift, world.cast.colleague, "waitlisted")
    with count_queries() as queries:
        listed = await body(world.call("volunteer", "GET", "/shifts"), 200)
    assert len(listed["items"]) >= 50
    assert len(queries) <= 6, queries


async def test_nothing_unknown_passes_anywhere(world: World) -> None:
    shift = f"/shifts/{world.shift.id}"
    for who, method, path in [
        ("volunteer", "GET", "/me"),
        ("volunteer", "GET", shift),
        ("volunteer", "POST", f"{shift}/booking"),
        ("coordinator", "GET", f"{shift}/bookings"),
        ("nobody", "GET", "/missions"),
    ]:
        answer = await world.call(who, method, f"{path}?foo=1")
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["foo"]), path
    for path in (f"/shifts/{world.draft.id}/publication", f"{shift}/booking"):
        who = "coordinator" if path.endswith("publication") else "volunteer"
        assert (await world.call(who, "POST", path, json={"a": 1})).status_code == 422
        assert (await world.call(who, "POST", path, json={})).status_code in (200, 201)


@pytest.mark.parametrize("reason", ["", "   ", "\n", None, 3])
async def test_a_blank_reason_cancels_nothing(world: World, reason: Any) -> None:
    path = f"/shifts/{world.shift.id}/cancellation"
    assert "reason" in (await body(world.call("coordinator", "POST", path, json={"reason": reason}), 422))["errors"]


@pytest.mark.parametrize("hours", ["2", True, 2.123, 0, -1, 25, 1e400])
async def test_hours_are_a_number_of_hundredths(world: World, hours: Any) -> None:
    made = await body(world.call("volunteer", "POST", f"/shifts/{world.shift.id}/booking"), 201)
    content = json.dumps({"state": "present", "hours": hours})
    with time_machine.travel(world.shift.starts_at + timedelta(hours=1), tick=False):
        answer = await world.call(
            "coordinator",
            "POST",
            f"/bookings/{made['id']}/attendance",
            content=content,
            headers={"Content-Type": "application/json"},
        )
    assert answer.status_code == 422, answer.text


async def test_errors_speak_french(world: World) -> None:
    for query in ("limit=201", "limit=0", "limit=x", "mission=12", "from=2026-W48-1"):
        [sentence] = (await body(world.call("volunteer", "GET", f"/shifts?{query}"), 422))["errors"].values()
        assert not re.search(r"\b(should|Input|valid|be)\b", sentence), sentence
    fields = new_shift(world, capacity=0, starts_at="2026-12-01T10:00:00", mission_id=3)
    for sentence in (await body(world.call("coordinator", "POST", "/shifts", json=fields), 422))["errors"].values():
        assert not re.search(r"\b(should|Input|valid|be)\b", sentence), sentence


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00"])
async def test_a_forged_cursor_is_refused(
    session: AsyncSession, db: Database, make_client: Callable[[], httpx.AsyncClient], moment: str
) -> None:
    volunteer = await make_volunteer(session)
    await session.commit()
    browser = await sign_in(make_client, db, volunteer)
    forged = encode_cursor(moment, str(volunteer.id))
    answer = await browser.get("/api/v1/shifts", params={"cursor": forged})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["cursor"])
