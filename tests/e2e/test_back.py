"""Back after an encounter was saved: nothing of it stands in the form again, under another identifier."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_back_after_saving_makes_no_second_encounter(phone: Page, sign_in: Callable[[Page, str], None]) -> None:
    sign_in(phone, "volontaire@demo.example")
    phone.goto("/rencontres/nouvelle")
    identifier = phone.locator("[name=client_uuid]").input_value()
    if not phone.locator("#f-site_id").input_value():
        phone.locator("#f-site_id").select_option(index=1)
    phone.locator("#f-age_25_59").fill("2")
    phone.locator("label.chip:has([name=topics])").first.click()
    phone.locator("label.face").first.click()
    phone.get_by_role("button", name="Enregistrer, 2 personnes").click()
    phone.wait_for_url("**/enregistree")
    phone.go_back()
    expect(phone.locator("#f-age_25_59")).to_be_visible()
    if phone.locator("[name=client_uuid]").input_value() == identifier:
        # The very page, kept by the browser: sending it again leads to the same encounter.
        phone.get_by_role("button", name="Enregistrer, 2 personnes").click()
        phone.wait_for_url(f"**/rencontres/{identifier}/enregistree")
    else:
        expect(phone.locator("#f-age_25_59")).to_have_value("0")
        expect(phone.locator("main input:checked:not([name=half_day])")).to_have_count(0)
