"""From a browser's form to values, with a French sentence per wrong field and nothing typed lost.

    form = await Form.read(request)
    title = form.text("title", maximum=120)
    capacity = form.integer("capacity", minimum=1, maximum=50)
    if not form.ok:
        return render(request, "shifts/edit.html", {"form": form}, status=422)

Each reader returns the value, or its empty value ("" or None) after noting the error under the field's name.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData

from civic import clock
from civic.i18n import _, ngettext
from civic.signs import visible

EMAIL = re.compile(r"^[^@\s,;<>()]{1,64}@[^@\s,;<>()]+\.[^@\s.,;<>()]{2,}$")
# A quarter's shifts, each ticked: what is too much for a form is told by its bytes (civic.middleware).
MOST_FIELDS = 20_000
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Form:
    """`values` (last of each name), `lists` (all of each name) and `errors` by field, for a template to show again."""

    def __init__(self, lists: Mapping[str, list[str]] | None = None) -> None:
        self.lists: dict[str, list[str]] = dict(lists or {})
        self.errors: dict[str, str] = {}
        # Filled by the template as it draws the fields, so that the summary calls them by what people read.
        self.labels: dict[str, str] = {}

    @classmethod
    async def read(cls, request: Request) -> "Form":
        """The posted fields; uploaded files are not text and are left out."""
        return cls.of(await request.form(max_fields=MOST_FIELDS, max_files=5))

    @classmethod
    def of(cls, data: FormData) -> "Form":
        lists: dict[str, list[str]] = {}
        for name, value in data.multi_items():
            if isinstance(value, str):
                lists.setdefault(name, []).append(value)
        return cls(lists)

    @classmethod
    def filled(cls, **values: object) -> "Form":
        """A form that shows stored values, for an edit page."""
        lists: dict[str, list[str]] = {}
        for name, value in values.items():
            many = value if isinstance(value, list | tuple | set | frozenset) else [value]
            lists[name] = [_shown(one) for one in many if one is not None]
        return cls(lists)

    @property
    def values(self) -> dict[str, str]:
        return {name: items[-1] for name, items in self.lists.items() if items}

    @property
    def ok(self) -> bool:
        return not self.errors

    def get(self, name: str) -> str:
        """The raw text typed, stripped; "" when absent."""
        return (self.lists.get(name) or [""])[-1].strip()

    def fail(self, name: str, message: str) -> None:
        """Note an error, keeping the first one of a field."""
        self.errors.setdefault(name, message)

    def text(self, name: str, *, required: bool = True, maximum: int = 200, minimum: int = 0) -> str:
        """One text of at most `maximum` characters, line ends normalised, signs that nobody sees taken out."""
        value = visible(self.get(name)).strip().replace("\r\n", "\n")
        if not value:
            return self._missing(name, required)
        if CONTROL.search(value) or any("\ud800" <= c <= "\udfff" for c in value):
            self.fail(name, _("Ce texte contient un caractère interdit. Retapez-le."))
        elif len(value) > maximum:
            over = len(value) - maximum
            one = ngettext("%(n)s caractère de trop", "%(n)s caractères de trop", over) % {"n": over}
            self.fail(name, _("%(over)s : %(max)s au plus.") % {"over": one, "max": maximum})
        elif len(value) < minimum:
            self.fail(name, _("Au moins %(n)s caractères.") % {"n": minimum})
        else:
            return value
        return ""

    def email(self, name: str, *, required: bool = True) -> str:
        """An address in lower case."""
        value = self.text(name, required=required, maximum=320).lower()
        if value and not EMAIL.match(value):
            self.fail(name, _("Cette adresse est incomplète. Exemple : ines@exemple.fr"))
            return ""
        return value

    def phone(self, name: str, *, required: bool = True) -> str:
        """A phone number as typed, once it holds 9 to 15 digits."""
        value = self.text(name, required=required, maximum=25)
        if value and (not re.fullmatch(r"\+?[\d .()-]+", value) or not 9 <= len(re.sub(r"\D", "", value)) <= 15):
            self.fail(name, _("Ce numéro ne va pas. Exemple : 06 12 34 56 78"))
            return ""
        return value

    def integer(self, name: str, *, minimum: int, maximum: int, required: bool = True) -> int | None:
        value = self.get(name)
        if not value:
            self._missing(name, required)
            return None
        if not re.fullmatch(r"-?\d{1,9}", value) or not minimum <= int(value) <= maximum:
            self.fail(name, _("Donnez un nombre entier de %(a)s à %(b)s.") % {"a": minimum, "b": maximum})
            return None
        return int(value)

    def decimal(self, name: str, *, minimum: float, maximum: float, required: bool = True) -> float | None:
        """A number with a comma or a point."""
        value = self.get(name).replace(",", ".").replace("\u00a0", "").replace(" ", "")
        if not value:
            self._missing(name, required)
            return None
        if not re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?", value) or not minimum <= float(value) <= maximum:
            self.fail(name, _("Donnez un nombre de %(a)s à %(b)s.") % {"a": f"{minimum:g}", "b": f"{maximum:g}"})
            return None
        return float(value)

    def date(self, name: str, *, required: bool = True) -> date | None:
        """A day, `2026-11-30` as browsers send it or `30/11/2026` as people type it."""
        value = self.get(name)
        if not value:
            self._missing(name, required)
            return None
        day = _parse_day(value)
        if day is None:
            self.fail(name, _("Cette date n’existe pas. Exemple : 30/11/2026"))
        return day

    def time(self, name: str, *, required: bool = True) -> time | None:
        """A clock time, `14:00`, `14h` or `14 h 30`."""
        value = self.get(name)
        if not value:
            self._missing(name, required)
            return None
        found = re.fullmatch(r"(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)(?::\d{2})?", value)
        if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
            self.fail(name, _("Cette heure n’existe pas. Exemple : 14:00"))
            return None
        return time(int(found[1]), int(found[2] or 0))

    def moment(self, day_name: str, time_name: str) -> datetime | None:
        """A local day and time as a UTC instant; says so when the clock change skips it."""
        day, clock_time = self.date(day_name), self.time(time_name)
        if day is None or clock_time is None:
            return None
        try:
            return clock.at(day, clock_time)
        except (ValueError, OverflowError):
            self.fail(time_name, _("Cette heure n’existe pas ce jour-là : on passe à l’heure d’été. Choisissez 3 h."))
            return None

    def uuid(self, name: str, *, required: bool = True, missing: str = "") -> UUID | None:
        """The id of something chosen; `missing` says what to choose."""
        value = self.get(name)
        if not value:
            self._missing(name, required, missing or _("Choisissez dans la liste."))
            return None
        try:
            return UUID(value)
        except ValueError:
            self.fail(name, _("Ce choix n’existe pas. Choisissez dans la liste."))
            return None

    def choice(self, name: str, options: Collection[str], *, required: bool = True, missing: str = "") -> str:
        """One code of a closed list; `missing` says what to choose."""
        value = self.get(name)
        if not value:
            return self._missing(name, required, missing or _("Choisissez une réponse."))
        if value not in options:
            self.fail(name, _("Ce choix n’existe pas. Choisissez dans la liste."))
            return ""
        return value

    def choices(self, name: str, options: Collection[str], *, minimum: int = 0, maximum: int = 100) -> list[str]:
        """Several codes of a closed list, without repeats, in the order given."""
        chosen = list(dict.fromkeys(value for value in self.lists.get(name, []) if value))
        if any(value not in options for value in chosen):
            self.fail(name, _("Ce choix n’existe pas. Choisissez dans la liste."))
            return []
        if not minimum <= len(chosen) <= maximum:
            self.fail(name, _("Choisissez de %(a)s à %(b)s réponses.") % {"a": minimum, "b": maximum})
            return []
        return chosen

    def checked(self, name: str) -> bool:
        """Whether a checkbox was ticked."""
        return self.get(name) not in ("", "0", "false")

    def _missing(self, name: str, required: bool, message: str = "") -> str:
        if required:
            self.fail(name, message or _("À remplir."))
        return ""


def _parse_day(value: str) -> date | None:
    french = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", value)
    text = f"{french[3]}-{int(french[2]):02}-{int(french[1]):02}" if french else value
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 2100 else None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%dT%H:%M")
    return value.strftime("%H:%M") if isinstance(value, time) else str(value)
