"""A report of a place on a phone with no network: words and photo are kept, and each is on the server once."""

import sqlite3
from io import BytesIO
from typing import Any
from uuid import uuid4

from PIL import Image
from playwright.sync_api import expect

from tests.e2e.cut import AFTER_COMMIT
from tests.e2e.field import FORM, SITE, Field

NEW = "/signalements/nouveau"
FORGET = """new Promise((done) => {
  const gone = indexedDB.deleteDatabase("civic");
  gone.onsuccess = gone.onblocked = done;
})"""


def photo(size: tuple[int, int] = (2400, 1200)) -> dict[str, Any]:
    exif, drawn = Image.Exif(), BytesIO()
    exif[0x010F] = "Telephone"
    Image.new("RGB", size, "#486").save(drawn, "JPEG", exif=exif)
    return {"name": "vu.jpg", "mimeType": "image/jpeg", "buffer": drawn.getvalue()}


def rows(volunteer: Field, text: str) -> list[tuple[str, str, bool]]:
    with sqlite3.connect(volunteer.server.folder / "var" / "civic.db") as base:
        chosen = "SELECT kind, site_id, photo <> '' FROM site_reports WHERE description = ?"
        return [(kind, site, bool(photo)) for kind, site, photo in base.execute(chosen, (text,))]


def report(volunteer: Field, text: str, kind: str = "dechets", picture: dict[str, Any] | None = None) -> None:
    page = volunteer.page
    volunteer.open(NEW)
    expect(page.locator(FORM)).to_be_visible()
    if not page.locator('[name="site_id"]').is_visible():
        page.locator("summary", has=page.locator("[data-phone-where]")).click()
    page.get_by_label("Lieu", exact=True).select_option(value=SITE)
    page.locator(f'[name="kind"][value="{kind}"]').check(force=True)
    page.locator('[name="description"]').fill(text)
    if picture:
        page.locator('[name="photo"]').set_input_files(picture)
    page.get_by_role("button", name="Envoyer le signalement").click()


def test_words_and_photo_leave_once_when_the_network_is_back(volunteer: Field) -> None:
    page, text = volunteer.page, f"sacs {uuid4()}"
    volunteer.visit()
    page.context.set_offline(True)
    report(volunteer, text, "danger", photo())
    expect(page.locator("[data-piece=saved]")).to_be_visible()
    expect(page.locator("[data-piece=saved]").get_by_role("link", name="112")).to_be_visible()
    assert volunteer.states() == ["waiting", "waiting"]
    kept = next(one for one in volunteer.queue() if one["kind"] == "photo")
    assert kept["content"]["type"] == "image/jpeg"
    # An encounter noted after it is as safe as ever.
    name = f"essai {uuid4()}"
    volunteer.open()
    volunteer.save(name)
    volunteer.let_go()
    volunteer.proxy.always = AFTER_COMMIT
    page.context.set_offline(False)
    volunteer.open("/envois")
    expect(page.locator("[data-try]")).to_contain_text("Tout est gardé")
    volunteer.proxy.always = None
    volunteer.send_now()
    volunteer.wait_for("sent", "sent", "sent")
    assert rows(volunteer, text) == [("danger", SITE, True)]
    volunteer.check_all_once()


def test_undone_neither_leaves_and_a_file_that_is_no_picture_is_said(volunteer: Field) -> None:
    page, text = volunteer.page, f"banc {uuid4()}"
    report(volunteer, text, picture={"name": "vu.jpg", "mimeType": "image/jpeg", "buffer": b"<svg/>"})
    expect(page.locator("#f-photo-error")).to_contain_text("ne se lit pas")
    assert volunteer.queue() == []
    page.locator('[name="photo"]').set_input_files(photo((40, 20)))
    page.get_by_role("button", name="Envoyer le signalement").click()
    expect(page.locator("[data-piece=saved]")).to_be_visible()
    assert len(volunteer.queue()) == 2
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator('[name="description"]')).to_have_value(text)
    assert volunteer.queue() == []
    assert rows(volunteer, text) == []


def test_a_backup_brings_the_photo_along(volunteer: Field) -> None:
    page, text = volunteer.page, f"eau {uuid4()}"
    volunteer.visit()
    page.context.set_offline(True)
    report(volunteer, text, "eau", photo((300, 200)))
    expect(page.locator("[data-piece=saved]")).to_be_visible()
    volunteer.let_go()
    volunteer.open("/envois")
    page.locator("summary", has_text="Mettre à l’abri").click()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Enregistrer un fichier").click()
    file = saving.value.path()
    page.evaluate(FORGET)
    page.reload()
    page.locator("summary", has_text="Mettre à l’abri").click()
    page.locator("#phone-file").set_input_files(file)
    expect(page.locator("[data-restored]")).to_contain_text("2 fiches reprises")
    page.context.set_offline(False)
    volunteer.send_now()
    volunteer.wait_for("sent", "sent")
    assert rows(volunteer, text) == [("eau", SITE, True)]
