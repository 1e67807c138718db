"""Each page without a serious or critical violation, and no wider than its screen.

Ordinary runs take each page in one look, `make verify-a11y` in the three others.
"""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.pages import SCREENS, VOLUNTEER, Screen, address

LOOKS = [(shape, theme) for shape in ("phone", "desk") for theme in ("light", "dark")]


def everyday(screen: Screen) -> tuple[str, str]:
    """The look in which a page is mostly seen: in a park for volunteers, at a desk in the evening for the others."""
    return ("phone", "light") if screen.who in (None, VOLUNTEER) else ("desk", "dark")


CASES = [
    pytest.param(
        screen,
        *look,
        id=f"{screen.name}-{'-'.join(look)}",
        marks=[] if look == everyday(screen) else [pytest.mark.verify],
    )
    for screen in SCREENS
    for look in LOOKS
]


@pytest.mark.parametrize(("screen", "shape", "theme"), CASES)
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
