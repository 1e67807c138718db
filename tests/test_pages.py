"""No page escapes the accessibility checks and the pictures."""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from civic.app import ROUTERS
from tests.pages import NO_SCREEN, SCREENS


def walk(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes, and those of the routers that they include."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from walk(included.routes) if included else (route,)


def test_every_page_has_a_screen() -> None:
    routes = [route for name in ROUTERS for route in walk(import_module(name).router.routes)]
    pages = {route.path for route in routes if "GET" in route.methods and not route.include_in_schema}
    # A screen's own words may be as precise as they like: {bookable}, {staffed}.
    shown = {re.sub(r"{\w+}", "{}", screen.path) for screen in SCREENS}
    missing = {page for page in pages - NO_SCREEN if re.sub(r"{\w+}", "{}", page) not in shown}
    assert not missing, f"give each a line in tests/pages.py: {sorted(missing)}"


def test_screens_have_names_of_their_own() -> None:
    assert len({screen.name for screen in SCREENS}) == len(SCREENS)
