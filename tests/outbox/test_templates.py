"""What every mail has, whoever writes it: two parts, a subject, a language, and a look that a dark mailbox keeps."""

from pathlib import Path

import pytest

from civic.outbox.compose import BREAKS
from civic.paths import TEMPLATES

FOLDER = Path(TEMPLATES) / "mail"
MAILS = sorted({file.stem for file in FOLDER.iterdir() if not file.name.startswith("_")})


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_has_a_text_and_a_page(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    page = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    assert text.startswith("Subject: ")
    assert '{% include "mail/_foot.txt" %}' in text
    assert '{% extends "mail/_layout.html" %}' in page
    assert "{% block title %}" in page
    assert "{% block content %}" in page
    # A picture from elsewhere would tell when and where a mail is opened.
    assert not any(word in page for word in ("<img", "<script", "<link", "url("))


def test_the_look_follows_a_dark_mailbox() -> None:
    layout = (FOLDER / "_layout.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in layout
    assert '<meta name="color-scheme" content="light dark">' in layout
    assert "@media (prefers-color-scheme: dark)" in layout


def test_a_subject_is_one_line_that_keeps_its_french_spaces() -> None:
    subject = "\n Demain\u00a0: 9\u00a0h\t, prêt\u202f?\u2028\r\n Bcc"
    assert BREAKS.sub(" ", subject).strip(" ") == "Demain\u00a0: 9\u00a0h , prêt\u202f? Bcc"
