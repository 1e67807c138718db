"""Who could take a shift: everybody in sight, judged by the same rules as a booking, those who may first."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from civic.bookings import rules
from civic.bookings.agenda import Agenda
from civic.bookings.company import is_newcomer, together_with
from civic.bookings.hours import per_day, week_summary
from civic.bookings.listing import distance
from civic.bookings.values import Company, Held, Person, ShiftFacts
from civic.errors import Finding

FAR = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """`hours` are those of the shift's week without it, `after` with it, `weekly_hours` what the contract says.

    `liked` is a site that they prefer, `newcomer` somebody with few shifts behind them, `together` the names of those
    seated whom a coordinator wishes to put them with.
    """

    person: Person
    distance_km: float | None
    hours: float
    after: float
    weekly_hours: float | None
    refusals: list[Finding]
    warnings: list[Finding] = field(default_factory=list)
    liked: bool = False
    newcomer: bool = False
    together: tuple[str, ...] = ()

    @property
    def eligible(self) -> bool:
        return not self.refusals

    @property
    def over(self) -> bool:
        """Whether the week would go above the hours of the contract."""
        return self.weekly_hours is not None and self.after > self.weekly_hours


def week_hours(held: Iterable[Held], noted: Mapping[UUID, tuple[str, float]], monday: date) -> float:
    """Hours of a week, served ones where they were noted."""
    return week_summary(held, {key: hours for key, (_state, hours) in noted.items()}, monday).total


def hours_within(shift: ShiftFacts, monday: date) -> float:
    """What a shift adds to the week of a Monday: one that begins on Sunday night counts partly in the next."""
    return sum(hours for day, hours in per_day(shift.times).items() if 0 <= (day - monday).days < 7)


def contract_hours(person: Person, day: date) -> float | None:
    contract = person.contract_on(day)
    return contract.weekly_hours if contract and contract.covers(day) else None


def rank(
    people: Iterable[Person],
    shift: ShiftFacts,
    holdings: Mapping[UUID, list[Held]],
    noted: Mapping[UUID, tuple[str, float]],
    *,
    monday: date,
    now: datetime,
    without: Collection[UUID] = (),
    beside: Company | None = None,
) -> list[Candidate]:
    """Those who may come first, the best fit before; then those who can't, the nearest miss before.

    People whose engagement is over are left out.
    """
    added = hours_within(shift, monday)
    found = []
    for person in people:
        if person.volunteer_id in without or _former(person, now):
            continue
        held = holdings.get(person.volunteer_id, [])
        hours = week_hours(held, noted, monday)
        agenda = Agenda(held)
        refusals = rules.judge(person, shift, agenda, now)
        warnings = [] if refusals else rules.advise(person, shift, agenda, beside)
        weekly = contract_hours(person, shift.times.day)
        found.append(
            Candidate(
                person=person,
                distance_km=distance(person, shift),
                hours=hours,
                after=hours + added,
                weekly_hours=weekly,
                refusals=refusals,
                warnings=warnings,
                liked=shift.site_id in person.preferred_sites,
                newcomer=is_newcomer(person, shift),
                together=together_with(person, beside) if beside else (),
            )
        )
    return sorted(found, key=_order)


def _former(person: Person, now: datetime) -> bool:
    return bool(person.contracts) and all(contract.last_day < now.date() for contract in person.contracts)


def _order(one: Candidate) -> tuple[bool, int, bool, bool, bool, float, float, str]:
    """A warning weighs more than a wish, a wish more than a liked site, that more than the hours and the way.

    Of those who can't, whoever lacks one thing stands before whoever lacks three.
    """
    away = FAR if one.distance_km is None else one.distance_km
    against = len(one.warnings) if one.eligible else len(one.refusals)
    return (not one.eligible, against, not one.together, not one.liked, one.over, away, one.hours, one.person.name)
