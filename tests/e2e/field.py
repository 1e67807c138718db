"""A volunteer's phone in the tests of the field: the form as a thumb uses it, the queue, the rows that came."""

import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

from civic import clock
from tests.browser import Server
from tests.e2e.cut import Proxy

VOLUNTEER, COLLEAGUE = "volontaire001@demo.example", "volontaire002@demo.example"
SITE = "parc-iles"
FORM = "form[data-phone-ready]"
# Ready once every page of the field is kept.
KEPT = """async () => {
  for (let n = 0; n < 200; n += 1) {
    for (const name of await caches.keys())
      if (name.startsWith("pages|") && (await (await caches.open(name)).keys()).length === 7) return true;
    await new Promise((next) => setTimeout(next, 50));
  }
  return false;
}"""
QUEUE = """() => new Promise((answer, fail) => {
  const opening = indexedDB.open("civic");
  opening.onerror = () => fail(opening.error);
  opening.onsuccess = () => {
    const all = opening.result.transaction("records").objectStore("records").getAll();
    all.onsuccess = () => (opening.result.close(), answer(all.result));
  };
})"""
# Records written as the form writes them, for the queues that a thumb would take an hour to fill.
FILL = """async ([account, contents]) => {
  const opening = indexedDB.open("civic");
  const db = await new Promise((answer) => (opening.onsuccess = () => answer(opening.result)));
  const tx = db.transaction("records", "readwrite");
  contents.forEach(([uuid, content], n) => tx.objectStore("records").put({
    uuid, account, kind: "encounter", version: 1, content, label: "", reason: null, state: "waiting",
    savedAt: Date.now() + n, holdUntil: 0, tried: false,
  }));
  await new Promise((answer) => (tx.oncomplete = answer));
  db.close();
}"""


@dataclass
class Field:
    """One volunteer with their phone. `confirmed` are the comments of the records whose saving the screen confirmed."""

    page: Page
    proxy: Proxy
    server: Server
    confirmed: list[str] = field(default_factory=list)

    def open(self, path: str = "/rencontres/nouvelle") -> None:
        self.page.goto(path)
        if path.startswith("/rencontres/nouvelle"):
            expect(self.page.locator(FORM)).to_be_visible()

    def visit(self) -> None:
        """One visit with the network, after which the pages of the field are on the phone."""
        self.open("/")
        assert self.page.evaluate(KEPT), "the pages of the field were not kept"

    def type(self, name: str) -> None:
        page = self.page
        if not page.locator('[name="site_id"]').is_visible():
            page.locator("summary", has=page.locator("[data-phone-where]")).click()
        page.get_by_label("Lieu", exact=True).select_option(value=SITE)
        page.locator('#f-age_25_59 ~ [data-step="1"]').click()
        page.locator('[name="topics"][value="parks"]').check(force=True)
        page.locator('[name="feeling"][value="positif"]').check(force=True)
        if not page.locator('[name="comment"]').is_visible():
            page.locator("summary", has_text="Plus de détails").click()
        page.locator('[name="comment"]').fill(name)

    def save(self, name: str) -> None:
        self.type(name)
        self.page.get_by_role("button", name="Enregistrer").click()
        expect(self.page.locator("[data-piece=saved]")).to_be_visible()
        self.confirmed.append(name)

    def let_go(self) -> None:
        """The ten seconds to think again are over, as when the phone goes back to its pocket."""
        self.page.evaluate(
            """() => {
              Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
              delete document.visibilityState;
            }"""
        )

    def queue(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(QUEUE)
        return found

    def states(self) -> list[str]:
        return sorted(one["state"] for one in self.queue())

    def wait_for(self, *states: str) -> None:
        """Until the phone holds exactly these states."""
        deadline = time.monotonic() + 20
        while self.states() != sorted(states):
            assert time.monotonic() < deadline, f"{self.queue()} instead of {states}"
            self.page.wait_for_timeout(50)

    def wait_until_all_left(self) -> None:
        deadline = time.monotonic() + 20
        while set(self.states()) != {"sent"}:
            assert time.monotonic() < deadline, self.states()
            self.page.wait_for_timeout(50)

    def send_now(self) -> None:
        """By the button, as somebody who does not want to wait for the timer."""
        if not self.page.url.endswith("/envois"):
            self.open("/envois")
        # It may have left by itself meanwhile: the button then is there no more, and a tap on it does no harm.
        self.page.evaluate("document.querySelector('[data-send]').click()")

    def rows(self) -> list[str]:
        """The comments of this test's records on the server."""
        with sqlite3.connect(self.server.folder / "var" / "civic.db") as base:
            chosen = (
                "SELECT comment, age_25_59, feeling, version, site_id, date FROM encounters WHERE comment LIKE 'essai%'"
            )
            found = base.execute(chosen).fetchall()
        assert all(row[1:3] == (1, "positif") and row[4:] == (SITE, clock.today().isoformat()) for row in found), found
        return [row[0] for row in found]

    def outings(self) -> list[tuple[Any, ...]]:
        """The accounts that came from this phone's queue."""
        sent = [one["uuid"].replace("-", "") for one in self.queue() if one["kind"] == "outing"]
        with sqlite3.connect(self.server.folder / "var" / "civic.db") as base:
            chosen = (
                "SELECT site_id, approached_count, refused_count, weather, crowd, version FROM outings WHERE id IN "
            )
            return base.execute(f"{chosen} ({', '.join('?' * len(sent))})", sent).fetchall()

    def check_all_once(self) -> None:
        """Every record that was confirmed is on the server exactly once, and nothing waits on the phone."""
        counted = Counter(name for name in self.rows() if name in set(self.confirmed))
        assert counted == Counter(self.confirmed)
        assert not [one for one in self.queue() if one["state"] != "sent"]

    def fill(self, names: list[tuple[str, str]]) -> None:
        """Queue many records, [(uuid, comment)]."""
        account = self.page.locator('meta[name="civic-phone"]').get_attribute("content")
        made = [
            [
                uuid,
                {
                    "site_id": SITE,
                    "date": clock.today().isoformat(),
                    "half_day": "matin",
                    "age_25_59": 1,
                    "topics": ["parks"],
                    "feeling": "positif",
                    "comment": name,
                    "shift_id": None,
                },
            ]
            for uuid, name in names
        ]
        self.page.evaluate(FILL, [account, made])
        self.confirmed += [name for _uuid, name in names]
