"""CSV as people's tools want it, in two dialects: for a French spreadsheet, and plain RFC 4180 for scripts.

Both quote as RFC 4180 says and end lines with CRLF. A text cell that a spreadsheet would run as a formula is prefixed
with an apostrophe in both: whoever opens the second one may use a spreadsheet too. Numbers are never prefixed.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any

from civic.i18n import N_, _

BOM = "\ufeff"
FORMULA = frozenset("=+-@\t\r")
MEDIA_TYPE = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class Dialect:
    separator: str
    bom: str
    comma: str
    french: bool


DIALECTS = {"fr": Dialect(";", BOM, ",", True), "rfc": Dialect(",", "", ".", False)}


@dataclass(frozen=True)
class Column:
    """`code` heads it for scripts, `label` (marked) for people."""

    code: str
    label: str


def cell(value: Any, comma: str = ",") -> str:
    """What stands between two separators, before quoting.

    >>> [cell(v) for v in (None, 3, 2.5, 4.0, "=1+1", "Lens")]
    ['', '3', '2,5', '4', "'=1+1", 'Lens']
    """
    if type(value) is str:
        return f"'{value}" if value and value[0] in FORMULA else value
    if value is None:
        return ""
    if isinstance(value, float | Decimal):
        return number(value).replace(".", comma)
    return str(value)


def guarded(text: str | None) -> str | None:
    """A text that no spreadsheet runs; None stays."""
    return f"'{text}" if text and text[0] in FORMULA else text


def number(value: float | Decimal) -> str:
    """Every digit that counts and no exponent: 4 for 4.0, 0.00001 for 1e-05."""
    text = f"{Decimal(repr(value)) if isinstance(value, float) else value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def writer(dialect: Dialect) -> Callable[[Iterable[Sequence[Any]]], bytes]:
    """A function from rows of values to the bytes of their lines."""
    encode = plain_writer(dialect)

    def encode_values(rows: Iterable[Sequence[Any]]) -> bytes:
        # The csv module writes nothing for None and knows whole numbers: most cells need no call of ours.
        return encode(
            [value if value is None or type(value) is int else cell(value, dialect.comma) for value in row]
            for row in rows
        )

    return encode_values


def plain_writer(dialect: Dialect) -> Callable[[Iterable[Sequence[Any]]], bytes]:
    """The same for rows of cells: whole numbers, None and texts that are harmless already."""
    buffer = StringIO()
    lines = csv.writer(buffer, delimiter=dialect.separator, lineterminator="\r\n")

    def encode(rows: Iterable[Sequence[Any]]) -> bytes:
        lines.writerows(rows)
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode()

    return encode


def head(columns: Sequence[Column], dialect: Dialect) -> list[str]:
    return [_(column.label) if dialect.french else column.code for column in columns]


ACTIVITY = (
    Column("section", N_("Rubrique")),
    Column("key", N_("Code")),
    Column("label", N_("Libellé")),
    Column("value", N_("Valeur")),
    Column("previous", N_("Année précédente")),
)
