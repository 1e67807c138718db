"""Tabs closed, a browser killed, a server restarted or renewed, a clock that is wrong, a store that is shut."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from civic import clock
from tests.browser import FLAGS, Server, chromium, serve
from tests.e2e.cut import BEFORE, Proxy
from tests.e2e.field import FORM, SITE, VOLUNTEER, Field
from tests.postgres import die_with_parent

pytestmark = pytest.mark.verify
SignIn = Callable[[Page, str], None]
ROOT = Path(__file__).parent.parent.parent


def name() -> str:
    return f"essai {uuid4()}"


def test_the_tab_is_closed_on_a_draft_and_on_a_record(volunteer: Field) -> None:
    context = volunteer.page.context
    volunteer.visit()
    volunteer.proxy.always = BEFORE
    volunteer.open()
    volunteer.save(name())
    volunteer.page.get_by_role("link", name="Noter la suivante").click()
    draft = name()
    volunteer.type(draft)
    volunteer.page.close()
    volunteer.page = context.new_page()
    volunteer.open()
    expect(volunteer.page.locator('[name="comment"]')).to_have_value(draft)
    expect(volunteer.page.locator('[name="age_25_59"]')).to_have_value("1")
    volunteer.page.get_by_role("button", name="Enregistrer").click()
    expect(volunteer.page.locator("[data-piece=saved]")).to_be_visible()
    volunteer.confirmed.append(draft)
    volunteer.let_go()
    volunteer.proxy.always = None
    volunteer.send_now()
    volunteer.wait_for("sent", "sent")
    volunteer.check_all_once()


class OwnBrowser:
    """A browser process of our own, on a profile that outlives it."""

    def __init__(self, browser: Browser, profile: Path) -> None:
        self.browser, self.profile = browser, profile

    def start(self) -> BrowserContext:
        port = self.profile / "DevToolsActivePort"
        port.unlink(missing_ok=True)
        command = [chromium(), *FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self.profile}"]
        self.process = subprocess.Popen(
            [*command, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        for _ in range(200):
            if port.exists() and port.read_text().strip():
                break
            time.sleep(0.05)
        number = port.read_text().split()[0]
        connected = self.browser.browser_type.connect_over_cdp(f"http://127.0.0.1:{number}")
        return connected.contexts[0]

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def test_the_browser_is_killed_with_records_on_the_phone(
    browser: Browser, server: Server, proxy: Proxy, sign_in: SignIn, tmp_path: Path
) -> None:
    own = OwnBrowser(browser, tmp_path / "profile")
    page = own.start().new_page()
    answer = page.context.request.post(
        f"{proxy.url}/api/v1/auth/login", form={"username": VOLUNTEER, "password": "demo-chaine-des-parcs"}
    )
    assert answer.status == 204
    # The cookie of a session that is not kept goes with its browser: keep it as the sign-in page does.
    token = next(one for one in page.context.cookies() if one["name"] == "civic_session")
    kept = {**token, "expires": time.time() + 30 * 86_400}
    page.context.add_cookies([kept])  # type: ignore[list-item]
    proxy.always = BEFORE
    phone = Field(page, proxy, server)
    page.goto(f"{proxy.url}/rencontres/nouvelle")
    expect(page.locator(FORM)).to_be_visible()
    phone.save(name())
    own.kill()

    assert phone.rows().count(phone.confirmed[0]) == 0
    page = own.start().new_page()
    page.context.add_cookies([kept])  # type: ignore[list-item]
    phone.page = page
    page.goto(f"{proxy.url}/envois")
    expect(page.locator("[data-summary]")).to_have_text("1 fiche n’est pas encore partie.")
    proxy.always = None
    phone.send_now()
    phone.wait_for("sent")
    phone.check_all_once()
    own.kill()


def test_two_tabs_send_each_record_once(volunteer: Field) -> None:
    volunteer.visit()
    volunteer.proxy.down = True
    volunteer.fill([(str(uuid4()), name()) for _ in range(150)])
    other = volunteer.page.context.new_page()
    volunteer.proxy.down = False
    other.goto("/envois")
    volunteer.open("/envois")
    for _ in range(3):
        other.evaluate("dispatchEvent(new Event('online'))")
        volunteer.page.evaluate("dispatchEvent(new Event('online'))")
    volunteer.wait_until_all_left()
    volunteer.check_all_once()
    # Each record's bytes crossed the line once: neither tab sent what the other had in hand.
    assert volunteer.proxy.seen == 2


def wait_until(page: Page, asked: str) -> None:
    for _ in range(100):
        if page.evaluate(asked):
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.evaluate("async () => await caches.keys()"))


def test_the_server_restarts_and_a_new_release_comes_in_mid_queue(
    browser: Browser, demo_file: Path, proxy: Proxy, volunteer: Field, tmp_path: Path
) -> None:
    folder = tmp_path / "here"
    shutil.copytree(demo_file.parent, folder / "var")
    renewed = tmp_path / "renewed"
    for part in ("civic", "static", "templates", "alembic"):
        shutil.copytree(ROOT / part, renewed / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (renewed / "static" / "phone" / "words.js").open("a") as file:
        file.write("// Another release.\n")
    page = volunteer.page
    with serve(folder) as first:
        volunteer.server = first
        proxy.target = ("127.0.0.1", int(first.url.rsplit(":", 1)[1]))
        page.request.post("/api/v1/auth/login", form={"username": VOLUNTEER, "password": "demo-chaine-des-parcs"})
        volunteer.visit()
        before = page.evaluate("async () => (await caches.keys()).sort()")
        proxy.always = BEFORE
        volunteer.open()
        volunteer.save(name())
    proxy.down = True
    page.get_by_role("link", name="Noter la suivante").click()
    volunteer.save(name())
    path = os.pathsep.join(filter(None, [str(renewed), os.environ.get("PYTHONPATH")]))
    with serve(folder, PYTHONPATH=path) as second:
        volunteer.server = second
        proxy.target = ("127.0.0.1", int(second.url.rsplit(":", 1)[1]))
        proxy.down, proxy.always = False, None
        # The old page, still open, sends what it kept to the new server.
        page.evaluate("navigator.serviceWorker.ready.then((one) => one.update())")
        volunteer.let_go()
        volunteer.wait_for("sent", "sent")
        volunteer.check_all_once()
        # Under a form in use the new release waits; on a page without one it takes over, and then the old one goes.
        page.wait_for_timeout(500)
        assert set(before) <= set(page.evaluate("async () => (await caches.keys())"))
        complete = "async () => (await caches.keys()).length === 4"
        page.goto("/")
        wait_until(page, complete)
        page.goto("/mes-creneaux")
        wait_until(page, "async () => (await caches.keys()).length === 2")
        after = page.evaluate("async () => (await caches.keys()).sort()")
        assert len(after) == 2
        assert not set(before) & set(after)
        page.context.set_offline(True)
        volunteer.open()
        assert (
            page.evaluate(
                """async () => {
              const asked = performance.getEntriesByType("resource").filter((one) => one.name.includes("/phone/"));
              return new Set(asked.map((one) => one.name.split("/")[4])).size;
            }"""
            )
            == 1
        )
        page.context.set_offline(False)


@pytest.mark.parametrize("off", [-2, 2])
def test_a_phone_whose_clock_is_two_days_off(volunteer: Field, off: int) -> None:
    volunteer.page.clock.install(time=clock.now() + timedelta(days=off))
    volunteer.visit()
    volunteer.open()
    expect(volunteer.page.locator('[name="date"]')).to_have_value(clock.today().isoformat())
    volunteer.save(name())
    volunteer.page.get_by_role("link", name="Noter la suivante").click()
    volunteer.page.context.set_offline(True)
    volunteer.open()
    expect(volunteer.page.locator('[name="date"]')).to_have_value(clock.today().isoformat())
    volunteer.save(name())
    volunteer.let_go()
    volunteer.page.context.set_offline(False)
    volunteer.send_now()
    volunteer.wait_for("sent", "sent")
    volunteer.check_all_once()


def test_a_day_to_come_stays_to_be_corrected_and_then_leaves(volunteer: Field) -> None:
    page = volunteer.page
    volunteer.open()
    wanted = name()
    volunteer.type(wanted)
    page.locator('[name="date"]').fill((clock.today() + timedelta(days=2)).isoformat())
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[data-piece=saved] [data-state]")).to_contain_text("Cette date est à venir")
    assert volunteer.states() == ["needs"]
    assert volunteer.proxy.seen == 0
    volunteer.open("/envois")
    page.get_by_role("link", name="Ouvrir et corriger").click()
    expect(page.locator('[name="comment"]')).to_have_value(wanted)
    page.locator('[name="date"]').fill(clock.today().isoformat())
    page.get_by_role("button", name="Enregistrer").click()
    volunteer.confirmed.append(wanted)
    volunteer.let_go()
    volunteer.wait_for("sent")
    volunteer.check_all_once()


def test_a_record_that_is_refused_keeps_its_reason_and_the_others_go_on(volunteer: Field) -> None:
    page = volunteer.page
    volunteer.visit()
    names = [(str(uuid4()), name()) for _ in range(3)]
    volunteer.proxy.down = True
    volunteer.fill(names)
    page.evaluate(
        """(uuid) => new Promise((answer) => {
          const opening = indexedDB.open("civic");
          opening.onsuccess = () => {
            const table = opening.result.transaction("records", "readwrite").objectStore("records");
            table.get(uuid).onsuccess = ({ target }) => {
              target.result.content.topics = ["no_such_topic"];
              table.put(target.result).onsuccess = () => (opening.result.close(), answer());
            };
          };
        })""",
        names[1][0],
    )
    volunteer.proxy.down = False
    volunteer.send_now()
    volunteer.wait_for("needs", "sent", "sent")
    expect(page.locator("[data-reasons]:visible")).to_contain_text("Ce thème n’existe pas")
    expect(page.locator("[data-phone-sync]")).to_contain_text("1 à corriger")
    page.get_by_role("link", name="Ouvrir et corriger").click()
    page.locator('[name="topics"][value="parks"]').check(force=True)
    page.get_by_role("button", name="Enregistrer").click()
    volunteer.let_go()
    volunteer.wait_for("sent", "sent", "sent")
    with_version = [row for row in volunteer.rows() if row in volunteer.confirmed]
    assert sorted(with_version) == sorted(volunteer.confirmed)


def test_a_store_that_is_shut_is_said_and_the_form_goes_to_the_server(volunteer: Field) -> None:
    page = volunteer.page
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };")
    volunteer.open()
    expect(page.get_by_text("Ce téléphone refuse de garder des fiches")).to_be_visible()
    wanted = name()
    volunteer.type(wanted)
    page.context.set_offline(True)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Sans réseau et sans mémoire")).to_be_visible()
    expect(page.locator('[name="comment"]')).to_have_value(wanted)
    page.context.set_offline(False)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Rencontre enregistrée")).to_be_visible()
    assert volunteer.rows().count(wanted) == 1


def test_a_full_store_is_said_and_nothing_is_called_saved(volunteer: Field) -> None:
    page = volunteer.page
    page.add_init_script(
        """const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (value, ...rest) {
          if (this.name === "records") throw new DOMException("full", "QuotaExceededError");
          return put.call(this, value, ...rest);
        };"""
    )
    volunteer.visit()
    page.context.set_offline(True)
    volunteer.open()
    wanted = name()
    volunteer.type(wanted)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("n’a plus de place")).to_be_visible()
    expect(page.locator("[data-piece=saved]")).to_have_count(0)
    expect(page.locator('[name="comment"]')).to_have_value(wanted)
    page.context.set_offline(False)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Rencontre enregistrée")).to_be_visible()
    assert volunteer.rows().count(wanted) == 1


def test_the_queue_goes_to_a_file_and_comes_back_once(volunteer: Field, tmp_path: Path) -> None:
    page = volunteer.page
    volunteer.visit()
    volunteer.proxy.always = BEFORE
    volunteer.fill([(str(uuid4()), name()) for _ in range(3)])
    volunteer.open("/envois")
    page.get_by_text("Mettre à l’abri").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Enregistrer un fichier").click()
    file = tmp_path / "queue.json"
    download.value.save_as(file)
    page.evaluate(
        """() => new Promise((answer) => {
          const opening = indexedDB.open("civic");
          opening.onsuccess = () => {
            opening.result.transaction("records", "readwrite").objectStore("records").clear().onsuccess = () =>
              (opening.result.close(), answer());
          };
        })"""
    )
    page.reload()
    expect(page.locator("[data-summary]")).to_have_text(re.compile("Rien n’attend"))
    page.get_by_text("Mettre à l’abri").click()
    (tmp_path / "bad.json").write_text('{"format": "civic-envois", "records": [{"uuid": "x"}]}')
    page.get_by_label("Reprendre un fichier").set_input_files(tmp_path / "bad.json")
    expect(page.locator("[data-restored]")).to_contain_text("n’est pas une sauvegarde")
    volunteer.proxy.always = None
    page.get_by_label("Reprendre un fichier").set_input_files(file)
    expect(page.locator("[data-restored]")).to_have_text("3 fiches reprises du fichier.")
    volunteer.wait_for("sent", "sent", "sent")
    page.get_by_label("Reprendre un fichier").set_input_files(file)
    expect(page.locator("[data-restored]")).to_contain_text("Rien à reprendre")
    volunteer.wait_for("sent", "sent", "sent")
    volunteer.check_all_once()


def test_an_outing_without_any_encounter_is_queued_too(volunteer: Field) -> None:
    page = volunteer.page
    volunteer.visit()
    page.context.set_offline(True)
    volunteer.open("/sorties/nouvelle")
    expect(page.locator(FORM)).to_be_visible()
    if not page.locator('[name="site_id"]').is_visible():
        page.locator("summary", has=page.locator("[data-phone-where]")).click()
    page.get_by_label("Lieu", exact=True).select_option(value=SITE)
    page.locator('[name="approached_count"]').fill("7")
    page.locator('[name="refused_count"]').fill("7")
    page.get_by_label("Temps qu’il faisait").select_option(value="pluie")
    page.get_by_role("button", name="Enregistrer le bilan").click()
    expect(page.get_by_role("heading", name="Bilan gardé sur ce téléphone")).to_be_visible()
    volunteer.let_go()
    page.context.set_offline(False)
    volunteer.open("/envois")
    volunteer.wait_for("sent")


def test_an_arrival_is_queued_and_noted_when_the_network_is_back(volunteer: Field, browser: Browser) -> None:
    page = volunteer.page
    coordinator = browser.new_context(base_url=volunteer.server.url).request
    login = {"username": "coordination@demo.example", "password": "demo-chaine-des-parcs"}
    assert coordinator.post("/api/v1/auth/login", form=login).status == 204
    missions = coordinator.get("/api/v1/missions").json()["items"]
    who = page.request.get("/api/v1/me").json()["volunteer_id"]
    day = {"from": clock.today().isoformat(), "to": clock.today().isoformat()}
    busy = [one for one in page.request.get("/api/v1/shifts", params=day).json()["items"] if one["my_booking"]]
    shift_id, site = (busy[0]["id"], busy[0]["site_id"]) if busy else ("", SITE)
    if not busy:
        start = clock.now() + timedelta(minutes=10)
        made = coordinator.post(
            "/api/v1/shifts",
            data={
                "mission_id": next(one["id"] for one in missions if SITE in one["site_ids"]),
                "site_id": SITE,
                "starts_at": start.isoformat(),
                "ends_at": (start + timedelta(hours=2)).isoformat(),
                "capacity": 2,
                "min_staff": 1,
                "state": "published",
            },
        )
        assert made.status == 201, made.text()
        shift_id = made.json()["id"]
        given = {"volunteer_id": who, "reason": "essai"}
        seat = coordinator.post(f"/api/v1/shifts/{shift_id}/bookings", data=given)
        assert seat.status == 201, seat.text()
    coordinator.post(f"/sites/{site}/arrivee", form={})
    poster = coordinator.get(f"/sites/{site}/arrivee").text()
    code = re.findall(r"/ici/([2-9A-Z]{6})", poster)[0]
    volunteer.visit()
    page.wait_for_timeout(500)
    page.context.set_offline(True)
    page.goto("/ici")
    expect(page.locator(FORM)).to_be_visible()
    page.get_by_label("Code de l’affiche").fill(code)
    page.get_by_role("button", name="Je suis sur place").click()
    expect(page.get_by_role("heading", name="Arrivée gardée sur ce téléphone")).to_be_visible()
    assert volunteer.states() == ["waiting"]
    page.context.set_offline(False)
    volunteer.open("/envois")
    volunteer.wait_for("sent")
    there = coordinator.get(f"/api/v1/shifts/{shift_id}/bookings").json()["items"]
    assert [one["attendance"] for one in there if one["volunteer_id"] == who] == ["present"]
