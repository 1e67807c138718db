"""What a report says about topics that began, ended or merged within the days that it speaks of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from civic.encounters.models import Topic
from civic.formats import day_long
from civic.i18n import _


@dataclass(frozen=True, slots=True)
class TopicChange:
    """From `day` on a topic is chosen (`kind` "new"), no longer chosen ("gone"), or counts in another ("merged")."""

    kind: str
    day: date
    code: str
    label: str
    into: str = ""
    into_label: str = ""


def changes(topics: Sequence[Topic]) -> list[TopicChange]:
    """All that ever changed of all the topics, in the order of the days."""
    labels = {row.code: row.label for row in topics}
    rows = [row for row in topics if row.valid_from or row.valid_to]
    found = [TopicChange("new", row.valid_from, row.code, row.label) for row in rows if row.valid_from]
    for row in rows:
        if row.gone_from and row.merged_into:
            other = row.merged_into
            found.append(TopicChange("merged", row.gone_from, row.code, row.label, other, labels[other]))
        elif row.gone_from:
            found.append(TopicChange("gone", row.gone_from, row.code, row.label))
    return sorted(found, key=lambda one: (one.day, one.code))


def notes(found: Iterable[TopicChange], first: date, last: date, topic: str | None) -> list[str]:
    """Those of the days after `first`, which every later day may be compared with; under a topic, its own."""
    inside = (one for one in found if first < one.day <= last)
    return [_said(one) for one in inside if topic in (None, one.code, one.into)]


def _said(one: TopicChange) -> str:
    words = {"label": one.label, "into": one.into_label, "day": day_long(one.day)}
    if one.kind == "merged":
        told = _("Depuis le %(day)s, « %(label)s » compte dans « %(into)s » ; avant, les deux se comptent à part.")
        return told % words
    if one.kind == "gone":
        return _("« %(label)s » ne se choisit plus depuis le %(day)s.") % words
    return _("« %(label)s » se choisit depuis le %(day)s.") % words
