"""The files to fill in, and the list of what was refused: tables for a French spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO

from rustpy_xlsxwriter import FastExcel, Format

from civic.i18n import _
from civic.imports.columns import Column
from civic.imports.kinds import Kind
from civic.imports.plan import Plan

BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def template(kind: Kind, form: str) -> bytes:
    """An empty table with an example that is not read: its line begins with « # »."""
    columns = _columns(kind)
    heads = [_(column.label) for column in columns]
    example = [column.example for column in columns]
    example[0] = f"# {_('exemple')} : {example[0]}"
    if form == "csv":
        return csv_bytes([heads, example])
    return _workbook(kind, columns, heads, example)


def _columns(kind: Kind) -> list[Column]:
    by_code = {column.code: column for column in kind.columns}
    return [by_code[code] for code in kind.template]


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """`;`, a BOM and CRLF; a text that a spreadsheet would run as a formula is prefixed."""
    out = StringIO()
    safe = [[f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row] for row in rows]
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(safe)
    return (BOM + out.getvalue()).encode("utf-8", "replace")


def _workbook(kind: Kind, columns: Sequence[Column], heads: list[str], example: list[str]) -> bytes:
    out = BytesIO()
    bold = Format().set_bold()
    book = FastExcel(out).freeze(row=1, sheet=_(kind.sheet))
    book.sheet(_(kind.sheet), [dict(zip(heads, example, strict=True))], column_width=22.0, header_format=bold)
    book.sheet(_("Aide"), _help(kind, columns), column_widths=[26.0, 14.0, 90.0], header_format=bold)
    book.save()
    return out.getvalue()


def _help(kind: Kind, columns: Sequence[Column]) -> list[dict[str, str]]:
    heads = _("Colonne"), _("À remplir"), _("Aide")
    rows = [(_(one.label), _("toujours") if one.required else "", _(one.help) if one.help else "") for one in columns]
    notes = [
        _(kind.lead),
        _("Une ligne qui commence par # n’est pas lue : l’exemple peut rester."),
        _("Une case vide ne change rien à ce qui existe déjà."),
        _("Les colonnes peuvent être dans n’importe quel ordre ; celles qui ne servent pas peuvent être enlevées."),
    ]
    return [dict(zip(heads, row, strict=True)) for row in [*rows, *(("", "", note) for note in notes)]]


def refusals(plan: Plan) -> bytes:
    """Line, column, what was read and why, as a table to work through."""
    rows = [
        (str(one.number), one.label, problem.column, problem.read, problem.reason)
        for one in plan.of("refused")
        for problem in one.problems
    ]
    return csv_bytes([[_("Ligne"), _("Objet"), _("Colonne"), _("Lu"), _("Raison")], *rows])
