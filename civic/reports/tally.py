"""What was counted over a period, before any figure is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from civic.encounters.codes import AGES


@dataclass(frozen=True)
class SiteCount:
    """The encounters of one site; `brackets` maps an age bracket to its encounters and its people."""

    encounters: int
    people: int
    brackets: dict[str, tuple[int, int]]
    positive: int
    neutral: int
    negative: int

    @classmethod
    def of(cls, sums: Sequence[int]) -> Self:
        """From the sums in the order of queries._by_site."""
        size = len(AGES)
        people, present, feelings = sums[2 : 2 + size], sums[2 + size : 2 + 2 * size], sums[2 + 2 * size :]
        return cls(sums[0], sums[1], dict(zip(AGES, zip(present, people, strict=True), strict=True)), *feelings)


@dataclass(frozen=True)
class TopicCount:
    code: str
    label: str
    pillar: str | None
    encounters: int
    people: int


@dataclass(frozen=True)
class DayCount:
    day: date
    encounters: int
    people: int


@dataclass
class Tally:
    """`shifts` and `capacity` are those ended by the cut-off; `held` had somebody present, `paired` two or more."""

    shifts: int = 0
    capacity: int = 0
    confirmed: int = 0
    present: int = 0
    held: int = 0
    paired: int = 0
    hundredths: int = 0
    held_sites: set[str] = field(default_factory=set)
    sites: dict[str, SiteCount] = field(default_factory=dict)
    topics: list[TopicCount] = field(default_factory=list)
    pillars: dict[str, tuple[int, int]] = field(default_factory=dict)
    days: list[DayCount] = field(default_factory=list)
    outings: int = 0
    approached: int = 0
    approached_both: int = 0
    refused_both: int = 0

    @property
    def encounters(self) -> int:
        return sum(site.encounters for site in self.sites.values())

    @property
    def people(self) -> int:
        return sum(site.people for site in self.sites.values())

    @property
    def feelings(self) -> tuple[int, int, int]:
        """Positive, neutral, negative."""
        counts = self.sites.values()
        return sum(s.positive for s in counts), sum(s.neutral for s in counts), sum(s.negative for s in counts)

    def bracket(self, code: str) -> tuple[int, int]:
        """The encounters with somebody of an age bracket, and the people of it."""
        pairs = [site.brackets[code] for site in self.sites.values()]
        return sum(met for met, _people in pairs), sum(people for _met, people in pairs)
