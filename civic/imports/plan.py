"""What an import would do, line by line: the same values whether it is a dry run or the real thing."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from civic.i18n import ngettext
from civic.imports.columns import Line, Problem

OUTCOMES = ("refused", "changed", "created", "same")


@dataclass(frozen=True, slots=True)
class Change:
    """One field in words; a `secret` one was there and is not shown."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One line: `label` names the thing in words and `detail` says more of it; `work` is what the kind applies."""

    number: int
    label: str
    outcome: str
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    work: Any = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every line in the order of the file."""

    lines: Sequence[Planned]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(one.outcome for one in self.lines)
        return {name: found[name] for name in OUTCOMES}

    def of(self, outcome: str) -> list[Planned]:
        return [one for one in self.lines if one.outcome == outcome]

    @property
    def refused(self) -> bool:
        return any(one.outcome == "refused" for one in self.lines)

    @property
    def writes(self) -> int:
        """How many rows it would write."""
        return sum(one.outcome in ("created", "changed") for one in self.lines)

    @property
    def digest(self) -> str:
        """Changes when anything that was shown does."""
        shown = [(one.number, one.label, one.detail, one.outcome, one.changes, one.problems) for one in self.lines]
        return hashlib.sha256(repr(shown).encode("utf-8", "backslashreplace")).hexdigest()


def refused(line: Line, label: str) -> Planned:
    """A line with problems."""
    return Planned(line.number, label, "refused", problems=tuple(line.problems))


def sums(counts: Mapping[str, int]) -> dict[str, str]:
    """« 1 créée », « 12 inchangées », for what there is."""
    said = {
        "refused": ngettext("%(n)s refusée", "%(n)s refusées", counts["refused"]),
        "changed": ngettext("%(n)s modifiée", "%(n)s modifiées", counts["changed"]),
        "created": ngettext("%(n)s créée", "%(n)s créées", counts["created"]),
        "same": ngettext("%(n)s inchangée", "%(n)s inchangées", counts["same"]),
    }
    return {name: said[name] % {"n": counts[name]} for name in OUTCOMES if counts[name]}
