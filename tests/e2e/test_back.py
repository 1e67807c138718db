"""Back after an encounter was saved: nothing of it stands in the form again, under another identifier."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_back_after_saving_makes_no_second_encounter(phone: Page, sign_in: Callable[[Page, str], None]) -> None:
    sign_in(phone, "volontaire@demo.example")
    phone.goto("/rencontres/nouvelle")
    if not phone.locator("#f-site_id").input_value():
        phone.locator("#f-site_id").select_option(index=1)
    phone.locator("#f-age_25_59").fill("2")
    phone.locator("label.chip:has([name=topics])").first.click()
    phone.locator("label.face").first.click()
    phone.get_by_role("button", name="Enregistrer, 2 personnes").click()
    expect(phone.get_by_role("heading", name="Rencontre gardée sur ce téléphone")).to_be_visible()
    phone.get_by_role("link", name="Accueil", exact=True).first.click()
    phone.wait_for_url(re.compile(r"/$"))
    phone.go_back()
    # Either the very page, which says that it is saved, or an empty form.
    saved = phone.locator("[data-piece=saved]")
    expect(saved.or_(phone.locator("form[data-phone-ready]"))).to_be_visible()
    if not saved.is_visible():
        expect(phone.locator("#f-age_25_59")).to_have_value("0")
        expect(phone.locator("main input:checked:not([name=half_day])")).to_have_count(0)
