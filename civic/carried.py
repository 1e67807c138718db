"""A form sent after the session ended is carried, signed, through the sign-in page: nothing typed is lost."""

from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeTimedSerializer

from civic.forms import Form
from civic.settings import settings
from civic.web import safe_next

KEPT_SECONDS = 3600
LONGEST = 100_000


class Carried(NamedTuple):
    """Where the form was going, and its fields in order, repeats included."""

    path: str
    fields: list[tuple[str, str]]


def wrap(path: str, form: Form) -> str:
    """The sealed text to put in the sign-in form; "" when there is nothing to keep or it holds a password."""
    fields = [(name, value) for name, values in form.lists.items() for value in values]
    if not any(value.strip() for _name, value in fields) or any("password" in name for name, _value in fields):
        return ""
    sealed = str(_sealer().dumps([path, fields]))
    return sealed if len(sealed) <= LONGEST else ""


def unwrap(sealed: str) -> Carried | None:
    """What was sealed less than an hour ago; None for anything that we did not seal."""
    if not sealed:
        return None
    try:
        path, fields = _sealer().loads(sealed, max_age=KEPT_SECONDS)
    except BadSignature:
        return None
    return Carried(safe_next(path), [(str(name), str(value)) for name, value in fields])


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="carried")
