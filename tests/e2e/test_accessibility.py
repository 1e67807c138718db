"""Each page without a serious or critical violation, and no wider than its screen.

Ordinary runs take the pages of every day in one look, `make verify-a11y` every page in all four.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import DESK, PASSWORD, PHONE, Server
from tests.e2e.conftest import watched
from tests.pages import EVERYDAY, SCREENS, VOLUNTEER, Screen, address

SHAPES = {"phone": PHONE, "desk": DESK}
LOOKS = [(shape, theme) for shape in ("phone", "desk") for theme in ("light", "dark")]


def everyday(screen: Screen) -> tuple[str, str]:
    """The look in which a page is mostly seen: in a park for volunteers, at a desk in the evening for the others."""
    return ("phone", "light") if screen.who in (None, VOLUNTEER) else ("desk", "dark")


CASES = [
    pytest.param(
        screen,
        *look,
        id=f"{screen.name}-{'-'.join(look)}",
        marks=[] if look == everyday(screen) and screen.name in EVERYDAY else [pytest.mark.verify],
    )
    for screen in SCREENS
    for look in LOOKS
]


assert {screen.name for screen in SCREENS} >= EVERYDAY
Look = tuple[str | None, str, str]


@pytest.fixture(scope="module")
def seats(browser: Browser, server: Server) -> Iterator[Callable[[Look], tuple[Page, list[str]]]]:
    """One page for each person and look, with what went wrong on it: a new one for each of a hundred screens would
    fetch every stylesheet and font a hundred times.
    """
    made: dict[Look, tuple[Page, list[str]]] = {}
    with ExitStack() as stack:

        def seat(look: Look) -> tuple[Page, list[str]]:
            if look not in made:
                who, shape, theme = look
                page, problems = stack.enter_context(watched(browser, server, **SHAPES[shape], color_scheme=theme))
                if who:
                    answer = page.request.post("/api/v1/auth/login", form={"username": who, "password": PASSWORD})
                    assert answer.status == 204, answer.text()
                made[look] = page, problems
            return made[look]

        yield seat


@pytest.mark.parametrize(("screen", "shape", "theme"), CASES)
def test_page(
    screen: Screen,
    shape: str,
    theme: Literal["light", "dark"],
    seats: Callable[[Look], tuple[Page, list[str]]],
    axe: Callable[[Page], None],
) -> None:
    page, problems = seats((screen.who, shape, theme))
    problems.clear()
    path = address(screen, page.request)
    answer = page.goto(path)
    assert answer is not None
    # A code that is no site's has a page of its own, which says what to do.
    assert answer.status == (404 if screen.name in ("page-introuvable", "ici-code") else 200)
    axe(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path} is {wide} px too wide"
    assert not problems, "\n".join(problems)
