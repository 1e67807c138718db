"""What a topic means on a day, and what may become of one. Pure decisions: docs/decisions/0015 says why.

A topic that was merged keeps the encounters of the days before: only from the first day on do they count elsewhere.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol

from civic.formats import day_long, day_range
from civic.i18n import _

LABEL_MAX = 40
FAR = timedelta(days=366)


class Validity(NamedTuple):
    """The first and last days of a topic, None being open, and the one that goes on under its name after the last."""

    first: date | None = None
    last: date | None = None
    merged_into: str | None = None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Described(Protocol):
    """A row of topics, or anything that says as much."""

    code: Any
    label: Any
    sensitive: Any
    valid_from: Any
    valid_to: Any
    merged_into: Any


def heir(code: str, day: date, topics: Mapping[str, Validity]) -> str:
    """The topic under which one counts on a day: itself, or what it was merged into by then."""
    for _step in topics:
        known = topics.get(code)
        if known is None or known.merged_into is None or known.last is None or day <= known.last:
            break
        code = known.merged_into
    return code


def counted(content: dict[str, Any], topics: Mapping[str, Validity]) -> dict[str, Any]:
    """A content as it counts: a phone that has not heard of a merge still names the topic that was merged."""
    if "topics" not in content:
        return content
    day = date.fromisoformat(content["date"])
    return {**content, "topics": list(dict.fromkeys(heir(code, day, topics) for code in content["topics"]))}


def slug(label: str, taken: Collection[str]) -> str:
    """A code from a label, stable once made; a number tells apart what looks alike."""
    plain = unicodedata.normalize("NFKD", label.lower()).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:32].strip("_") or "topic"
    return next(code for code in (base, *(f"{base}_{n}" for n in range(2, len(taken) + 3))) if code not in taken)


def wrong_label(label: str, code: str | None, topics: Collection[Described]) -> dict[str, str]:
    """Two topics that can be chosen at once never bear one name."""
    same = (one for one in topics if one.code != code and one.merged_into is None and one.valid_to is None)
    if any(_(one.label).casefold() == label.casefold() or one.label.casefold() == label.casefold() for one in same):
        return {"label": _("Un autre thème porte déjà ce nom.")}
    return {}


def wrong_start(day: date, today: date) -> dict[str, str]:
    if day < today:
        return {"valid_from": _("Ce jour est passé : choisissez aujourd’hui ou plus tard.")}
    return _too_far("valid_from", day, today)


def wrong_retirement(topic: Described, last: date, today: date, used: date | None) -> dict[str, str]:
    """A topic goes from today on, and never from under encounters that name it (`used`: the last day of these)."""
    if last < today:
        return {"last_day": _("Ce jour est passé : choisissez aujourd’hui ou plus tard.")}
    if topic.valid_from and last < topic.valid_from:
        return {"last_day": _("Ce thème ne commence que le %(day)s.") % {"day": day_long(topic.valid_from)}}
    if used and used > last:
        words = _("Des rencontres le nomment jusqu’au %(day)s : choisissez ce jour ou plus tard, ou fusionnez-le.")
        return {"last_day": words % {"day": day_long(used)}}
    return _too_far("last_day", last, today)


def earliest_merge(today: date) -> date:
    """Quarters that are over are published, and never change afterwards."""
    return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)


def wrong_merge(
    topic: Described, target: Described, first: date, today: date, closed: Sequence[tuple[date, date]]
) -> dict[str, str]:
    """Why one topic can't go on as another from a day on, by field of the form."""
    return _wrong_target(topic, target, first) | _wrong_first(topic, first, today, closed)


def _wrong_target(topic: Described, target: Described, first: date) -> dict[str, str]:
    if target.code == topic.code:
        return {"into": _("Un thème ne se fusionne pas avec lui-même.")}
    if target.valid_to is not None or target.merged_into is not None:
        return {"into": _("Ce thème a une fin : choisissez un thème en service.")}
    if target.valid_from and target.valid_from > first:
        words = _("Ce thème ne commence que le %(day)s : choisissez ce jour ou plus tard.")
        return {"into": words % {"day": day_long(target.valid_from)}}
    if topic.sensitive and not target.sensitive:
        return {"into": _("Ces chiffres sont sensibles : rendez d’abord l’autre thème sensible, puis fusionnez.")}
    return {}


def _wrong_first(topic: Described, first: date, today: date, closed: Sequence[tuple[date, date]]) -> dict[str, str]:
    if first < earliest_merge(today):
        words = _("Les trimestres passés sont publiés : choisissez le %(day)s ou plus tard.")
        return {"first_day": words % {"day": day_long(earliest_merge(today))}}
    if topic.valid_from and first <= topic.valid_from:
        words = _("Ce thème ne commence que le %(day)s : choisissez un jour d’après.")
        return {"first_day": words % {"day": day_long(topic.valid_from)}}
    frozen = next((span for span in closed if span[1] >= first), None)
    if frozen:
        words = _("La période %(days)s est close : choisissez un jour d’après, ou voyez avec la direction.")
        return {"first_day": words % {"days": day_range(*frozen)}}
    return _too_far("first_day", first, today)


def _too_far(name: str, day: date, today: date) -> dict[str, str]:
    return {name: _("Choisissez un jour dans l’année qui vient.")} if day > today + FAR else {}


def wrong_state(topic: Described) -> str:
    """Why a topic can no longer be retired or merged; "" while it can."""
    if topic.merged_into is not None:
        return _("Ce thème est déjà fusionné.")
    return _("Ce thème a déjà une fin.") if topic.valid_to is not None else ""
