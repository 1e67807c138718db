"""« Comment s’est passée la sortie ? » with no network: asked once the shift has ended, answered, and said so."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from playwright.sync_api import expect

from civic import clock
from tests.e2e.field import FORM, SITE, Field

# A shift as the server tells it, in the place of the person's own, once the phone has learnt these.
LEARN = """([account, shift]) => new Promise((answer) => {
  const opening = indexedDB.open("civic");
  opening.onsuccess = () => {
    const key = `shifts/${account}`;
    const look = () => {
      const table = opening.result.transaction("known", "readwrite").objectStore("known");
      table.get(key).onsuccess = ({ target }) => {
        if (!target.result) return setTimeout(look, 50);
        table.put({ at: Date.now(), shifts: [shift] }, key).onsuccess = () => (opening.result.close(), answer());
      };
    };
    look();
  };
})"""


def test_a_shift_that_ended_with_no_network_is_summed_up_with_none(volunteer: Field) -> None:
    page, now = volunteer.page, clock.now()
    volunteer.visit()
    days = [clock.local(now + timedelta(minutes=n)).date().isoformat() for n in (-60, 15, 30)]
    shift = {
        "id": str(uuid4()),
        "site_id": SITE,
        "site": "Parc des Îles",
        "starts_at": clock.local(now - timedelta(hours=1)).isoformat(),
        "ends_at": clock.local(now + timedelta(minutes=15)).isoformat(),
        "when": "ce matin",
        "days": sorted(set(days)),
        "missed": False,
        "outing": None,
    }
    account = page.locator('meta[name="civic-phone"]').get_attribute("content")
    page.evaluate(LEARN, [account, shift])
    page.context.set_offline(True)
    asked, written = page.locator("[data-outing=asked]"), page.locator("[data-outing=written]")
    card = page.locator(f"[data-outing][data-shift='{shift['id']}']")
    volunteer.open("/")
    expect(page.locator("[data-phone-age]")).to_contain_text("Hors ligne")
    expect(card).to_have_count(0)
    # By the phone's own clock, which need not be the server's.
    later = page.evaluate("Date.now()") / 1000 + 30 * 60
    page.clock.install(time=datetime.fromtimestamp(later, UTC))
    volunteer.open("/")
    expect(asked).to_contain_text("Comment s’est passée la sortie ?")
    expect(asked).to_contain_text("Parc des Îles, ce matin")
    asked.get_by_role("link", name="Faire le bilan").click()
    expect(page.locator(FORM)).to_be_visible()
    expect(page.locator('[name="site_id"]')).to_have_value(SITE)
    expect(page.locator('[name="approached_count"]')).to_have_value("")
    page.get_by_label("Personnes abordées").fill("0")
    page.get_by_label("Temps qu’il faisait").select_option(value="pluie")
    # What is typed is still there after a call that closed the page.
    page.reload()
    expect(page.get_by_text("Votre brouillon est repris")).to_be_visible()
    expect(page.get_by_label("Personnes abordées")).to_have_value("0")
    page.get_by_role("button", name="Enregistrer le bilan").click()
    expect(page.get_by_role("heading", name="Bilan gardé sur ce téléphone")).to_be_visible()
    page.get_by_role("link", name="Accueil").click()
    expect(written).to_contain_text("0 personne abordée, temps : pluie")
    expect(written).to_contain_text("pas encore envoyée")
    expect(page.locator(f"[data-outing=asked][data-shift='{shift['id']}']")).to_have_count(0)
    # The person may think again before it leaves.
    written.get_by_role("link", name="Revoir ou corriger").click()
    expect(page.get_by_label("Personnes abordées")).to_have_value("0")
    page.get_by_label("Monde sur place").select_option(value="vide")
    page.get_by_role("button", name="Enregistrer le bilan").click()
    expect(page.locator("[data-piece=saved]")).to_be_visible()
    # Undone, the correction is a draft again, and what was confirmed before it is back.
    page.get_by_role("button", name=re.compile("Annuler")).click()
    expect(page.get_by_label("Monde sur place")).to_have_value("vide")
    [kept] = volunteer.queue()
    assert (kept["version"], kept["state"], kept["content"]["crowd"]) == (1, "waiting", None)
    page.goto(f"/sorties/nouvelle?shift={shift['id']}")
    expect(page.get_by_text("Votre brouillon est repris")).to_be_visible()
    expect(page.get_by_label("Monde sur place")).to_have_value("vide")
    page.get_by_role("button", name="Enregistrer le bilan").click()
    expect(page.locator("[data-piece=saved]")).to_be_visible()
    assert len(volunteer.queue()) == 1
    volunteer.let_go()
    page.context.set_offline(False)
    volunteer.open("/envois")
    volunteer.wait_for("sent")
    [row] = volunteer.outings()
    assert row == (SITE, 0, None, "pluie", "vide", 2)
