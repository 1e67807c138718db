"""Two coordinators at once: what one changes appears to the other, who keeps their place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, expect

from civic import clock
from tests.browser import DESK, PASSWORD, Server
from tests.e2e.conftest import watched_page

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


@contextmanager
def colleague(browser: Browser, server: Server) -> Iterator[APIRequestContext]:
    context = browser.new_context(base_url=server.url)
    signed = {"username": "coordination.call@demo.example", "password": PASSWORD}
    assert context.request.post("/api/v1/auth/login", form=signed).status == 204
    yield context.request
    context.close()


def free_shift(asked: APIRequestContext) -> dict[str, str]:
    """A coming shift of next week on which nobody is yet."""
    monday = clock.monday(clock.today()) + timedelta(days=7)
    week = f"from={monday}&to={monday + timedelta(days=6)}&intermunicipality=CALL"
    items = asked.get(f"/api/v1/shifts?{week}").json()["items"]
    return next(one for one in items if one["state"] == "published" and one["confirmed"] == 0)


def give_a_place(asked: APIRequestContext, desk: Page) -> str:
    """By the colleague, to the first whom the open panel names as fit; says whom."""
    button = desk.locator("#fiche form:has(button:text('Affecter')) [name=volunteer_id]").first
    shift, chosen = desk.url.split("creneau=")[1].split("#")[0], button.get_attribute("value")
    placed = asked.post(f"/api/v1/shifts/{shift}/bookings", data={"volunteer_id": chosen, "reason": "essai"})
    assert placed.status == 201, placed.text()
    named = asked.get(f"/api/v1/shifts/{shift}/bookings").json()["items"]
    return str(next(one["name"] for one in named if one["volunteer_id"] == chosen))


@pytest.mark.timeout(180)
def test_the_panel_the_list_and_the_counts_follow_a_colleague(
    desk: Page, phone: Page, browser: Browser, server: Server, sign_in: SignIn
) -> None:
    with colleague(browser, server) as asked, watched_page(browser, server, **DESK) as busy:
        shift = free_shift(asked)
        week = f"/planning?semaine={shift['starts_at'][:10]}"
        for page in (desk, phone, busy):
            page.clock.install()
            sign_in(page, "coordination@demo.example")
            page.goto(week if page is phone else f"{week}&creneau={shift['id']}#fiche")
        # Somebody reads on in their panel; the other one is left alone.
        busy.locator("#fiche summary", has_text="Pourquoi pas les autres").click()
        before = desk.locator("#filled").inner_text()
        name = give_a_place(asked, desk)
        for page in (desk, phone, busy):
            page.clock.fast_forward(10_000)
        roster = "#fiche .roster:first-of-type"
        expect(desk.locator(roster).first).to_contain_text(name)
        expect(desk.locator("#filled")).not_to_have_text(before)
        expect(phone.locator(f"#semaine a[href$='{shift['id']}']")).to_contain_text("1/")
        expect(busy.locator("#flashes")).to_contain_text("Ce créneau vient de changer")
        expect(busy.locator(roster).first).not_to_contain_text(name)
        expect(busy.locator("#fiche details[open]")).to_have_count(1)
        busy.get_by_role("button", name="Voir la fiche à jour").click()
        expect(busy.locator(roster).first).to_contain_text(name)
        expect(busy.locator("#fiche-t")).to_be_focused()
        expect(busy.locator("#flashes .toast")).to_have_count(0)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("width", [1440, 1024])
def test_whoever_gives_a_place_keeps_theirs_on_the_board(desk: Page, sign_in: SignIn, width: int) -> None:
    """On a laptop whose text is enlarged too, where the week is wider than what is left beside the panel."""
    desk.set_viewport_size({"width": width, "height": 800})
    sign_in(desk, "coordination@demo.example")
    desk.goto(f"/planning?semaine={clock.monday(clock.today()) + timedelta(days=7)}")
    low = desk.locator("#plan a.slot[data-state=empty]").last
    slot = desk.locator(f"#{low.get_attribute('id')}")
    slot.click()
    fit = desk.locator("#fiche .roster > li:has(form button:text('Affecter')):not(:has(.assign-why))")
    fit.first.get_by_role("button", name="Affecter").click()
    expect(desk.locator("#flashes")).to_contain_text("a une place")
    expect(slot).to_be_in_viewport()
    expect(desk.locator("#fiche-t")).to_be_in_viewport()
    expect(desk.locator("#fiche-t")).to_be_focused()
    assert desk.evaluate("scrollY") > 500
