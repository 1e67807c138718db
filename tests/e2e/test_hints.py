"""What a comment may give away is said while it is written, with no network too, and never stops a saving."""

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import expect

from civic.encounters.detector import KINDS, find
from civic.release import phone
from civic.templating import static
from tests.e2e.field import Field

LINES = (Path(__file__).parent.parent / "data" / "comments.tsv").read_text("utf-8").splitlines()
SENTENCES = [line.split("\t")[1] for line in LINES]
FIND = """async ([module, table, texts]) => {
  const { find, load } = await import(module);
  await load(table);
  return texts.map((text) => find(text).map(({ start, end, kind }) => [start, end, kind]));
}"""


def test_the_phone_finds_what_the_server_finds(volunteer: Field) -> None:
    """On every labelled sentence, one by one and strung together, as Python found it."""
    volunteer.open("/envois")
    texts = [*SENTENCES, *(" ".join(SENTENCES[n : n + 3]) for n in range(0, len(SENTENCES), 3)), ""]
    found = volunteer.page.evaluate(FIND, [phone("detector.js"), static("detector.json"), texts])
    expected = [[[hit.start, hit.end, hit.kind] for hit in find(text)] for text in texts]
    told = zip(texts, expected, found, strict=True)
    wrong = [(text, mine, its) for text, mine, its in told if sorted(mine) != sorted(its)]
    assert wrong == []
    assert {kind for hits in found for _start, _end, kind in hits} == set(KINDS)


def test_a_hint_is_said_with_no_network_and_the_record_is_kept(volunteer: Field) -> None:
    page, name = volunteer.page, f"essai {uuid4()}"
    volunteer.visit()
    page.context.set_offline(True)
    volunteer.open()
    volunteer.type(name)
    hint = page.locator("#f-comment-hint")
    comment = page.get_by_label("Commentaire")
    expect(hint).to_be_empty()
    expect(hint).to_have_role("status")
    comment.fill(f"{name} M. Dupont, 06 12 34 56 78")
    expect(hint).to_contain_text("un nom (« M. Dupont »), un numéro de téléphone (« 06 12 34 56 78 »)")
    expect(comment).to_have_accessible_description(re.compile("Relisez votre commentaire"))
    comment.fill(name)
    expect(hint).to_be_empty()
    comment.fill(f"{name} 06 12 34 56 78")
    expect(hint).to_contain_text("un numéro de téléphone")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[data-piece=saved]")).to_be_visible()
    assert [one["content"]["comment"] for one in volunteer.queue()] == [f"{name} 06 12 34 56 78"]
    page.get_by_role("link", name="Noter la suivante").click()
    expect(hint).to_be_empty()
