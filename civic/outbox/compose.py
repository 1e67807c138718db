"""From a template's name and its values to the subject and the two parts of a mail."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment

from civic.settings import settings
from civic.templating import environment

# A header is one line. The spaces that keep « 14 h » and « : » together stay.
BREAKS = re.compile(r"[^\S\u00a0\u202f]+")


class Composed(NamedTuple):
    subject: str
    text: str
    html: str


def compose(template: str, context: dict[str, Any]) -> Composed:
    """`templates/mail/<template>.txt`, whose first line is "Subject: …", and `.html`."""
    values = {"base_url": settings().base_url, **context}
    rendered = _plain().get_template(f"mail/{template}.txt").render(values)
    first, _newline, rest = rendered.partition("\n")
    subject = BREAKS.sub(" ", first.removeprefix("Subject:")).strip(" ")
    html = environment().get_template(f"mail/{template}.html").render(values)
    return Composed(subject, rest.strip() + "\n", html)


@lru_cache(maxsize=1)
def _plain() -> Environment:
    """For the text part. Made once: an overlay has a cache of its own, and compiling a template takes 10 ms."""
    return environment().overlay(autoescape=False)
