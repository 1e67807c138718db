"""What a phone or a form sent, read strictly: a content to keep, or a French sentence per wrong field. Pure.

A content is a plain dict that survives JSON unchanged; it is what the kept versions hold. Absent and null are the same,
and an age that is absent counts 0.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from civic.encounters import codes
from civic.i18n import _
from civic.sites.kinds import REPORT_KINDS, SPOTS

Content = dict[str, Any]

MAX_PEOPLE = 200
MAX_TOPICS = 3
MAX_COMMENT = 280
MAX_COUNT = 1000
MAX_VERSION = 100_000
# Stands in a kept content whose comment was erased.
ERASED = "comment_erased"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Line ends and tabs are the only control characters that a text may hold.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

_COMMON = ("client_uuid", "version", "site_id", "date", "half_day", "shift_id")
ENCOUNTER_FIELDS = frozenset({*_COMMON, "outing_uuid", *codes.AGES, "topics", "feeling", *codes.DETAILS, "comment"})
REPORT_FIELDS = frozenset({"client_uuid", "version", "site_id", "date", "kind", "spot", "description"})
OUTING_FIELDS = frozenset({*_COMMON, "approached_count", "refused_count", "weather", "crowd", "ambience"})


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was sent. `uuid` is None when it can't be one; `content` means something without `errors`."""

    given: Any
    uuid: UUID | None
    number: int
    content: Content
    errors: dict[str, str]

    @property
    def day(self) -> date:
        return date.fromisoformat(self.content["date"])

    @property
    def shift_id(self) -> UUID | None:
        return UUID(self.content["shift_id"]) if self.content["shift_id"] else None

    @property
    def outing_uuid(self) -> UUID | None:
        """None for an outing, which has none."""
        return UUID(self.content["outing_uuid"]) if self.content.get("outing_uuid") else None


class _Reader:
    """Reads the fields of one record by name and keeps the first error of each."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.errors: dict[str, str] = {}

    def fail(self, name: str, message: str) -> None:
        self.errors.setdefault(name, message)

    def known(self, names: Collection[str]) -> None:
        for name in self.record:
            if name == "status":
                self.fail(name, _("L’état ne s’envoie pas : il suit l’annulation."))
            elif name not in names:
                self.fail(printable(name), _("Ce champ est inconnu."))

    def _given(self, name: str, required: bool) -> Any:
        value = self.record.get(name)
        if value is None and required:
            self.fail(name, _("Ce champ est obligatoire."))
        return value

    def uuid(self, name: str, *, required: bool = False) -> str | None:
        value = self._given(name, required)
        if value is None:
            return None
        if isinstance(value, str) and _UUID.fullmatch(value):
            return value.lower()
        self.fail(name, _("Ce n’est pas un identifiant."))
        return None

    def code(self, name: str) -> str | None:
        """A code of an open list: whether it exists is asked later."""
        value = self._given(name, True)
        if value is None:
            return None
        if isinstance(value, str) and _CODE.fullmatch(value):
            return value
        self.fail(name, _("Ce choix n’existe pas."))
        return None

    def choice(self, name: str, options: Collection[str], *, required: bool = False) -> str | None:
        value = self._given(name, required)
        if value is None:
            return None
        if isinstance(value, str) and value in options:
            return value
        self.fail(name, _("Ce choix n’existe pas."))
        return None

    def integer(self, name: str, lowest: int, highest: int, *, required: bool = False) -> int | None:
        """A whole number: true, "2" and 2.0 are none."""
        value = self._given(name, required)
        if value is None:
            return None
        if type(value) is int and lowest <= value <= highest:
            return value
        self.fail(name, _("Donnez un nombre entier de %(a)s à %(b)s.") % {"a": lowest, "b": highest})
        return None

    def day(self, name: str) -> str | None:
        value = self._given(name, True)
        if value is None:
            return None
        try:
            if isinstance(value, str) and _DAY.fullmatch(value) and 1900 <= date.fromisoformat(value).year <= 2100:
                return value
        except ValueError:
            pass
        self.fail(name, _("Donnez un jour qui existe, au format AAAA-MM-JJ."))
        return None

    def topics(self) -> list[str]:
        value = self._given("topics", True)
        if value is None:
            return []
        codes_only = isinstance(value, list) and all(isinstance(one, str) and _CODE.fullmatch(one) for one in value)
        if not codes_only:
            self.fail("topics", _("Donnez une liste de thèmes."))
            return []
        if not 1 <= len(value) <= MAX_TOPICS:
            self.fail("topics", _("Choisissez de 1 à 3 thèmes."))
        elif len(set(value)) < len(value):
            self.fail("topics", _("Le même thème est donné deux fois."))
        return list(value)

    def text(self, name: str) -> str | None:
        value = self._given(name, False)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fail(name, _("Donnez un texte."))
            return None
        text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
        if _CONTROL.search(text):
            self.fail(name, _("Ce texte contient un caractère interdit. Retapez-le."))
            return None
        if len(text) > MAX_COMMENT:
            self.fail(name, _("Ce texte a %(n)s caractères : 280 au plus.") % {"n": len(text)})
        return text or None

    def place(self) -> Content:
        """The fields that an encounter and an outing share."""
        return {
            "site_id": self.code("site_id"),
            "date": self.day("date"),
            "half_day": self.choice("half_day", codes.HALF_DAYS, required=True),
            "shift_id": self.uuid("shift_id"),
        }

    def done(self, given: Any, content: Content) -> Record:
        uuid = self.uuid("client_uuid", required=True)
        number = self.integer("version", 1, MAX_VERSION, required=True)
        return Record(given, UUID(uuid) if uuid else None, number or 0, content, self.errors)


def read_encounter(given: Any) -> Record:
    """One item of POST /encounters, or the values of the form under the same names."""
    if not isinstance(given, Mapping):
        return _not_an_object(given)
    reader = _Reader(given)
    reader.known(ENCOUNTER_FIELDS)
    content = reader.place()
    content["outing_uuid"] = reader.uuid("outing_uuid")
    ages = {name: reader.integer(name, 0, MAX_PEOPLE) or 0 for name in codes.AGES}
    if not any(name in reader.errors for name in ages):
        if not sum(ages.values()):
            reader.fail("people_count", _("Comptez au moins une personne."))
        elif sum(ages.values()) > MAX_PEOPLE:
            reader.fail("people_count", _("Une rencontre compte 200 personnes au plus."))
    content |= ages
    content["topics"] = reader.topics()
    content["feeling"] = reader.choice("feeling", codes.FEELINGS, required=True)
    for name, options in codes.DETAILS.items():
        content[name] = reader.choice(name, options)
    content["comment"] = reader.text("comment")
    return reader.done(given.get("client_uuid"), content)


def read_outing(given: Any) -> Record:
    """One item of POST /outings, or the values of the form under the same names."""
    if not isinstance(given, Mapping):
        return _not_an_object(given)
    reader = _Reader(given)
    reader.known(OUTING_FIELDS)
    content = reader.place()
    approached = content["approached_count"] = reader.integer("approached_count", 0, MAX_COUNT)
    refused = content["refused_count"] = reader.integer("refused_count", 0, MAX_COUNT)
    if approached is not None and refused is not None and refused > approached:
        reader.fail("refused_count", _("Il y a plus de refus que de personnes abordées."))
    content["weather"] = reader.choice("weather", codes.WEATHERS)
    content["crowd"] = reader.choice("crowd", codes.CROWDS)
    content["ambience"] = reader.choice("ambience", codes.AMBIENCES)
    return reader.done(given.get("client_uuid"), content)


def read_site_report(given: Any) -> Record:
    """One item of POST /site-reports, or the values of the form under the same names."""
    if not isinstance(given, Mapping):
        return _not_an_object(given)
    reader = _Reader(given)
    reader.known(REPORT_FIELDS)
    content: Content = {"site_id": reader.code("site_id"), "date": reader.day("date")}
    content["kind"] = reader.choice("kind", REPORT_KINDS, required=True)
    content["spot"] = reader.choice("spot", SPOTS)
    content["description"] = reader.text("description") or ""
    if content["kind"] == "autre" and not content["description"] and "description" not in reader.errors:
        reader.fail("description", _("Dites en quelques mots ce que c’est."))
    return reader.done(given.get("client_uuid"), content)


def _not_an_object(given: Any) -> Record:
    return Record(None, None, 0, {}, {"record": _("Chaque fiche est un objet JSON.")})


def same(one: Content, other: Content) -> bool:
    """Whether two contents say the same thing: the order of topics and the state of the row are no part of it. Where a
    comment was erased in its time, nobody knows what it was: a replay is recognised by the rest.
    """
    erased = ERASED in one or ERASED in other
    return _core(one, erased) == _core(other, erased)


def without_comment(content: Content) -> Content:
    """A kept content once its comment is erased."""
    return {**content, "comment": None, ERASED: True}


def _core(content: Content, erased: bool) -> Content:
    """Fields that hold nothing are left out: a version kept before a field existed still compares equal."""
    left_out = {"status", ERASED, *(["comment"] if erased else [])}
    filled = {key: value for key, value in content.items() if value is not None and key not in left_out}
    if "topics" in filled:
        filled["topics"] = sorted(filled["topics"])
    return filled


def people(content: Content) -> int:
    return sum(int(content.get(name) or 0) for name in codes.AGES)


def printable(value: str) -> str:
    """A text that can leave as UTF-8 whatever came in, at a readable length."""
    return value[:100].encode("utf-8", "replace").decode("utf-8")


def echo(value: Any) -> Any:
    """An identifier as it was given, so far as JSON can carry it back."""
    if isinstance(value, str):
        return printable(value)
    return value if value is None or isinstance(value, bool | int) else None
