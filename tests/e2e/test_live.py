"""Two coordinators at once: what one changes appears to the other, who keeps their place."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from civic import clock
from tests.browser import PASSWORD, Server

# The page glides to what has the focus: its place is known once it stands still.
STILL = "() => new Promise((done) => { const y = scrollY; setTimeout(() => done(scrollY === y && y > 0), 150); })"
SignIn = Callable[[Page, str], None]


@pytest.mark.timeout(120)
def test_what_a_colleague_changes_appears_and_nobody_loses_their_place(
    desk: Page, server: Server, sign_in: SignIn
) -> None:
    desk.clock.install()
    sign_in(desk, "coordination@demo.example")
    desk.goto("/planning")
    board = desk.locator("#plan")
    # Down the board, with a shift chosen by the keyboard.
    chosen = board.locator("a.slot").nth(40)
    chosen.focus()
    desk.wait_for_function(STILL)
    focused = desk.evaluate("document.activeElement.id")
    top = desk.evaluate("window.scrollY")
    before = board.locator("a.slot").count()

    colleague = desk.context.browser.new_context(base_url=server.url)  # type: ignore[union-attr]
    asked = colleague.request
    asked.post("/api/v1/auth/login", form={"username": "coordination.call@demo.example", "password": PASSWORD})
    mission = next(one for one in asked.get("/api/v1/missions").json()["items"] if one["site_ids"])
    places = {one["id"]: one["intermunicipality"] for one in asked.get("/api/v1/sites").json()["items"]}
    site = next(one for one in mission["site_ids"] if places[one] == "CALL")
    starts = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)
    values = {"mission_id": mission["id"], "site_id": site, "capacity": 2, "min_staff": 2, "state": "published"}
    times = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=2)).isoformat()}
    made = asked.post("/api/v1/shifts", data=values | times)
    assert made.status == 201, made.text()
    slot = f"#s-{made.json()['id']}"
    colleague.close()

    desk.clock.fast_forward(10_000)
    expect(board.locator(slot)).to_be_attached()
    expect(board).to_have_count(1)  # morphed in place: not put inside the one that stood there
    assert board.locator("a.slot").count() == before + 1
    expect(desk.locator("#vif")).to_contain_text("mis à jour")
    assert desk.evaluate("document.activeElement.id") == focused
    assert abs(desk.evaluate("window.scrollY") - top) < 80
    # Nothing changed since: the page is not asked for again, and still polls. The server's own tasks may change
    # something once more as they begin.
    statuses = []
    while 204 not in statuses and len(statuses) < 4:
        with desk.expect_response(lambda answer: "/planning/vif" in answer.url) as answered:
            desk.clock.fast_forward(10_000)
        statuses.append(answered.value.status)
    assert statuses[-1] == 204, statuses
