"""Each page without a serious or critical violation, and no wider than its screen.

Ordinary runs take the phone in the light theme and the desk in the dark one; `make verify-a11y` takes the other two.
"""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.pages import SCREENS, Screen, address

LOOKS = (
    pytest.param("phone", "light", id="phone-light"),
    pytest.param("desk", "dark", id="desk-dark"),
    pytest.param("phone", "dark", id="phone-dark", marks=pytest.mark.verify),
    pytest.param("desk", "light", id="desk-light", marks=pytest.mark.verify),
)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
@pytest.mark.parametrize(("shape", "theme"), LOOKS)
def test_page(
    screen: Screen,
    shape: str,
    theme: Literal["light", "dark"],
    request: pytest.FixtureRequest,
    sign_in: Callable[[Page, str], None],
    axe: Callable[[Page], None],
) -> None:
    page: Page = request.getfixturevalue(shape)
    page.emulate_media(color_scheme=theme)
    if screen.who:
        sign_in(page, screen.who)
    path = address(screen, page.request)
    answer = page.goto(path)
    assert answer is not None
    # A code that is no site's has a page of its own, which says what to do.
    assert answer.status == (404 if screen.name in ("page-introuvable", "ici-code") else 200)
    axe(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path} is {wide} px too wide"
