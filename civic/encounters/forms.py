"""The posted form as one record of POST /encounters or /outings, so that both doors check the same things."""

import re
from typing import Any
from uuid import UUID, uuid4

from civic.encounters import codes
from civic.encounters.contents import Content
from civic.forms import Form
from civic.i18n import _

PLACE = ("site_id", "date", "half_day")
OUTING_COUNTS = ("approached_count", "refused_count")
OUTING_CODES = ("weather", "crowd", "ambience")


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


def fail_all(form: Form, errors: dict[str, str]) -> None:
    """Errors of the record at the fields of the form; those about fields that it does not show concern it whole."""
    shown = {*PLACE, "people_count", *codes.AGES, "topics", "feeling", *codes.DETAILS, "comment", "reason"}
    shown |= {*OUTING_COUNTS, *OUTING_CODES}
    for name, message in errors.items():
        form.fail(name if name in shown else "", message)


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
    day = form.date("date")
    return {
        "site_id": form.get("site_id") or None,
        "date": day.isoformat() if day else None,
        "half_day": form.get("half_day") or None,
    }


def _number(form: Form, name: str) -> int | str | None:
    text = form.get(name)
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else text or None
