"""The rows of a sheet of an XLSX workbook as text.

The reader lays a sheet out as a rectangle in memory: a small file with one cell in the last corner would ask for
gigabytes, and a zip may hold far more than it weighs. So sizes and corners are looked at before it is opened: where
memory runs out in the reader, the whole server ends.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from civic.formats import plain
from civic.i18n import _
from civic.imports.extent import Extent, shared_text
from civic.imports.wrong import Unreadable

MAX_UNPACKED = 80_000_000
MAX_PARTS = 2_000
CHUNK = 1 << 20


def sheet_rows(content: bytes, name: str, max_rows: int, max_columns: int) -> Iterator[Sequence[str]]:
    """Every row of the sheet called `name`, else of the first, empty ones too. Raises Unreadable."""
    _check_sizes(content, max_rows, max_columns)
    try:
        # Rust panics derive from BaseException, so that a broken file may not pass for a caught error.
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        wanted = [one for one in book.sheet_names if plain(one).strip() == plain(name).strip()]
        sheet = book.get_sheet_by_name((wanted or book.sheet_names)[0])
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, ValueError, OSError):
        raise _broken() from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _broken() from None
    for row in rows:
        yield [text_of(value) for value in row]


def _broken() -> Unreadable:
    return Unreadable(
        _("Ce classeur est abîmé ou n’est pas un XLSX. Ouvrez-le puis enregistrez-le de nouveau en XLSX.")
    )


def _check_sizes(content: bytes, max_rows: int, max_columns: int) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            parts = packed.infolist()
            names = {one.filename for one in parts}
            if "[Content_Types].xml" not in names or not any(one.startswith("xl/") for one in names):
                message = _("Ce n’est pas un classeur XLSX. Enregistrez le tableau en XLSX ou en CSV.")
                raise Unreadable(message)
            if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED:
                raise _too_big()
            seen = []
            for part in parts:
                with packed.open(part) as opened:
                    seen.append(_extent(opened.read, part.filename, max_rows, max_columns))
            if shared_text(seen) > MAX_UNPACKED:
                raise _too_big()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise _broken() from None


def _too_big() -> Unreadable:
    return Unreadable(_("Ce classeur est trop gros une fois ouvert. Gardez la feuille utile, ou passez au CSV."))


def _extent(read: Callable[[int], bytes], name: str, max_rows: int, max_columns: int) -> Extent:
    """What a part holds. Refuse one whose cells lie further out than we read; what is no XML holds none."""
    seen = Extent()

    def look(tag: str, attributes: dict[str, str]) -> None:
        seen.begin(tag, attributes)
        rows, columns = seen.rows, seen.columns
        if rows > 5 * max_rows or columns > 5 * max_columns or rows * columns > 2 * max_rows * max_columns:
            raise Unreadable(
                _("Ce classeur a une case très loin du tableau. Copiez le tableau dans une feuille neuve.")
            )

    def refuse(*_given: Any) -> None:
        raise _broken()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = look
    parser.CharacterDataHandler = seen.text
    parser.EndElementHandler = seen.end
    parser.StartDoctypeDeclHandler = refuse
    unpacked = 0
    try:
        while chunk := read(CHUNK):
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED:
                raise _broken()
            parser.Parse(chunk)
    except expat.ExpatError:
        if name.endswith((".xml", ".rels")):
            raise _broken() from None
    return seen


def text_of(value: Any) -> str:
    """A cell as somebody would type it: days as 2026-12-31, times as 14:00, whole numbers without a point."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, time):
        return _clock(value.hour * 3600 + value.minute * 60 + value.second)
    if isinstance(value, timedelta):
        return _clock(round(value.total_seconds()))
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)


def _moment(value: datetime) -> str:
    """A spreadsheet's day alone is a midnight, its time alone a moment of 1899."""
    rounded = value + timedelta(seconds=30) if value.second else value
    if rounded.year < 1901:
        return _clock(rounded.hour * 3600 + rounded.minute * 60)
    if (rounded.hour, rounded.minute) == (0, 0):
        return rounded.date().isoformat()
    return rounded.strftime("%Y-%m-%d %H:%M")


def _clock(seconds: int) -> str:
    """To the minute: 13:59:59.9 is how floating numbers say 14:00."""
    minutes = (seconds + 30) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
