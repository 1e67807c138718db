"""Which counts may leave the house: small ones are hidden, and what a subtraction would give back. Values only.

What is shared is a tree for each quarter: a total is cut into parts (months; intermunicipalities, then their sites;
feelings; referrals; ages), and no two cuts are ever crossed. So a hidden count can be found only through the total
above it: two at least are hidden under one total, together as many as the threshold, so that each may as well be large
as nil. Topics do not add up (an encounter names 1 to 3): they are judged by the places that encounters have left for
naming another. A longer period is the sum of quarters as they were published: it says nothing that these do not.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

THRESHOLD = 5
SENSITIVE_THRESHOLD = 11
SENSITIVE = frozenset({"health_access", "acces_soins"})
# How many topics an encounter names at most.
MOST_TOPICS = 3

Shown = dict[str, int | None]


def threshold(key: str) -> int:
    """The smallest count that may be shown for a topic, a referral or anything else."""
    return SENSITIVE_THRESHOLD if key in SENSITIVE else THRESHOLD


@dataclass(frozen=True)
class Node:
    """A total and its cuts by name; the parts of a cut add up to the total. `people` never mixes with encounters."""

    value: int
    cuts: Mapping[str, Mapping[str, "Node"]] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What may be shown of a node; None: hidden."""

    value: int | None
    cuts: Mapping[str, Mapping[str, "Seen"]] = field(default_factory=dict)


def leaves(counts: Mapping[str, int]) -> dict[str, Node]:
    return {key: Node(value) for key, value in counts.items()}


def suppress(node: Node, key: str = "") -> Seen:
    """A tree as it may be shown. A total under a part's threshold would say that the part is under it too."""
    return _shown(node, node.value >= max(threshold(key), *map(threshold, _keys(node))))


def _keys(node: Node) -> Iterator[str]:
    yield ""
    for parts in node.cuts.values():
        for key, part in parts.items():
            yield key
            yield from _keys(part)


def _shown(node: Node, visible: bool) -> Seen:
    cuts = {}
    for name, parts in node.cuts.items():
        # Parts of a hidden total would add up to it.
        hidden = hidden_parts({key: part.value for key, part in parts.items()}) if visible else parts.keys()
        cuts[name] = {key: _shown(part, key not in hidden) for key, part in parts.items()}
    return Seen(node.value if visible else None, cuts)


def hidden_parts(parts: Mapping[str, int]) -> set[str]:
    """The parts of a shown total to hide: the small ones, then the smallest until none follows from the rest."""
    hidden = {key for key, value in parts.items() if value < threshold(key)}
    rest = sorted((key for key in parts if key not in hidden), key=lambda key: (parts[key], key))
    while hidden and rest and not _safe(parts, hidden):
        hidden.add(rest.pop(0))
    return hidden


def _safe(parts: Mapping[str, int], hidden: Iterable[str]) -> bool:
    """Any of the hidden ones may be nil or as large as all of them together, which must pass its threshold."""
    chosen = list(hidden)
    return len(chosen) > 1 and sum(parts[key] for key in chosen) >= max(threshold(key) for key in chosen)


def topics(
    total: int,
    counts: Mapping[str, int],
    pillar_of: Mapping[str, str | None],
    pillars: Mapping[str, int],
    sensitive: Collection[str] = SENSITIVE,
) -> tuple[Shown, Shown]:
    """Topics and pillars of `total` encounters as they may be shown; `sensitive` topics have the higher threshold.

    A pillar goes with each of its topics that is hidden, since it is at least as large as the largest of them. A hidden
    topic might be as large as its threshold only while that many encounters could name one more: else none is shown.
    """
    least = {key: SENSITIVE_THRESHOLD if key in sensitive else THRESHOLD for key in counts}
    hidden = {key for key, value in counts.items() if value < least[key]}
    places = MOST_TOPICS * total - sum(counts.values())
    limit = max((least[key] for key in hidden), default=0)
    if total < max(THRESHOLD, limit) or (hidden and places < (MOST_TOPICS - 1) * limit):
        hidden = set(counts)
    # A topic that no encounter names, and any topic of a hidden pillar's, is among `counts` with its nought.
    dark = {pillar_of.get(key) for key in hidden} | {key for key, value in pillars.items() if value < THRESHOLD}
    shown: Shown = {key: None if key in hidden else value for key, value in counts.items()}
    return shown, {key: None if key in dark else value for key, value in pillars.items()}


def added(values: Iterable[int | None]) -> int | None:
    """The sum of published counts, hidden as soon as one of them is."""
    found = list(values)
    return None if not found or any(value is None for value in found) else sum(value or 0 for value in found)
