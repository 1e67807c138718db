"""The phone with no network: what opens, what is kept, what leaves, and what the screen says meanwhile."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.cut import AFTER_COMMIT
from tests.e2e.field import COLLEAGUE, VOLUNTEER, Field

SignIn = Callable[[Page, str], None]


def test_noted_with_no_network_and_sent_once_when_it_is_back(volunteer: Field) -> None:
    page, name = volunteer.page, f"essai {uuid4()}"
    volunteer.visit()
    page.context.set_offline(True)
    volunteer.open()
    expect(page.locator("[data-phone-age]")).to_contain_text("Hors ligne")
    volunteer.save(name)
    expect(page.locator("[data-piece=saved] [data-state]")).to_have_text("Gardée sur ce téléphone, pas encore envoyée")
    page.get_by_role("link", name="Noter la suivante").click()
    expect(page.locator('[name="site_id"]')).to_have_value("parc-iles")
    assert page.locator('[name="age_25_59"]').input_value() == "0"
    second = f"essai {uuid4()}"
    volunteer.save(second)
    assert volunteer.states() == ["waiting", "waiting"]
    assert len({one["uuid"] for one in volunteer.queue()}) == 2
    assert volunteer.rows().count(name) == 0

    volunteer.let_go()
    # At first every answer is lost after the server has committed.
    volunteer.proxy.always = AFTER_COMMIT
    page.context.set_offline(False)
    volunteer.open("/envois")
    expect(page.locator("[data-try]")).to_contain_text("Tout est gardé")
    volunteer.proxy.always = None
    volunteer.send_now()
    volunteer.wait_for("sent", "sent")
    expect(page.locator("[data-summary]")).to_have_text(re.compile("Rien n’attend"))
    volunteer.check_all_once()


def test_the_pages_of_the_field_open_with_no_network_after_one_visit(volunteer: Field) -> None:
    volunteer.visit()
    volunteer.page.context.set_offline(True)
    forms = ("/rencontres/nouvelle", "/sorties/nouvelle", "/signalements/nouveau", "/ici")
    for path in ("/", "/mes-creneaux", "/envois", *forms):
        volunteer.open(path)
        expect(volunteer.page.locator("h1").first).to_be_visible()
        expect(volunteer.page.locator("[data-phone-age]")).to_contain_text("moins d’une heure")
    volunteer.page.goto("/rencontres")
    expect(volunteer.page.get_by_text("Cette page a besoin du réseau")).to_be_visible()


def test_undone_within_ten_seconds_it_never_leaves(volunteer: Field) -> None:
    page, name = volunteer.page, f"essai {uuid4()}"
    volunteer.open()
    volunteer.save(name)
    page.get_by_role("button", name=re.compile("Annuler")).click()
    expect(page.locator('[name="comment"]')).to_have_value(name)
    assert volunteer.queue() == []
    page.reload()
    expect(page.get_by_text("Votre brouillon est repris")).to_be_visible()
    expect(page.locator('[name="comment"]')).to_have_value(name)
    volunteer.let_go()
    assert name not in volunteer.rows()


def test_on_a_shared_phone_nobody_sends_or_reads_anothers(volunteer: Field, sign_in: SignIn) -> None:
    page, name = volunteer.page, f"essai {uuid4()}"
    volunteer.visit()
    volunteer.proxy.always = AFTER_COMMIT
    volunteer.proxy.down = True
    volunteer.open()
    volunteer.save(name)
    stale = page.context.new_page()
    volunteer.proxy.down = False
    volunteer.proxy.always = None
    sign_in(stale, COLLEAGUE)
    # The first page still believes that it is its owner's: the server refuses what it sends.
    volunteer.let_go()
    expect(page.locator("[data-phone-sync]")).to_contain_text("Reconnectez-vous", timeout=15_000)
    assert name not in volunteer.rows()
    stale.goto("/envois")
    expect(stale.locator("[data-others]")).to_contain_text("1 fiche d’une autre personne")
    assert name not in stale.content()
    caches = stale.evaluate("async () => (await caches.keys()).filter((name) => name.startsWith('pages|')).length")
    assert caches <= 1
    sign_in(stale, VOLUNTEER)
    stale.goto("/envois")
    page.close()
    volunteer.page = stale
    volunteer.wait_for("sent")
    volunteer.check_all_once()


def test_signing_out_says_what_is_unsent_and_keeps_it(volunteer: Field) -> None:
    page, name = volunteer.page, f"essai {uuid4()}"
    volunteer.visit()
    volunteer.proxy.always = "before"
    volunteer.open()
    volunteer.save(name)
    page.goto("/profil")
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 fiche n’est pas partie")
    page.get_by_role("button", name="Me déconnecter quand même").click()
    page.wait_for_url("**/connexion")
    expect(page.get_by_text("1 fiche d’une autre personne attend sur ce téléphone")).to_be_visible()
    assert [one["state"] for one in volunteer.queue()] == ["waiting"]
    kept = page.evaluate("async () => (await caches.keys()).filter((name) => name.startsWith('pages|'))")
    assert kept == []
