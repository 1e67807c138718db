"""The posted form as one record of POST /encounters or /outings, so that both doors check the same things."""

import re
from typing import Any
from uuid import UUID, uuid4

from civic.encounters import codes
from civic.encounters.contents import MAX_PEOPLE, Content
from civic.forms import Form
from civic.i18n import _

PLACE = ("site_id", "date", "half_day")
OUTING_COUNTS = ("approached_count", "refused_count")
MANY = 30
OUTING_CODES = ("weather", "crowd", "ambience")
ENCOUNTER = (*PLACE, "people_count", "sure", *codes.AGES, "topics", "feeling", *codes.DETAILS, "comment", "reason")
# Every field that a form shows, from the top down.
ORDER = (*ENCOUNTER, *OUTING_COUNTS, *OUTING_CODES)


def encounter_record(form: Form, *, with_comment: bool = True) -> dict[str, Any]:
    """What was typed, under the names of the interface; a number that is none stays a text, and is refused as one."""
    if not form.get("feeling"):
        form.fail("feeling", _("Choisissez un ressenti, ou « Non dit »."))
    record = _place(form)
    record |= {name: _number(form, name) for name in codes.AGES}
    record["topics"] = list(dict.fromkeys(form.lists.get("topics", [])))
    record["feeling"] = form.get("feeling") or None
    record |= {name: form.get(name) or None for name in codes.DETAILS}
    if with_comment:
        record["comment"] = form.get("comment") or None
    return record


def outing_record(form: Form) -> dict[str, Any]:
    record = _place(form)
    record |= {name: _number(form, name) for name in OUTING_COUNTS}
    record |= {name: form.get(name) or None for name in OUTING_CODES}
    return record


def ask_if_many(form: Form, record: dict[str, Any], *, known: int = 0) -> None:
    """A count that looks like a slip of the finger is asked once: the box then holds the very count it stands for."""
    ages = [record[name] or 0 for name in codes.AGES]
    count = sum(one for one in ages if isinstance(one, int))
    if MANY < count <= MAX_PEOPLE and count != known and form.get("sure") != str(count):
        form.fail("sure", _("Bien %(n)s personnes ? Corrigez le compte, ou cochez pour confirmer.") % {"n": count})
        form.lists["many"] = [str(count)]


def fail_all(form: Form, errors: dict[str, str]) -> None:
    """Errors of the record at the fields of the form; those about fields that it does not show concern it whole."""
    for name, message in errors.items():
        form.fail(name if name in ORDER else "", message)


def in_order(form: Form) -> None:
    """The errors in the order of the fields, so that the summary reads like the form."""
    form.errors = dict(sorted(form.errors.items(), key=lambda one: ORDER.index(one[0]) if one[0] in ORDER else -1))


def shown_content(content: Content) -> Form:
    """A form that shows what is stored."""
    return Form.filled(**{name: value for name, value in content.items() if value is not None})


def identifier(form: Form) -> UUID:
    """The identifier made when the form was opened; a form that lost it gets another."""
    try:
        return UUID(form.get("client_uuid"))
    except ValueError:
        return uuid4()


def number(text: str, default: int) -> int:
    """A small whole number in a hidden field or an address; anything else is the default."""
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else default


def _place(form: Form) -> dict[str, Any]:
    if not form.get("site_id"):
        form.fail("site_id", _("Choisissez un lieu."))
    day = form.date("date")
    if not form.get("half_day"):
        form.fail("half_day", _("Choisissez une demi-journée."))
    return {
        "site_id": form.get("site_id") or None,
        "date": day.isoformat() if day else None,
        "half_day": form.get("half_day") or None,
    }


def _number(form: Form, name: str) -> int | str | None:
    text = form.get(name)
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else text or None
