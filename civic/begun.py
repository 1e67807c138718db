"""What a form was begun with, sent along with it: whoever saves second is told what changed, and undoes nothing."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from civic.forms import Form

FIELD = "begun"
# What a table shows of a long text.
SHOWN = 200
Words = Callable[[str, list[str]], str]


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that somebody else changed meanwhile: what it was, what it is, what was typed here (or None)."""

    label: str
    before: str
    now: str
    typed: str | None


def begin(form: Form, names: Collection[str]) -> Form:
    """Let a form that shows stored values carry them in one hidden field."""
    form.lists[FIELD] = [json.dumps({name: _texts(form, name) for name in names}, ensure_ascii=False)]
    return form


def compare(form: Form, stored: Form, labels: Mapping[str, str], words: Words) -> list[Clash]:
    """Let the other's changes in where nothing was typed here, keep what was typed, and list what the other changed.

    A form that does not say what it was begun with is taken as it is.
    """
    begun = _begun(form.get(FIELD), labels)
    found = []
    for name, label in labels.items():
        before, now, typed = begun.get(name), _texts(stored, name), _texts(form, name)
        if before is None or before == now or typed == now:
            continue
        mine = typed != before
        if not mine:
            form.lists[name] = list(stored.lists.get(name, ()))
        found.append(Clash(label, words(name, before), words(name, now), words(name, typed) if mine else None))
    if found:
        form.lists[FIELD] = begin(Form(stored.lists), labels).lists[FIELD]
    return found


def worded(options: Mapping[str, Mapping[str, str]]) -> Words:
    """Values by what people call them: `options` has {code: name} for the fields that hold codes."""

    def words(name: str, values: list[str]) -> str:
        named = options.get(name, {})
        text = ", ".join(named.get(value, value) for value in values)
        return f"{text[:SHOWN]}…" if len(text) > SHOWN else text or "–"

    return words


def _begun(packed: str, names: Collection[str]) -> dict[str, list[str]]:
    """What `begin` wrote; {} for anything else, since it comes back from a browser."""
    try:
        found = json.loads(packed)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or set(found) != set(names):
        return {}
    whole = all(isinstance(value, list) and all(isinstance(one, str) for one in value) for value in found.values())
    return found if whole else {}


def _texts(form: Form, name: str) -> list[str]:
    """In an order of their own, as the boxes of a form have none."""
    return sorted(filter(None, (text.replace("\r\n", "\n").strip() for text in form.lists.get(name, ()))))
