"""The line cut at every step of a sending, and every answer that is none: what was confirmed arrives once, as typed."""

import re
import time
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.cut import AFTER_COMMIT, BEFORE, IN_ANSWER, IN_REQUEST, SILENT, Answer
from tests.e2e.field import Field

pytestmark = pytest.mark.verify
PAGE = Answer(200, b"<!doctype html><title>Wifi</title>Bienvenue", "text/html; charset=utf-8")
PROBLEM = b'{"code": "x", "title": "x", "detail": "x"}'
STEPS = {
    "before": BEFORE,
    "in-request": IN_REQUEST,
    "after-commit": AFTER_COMMIT,
    "in-answer": IN_ANSWER,
    "500": Answer(500, PROBLEM),
    "502": Answer(502, b"<h1>Bad gateway</h1>", "text/html"),
    "503": Answer(503, PROBLEM, headers=("Retry-After: 1",)),
    "html": PAGE,
    "portal": Answer(302, b"", "text/html", ("Location: http://127.0.0.1:9/portal",)),
    "nonsense": Answer(200, b'{"results": [{"client_uuid": "x", "outcome": "created"}]}', "application/json"),
    "half-json": Answer(200, b'{"results": [', "application/json"),
    "empty": Answer(200, b'{"results": []}', "application/json"),
}


def name() -> str:
    return f"essai {uuid4()}"


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_of_one_sending_loses_nothing_and_doubles_nothing(volunteer: Field, step: str) -> None:
    volunteer.open()
    volunteer.proxy.always = STEPS[step]
    volunteer.save(name())
    state = volunteer.page.locator("[data-piece=saved] [data-state]")
    expect(state).to_have_text("Gardée sur ce téléphone, pas encore envoyée")
    volunteer.page.get_by_role("link", name="Noter la suivante").click()
    volunteer.save(name())
    volunteer.let_go()
    volunteer.open("/envois")
    expect(volunteer.page.locator("[data-try]")).to_contain_text("Tout est gardé", timeout=20_000)
    assert volunteer.states() == ["waiting", "waiting"]
    expect(volunteer.page.locator("[data-summary]")).to_have_text("2 fiches ne sont pas encore parties.")
    assert volunteer.proxy.seen >= 1
    volunteer.proxy.always = None
    if step == "503":
        time.sleep(1.1)
    volunteer.send_now()
    volunteer.wait_for("sent", "sent")
    volunteer.check_all_once()


def test_too_many_requests_are_not_repeated_before_the_time_that_the_server_named(volunteer: Field) -> None:
    volunteer.page.clock.install()
    volunteer.open()
    volunteer.proxy.always = Answer(429, PROBLEM, headers=("Retry-After: 120",))
    volunteer.save(name())
    volunteer.let_go()
    volunteer.page.wait_for_function("() => true")
    volunteer.wait_for("waiting")
    deadline = time.monotonic() + 10
    while volunteer.proxy.seen < 1 and time.monotonic() < deadline:
        volunteer.page.wait_for_timeout(50)
    volunteer.wait_for("waiting")
    volunteer.proxy.always = None
    # Neither another page, nor the button, nor the timer tries before.
    volunteer.send_now()
    expect(volunteer.page.locator("[data-try]")).to_contain_text("nouvel essai")
    volunteer.page.clock.fast_forward(60_000)
    assert volunteer.proxy.seen == 1
    volunteer.page.clock.fast_forward(62_000)
    volunteer.wait_for("sent")
    volunteer.check_all_once()


def test_a_server_that_says_nothing_for_30_seconds(volunteer: Field) -> None:
    page = volunteer.page
    page.clock.install()
    volunteer.open()
    volunteer.proxy.always = SILENT
    volunteer.save(name())
    volunteer.let_go()
    expect(page.locator("[data-piece=saved] [data-state]")).to_have_text("Envoi en cours")
    page.clock.fast_forward(29_000)
    assert volunteer.states() == ["sending"]
    page.clock.fast_forward(2_000)
    volunteer.wait_for("waiting")
    expect(page.locator("[data-piece=saved] [data-state]")).to_have_text(re.compile("Gardée"))
    volunteer.proxy.always = None
    page.clock.fast_forward(60_000)
    volunteer.wait_for("sent")
    volunteer.check_all_once()


def test_an_answer_too_large_cuts_the_batch_and_one_bad_record_blocks_nobody(volunteer: Field) -> None:
    volunteer.visit()
    volunteer.proxy.down = True
    names = [(str(uuid4()), name()) for _ in range(40)]
    volunteer.fill(names)
    volunteer.proxy.down = False
    volunteer.proxy.always = lambda body: Answer(413, b"", "text/html") if len(body) > 3_000 else None
    volunteer.send_now()
    volunteer.wait_for(*["sent"] * 40)
    volunteer.check_all_once()


def test_300_records_wait_and_leave_with_answers_lost_on_the_way(volunteer: Field) -> None:
    volunteer.visit()
    volunteer.page.context.set_offline(True)
    volunteer.fill([(str(uuid4()), name()) for _ in range(300)])
    volunteer.open("/envois")
    expect(volunteer.page.locator("[data-summary]")).to_have_text("300 fiches ne sont pas encore parties.")
    volunteer.proxy.faults.extend([AFTER_COMMIT, None, IN_ANSWER, Answer(500, PROBLEM), IN_REQUEST])
    volunteer.page.context.set_offline(False)
    for _ in range(10):
        if not volunteer.page.get_by_role("button", name="Envoyer maintenant").is_visible():
            break
        volunteer.page.evaluate("dispatchEvent(new Event('online'))")
        volunteer.page.wait_for_timeout(700)
    volunteer.page.wait_for_function("() => document.querySelector('[data-summary]').textContent.startsWith('Rien')")
    volunteer.check_all_once()


def test_500_records_leave_within_5_seconds(volunteer: Field) -> None:
    volunteer.visit()
    volunteer.fill([(str(uuid4()), name()) for _ in range(500)])
    volunteer.open("/")
    began = time.monotonic()
    volunteer.send_now()
    volunteer.page.wait_for_function("() => document.querySelector('[data-summary]').textContent.startsWith('Rien')")
    taken = time.monotonic() - began
    print(f"500 records in {taken:.2f} s")
    volunteer.check_all_once()
    assert taken <= 5


def test_saving_takes_at_most_100_ms(volunteer: Field) -> None:
    """From the tap to the screen that says so; the median of ten."""
    volunteer.visit()
    volunteer.page.context.set_offline(True)
    volunteer.open()
    times = []
    for _ in range(10):
        one = name()
        volunteer.type(one)
        times.append(
            volunteer.page.evaluate(
                """() => new Promise((answer) => {
                  const began = performance.now();
                  new MutationObserver((_all, me) => {
                    if (!document.querySelector("[data-piece=saved]")) return;
                    me.disconnect();
                    answer(performance.now() - began);
                  }).observe(document.querySelector("main"), { childList: true });
                  document.querySelector("[data-phone-form]").requestSubmit();
                })"""
            )
        )
        volunteer.confirmed.append(one)
        volunteer.page.get_by_role("link", name="Noter la suivante").click()
    print(f"saving: {sorted(times)[5]:.0f} ms, at most {max(times):.0f} ms")
    assert sorted(times)[5] <= 100
