"""Moving a shift by hand on the board: the question comes first, Escape lets go, the keyboard does the same."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import Server
from tests.e2e.conftest import watched_page

STILL = "() => new Promise((done) => { const y = scrollY; setTimeout(() => done(scrollY === y), 200); })"
SignIn = Callable[[Page, str], None]
TABLET = {"viewport": {"width": 1024, "height": 768}, "is_mobile": True, "has_touch": True, "device_scale_factor": 1}


def grab(page: Page, slot: Locator, target: Locator) -> None:
    """Take a slot and hold it over a cell, without letting go."""
    slot.scroll_into_view_if_needed()
    held, there = slot.bounding_box(), target.bounding_box()
    assert held
    assert there
    page.mouse.move(held["x"] + held["width"] / 2, held["y"] + held["height"] / 2)
    page.mouse.down()
    page.mouse.move(there["x"] + there["width"] / 2, there["y"] + there["height"] / 2, steps=8)


@pytest.mark.timeout(120)
def test_a_shift_is_dragged_or_moved_by_the_keyboard_after_the_question(desk: Page, sign_in: SignIn) -> None:
    sign_in(desk, "coordination@demo.example")
    desk.goto("/planning")
    desk.goto(desk.locator(".week-nav a").last.get_attribute("href") or "")
    slot_id = desk.locator("#plan a.slot[data-move]").first.get_attribute("id")
    slot = desk.locator(f"#{slot_id}")
    cell = slot.locator("xpath=ancestor::td")
    home = cell.get_attribute("data-day")
    other = slot.locator("xpath=ancestor::tr").locator(f'td[data-day]:not([data-day="{home}"]):not(.closed)').last
    away = other.get_attribute("data-day")
    dialog = desk.locator("dialog[open]")

    grab(desk, slot, other)
    expect(other).to_have_attribute("data-drop", "")
    desk.keyboard.press("Escape")
    desk.mouse.up()
    expect(desk.locator(".slot-ghost")).to_have_count(0)
    expect(dialog).to_have_count(0)

    grab(desk, slot, other)
    desk.mouse.up()
    expect(dialog).to_contain_text("Déplacer ce créneau")
    expect(cell).to_have_attribute("data-day", home or "")  # nothing moved before the answer
    dialog.get_by_role("button", name="Déplacer").first.click()
    expect(desk.locator(f'td[data-day="{away}"] #{slot_id}')).to_be_visible()

    # Back again with the keyboard alone.
    slot.focus()
    desk.keyboard.press("m")
    day = dialog.get_by_label("Jour")
    expect(day).to_have_value(away or "")
    day.fill(home or "")
    day.press("Enter")
    confirm = dialog.get_by_role("button", name="Déplacer").first
    confirm.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(f'td[data-day="{home}"] #{slot_id}')).to_be_visible()


@pytest.mark.timeout(120)
def test_on_the_axis_of_a_day_a_bar_moves_and_its_edge_stretches(desk: Page, sign_in: SignIn) -> None:
    sign_in(desk, "coordination@demo.example")
    desk.goto("/planning?vue=jour")
    desk.goto(desk.locator(".week-nav a").last.get_attribute("href") or "")
    slot_id = desk.locator("#plan a.slot[data-move]").first.get_attribute("id")
    cell = desk.locator(f"td:has(> #{slot_id})")
    start, end = (int(cell.get_attribute(name) or "") for name in ("data-start", "data-end"))
    dialog = desk.locator("dialog[open]")
    box = cell.bounding_box()
    assert box
    hour = 60 * box["width"] / (end - start)

    def drag(from_x: float, by: float) -> None:
        place = cell.bounding_box()
        assert place
        middle = place["y"] + place["height"] / 2
        desk.mouse.move(place["x"] + from_x, middle)
        desk.mouse.down()
        desk.mouse.move(place["x"] + from_x + by, middle, steps=6)
        desk.mouse.up()

    drag(box["width"] - 4, hour / 2)
    expect(dialog).to_contain_text("Déplacer ce créneau")
    dialog.get_by_role("button", name="Déplacer").first.click()
    expect(cell).to_have_attribute("data-end", str(end + 30))
    expect(cell).to_have_attribute("data-start", str(start))

    drag(box["width"] / 2, -hour / 4)
    dialog.get_by_role("button", name="Déplacer").first.click()
    expect(cell).to_have_attribute("data-start", str(start - 15))
    expect(cell).to_have_attribute("data-end", str(end + 15))

    # Held and put back where it was: nothing is asked.
    drag(box["width"] / 2, 8)
    expect(dialog).to_have_count(0)


@pytest.mark.timeout(60)
def test_week_and_day_go_on_landscape_paper_without_their_menus(desk: Page, sign_in: SignIn) -> None:
    sign_in(desk, "coordination@demo.example")
    for address in ("/planning", "/planning?vue=jour"):
        desk.goto(address)
        paper = desk.pdf(prefer_css_page_size=True)
        [box] = set(re.findall(rb"/MediaBox \[0 0 (\d+)\S* (\d+)\S*\]", paper))
        assert [int(side) for side in box] == [841, 594], "A4, landscape"
        desk.emulate_media(media="print")
        expect(desk.locator("#plan table.plan, table.plan").first).to_be_visible()
        for hidden in (".week-nav", ".plan-views", ".filters", ".rail"):
            expect(desk.locator(hidden).first).to_be_hidden()
        assert desk.evaluate("getComputedStyle(document.querySelector('.plan thead')).display") == "table-header-group"
        desk.emulate_media(media="null")


def test_a_finger_rests_then_drags_and_a_swipe_scrolls(browser: Browser, server: Server, sign_in: SignIn) -> None:
    with watched_page(browser, server, **TABLET) as page:
        sign_in(page, "coordination@demo.example")
        page.goto("/planning")
        page.goto(page.locator(".week-nav a").last.get_attribute("href") or "")
        slot = page.locator("#plan a.slot[data-move]").first
        cell = slot.locator("xpath=ancestor::td")
        home = cell.get_attribute("data-day")
        other = slot.locator("xpath=ancestor::tr").locator(f'td[data-day]:not([data-day="{home}"]):not(.closed)').last
        finger = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            touched = [{"x": x, "y": y} for x, y in points]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

        def middle(place: Locator) -> tuple[float, float]:
            box = place.bounding_box()
            assert box
            return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

        slot.scroll_into_view_if_needed()
        (x, y), top = middle(slot), page.evaluate("scrollY")
        touch("touchStart", (x, y))
        for step in range(1, 9):
            touch("touchMove", (x, y - 20 * step))
        touch("touchEnd")
        page.wait_for_function("(top) => scrollY > top + 50", arg=top)
        expect(page.locator(".slot-ghost, dialog[open]")).to_have_count(0)

        # Until the page stands still, a finger would only stop it.
        page.wait_for_function(
            "() => new Promise((done) => { const y = scrollY; setTimeout(() => done(scrollY === y), 200); })"
        )
        slot.scroll_into_view_if_needed()
        (x, y), (to_x, to_y) = middle(slot), middle(other)
        touch("touchStart", (x, y))
        expect(page.locator(".slot-ghost")).to_have_count(1)
        for step in range(1, 9):
            touch("touchMove", (x + (to_x - x) * step / 8, y + (to_y - y) * step / 8))
        expect(other).to_have_attribute("data-drop", "")
        touch("touchEnd")
        expect(page.locator("dialog[open]")).to_contain_text("Déplacer ce créneau")
        expect(cell).to_have_attribute("data-day", home or "")


@pytest.mark.timeout(60)
def test_the_sites_keep_their_names_in_sight_as_a_wide_table_scrolls(phone: Page, sign_in: SignIn) -> None:
    sign_in(phone, "coordination@demo.example")
    phone.goto("/planning?vue=quatre")
    box = phone.locator(".plan-box")
    box.evaluate("(one) => (one.scrollLeft = one.scrollWidth)")
    assert box.evaluate("(one) => one.scrollLeft") > 300
    name = phone.locator(".plan tbody th[scope=row]").first
    expect(name).to_be_in_viewport(ratio=0.9)
    # Nothing of the days lies over it, nor beside it at the edge.
    on_top = "(one) => { const { left, top } = one.getBoundingClientRect(); return one === \
document.elementFromPoint(left + 6, top + 4)?.closest('th, td'); }"
    assert name.evaluate(on_top)
    assert phone.locator(".plan thead td").last.evaluate(on_top)
