"""Old phones have no Web Locks: a lease in the phone's store lets one tab send at a time."""

from threading import Event
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.cut import SILENT
from tests.e2e.field import Field

pytestmark = pytest.mark.verify
NO_LOCKS = "delete Navigator.prototype.locks;"
# Each tab has a lease of its own and sees no other: what two tabs would do without one.
NO_LEASE = """const name = `lease ${Math.random()}`;
const own = (key) => (key === "sender-lease" ? name : key);
const { get, put } = IDBObjectStore.prototype;
const remove = IDBObjectStore.prototype.delete;
IDBObjectStore.prototype.get = function (key) { return get.call(this, own(key)); };
IDBObjectStore.prototype.delete = function (key) { return remove.call(this, own(key)); };
IDBObjectStore.prototype.put = function (value, ...keys) { return put.call(this, value, ...keys.map(own)); };"""
KICK = "navigator.locks === undefined && dispatchEvent(new Event('online'))"


def old_phone(context: BrowserContext, *more: str) -> None:
    for script in (NO_LOCKS, *more):
        context.add_init_script(script)


@pytest.mark.parametrize("guarded", [True, False], ids=["lease", "no-lease"])
def test_two_tabs_of_an_old_phone_send_each_record_once(volunteer: Field, guarded: bool) -> None:
    page, answered = volunteer.page, Event()
    old_phone(page.context, *([] if guarded else [NO_LEASE]))
    volunteer.visit()
    volunteer.proxy.down = True
    volunteer.fill([(str(uuid4()), f"essai {uuid4()}") for _ in range(150)])
    other = page.context.new_page()
    volunteer.proxy.down = False

    def held_back(_body: bytes) -> None:
        answered.wait(30)

    volunteer.proxy.always = held_back
    other.goto("/envois")
    volunteer.open("/envois")
    # The first batch is on its way; the other tab has all the time to send it again.
    for _ in range(20):
        assert [tab.evaluate(KICK) for tab in (other, page)] == [True, True]
        page.wait_for_timeout(100)
        if volunteer.proxy.seen > 1:
            break
    seen_at_once = volunteer.proxy.seen
    answered.set()
    volunteer.wait_until_all_left()
    volunteer.check_all_once()
    assert seen_at_once == (1 if guarded else 2)
    assert (volunteer.proxy.seen == 2) is guarded


def test_a_tab_that_died_while_sending_is_waited_for_and_then_taken_over(volunteer: Field) -> None:
    page = volunteer.page
    old_phone(page.context)
    volunteer.visit()
    volunteer.proxy.always = SILENT
    volunteer.fill([(str(uuid4()), f"essai {uuid4()}") for _ in range(3)])
    volunteer.send_now()
    volunteer.wait_for("sending", "sending", "sending")
    heir = page.context.new_page()
    heir.clock.install()
    page.close()
    volunteer.page = heir
    volunteer.proxy.always = None
    heir.goto("/envois")
    heir.wait_for_timeout(500)
    assert volunteer.states() == ["sending"] * 3
    assert volunteer.proxy.seen == 1
    heir.clock.fast_forward(80_000)
    volunteer.wait_for("sent", "sent", "sent")
    volunteer.check_all_once()


def test_the_next_page_of_a_tab_goes_on_with_its_lease(volunteer: Field) -> None:
    old_phone(volunteer.page.context)
    volunteer.visit()
    volunteer.proxy.always = SILENT
    volunteer.fill([(str(uuid4()), f"essai {uuid4()}")])
    volunteer.send_now()
    volunteer.wait_for("sending")
    volunteer.proxy.always = None
    volunteer.open("/envois")
    volunteer.wait_for("sent")
    volunteer.check_all_once()
