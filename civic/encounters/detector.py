"""What in a text could point to somebody: phones, e-mails, plates, names after a title, addresses. Pure.

The patterns stand in static/detector.json, served as /static/detector.json: a phone's JavaScript reads the same ones.
They keep to what both languages understand alike (no look-behind, no `\\b`, no `\\d`, flags "" or "i"), and what was
found is always group 1. It hints to the writer, and holds the comment until a coordinator has read it.
"""

import json
import re
from dataclasses import dataclass
from functools import cache

from civic.i18n import N_, _
from civic.paths import STATIC

KINDS = {
    "phone": N_("un numéro de téléphone"),
    "email": N_("une adresse e-mail"),
    "plate": N_("une plaque"),
    "name": N_("un nom"),
    "address": N_("une adresse"),
}


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    start: int
    end: int
    kind: str


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = json.loads((STATIC / "detector.json").read_text("utf-8"))["patterns"]
    return tuple((row["kind"], re.compile(row["pattern"], re.IGNORECASE if row["flags"] else 0)) for row in table)


def find(text: str | None) -> list[Hit]:
    """Every hit, by its place; of two of one kind that overlap, the first and longest."""
    found = {Hit(*match.span(1), kind) for kind, pattern in _patterns() for match in pattern.finditer(text or "")}
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda one: (one.start, -one.end)):
        if not any(hit.kind == one.kind and hit.start < one.end for one in kept):
            kept.append(hit)
    return kept


def holds(text: str | None) -> bool:
    """Whether a text waits for a reader."""
    return bool(text) and any(pattern.search(text or "") for _kind, pattern in _patterns())


def hints(text: str | None) -> list[str]:
    """What a text seems to hold, in words."""
    kinds = {hit.kind for hit in find(text)}
    return [_(word) for kind, word in KINDS.items() if kind in kinds]
