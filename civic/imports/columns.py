"""From a table of text to lines of values: headers are matched, cells read, and what is wrong is kept by line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from civic.i18n import _
from civic.imports.cells import Reader, key
from civic.imports.reading import Table
from civic.imports.wrong import Unreadable, Wrong

SHOWN = 80


@dataclass(frozen=True, slots=True)
class Column:
    """`code` heads it for scripts, `label` and `also` (marked) for people; `example` and `help` go to the template.

    A column without a reader is known and passed over: exports hold some. `required` says that the header must have it.
    """

    code: str
    label: str
    read: Reader | None = None
    required: bool = False
    example: str = ""
    help: str = ""
    also: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        return {key(one) for one in (self.code, self.label, *self.also)}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line: the column's name (empty: the whole line), what was read there, and why."""

    column: str
    read: str
    reason: str


@dataclass(slots=True)
class Line:
    """Values by column code (empty cells are left out), what was typed, and what is wrong so far."""

    number: int
    values: dict[str, Any]
    typed: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def wrong(self, code: str, reason: str) -> None:
        """Note a problem at a column, once."""
        found = Problem(self.labels.get(code, ""), self.typed.get(code, "")[:SHOWN], reason)
        if found not in self.problems:
            self.problems.append(found)


def lines_of(table: Table, columns: Sequence[Column]) -> list[Line]:
    """Every line of a table read by its columns. Raises Unreadable for a header that does not fit."""
    places = match(table.header, columns)
    if not table.rows:
        raise Unreadable(_("Ce fichier n’a pas de ligne à importer : remplissez-le sous l’en-tête."))
    # A column that stands is called as the file calls it: « Accès » there is not looked for under « Y aller ».
    labels = {column.code: _(column.label) for column in columns}
    labels |= {column.code: table.header[place] for place, column in places.items()}
    return [_line(row.line, row.cells, places, labels, len(table.header)) for row in table.rows]


def match(header: Sequence[str], columns: Sequence[Column]) -> dict[int, Column]:
    """Which column stands where. Raises Unreadable: unknown, twice, or missing."""
    by_name = {name: column for column in columns for name in column.names}
    places: dict[int, Column] = {}
    unknown = []
    for place, typed in enumerate(header):
        column = by_name.get(key(typed))
        if column is None:
            unknown.append(typed[:40] or _("(sans titre)"))
        elif column in places.values():
            first = next(header[one] for one, standing in places.items() if standing is column)
            raise Unreadable(_twice(first, typed))
        else:
            places[place] = column
    missing = [_(one.label) for one in columns if one.required and one not in places.values()]
    if missing or unknown:
        raise Unreadable(_misfit(missing, unknown))
    return places


def _twice(first: str, second: str) -> str:
    if key(first) == key(second):
        return _("La colonne « %(name)s » est là deux fois. Gardez-en une.") % {"name": second}
    text = _("Les colonnes « %(first)s » et « %(second)s » disent la même chose. Gardez-en une.")
    return text % {"first": first, "second": second}


def _misfit(missing: Sequence[str], unknown: Sequence[str]) -> str:
    parts = []
    if missing:
        parts.append(_("Il manque ces colonnes : %(names)s.") % {"names": ", ".join(missing)})
    if unknown:
        parts.append(_("Ces colonnes sont inconnues : %(names)s.") % {"names": ", ".join(unknown[:8])})
    parts.append(_("Partez du modèle, ou corrigez la première ligne."))
    return " ".join(parts)


def _line(number: int, cells: Sequence[str], places: dict[int, Column], labels: dict[str, str], width: int) -> Line:
    line = Line(number, {}, {}, labels=labels)
    for place, column in places.items():
        typed = cells[place] if place < len(cells) else ""
        if not typed or column.read is None:
            continue
        line.typed[column.code] = typed
        try:
            line.values[column.code] = column.read(typed)
        except Wrong as wrong:
            line.wrong(column.code, wrong.message)
    if any(cells[width:]):
        line.wrong("", _("Cette ligne a plus de cases que l’en-tête : une case contient sans doute le séparateur."))
    return line
