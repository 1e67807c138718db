"""A coordinator's week, from the template to the person who does not come: with the mouse and a phone, then by keys."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from civic import clock
from tests.browser import DESK, PASSWORD, PHONE, Server, serve
from tests.day import SHIFT
from tests.e2e.conftest import watched_page
from tests.e2e.keys import Keys

SignIn = Callable[[Page, str], None]
COORDINATOR = "coordination@demo.example"
QUARTER = timedelta(minutes=15)
NEXT = clock.monday(clock.today()) + timedelta(days=7)
CLOSED = "Créneau un jour de fermeture"
PATIENT = 30_000  # the first page of a server that has just begun, on a busy machine
OWN_SERVER = True


@contextmanager
def later(server: Server, at: datetime, folder: Path) -> Iterator[Server]:
    """The same data at another moment."""
    shift = float(os.environ[SHIFT]) + (at - clock.now()).total_seconds()
    database = f"sqlite+aiosqlite:///{server.folder / 'var' / 'civic.db'}"
    with serve(folder, CIVIC_DATABASE_URL=database, **{SHIFT: str(shift)}) as running:
        yield running


def lone_draft(page: Page) -> tuple[str, str, date]:
    """A draft of the week that stands alone in its cell: its id, its site and its day."""
    slots = page.locator("#plan td:not(:has(.slot ~ .slot)) > .slot[data-state=draft]")
    ident, site, day = slots.first.evaluate(
        "(one) => [one.id, one.closest('tr').id.slice(2), one.closest('td').dataset.day]"
    )
    return ident, site, date.fromisoformat(day)


def todo(page: Page, title: str) -> Locator:
    return page.locator("#todo-list a", has_text=title)


def next_week(page: Page) -> None:
    page.goto(f"/planning?semaine={NEXT}")


def place(page: Page, count: int) -> list[str]:
    """Give places to the first who may have one without a word; says whom, and one more who could have come."""
    fit = page.locator("#fiche .roster > li:has(form button:text('Affecter')):not(:has(.assign-why))")
    names = fit.locator("> a").all_inner_texts()[: count + 1]
    for name in names[:count]:
        page.get_by_role("button", name=f"Affecter {name}").click()
        expect(page.locator("#flashes")).to_contain_text(f"{name} a une place")
    return names


def starts_at(page: Page, day: date) -> datetime:
    """When the shift of the open panel begins."""
    hour, minute = re.search(r"· (\d+) h(?: (\d+))?", page.locator("#fiche").inner_text().replace("\xa0", " ")).groups()
    return clock.oclock(day, int(hour) + int(minute or 0) / 60)


@pytest.mark.timeout(240)
def test_a_week_from_the_template_to_who_does_not_come(
    desk: Page, browser: Browser, server: Server, sign_in: SignIn, tmp_path: Path
) -> None:
    desk.set_default_timeout(PATIENT)
    sign_in(desk, COORDINATOR)
    desk.goto("/planning")
    # This week kept as a template, and laid onto the next one.
    desk.get_by_text("Plus", exact=True).click()
    desk.get_by_role("link", name="Copier cette semaine").click()
    desk.get_by_label("Nom du modèle").fill("Semaine d’hiver")
    desk.get_by_role("button", name="Garder le modèle").click()
    desk.get_by_role("button", name="Voir les jours").click()
    desk.locator("#apercu").get_by_role("button", name="Créer").click()
    bulk = desk.get_by_role("link", name=re.compile(r"^Publier \d+ brouillons$"))
    drafts = int(bulk.inner_text().split()[1])
    assert drafts > 20
    expect(desk.locator("#plan .slot[data-state=draft]")).to_have_count(drafts)

    # The place of one of them closes that day.
    slot, site, day = lone_draft(desk)
    desk.goto(f"/sites/{site}")
    desk.get_by_role("link", name="Gérer les fermetures").click()
    for name in ("Premier jour", "Dernier jour"):
        desk.get_by_label(name, exact=True).fill(day.isoformat())
    desk.get_by_label("Raison").first.fill("Travaux")
    desk.get_by_role("button", name="Fermer le lieu").click()
    expect(desk.locator("#flashes")).to_contain_text("Fermeture notée")

    # « À traiter » leads to it, and it moves to the day after.
    next_week(desk)
    todo(desk, CLOSED).click()
    fiche = desk.locator("#fiche")
    expect(fiche).to_contain_text("Le lieu est fermé ce jour-là")
    fiche.get_by_role("link", name="Déplacer", exact=True).click()
    dialog = desk.locator("dialog[open]")
    after = day + timedelta(days=1)
    dialog.get_by_label("Jour").fill(after.isoformat())
    dialog.get_by_role("button", name="Voir ce qui change").click()
    dialog.get_by_role("button", name="Déplacer", exact=True).click()
    expect(desk.locator(f"td[data-day='{after}'] #{slot}")).to_be_visible()
    expect(todo(desk, CLOSED)).to_have_count(0)

    # All drafts at once, then two people on that one.
    bulk.click()
    desk.get_by_role("button", name="Publier").click()
    expect(desk.locator("#flashes")).to_contain_text(f"{drafts} créneaux publiés")
    expect(desk.locator("#plan .slot[data-state=draft]")).to_have_count(0)
    desk.locator(f"#{slot}").click()
    expect(fiche.get_by_role("heading", name="Qui peut compléter")).to_be_visible()
    absent, present, instead = place(desk, 2)
    begins = starts_at(desk, after)

    # A quarter of an hour into the shift, on a phone.
    with (
        later(server, begins + QUARTER, tmp_path) as then,
        watched_page(browser, then, **PHONE) as phone,
    ):
        phone.set_default_timeout(PATIENT)
        sign_in(phone, COORDINATOR)
        phone.goto("/planning/jour")
        card = phone.locator(f"#c-{slot[2:]}")
        missing = phone.locator("section", has=phone.get_by_role("heading", name="Il manque quelqu’un"))
        expect(missing.locator(card)).to_be_visible()
        # Two taps in a row: the second waits for the first.
        card.get_by_role("button", name=f"Là {present}").tap()
        card.get_by_role("button", name=f"Absence {absent}").tap()
        card.get_by_role("link", name=f"Noter qui remplace {absent}").tap()
        expect(phone.get_by_label("À la place de").locator("option:checked")).to_have_text(absent)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.get_by_label("Qui est venu ?").select_option(label=instead)
        phone.get_by_role("button", name="Ajouter et noter la présence").tap()
        expect(card.locator(".day-person", has_text=instead)).to_contain_text("Présence")
        expect(card.locator(".day-person", has_text=absent)).to_contain_text("Absence")
        expect(missing.locator(card)).to_have_count(0)


def closing(browser: Browser, server: Server, site: str, day: date) -> None:
    """A colleague closes a place, meanwhile and elsewhere."""
    context = browser.new_context(base_url=server.url)
    signed = {"username": "coordination.call@demo.example", "password": PASSWORD}
    context.request.post("/api/v1/auth/login", form=signed)
    days = {"starts_on": day.isoformat(), "ends_on": day.isoformat(), "reason": "Travaux"}
    answer = context.request.post(f"/sites/{site}/fermetures", form=days)
    assert "Fermeture notée" in answer.text()
    context.close()


def walk_to(keys: Keys, slot: Locator) -> None:
    """From the first slot to another one, by the arrows."""
    where = "(one) => [one.closest('tr').rowIndex, one.closest('td').cellIndex]"
    row, column = slot.evaluate(where)
    here = keys.page.locator("*:focus")
    for _ in range(80):
        at_row, at_column = here.evaluate(where)
        if keys.on(slot):
            return
        # In its cell the one above may come first.
        down = at_row < row or at_column == column
        keys.press("ArrowDown" if down else "ArrowRight" if at_column < column else "ArrowLeft")
        keys.seen()
    raise AssertionError("the arrows don't lead there")


@pytest.mark.timeout(240)
@pytest.mark.verify
def test_the_same_by_keys_alone(desk: Page, browser: Browser, server: Server, sign_in: SignIn, tmp_path: Path) -> None:
    keys = Keys(desk)
    desk.clock.install()
    desk.set_default_timeout(PATIENT)
    sign_in(desk, COORDINATOR)
    desk.goto("/planning")
    menu = desk.locator("summary", has_text="Plus")
    keys.enter(menu)
    keys.to(desk.get_by_role("link", name="Qui manque ?"))
    keys.press("Escape")
    keys.lands(menu)
    keys.press("Enter")
    keys.enter(desk.get_by_role("link", name="Modèles de semaine"))
    keys.enter(desk.get_by_role("link", name="Semaine ordinaire, Lens-Liévin"))
    keys.enter(desk.get_by_role("button", name="Voir les jours"))
    keys.lands(desk.locator("#apercu"))
    keys.enter(desk.get_by_role("button", name="Créer"))
    expect(desk.locator("#flashes")).to_contain_text("enregistré")
    slot_id, site, day = lone_draft(desk)
    slot = desk.locator(f"#{slot_id}")

    # Straight to the board, from slot to slot, into the panel and out of it.
    keys.enter(desk.get_by_role("link", name="Aller au tableau"))
    keys.lands(desk.locator("#plan"))
    keys.press("Tab")
    walk_to(keys, slot)
    keys.press("Enter")
    keys.lands(desk.locator("#fiche-t"))
    keys.press("Escape")
    keys.lands(slot)
    keys.seen()

    # What a colleague closes appears, and takes the focus from nobody.
    closing(browser, server, site, day)
    desk.clock.fast_forward(10_000)
    expect(todo(desk, CLOSED)).to_be_visible()
    keys.lands(slot)
    keys.press("Escape")
    keys.lands(desk.locator("#plan"))
    keys.enter(todo(desk, CLOSED), back=True)
    fiche, dialog = desk.locator("#fiche"), desk.locator("dialog[open]")
    keys.lands(desk.locator("#fiche-t"))
    expect(fiche).to_contain_text("Le lieu est fermé ce jour-là")
    move = fiche.get_by_role("link", name="Déplacer", exact=True)
    keys.enter(move)
    keys.lands(dialog.get_by_label("Jour"))
    keys.press("Escape")
    keys.lands(move)
    keys.press("Enter")
    after = day + timedelta(days=1)
    keys.lands(dialog.get_by_label("Jour"))
    keys.date(dialog.get_by_label("Jour"), after)
    keys.press("Enter")
    keys.lands(dialog.get_by_role("button", name="Déplacer", exact=True))
    keys.press("Enter")
    expect(desk.locator(f"td[data-day='{after}'] #{slot_id}")).to_be_visible()
    expect(todo(desk, CLOSED)).to_have_count(0)
    keys.lands(desk.locator("#fiche-t"))

    # Publish what waits, one box let go and ticked again with the space bar.
    keys.press("Escape")
    keys.lands(slot)
    keys.press("Escape")
    keys.enter(todo(desk, "brouillon"), back=True)
    box = desk.get_by_role("checkbox").first
    keys.to(box)
    keys.press("Space")
    expect(box).not_to_be_checked()
    keys.press("Space")
    keys.enter(desk.get_by_role("button", name="Publier"))
    expect(desk.locator("#flashes")).to_contain_text("publié")
    keys.enter(desk.get_by_role("link", name="Aller au tableau"))
    keys.press("Tab")
    walk_to(keys, slot)
    keys.press("Enter")
    keys.lands(desk.locator("#fiche-t"))
    fit = fiche.locator(".roster > li:has(form button:text('Affecter')):not(:has(.assign-why)) > a")
    absent, instead = fit.all_inner_texts()[:2]
    keys.enter(desk.get_by_role("button", name=f"Affecter {absent}"))
    expect(desk.locator("#flashes")).to_contain_text(f"{absent} a une place")
    keys.lands(desk.locator("#fiche-t"))
    begins = starts_at(desk, after)

    with (
        later(server, begins + QUARTER, tmp_path) as then,
        watched_page(browser, then, **DESK) as page,
    ):
        page.set_default_timeout(PATIENT)
        sign_in(page, COORDINATOR)
        nobody_comes(Keys(page), slot_id[2:], absent, instead)


def nobody_comes(keys: Keys, shift: str, absent: str, instead: str) -> None:
    page = keys.page
    page.goto("/planning/jour")
    card = page.locator(f"#c-{shift}")
    keys.enter(card.get_by_role("button", name=f"Absence {absent}"))
    instead_link = card.get_by_role("link", name=f"Noter qui remplace {absent}")
    keys.lands(instead_link)
    keys.press("Enter")
    who = page.get_by_label("Qui est venu ?")
    keys.to(who)
    keys.pick(who, instead)
    keys.enter(page.get_by_role("button", name="Ajouter et noter la présence"))
    expect(card.locator(".day-person", has_text=instead)).to_contain_text("Présence")
    expect(card.locator(".day-person", has_text=absent)).to_contain_text("Absence")
    # The next stop is where the person was left.
    keys.press("Tab")
    keys.seen()
    assert card.evaluate("(one) => one.contains(document.activeElement)")
