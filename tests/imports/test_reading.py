"""Any bytes in: a table with its line numbers, or a sentence; never anything else."""

import zipfile
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civic.imports.columns import Column, lines_of
from civic.imports.reading import MAX_BYTES, MAX_ROWS, Table, read, separator
from civic.imports.wrong import Unreadable
from tests.imports.files import csv_of, xlsx_of

HEAD = ("Nom", "Été", "Prix")
ROW = ("Œuvre à cœur", "l’été", "3 €")


def cells(content: bytes) -> list[list[str]]:
    found = read(content, "Créneaux")
    return [list(found.header), *(list(row.cells) for row in found.rows)]


def sentence(content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, "Créneaux")
    assert caught.value.message
    return caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("by", [";", ",", "\t"])
def test_every_encoding_and_separator_of_a_french_spreadsheet(encoding: str, by: str) -> None:
    assert cells(csv_of([HEAD, ROW], by, encoding)) == [list(HEAD), list(ROW)]


def test_a_workbook_gives_what_people_see_in_it() -> None:
    row = (
        date(2026, 12, 31),
        datetime(2026, 12, 31, 14, 5),  # noqa: DTZ001 - a spreadsheet knows no zone
        time(14, 0),
        timedelta(hours=26, minutes=30),
        2,
        2.5,
        True,
        None,
        "=1+1 en texte",
    )
    heads = tuple("abcdefghi")
    [_head, found] = cells(xlsx_of([heads, row]))
    assert found[:8] == ["2026-12-31", "2026-12-31 14:05", "14:00", "26:30", "2", "2.5", "oui", ""]


def test_the_sheet_of_the_template_is_found_whatever_its_place() -> None:
    content = xlsx_of([HEAD, ROW], title="créneaux", before=("Aide", "Notes"))
    assert cells(content) == [list(HEAD), list(ROW)]
    assert cells(xlsx_of([HEAD, ROW], title="Tableau", before=("Première",))) == [["autre chose"]]


def test_lines_keep_the_numbers_that_a_spreadsheet_shows() -> None:
    text = 'sep=;\r\n\r\nA;B\r\n1;"deux\r\nlignes"\r\n# remarque;x\r\n;;\r\n2;b\r\n'
    found = read(text.encode(), "x")
    assert [(row.line, tuple(row.cells)) for row in found.rows] == [(4, ("1", "deux\nlignes")), (8, ("2", "b"))]
    book = read(xlsx_of([(), ("A",), (), ("# exemple",), ("un",)]), "x")
    assert [(row.line, row.cells[0]) for row in book.rows] == [(5, "un")]


def test_quotes_hold_separators_and_the_header_decides() -> None:
    assert separator('"a;b;c;d",e\n1;2;3;4;5') == ","
    assert cells(b'"Nom; prenom",Ville\r\n"Leroy, In\xc3\xa8s",Lens') == [
        ["Nom; prenom", "Ville"],
        ["Leroy, Inès", "Lens"],
    ]


def test_what_excel_neutralised_is_whole_again() -> None:
    assert cells(b"A;B\n'=1+1;'abc\n")[1] == ["=1+1", "'abc"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "vide"),
        (b"\xef\xbb\xbf\r\n \r\n", "vide"),
        (b";;;\n;;;\n", "vide"),
        (b"# seulement une remarque\n", "vide"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "ancien format"),
        (b"PK\x03\x04 rien", "abîmé"),
        (b"A;B\x00\x01\x02", "lisible"),
        (b"A;B\n\x81\x8d;x", "lisible"),
        (b'A;B\n1;"ouvert\n2;3\n', "Ligne 2"),
        (b"A;B\n" + b"x" * 6000 + b";1\n", "Ligne 2"),
        (b"sep=|\nA|B\n", "point-virgule"),
        (b"x" * (MAX_BYTES + 1), "10 Mo"),
        (b"A\n" + b"1\n" * (MAX_ROWS + 1), "lignes"),
        (b";" * 100 + b"x\n", "colonnes"),
    ],
)
def test_what_is_no_table_is_told_in_a_sentence(content: bytes, word: str) -> None:
    assert word in sentence(content)


def packed(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_another_kind_of_zip_is_no_workbook() -> None:
    assert "XLSX" in sentence(packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}))


def with_sheet(xml: bytes) -> bytes:
    """A true workbook whose sheet is replaced."""
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(xlsx_of([("A",), ("1",)]))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in source.infolist():
            made.writestr(part.filename, xml if part.filename.startswith("xl/worksheets/") else source.read(part))
    return out.getvalue()


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r = "&#49;048576"><c><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="90000"><c r="KN90000"><v>1</v></c></row>',
        # Where no address is written, order is the address.
        b"<row>" + b"<c><v>1</v></c>" * 400 + b"</row>" + b"<row/>" * 9,
        b'<row r="1"><c r="IA1"><v>1</v></c></row>' + b"<row/>" * 90_000 + b"<row><c><v>1</v></c></row>",
    ],
)
def test_a_cell_in_the_last_corner_does_not_fill_the_memory(rows: bytes) -> None:
    assert "très loin" in sentence(with_sheet(SHEET % rows))


def test_a_zip_that_swells_is_not_opened() -> None:
    assert "trop gros" in sentence(with_sheet(SHEET % (b" " * 90_000_000)))


def with_shared(text: bytes, cells: int) -> bytes:
    """A true workbook where every cell of a column shows one shared text."""
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (at, at) for at in range(1, cells + 1))
    with zipfile.ZipFile(BytesIO(with_sheet(SHEET % rows))) as source:
        parts = {part.filename: source.read(part) for part in source.infolist()}
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Id="rId99" Type="%s" Target="sharedStrings.xml"/></Relationships>' % kind
    rels = "xl/_rels/workbook.xml.rels"
    head = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return packed(
        parts
        | {
            rels: parts[rels].replace(b"</Relationships>", link),
            "xl/sharedStrings.xml": head + b"<si><t>" + text + b"</t></si></sst>",
        }
    )


def test_a_text_that_a_thousand_cells_share_is_weighed_once_for_each() -> None:
    assert cells(with_shared("Été".encode(), 3)) == [["Été"]] * 3
    assert "trop gros" in sentence(with_shared(b"a" * 100_000, 1000))


def test_a_document_type_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SHEET % b""
    assert "abîmé" in sentence(with_sheet(bomb))


def attempt(content: bytes) -> None:
    """Anything but a table or a sentence is an error of ours, and fails."""
    with suppress(Unreadable):
        found = read(content, "Créneaux")
        assert isinstance(found, Table)
        lines_of(found, (Column("a", "A", str, required=True),))


@given(st.binary(max_size=400))
def test_random_bytes_never_surprise(content: bytes) -> None:
    attempt(content)


@given(st.text(alphabet=st.sampled_from("aA1;,\t\"\r\n'=#é€\u2028\u0085"), max_size=60))
def test_random_tables_never_surprise(text: str) -> None:
    attempt(text.encode())
    attempt(b"A;B\r\n" + text.encode("utf-16"))


BOOK = xlsx_of([("A", "B"), (1, date(2026, 1, 1)), ("x", 2.5)])


@settings(max_examples=150)
@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=6), st.booleans())
def test_a_damaged_workbook_never_surprises(place: int, noise: bytes, cut: bool) -> None:
    attempt(BOOK[:place] + noise + (b"" if cut else BOOK[place + len(noise) :]))


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_a_damaged_sheet_in_a_sound_zip_never_surprises(xml: bytes) -> None:
    attempt(with_sheet(SHEET % xml))
