"""Shared pieces of the JSON interface: strict bodies, safe texts, pages of a list."""

import base64
import binascii
import json
import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from civic import clock
from civic.errors import Invalid
from civic.i18n import _

MAX_LIMIT = 200
Item = TypeVar("Item")


class Strict(BaseModel):
    """A body or a set of query parameters: an unknown name is an error."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Strict):
    """The body of a request that needs none: an empty object, or none at all."""


class Shown(BaseModel):
    """An answer, read from rows or made from values."""

    model_config = ConfigDict(from_attributes=True)


class Items(BaseModel, Generic[Item]):
    """A page of a list; `next_cursor` asks for the next one, null at the end."""

    items: list[Item]
    next_cursor: str | None = None


def no_control(value: str) -> str:
    if any(ord(c) < 32 and c not in "\n\r\t" for c in value) or any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError(_("Ce texte contient un caractère interdit."))
    return value


def _day(value: Any) -> Any:
    """Only `YYYY-MM-DD`: pydantic alone would take a number of seconds for a day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        # fromisoformat alone would take a week (2026-W48-1) for a day.
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(_("Donnez un jour qui existe, au format AAAA-MM-JJ.")) from None
    if not 1900 <= day.year <= 2100:
        raise ValueError(_("Donnez une année entre 1900 et 2100."))
    return day


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}", value):
        raise ValueError(_("Donnez une date et une heure ISO 8601 avec décalage."))
    return value


def _in_reach(value: datetime) -> datetime:
    if not 1900 <= value.year <= 2100:
        raise ValueError(_("Donnez une année entre 1900 et 2100."))
    return value


SafeStr = Annotated[str, AfterValidator(no_control)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_in_reach)]
# Instants leave with the offset that Paris had then.
LocalMoment = Annotated[datetime, PlainSerializer(lambda value: clock.local(value).isoformat(), return_type=str)]


class Paging(Strict):
    """`limit` (at most and by default 200) and `cursor` (as the page before gave it)."""

    limit: int = Field(default=MAX_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: SafeStr | None = Field(default=None, max_length=500)


def _is_clean(part: Any) -> bool:
    """A text that a database driver takes: one with a NUL or half a character would fail there."""
    return isinstance(part, str) and "\x00" not in part and not any("\ud800" <= c <= "\udfff" for c in part)


def encode_cursor(*key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, size: int) -> list[str] | None:
    """The key after which a page begins. Raises Invalid for a cursor that we did not make."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or len(key) != size or not all(_is_clean(part) for part in key):
        raise unknown_cursor()
    return key


def day_key(cursor: str | None) -> tuple[date, UUID] | None:
    """The key of a list by day, then identifier. Raises Invalid."""
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        return date.fromisoformat(key[0]), UUID(key[1])
    except ValueError:
        raise unknown_cursor() from None


def unknown_cursor() -> Invalid:
    return Invalid({"cursor": _("Ce curseur n’existe pas. Repartez du début de la liste.")})


PagingQuery = Annotated[Paging, Query()]
