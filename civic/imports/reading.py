"""From the bytes of a file to a header and rows of text with their line numbers; nothing of civic is known here.

Raises Unreadable, whose sentence says what to do, for whatever is not a table: nothing that somebody sends may surprise
the reader. A row whose first cell begins with « # » is a remark, as the example of the templates is.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from civic.i18n import _
from civic.imports.workbook import sheet_rows
from civic.imports.wrong import Unreadable

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 60
MAX_CELL = 5_000
SEPARATORS = (";", ",", "\t")
SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
)
BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is what the file's own program shows beside it: 1 is the first line."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """The header as typed, and the rows under it that hold something."""

    header: Sequence[str]
    rows: Sequence[Row]


def read(content: bytes, sheet: str) -> Table:
    """The table of a CSV or XLSX file; of a workbook the sheet of that name, else the first. Raises Unreadable."""
    if not content.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise Unreadable(_("Ce fichier est vide. Partez du modèle : il se télécharge sur cette page."))
    if len(content) > MAX_BYTES:
        raise Unreadable(_("Ce fichier dépasse 10 Mo. Coupez-le en plusieurs."))
    for start, name in SIGNATURES:
        if content.startswith(start):
            raise Unreadable(_("C’est un fichier %(kind)s. Il faut un fichier CSV ou XLSX.") % {"kind": name})
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        message = _(
            "Ce fichier est d’un ancien format, ou protégé par un mot de passe. Enregistrez-le en XLSX ou en CSV."
        )
        raise Unreadable(message)
    if content.startswith(b"PK"):
        return _table(enumerate(sheet_rows(content, sheet, MAX_ROWS, MAX_COLUMNS), start=1))
    return _table(_csv_rows(decode(content)))


def decode(content: bytes) -> str:
    """UTF-8 or UTF-16 where the bytes say so, else Windows-1252, as a French Excel writes. Raises Unreadable."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not BINARY.search(text):
            return text
    raise Unreadable(_("Ce fichier n’est pas un tableau lisible. Enregistrez-le en CSV (UTF-8) ou en XLSX."))


def separator(text: str) -> str:
    """What separates the cells of the header, outside quotes: « ; » of a French Excel, a comma or a tab."""
    bare = re.sub(r'"(?:[^"]|"")*"', "", text[:20_000])
    first = next((line for line in bare.splitlines() if line.strip() and not line.startswith("#")), "")
    return max(SEPARATORS, key=lambda one: (first.count(one), -SEPARATORS.index(one)))


def _csv_rows(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    skipped = 0
    if told := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):
        text, skipped, by = text[told.end() :], 1, told[1]
    else:
        by = separator(text)
    if by not in SEPARATORS:
        raise Unreadable(_("Les colonnes sont séparées par un signe inconnu. Utilisez le point-virgule."))
    lines = csv.reader(StringIO(text, newline=""), delimiter=by, strict=True)
    before = 0
    while True:
        try:
            cells = next(lines, None)
        except csv.Error:
            message = _("Ligne %(line)s : un guillemet est mal fermé. Corrigez la ligne, ou enregistrez en XLSX.")
            raise Unreadable(message % {"line": before + 1 + skipped}) from None
        if cells is None:
            return
        yield before + 1 + skipped, cells
        before = lines.line_num


def _table(rows: Iterable[tuple[int, Sequence[str]]]) -> Table:
    header: list[str] = []
    kept: list[Row] = []
    for line, raw in rows:
        cells = [_clean(one) for one in raw]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise Unreadable(_("Ligne %(line)s : trop de colonnes (%(n)s).") % {"line": line, "n": len(cells)})
        if not header:
            header = _header(cells)
            continue
        if len(kept) >= MAX_ROWS:
            raise Unreadable(_("Ce fichier a plus de %(n)s lignes. Coupez-le en plusieurs.") % {"n": MAX_ROWS})
        _refuse_long(line, cells)
        kept.append(Row(line, cells))
    if not header:
        raise Unreadable(_("Ce fichier est vide. Partez du modèle : il se télécharge sur cette page."))
    return Table(header, kept)


def _header(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _clean(cell: str) -> str:
    """Without spaces around, those that French typing puts in included; the apostrophe before a formula goes too."""
    text = cell.replace("\r\n", "\n").replace("\ufeff", "").strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _refuse_long(line: int, cells: Sequence[str]) -> None:
    if any(len(one) > MAX_CELL for one in cells):
        message = _("Ligne %(line)s : une case dépasse %(n)s caractères. Raccourcissez-la.")
        raise Unreadable(message % {"line": line, "n": MAX_CELL})
