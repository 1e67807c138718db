"""A password can be read before it is sent, where scripts run."""

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("path", ["/connexion", "/inscription"])
def test_a_password_is_shown_and_hidden_again(phone: Page, path: str) -> None:
    phone.goto(path)
    field, button = phone.locator("#f-password"), phone.get_by_role("button", name="Afficher le mot de passe")
    field.fill("une phrase courte")
    button.click()
    expect(field).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(field).to_have_attribute("type", "password")
