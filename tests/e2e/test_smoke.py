"""The server starts, a demo person signs in through the form and finds their way."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import PASSWORD, Server


def test_signing_in_by_the_form(phone: Page, server: Server, axe: Callable[[Page], None]) -> None:
    phone.goto("/connexion")
    axe(phone)
    phone.locator("input[type=email]").fill("volontaire@demo.example")
    phone.locator("input[type=password]").fill(PASSWORD)
    phone.locator("main form button[type=submit]").click()
    expect(phone).to_have_url(f"{server.url}/")
    expect(phone.locator("h1")).to_be_visible()


def test_a_session_opens_the_pages(desk: Page, sign_in: Callable[[Page, str], None]) -> None:
    sign_in(desk, "coordination@demo.example")
    answer = desk.goto("/planning")
    assert answer is not None
    assert answer.status == 200
