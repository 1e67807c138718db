"""What was counted over a period, before any figure is made of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from civic.encounters.codes import AGES
from civic.reports.rollup_models import FACET_COLUMNS, FACETS, OUTING_COUNTS, SHIFT_COUNTS


@dataclass(frozen=True)
class SiteCount:
    """The encounters of one site; `brackets` maps an age bracket to its encounters and its people.

    Under an age only that bracket is counted: the people are those of it, and the other brackets hold nobody.
    """

    encounters: int
    people: int
    brackets: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, sums: Sequence[int], age: str | None) -> Self:
        """From encounters, people, then the encounters with each bracket and the people of it."""
        size = len(AGES)
        pairs = zip(AGES, sums[2 : 2 + size], sums[2 + size :], strict=True)
        return cls(
            sums[0], sums[1], {code: (met, people) if age in (None, code) else (0, 0) for code, met, people in pairs}
        )


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
    # Encounters by the values of feeling, contact_origin, origin_zone and half_day; what was not said is left out.
    facets: dict[str, dict[str, int]] = field(
        default_factory=lambda: {facet: dict.fromkeys(values, 0) for facet, values in FACETS.items()}
    )
    outings: int = 0
    approached: int = 0
    approached_both: int = 0
    refused_both: int = 0
    # By local day, in the order of SHIFT_COUNTS and OUTING_COUNTS; the fields above are their sums.
    service: dict[date, list[int]] = field(default_factory=dict)
    walks: dict[date, list[int]] = field(default_factory=dict)

    def add_facets(self, counted: Iterable[Sequence[int]]) -> None:
        """Sums in the order of FACET_COLUMNS."""
        for sums in counted:
            for (facet, value), count in zip(FACET_COLUMNS, sums, strict=True):
                self.facets[facet][value] += int(count)

    @property
    def encounters(self) -> int:
        return sum(site.encounters for site in self.sites.values())

    @property
    def people(self) -> int:
        return sum(site.people for site in self.sites.values())

    @property
    def feelings(self) -> tuple[int, int, int]:
        """Positive, neutral, negative."""
        found = self.facets.get("feeling", {})
        return found.get("positif", 0), found.get("neutre", 0), found.get("negatif", 0)

    def by_month(self) -> dict[date, "Tally"]:
        """The shifts and outings of each month that has some, by its first day."""
        months: dict[date, Tally] = {}
        for names, days in ((SHIFT_COUNTS, self.service), (OUTING_COUNTS, self.walks)):
            sums: dict[date, list[list[int]]] = {}
            for day, counts in days.items():
                sums.setdefault(day.replace(day=1), []).append(counts)
            for first, listed in sums.items():
                month = months.setdefault(first, Tally())
                for name, values in zip(names, zip(*listed, strict=True), strict=True):
                    setattr(month, name, sum(values))
        return months

    def bracket(self, code: str) -> tuple[int, int]:
        """The encounters with somebody of an age bracket, and the people of it."""
        pairs = [site.brackets[code] for site in self.sites.values()]
        return sum(met for met, _people in pairs), sum(people for _met, people in pairs)
