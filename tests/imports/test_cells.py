"""One cell at a time: what people type, and what is refused with an example."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic.forms import Form
from civic.imports import cells
from civic.imports.columns import Column, lines_of
from civic.imports.reading import read
from civic.imports.wrong import Unreadable, Wrong
from tests.imports.files import csv_of

KINDS = {"terril": "terril", "culture_venue": "lieu culturel"}
READERS: dict[str, Callable[[str], Any]] = {
    "day": cells.day,
    "time": cells.clock_time,
    "moment": cells.time_or_moment,
    "whole": cells.whole(1, 50),
    "number": cells.number(-10, 60),
    "email": cells.email,
    "phone": cells.phone,
    "choice": cells.choice(KINDS),
    "text": cells.text(10),
}
GOOD = [
    ("day", "31/12/2026", date(2026, 12, 31)),
    ("day", "1/2/2026", date(2026, 2, 1)),
    ("day", "31.12.2026", date(2026, 12, 31)),
    ("day", "31-12-2026", date(2026, 12, 31)),
    ("day", "2026-12-31", date(2026, 12, 31)),
    ("day", "2026-12-31 00:00:00", date(2026, 12, 31)),
    ("day", "29/02/2028", date(2028, 2, 29)),
    ("time", "14:00", time(14)),
    ("time", "9:05", time(9, 5)),
    ("time", "14h", time(14)),
    ("time", "14 H", time(14)),
    ("time", "14 h 30", time(14, 30)),
    ("time", "14\u00a0h\u00a030", time(14, 30)),
    ("time", "14h30", time(14, 30)),
    ("time", "14:00:00", time(14)),
    ("time", "8", time(8)),
    ("time", "24:00", time(0)),
    ("moment", "14h", time(14)),
    ("moment", "2026-12-31T14:00:00+01:00", datetime(2026, 12, 31, 13, tzinfo=UTC)),
    ("moment", "2026-12-31T13:00:00Z", datetime(2026, 12, 31, 13, tzinfo=UTC)),
    ("moment", "2026-07-01 14:00", datetime(2026, 7, 1, 12, tzinfo=UTC)),
    ("whole", "2", 2),
    ("whole", "2,0", 2),
    ("whole", "2.00", 2),
    ("number", "50,4310", 50.431),
    ("number", "-2.5", -2.5),
    ("email", "Ines@Exemple.FR", "ines@exemple.fr"),
    ("phone", "06 12 34 56 78", "06 12 34 56 78"),
    ("phone", "612345678", "06 12 34 56 78"),
    ("phone", "+33 6 12 34 56 78", "+33 6 12 34 56 78"),
    ("choice", "Lieu  Culturel", "culture_venue"),
    ("choice", "CULTURE_VENUE", "culture_venue"),
    ("choice", "térril", "terril"),
    ("text", " a  b ", "a b"),
]
BAD = [
    ("day", "31/02/2026"),
    ("day", "31/12/26"),
    ("day", "2026-13-01"),
    ("day", "46387"),
    ("day", "demain"),
    ("day", "31/12/0026"),
    ("day", "٣١/١٢/٢٠٢٦"),
    ("time", "25:00"),
    ("time", "24:30"),
    ("time", "14:60"),
    ("time", "14,5"),
    ("time", "0.5833"),
    ("time", "midi"),
    ("moment", "2026-02-30T14:00+01:00"),
    ("moment", "2026-03-29 02:30"),
    ("whole", "0"),
    ("whole", "51"),
    ("whole", "2,5"),
    ("whole", "deux"),
    ("whole", "1e1"),
    ("number", "61"),
    ("number", "1 2,3,4"),
    ("number", "nan"),
    ("email", "ines@"),
    ("email", "a b@exemple.fr"),
    ("phone", "12"),
    ("phone", "06 12 34 56 78 poste 3"),
    ("choice", "parc"),
    ("text", "un texte trop long"),
    ("text", "a\x07b"),
]


@pytest.mark.parametrize(("reader", "typed", "value"), GOOD)
def test_what_people_type_is_read(reader: str, typed: str, value: object) -> None:
    assert READERS[reader](typed) == value


@pytest.mark.parametrize(("reader", "typed"), BAD)
def test_what_is_none_is_told_with_what_it_should_be(reader: str, typed: str) -> None:
    with pytest.raises(Wrong) as caught:
        READERS[reader](typed)
    assert caught.value.message.strip()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("06 12 34 56 78", "0612345678", True),
        ("06.12.34.56.78", "06-12-34-56-78", True),
        ("06 12 34 56 78", "06 12 34 56 79", False),
        ("+33612345678", "33612345678", False),
    ],
)
def test_the_spaces_of_a_number_tell_nothing(one: str, other: str, same: bool) -> None:
    assert cells.same_phone(one, other) is same


@pytest.mark.parametrize("reader", READERS)
@given(typed=st.text(max_size=40))
def test_no_cell_surprises(reader: str, typed: str) -> None:
    with suppress(Wrong):
        READERS[reader](typed)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_is_read_in_both_ways(day: date) -> None:
    assert cells.day(day.isoformat()) == day == cells.day(f"{day:%d/%m/%Y}")


@given(st.times())
def test_every_time_is_read_as_the_product_writes_it(at: time) -> None:
    minute = at.replace(second=0, microsecond=0)
    for written in (f"{at:%H:%M}", f"{at.hour} h {at.minute:02}", f"{at.hour}h{at.minute:02}"):
        assert cells.clock_time(written) == minute


COLUMNS = (
    Column("a", "Numéro d’astreinte", cells.whole(1, 9), required=True, also=("Astreinte",)),
    Column("b", "Été", cells.day),
    Column("seen", "Inscrits"),
)


def test_signs_that_nobody_sees_are_taken_out() -> None:
    assert cells.text(20)("\u202eParc\u200b de\u00a0l’Étang\u2069\ufeff") == "Parc de l’Étang"
    assert cells.text(4)("\u200bParc") == "Parc"
    form = Form({"title": ["\u200b\u202e"], "name": [" \u2067Aïcha\u200d\u202c \u00c9loi "], "notes": ["a\u2060\r\nb"]})
    assert form.text("name") == "Aïcha Éloi"
    assert form.text("notes") == "a\nb"
    assert form.text("title") == ""
    assert form.errors == {"title": "À remplir."}, "nothing is left of it"


def lines(*rows: tuple[str, ...]) -> list[Any]:
    return lines_of(read(csv_of(rows), "x"), COLUMNS)


@pytest.mark.parametrize(
    "head", ["Numéro d’astreinte", "numero d'astreinte", "A", " ASTREINTE * ", "Numero  d astreinte"]
)
def test_headers_are_known_by_both_names_whatever_the_accents(head: str) -> None:
    [line] = lines(("Inscrits", head), ("9", "3"))
    assert line.values == {"a": 3}


def test_every_wrong_cell_of_a_line_is_told_and_the_others_are_read() -> None:
    first, second = lines(("A", "B"), ("12", "31/02/2026"), ("4", ""))
    assert [(one.column, one.read) for one in first.problems] == [("A", "12"), ("B", "31/02/2026")]
    assert (second.number, second.values, second.problems) == (3, {"a": 4}, [])


def test_a_cell_too_many_is_told() -> None:
    [line] = lines(("A", "B"), ("1", "", "", "reste"))
    assert "séparateur" in line.problems[0].reason


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (("B",), "Numéro d’astreinte"),
        (("A", "a"), "deux fois"),
        (("A", "Astreinte"), "A.* et .*Astreinte.* disent la même chose"),
        (("A", "Salaire"), "Salaire"),
        (("A", "", "B"), "sans titre"),
    ],
)
def test_a_header_that_does_not_fit_is_told(head: tuple[str, ...], word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        lines(head, ("1", "x", "y"))


def test_a_table_without_lines_is_told() -> None:
    with pytest.raises(Unreadable, match="sous l’en-tête"):
        lines(("A", "B"))
