"""Each page, as a phone and as a desk shows it, in both themes, without a serious or critical violation."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.pages import SCREENS, Screen, address


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
@pytest.mark.parametrize("shape", ["phone", "desk"])
def test_page(
    screen: Screen,
    shape: str,
    request: pytest.FixtureRequest,
    sign_in: Callable[[Page, str], None],
    axe: Callable[[Page], None],
) -> None:
    page: Page = request.getfixturevalue(shape)
    if screen.who:
        sign_in(page, screen.who)
    path = address(screen, page.request)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == (404 if screen.name == "page-introuvable" else 200)
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
