"""What may be reminded, until when a notice shows, and a text whose markup is nothing but words."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic.notices.rules import Message, may_remind, may_send, paragraphs, shown_on

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "withdrawn", "shown", "unread", "last", "code"),
    [
        ("safety", False, True, 2, LONG_AGO, None),
        ("info", False, True, 2, LONG_AGO, "not_safety"),
        ("safety", True, False, 2, LONG_AGO, "not_shown"),
        ("safety", False, False, 2, LONG_AGO, "not_shown"),
        ("safety", False, True, 0, LONG_AGO, "all_read"),
        ("safety", False, True, 2, LONG_AGO + timedelta(seconds=1), "too_soon"),
    ],
)
def test_reminding(kind: str, withdrawn: bool, shown: bool, unread: int, last: datetime, code: str | None) -> None:
    refusal = may_remind(kind, withdrawn, shown, unread, last, NOW)
    assert (refusal.code if refusal else None) == code


def test_nobody_to_tell() -> None:
    assert may_send(1) is None
    refusal = may_send(0)
    assert refusal is not None
    assert refusal.code == "no_reader"


def test_the_last_day_is_included() -> None:
    day = date(2026, 11, 25)
    assert shown_on(day, None, False)
    assert shown_on(day, day, False)
    assert not shown_on(day, day - timedelta(days=1), False)
    assert not shown_on(day, None, True)


@pytest.mark.parametrize(
    ("kind", "audience", "stoppable"),
    [("info", "site", True), ("info", "everyone", True), ("info", "shift", False), ("safety", "everyone", False)],
)
def test_what_mail_can_be_turned_off(kind: str, audience: str, stoppable: bool) -> None:
    assert Message(uuid4(), kind, audience, "Titre", "Texte").stoppable is stoppable


def test_paragraphs_lines_and_links() -> None:
    found = paragraphs("Un\ndeux\r\n\r\n  \nVoir https://civic.test/a?b=1. Merci")
    assert found == [
        [[("Un", "")], [("deux", "")]],
        [
            [
                ("Voir ", ""),
                ("https://civic.test/a?b=1", "https://civic.test/a?b=1"),
                (". Merci", ""),
            ]
        ],
    ]


@given(st.text(alphabet="ab \n<>\"':/.htps", max_size=80))
def test_every_word_stays_and_only_web_addresses_are_links(body: str) -> None:
    pieces = [piece for block in paragraphs(body) for line in block for piece in line]
    assert "".join("".join(text for text, _href in pieces).split()) == "".join(body.split())
    assert all(href == "" or (href.startswith(("http://", "https://")) and '"' not in href) for _text, href in pieces)


def test_no_other_scheme_is_a_link() -> None:
    found = paragraphs("javascript:alert(1) data:text/html,x http://")
    assert all(href == "" for block in found for line in block for _text, href in line)
