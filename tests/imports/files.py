"""Files as people's programs write them."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook


def csv_of(rows: Iterable[Sequence[str]], separator: str = ";", encoding: str = "utf-8") -> bytes:
    """Lines as they are: nothing is quoted for the caller."""
    return "\r\n".join(separator.join(row) for row in rows).encode(encoding)


def xlsx_of(rows: Iterable[Sequence[Any]], title: str = "Feuil1", before: Sequence[str] = ()) -> bytes:
    """A workbook; the sheets named in `before` come first and hold something else."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name in before:
        book.create_sheet(name).append(["autre chose"])
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()
