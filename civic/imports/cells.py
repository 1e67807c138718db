"""Readers of one cell: what somebody typed in, a value out; or Wrong, whose sentence gives an example."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from civic import clock
from civic.formats import plain
from civic.i18n import _
from civic.imports.wrong import Wrong
from civic.signs import visible

EMAIL = re.compile(r"[^@\s,;<>()]{1,64}@[^@\s,;<>()]+\.[^@\s.,;<>()]{2,}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: 0{1,2}:00(?::00)?)?", re.ASCII)
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?", re.ASCII)
TIME = re.compile(r"(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)?(?::00)?\s*(?:min)?", re.ASCII)
ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
Reader = Callable[[str], Any]


def key(text: str) -> str:
    """What two spellings of a header or a name share: « N° d’astreinte » and « n d astreinte »."""
    return re.sub(r"[^a-z0-9]", "", plain(text))


def text(maximum: int, *, lines: bool = False) -> Reader:
    """A text of at most `maximum` characters, on one line unless `lines`."""

    def read(typed: str) -> str:
        if CONTROL.search(typed):
            raise Wrong(_("Ce texte contient un caractère interdit. Retapez-le."))
        typed = visible(typed)
        value = typed if lines else " ".join(typed.split())
        if len(value) > maximum:
            raise Wrong(_("Trop long : %(n)s caractères au plus.") % {"n": maximum})
        return value

    return read


def day(typed: str) -> date:
    """31/12/2026, 2026-12-31, or the day of a spreadsheet."""
    if found := DAY.fullmatch(typed):
        parts = found[3], found[2], found[1]
    elif found := ISO_DAY.fullmatch(typed):
        parts = found[1], found[2], found[3]
    elif re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}", typed, re.ASCII):
        raise Wrong(_("Écrivez l’année en entier. Exemple : 31/12/2026"))
    else:
        raise Wrong(_("Cette date n’existe pas. Exemple : 31/12/2026"))
    try:
        value = date(*map(int, parts))
    except ValueError:
        raise Wrong(_("Cette date n’existe pas. Exemple : 31/12/2026")) from None
    if not 1900 <= value.year <= 2100:
        raise Wrong(_("Cette date n’existe pas. Exemple : 31/12/2026"))
    return value


def clock_time(typed: str) -> time:
    """14:00, 14h, 14 h 30; a bare 14 too, and 24:00 for the midnight that ends the day."""
    found = TIME.fullmatch(typed.replace("\u00a0", " ").replace("\u202f", " "))
    if found:
        hours, minutes = int(found[1]), int(found[2] or 0)
        if (hours, minutes) == (24, 0):
            return time(0)
        if hours <= 23 and minutes <= 59:
            return time(hours, minutes)
    raise Wrong(_("Cette heure n’existe pas. Exemple : 14:00 ou 14 h 30"))


def time_or_moment(typed: str) -> time | datetime:
    """A time of the line's day, or a whole moment as exports write it: 2026-12-31T14:00+01:00."""
    if not ISO_MOMENT.fullmatch(typed):
        return clock_time(typed)
    try:
        value = datetime.fromisoformat(typed)
        return value.astimezone(UTC) if value.tzinfo else clock.at(value.date(), value.time())
    except (ValueError, OverflowError):
        raise Wrong(_("Ce moment n’existe pas. Exemple : 2026-12-31 14:00")) from None


def whole(minimum: int, maximum: int) -> Reader:
    def read(typed: str) -> int:
        value = typed.replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
        value = re.sub(r"[.,]0+$", "", value)
        if not re.fullmatch(r"-?\d{1,9}", value, re.ASCII) or not minimum <= int(value) <= maximum:
            raise Wrong(_("Donnez un nombre entier de %(a)s à %(b)s.") % {"a": minimum, "b": maximum})
        return int(value)

    return read


def number(minimum: float, maximum: float) -> Reader:
    """A number with a comma or a point."""

    def read(typed: str) -> float:
        value = typed.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
        if not re.fullmatch(r"-?\d{1,9}(\.\d{1,17})?", value, re.ASCII) or not minimum <= float(value) <= maximum:
            given = {"a": f"{minimum:g}", "b": f"{maximum:g}"}
            raise Wrong(_("Donnez un nombre de %(a)s à %(b)s. Exemple : 50,43") % given)
        return float(value)

    return read


def email(typed: str) -> str:
    value = typed.lower()
    if len(value) > 320 or not EMAIL.fullmatch(value) or not value.isprintable():
        raise Wrong(_("Cette adresse est incomplète. Exemple : ines@exemple.fr"))
    return value


def phone(typed: str) -> str:
    """As typed, a French one by pairs; a spreadsheet that took it for a number lost its first zero."""
    value = typed.replace("\u00a0", " ").replace("\u202f", " ")
    if re.fullmatch(r"[1-9]\d{8}", value, re.ASCII):
        value = f"0{value}"
    digits = re.sub(r"\D", "", value)
    if len(value) > 25 or not re.fullmatch(r"\+?[\d .()-]+", value, re.ASCII) or not 9 <= len(digits) <= 15:
        raise Wrong(_("Ce numéro ne va pas. Exemple : 06 12 34 56 78"))
    return " ".join(re.findall("..", value)) if re.fullmatch(r"0\d{9}", value, re.ASCII) else value


def same_phone(one: str, other: str) -> bool:
    """Whether two writings are of one number: the spaces between its digits tell nothing."""
    return re.sub(r"[^\d+]", "", one) == re.sub(r"[^\d+]", "", other)


def choice(names: Mapping[str, str]) -> Reader:
    """One of {code: what people call it}; both are understood, whatever the accents and capitals."""
    known = {key(code): code for code in names} | {key(name): code for code, name in names.items()}

    def read(typed: str) -> str:
        found = known.get(key(typed))
        if found is None:
            raise Wrong(_("Inconnu. Possible : %(names)s.") % {"names": ", ".join(_(name) for name in names.values())})
        return found

    return read
