"""No page wider than the narrowest phones, nor when the person's letters are twice as large.

Ordinary runs sweep the volunteer's pages of every day, which live on phones; `make verify-a11y` all of everybody's.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import EVERYWHERE, FLAGS, PHONE, Server, chromium
from tests.e2e.conftest import watched_page
from tests.pages import ADMIN, COORDINATOR, EVERYDAY, MANAGER, SCREENS, VOLUNTEER, Screen, address

EXCESS = "document.documentElement.scrollWidth - innerWidth"
# What stands in a card with rounded corners is cut at its edge, and makes no page wider.
CUT = """() => [...document.querySelectorAll(":is(.shift, .kpis > ul) :not(.sr)")].filter((one) =>
    one.getBoundingClientRect().right > one.closest(".shift, .kpis > ul").getBoundingClientRect().right + 1).length"""
LARGE = {
    VOLUNTEER: ("/", "/creneaux", "/rencontres/nouvelle", "/profil"),
    COORDINATOR: ("/planning", "/planning/creneaux/{staffed}", "/volontaires", "/candidatures", "/sites"),
    MANAGER: ("/bilans", "/rencontres"),
}


OTHERS = [pytest.param(who, marks=pytest.mark.verify) for who in (None, COORDINATOR, MANAGER, ADMIN)]


SWEEPS = [
    pytest.param(VOLUNTEER, EVERYDAY, id="volunteer-everyday"),
    *(
        pytest.param(who, {screen.name for screen in SCREENS}, id=f"{who or 'nobody'}-all", marks=pytest.mark.verify)
        for who in (None, VOLUNTEER, COORDINATOR, MANAGER, ADMIN)
    ),
]


@pytest.mark.parametrize(("who", "names"), SWEEPS)
def test_nothing_leaves_a_narrow_screen(
    who: str | None, names: set[str], browser: Browser, server: Server, sign_in: Callable[[Page, str], None]
) -> None:
    wide = []
    # Not `is_mobile`, which would zoom out until a page that is too wide fits.
    with watched_page(browser, server, has_touch=True) as page:
        if who:
            sign_in(page, who)
        for screen in (one for one in SCREENS if one.who == who and one.name in names):
            page.goto(address(screen, page.request), wait_until="load")
            for width in (320, 390):
                page.set_viewport_size({"width": width, "height": 700})
                excess = page.evaluate(EXCESS)
                if excess > 0:
                    wide.append(f"{screen.name} at {width}: {excess} px too wide")
                if page.evaluate(CUT):
                    wide.append(f"{screen.name} at {width}: a card cuts what it holds")
    assert not wide, "\n".join(wide)


@pytest.fixture
def large_letters(browser: Browser, server: Server) -> Iterator[Page]:
    """A phone whose owner chose letters of twice the size: rem and the media queries follow, as in a real browser."""
    large = [*FLAGS, "--blink-settings=defaultFontSize=32"]
    launched = browser.browser_type.launch(executable_path=chromium(), args=large)
    shape = {**PHONE, "is_mobile": False}
    yield launched.new_context(base_url=server.url, **EVERYWHERE, **shape).new_page()
    launched.close()


@pytest.mark.parametrize("who", [VOLUNTEER, *(one for one in OTHERS if one.values[0] in LARGE)])
def test_letters_twice_as_large(who: str, large_letters: Page, sign_in: Callable[[Page, str], None]) -> None:
    page = large_letters
    sign_in(page, who)
    wide = []
    for path in LARGE[who]:
        page.goto(address(Screen("", who, path), page.request))
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        excess = page.evaluate(EXCESS)
        if excess > 0:
            wide.append(f"{path}: {excess} px too wide")
        if page.evaluate(CUT):
            wide.append(f"{path}: a card cuts what it holds")
    assert not wide, "\n".join(wide)


def test_counters_stand_one_by_one_in_large_letters(large_letters: Page, sign_in: Callable[[Page, str], None]) -> None:
    page = large_letters
    sign_in(page, VOLUNTEER)
    page.goto("/rencontres/nouvelle")
    columns = page.locator(".counters").evaluate("one => getComputedStyle(one).gridTemplateColumns.split(' ').length")
    assert columns == 1


# « Enregistrer » lies whole on the screen, and its bar leaves most of that to the form.
REACH = """() => {
  const bar = document.querySelector(".savebar");
  const { top, bottom } = bar.querySelector("button").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight && bar.offsetHeight <= innerHeight * 0.4;
}"""
# What has the focus, when something of it lies under the bar or off the screen; "" when all of it is to be seen.
COVERED = """() => {
  const one = document.activeElement;
  const bar = document.querySelector(".savebar");
  if (bar.contains(one) || one === document.body || one.matches(".skip")) return "";
  const { top, bottom } = (one.closest(".chip, .face, .counter .btn, .check") ?? one).getBoundingClientRect();
  return top < 0 || bottom > bar.getBoundingClientRect().top + 1 ? one.outerHTML.slice(0, 120) : "";
}"""
ENDED = "document.querySelector('.savebar').contains(document.activeElement)"


def check_form(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/rencontres/nouvelle")
    page.locator("form[data-phone-ready]").wait_for()
    page.locator("form details").evaluate_all("all => all.forEach((one) => (one.open = true))")
    assert page.evaluate(EXCESS) <= 0
    for place in (0, 0.3, 0.7, 1):
        page.evaluate("(place) => scrollTo(0, place * document.body.scrollHeight)", place)
        assert page.evaluate(REACH), f"{width} × {height} at {place}"
    page.evaluate("scrollTo(0, 0)")
    for _ in range(120):
        page.keyboard.press("Tab")
        assert page.evaluate(COVERED) == "", f"{width} × {height}"
        if page.evaluate(ENDED):
            return
    raise AssertionError("the keyboard never came to « Enregistrer »")


def test_the_form_of_the_field_saves_from_anywhere(phone: Page, sign_in: Callable[[Page, str], None]) -> None:
    sign_in(phone, VOLUNTEER)
    for shape in ((320, 568), (640, 320)):
        check_form(phone, *shape)


@pytest.mark.verify
def test_it_does_so_in_letters_twice_as_large(large_letters: Page, sign_in: Callable[[Page, str], None]) -> None:
    sign_in(large_letters, VOLUNTEER)
    for shape in ((320, 568), (390, 844), (640, 320)):
        check_form(large_letters, *shape)


def test_an_encounter_is_noted_by_keyboard_alone(phone: Page, sign_in: Callable[[Page, str], None]) -> None:
    sign_in(phone, VOLUNTEER)
    phone.goto("/rencontres/nouvelle")
    phone.locator("form[data-phone-ready]").wait_for()

    def go_to(asked: str) -> None:
        for _ in range(120):
            phone.keyboard.press("Tab")
            if phone.evaluate("(asked) => document.activeElement.matches(asked)", asked):
                return
        raise AssertionError(f"the keyboard never came to {asked}")

    go_to("#f-age_25_59 ~ [data-step='1']")
    phone.keyboard.press("Enter")
    phone.keyboard.press("Space")
    go_to("[name=topics][value=parks]")
    phone.keyboard.press("Space")
    go_to("[name=feeling]")
    phone.keyboard.press("Space")
    go_to(".savebar button")
    assert phone.locator(":focus").inner_text().strip() == "Enregistrer, 2 personnes"
    phone.keyboard.press("Enter")
    phone.locator("[data-piece=saved]").wait_for()


# What people type has no end that a line could count on: a name in one piece, an address pasted in a sentence.
LONG = "Rassemblementintercommunal" * 4
PASTED = f"https://exemple.fr/{'sentier' * 20}"
TYPED = (
    ("missions", {"title": LONG, "activity": LONG[:60], "description": PASTED, "tasks": PASTED}),
    ("sites", {"name": LONG, "meeting_place": PASTED, "access_notes": PASTED, "safety_notes": PASTED}),
    ("site_closures", {"reason": LONG}),
    ("announcements", {"title": LONG[:80], "body": PASTED}),
    ("week_templates", {"name": LONG[:80]}),
)
TYPED_ON = {
    VOLUNTEER: """/ /creneaux /creneaux/{booked} /mes-creneaux /annonces /annonces/{notice} /missions
        /missions/{mission} /sites/{site} /rencontres /rencontres/nouvelle /heures""",
    COORDINATOR: """/planning /planning/jour /planning/a-traiter /planning/brouillons /planning/modeles
        /planning/modeles/{template} /planning/annonces /planning/annonces/{announcement} /planning/annulations
        /planning/creneaux/{staffed} /planning/creneaux/nouveau /planning/semaines/copie /planning/feuilles /sites
        /sites/fermetures /missions /missions/{mission}/modification /rencontres""",
}


@pytest.mark.verify
def test_a_word_without_end_widens_no_page(
    browser: Browser, server: Server, sign_in: Callable[[Page, str], None]
) -> None:
    """Last in this file: what it writes stays in the file's database."""
    with closing(sqlite3.connect(server.folder / "var" / "civic.db")) as database, database:
        for table, values in TYPED:
            named = ", ".join(f"{name} = ?" for name in values)
            assert database.execute(f"UPDATE {table} SET {named}", tuple(values.values())).rowcount, table
    wide = []
    for who, paths in TYPED_ON.items():
        with watched_page(browser, server, has_touch=True, viewport={"width": 320, "height": 700}) as page:
            sign_in(page, who)
            for path in paths.split():
                page.goto(address(Screen("", who, path), page.request))
                excess = page.evaluate(EXCESS)
                if excess > 0:
                    wide.append(f"{path}: {excess} px too wide")
                if page.evaluate(CUT):
                    wide.append(f"{path}: a card cuts what it holds")
    assert not wide, "\n".join(wide)
