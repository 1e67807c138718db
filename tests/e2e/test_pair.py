"""Two partners with no network each sum up the same outing: it is counted once, and nothing is overwritten unseen."""

import sqlite3
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from civic import clock
from tests.browser import Server
from tests.e2e.conftest import in_the_field
from tests.e2e.cut import Proxy
from tests.e2e.field import FORM, Field

SHARED = """SELECT shifts.id, min(users.email), max(users.email) FROM shifts
    JOIN bookings ON bookings.shift_id = shifts.id AND bookings.state = 'confirmed'
    JOIN volunteers ON volunteers.id = bookings.volunteer_id JOIN users ON users.id = volunteers.user_id
    WHERE shifts.state = 'published' AND date(shifts.starts_at) = ? AND users.email LIKE 'volontaire0%'
        AND shifts.id NOT IN (SELECT shift_id FROM outings WHERE shift_id IS NOT NULL)
    GROUP BY shifts.id HAVING count(*) > 1"""


def asked(server: Server, query: str, *given: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(server.folder / "var" / "civic.db") as base:
        return base.execute(query, given).fetchall()


def sum_up(phone: Field, shift: str, approached: int) -> None:
    """Offline, from the page that the phone kept."""
    phone.visit()
    phone.page.wait_for_function(
        """(shift) => new Promise((answer) => {
          const opening = indexedDB.open("civic");
          opening.onsuccess = () => {
            const all = opening.result.transaction("known").objectStore("known").getAll();
            all.onsuccess = () => (opening.result.close(), answer(JSON.stringify(all.result).includes(shift)));
          };
        })""",
        arg=shift,
    )
    phone.page.context.set_offline(True)
    phone.open(f"/sorties/nouvelle?shift={shift}")
    expect(phone.page.locator(FORM)).to_be_visible()
    phone.page.locator('[name="approached_count"]').fill(str(approached))
    phone.page.get_by_role("button", name="Enregistrer le bilan").click()
    expect(phone.page.get_by_role("heading", name="Bilan gardé sur ce téléphone")).to_be_visible()
    phone.let_go()


def test_one_outing_of_two_partners_counts_once(
    browser: Browser, server: Server, proxy: Proxy, sign_in: Callable[[Page, str], None]
) -> None:
    shift, one, two = asked(server, SHARED, clock.today().isoformat())[0]
    uuid = f"{shift[:8]}-{shift[8:12]}-{shift[12:16]}-{shift[16:20]}-{shift[20:]}"
    rows = "SELECT approached_count, version FROM outings WHERE shift_id = ?"
    with (
        in_the_field(browser, server, proxy, sign_in, one) as first,
        in_the_field(browser, server, proxy, sign_in, two) as second,
    ):
        sum_up(first, uuid, 9)
        sum_up(second, uuid, 4)
        for phone, state in ((first, "sent"), (second, "needs")):
            phone.page.context.set_offline(False)
            phone.open("/envois")
            phone.wait_for(state)
        assert asked(server, rows, shift) == [(9, 1)]
        line = second.page.locator("[data-records] > li")
        expect(line).to_contain_text("sans doute par votre binôme")
        # The second reads both, and puts their own in its place: a next version, not another outing.
        line.get_by_role("link", name="Ouvrir et corriger").click()
        expect(second.page.locator('[name="approached_count"]')).to_have_value("4")
        second.page.locator('[name="refused_count"]').fill("1")
        second.page.get_by_role("button", name="Enregistrer le bilan").click()
        expect(second.page.locator("[data-piece=saved]")).to_be_visible()
        second.let_go()
        second.open("/envois")
        second.wait_for("sent")
        assert asked(server, rows, shift) == [(4, 2)]
