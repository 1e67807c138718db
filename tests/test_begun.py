"""What a form was begun with, against what is stored now and what was typed."""

import pytest

from civic import begun
from civic.begun import Clash
from civic.forms import Form

LABELS = {"name": "Nom", "sites": "Lieux"}
WORDS = begun.worded({"sites": {"a": "Parc A", "b": "Parc B"}})


def sent(opened: Form, **typed: list[str]) -> Form:
    return Form(begun.begin(opened, LABELS).lists | typed)


def stored(name: str, *sites: str) -> Form:
    return Form.filled(name=name, sites=sites)


def test_what_nobody_else_changed_is_no_matter() -> None:
    form = sent(stored("Un\nmot", "a"), name=[" Un\r\nmot "], sites=["b", "a"])
    assert begun.compare(form, stored("Un\nmot", "a"), LABELS, WORDS) == []


def test_the_other_s_change_is_let_in_where_nothing_was_typed_and_told() -> None:
    form = sent(stored("Un", "a"), name=["Mien"], sites=["a"])
    now = stored("Autre", "b", "a")
    told = begun.compare(form, now, LABELS, WORDS)
    assert told == [Clash("Nom", "Un", "Autre", "Mien"), Clash("Lieux", "Parc A", "Parc A, Parc B", None)]
    assert (form.get("name"), form.lists["sites"]) == ("Mien", ["b", "a"])
    assert begun.compare(form, now, LABELS, WORDS) == [], "once told, it is saved"


def test_two_who_change_the_same_way_have_nothing_to_tell_one_another() -> None:
    assert begun.compare(sent(stored("Un"), name=["Deux"]), stored("Deux"), LABELS, WORDS) == []


def test_nothing_at_all_is_said_with_a_dash_and_a_long_text_is_cut() -> None:
    [clash] = begun.compare(sent(stored("", "a"), name=["x"]), stored("é" * 300, "a"), LABELS, WORDS)
    assert clash.before == "–"
    assert clash.now == "é" * begun.SHOWN + "…"


@pytest.mark.parametrize(
    "packed", ["", "x", "[]", "{}", '{"name": "Un", "sites": []}', '{"name": [1], "sites": []}', "[" * 100_000]
)
def test_a_form_that_does_not_say_is_taken_as_it_is(packed: str) -> None:
    form = Form({begun.FIELD: [packed], "name": ["Mien"]})
    assert begun.compare(form, stored("Autre"), LABELS, WORDS) == []
