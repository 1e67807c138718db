"""Who could take a shift: everybody in sight, judged by the same rules as a booking, those who may first."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from civic.bookings import rules
from civic.bookings.agenda import Agenda
from civic.bookings.hours import per_day, week_summary
from civic.bookings.listing import distance
from civic.bookings.values import Company, Held, Person, ShiftFacts
from civic.errors import Finding

FAR = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """`hours` are those of the shift's week without it, `after` with it, `weekly_hours` what the contract says."""

    person: Person
    distance_km: float | None
    hours: float
    after: float
    weekly_hours: float | None
    refusals: list[Finding]
    warnings: list[Finding] = field(default_factory=list)

    @property
    def eligible(self) -> bool:
        return not self.refusals


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
    """Those who may come first, without a warning before with one, then by distance and by hours so far.

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
        found.append(Candidate(person, distance(person, shift), hours, hours + added, weekly, refusals, warnings))
    return sorted(found, key=_order)


def _former(person: Person, now: datetime) -> bool:
    return bool(person.contracts) and all(contract.last_day < now.date() for contract in person.contracts)


def _order(one: Candidate) -> tuple[bool, bool, float, float, str]:
    away = FAR if one.distance_km is None else one.distance_km
    return (not one.eligible, bool(one.warnings), away, one.hours, one.person.name)
