"""From chosen numbers back to lines: judged again by the rules, one after the other, as if each were booked by hand."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from civic.bookings import rules
from civic.bookings.agenda import Agenda, mondays
from civic.bookings.company import is_newcomer
from civic.bookings.listing import distance
from civic.bookings.values import Company, Held, Person, ShiftFacts
from civic.planning import weeks as weeks_of
from civic.planning.candidates import contract_hours
from civic.planning.fill_facts import Facts, Pair

# Reasons told per shift that stays short, and weeks told of people away from their contract.
REASONS, AWAY = 4, 0.1


@dataclass(frozen=True, slots=True)
class Line:
    """`detail` is {before, after, weekly, km, warnings}: hours of the week of the shift, and sentences."""

    shift_id: UUID
    volunteer_id: UUID
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome` is {places, free, empty: [{shift, free, reasons}], people: [{volunteer, monday, hours, weekly}]}."""

    lines: list[Line]
    outcome: dict[str, Any]


def answer(facts: Facts, chosen: list[Pair]) -> Answer:
    """The lines that no rule refuses, what stays empty and why, and who is away from the contract's hours."""
    shifts = {one.id: one for one in facts.shifts}
    holdings = {key: list(held) for key, held in facts.holdings.items()}
    seated = {one.id: list(facts.crowds[one.id].seated) for one in facts.shifts}
    lines = []
    for shift_id, volunteer_id in sorted(chosen, key=lambda pair: _order(facts, shifts, pair)):
        shift, person = shifts[shift_id], facts.people[volunteer_id]
        agenda = Agenda(holdings[volunteer_id])
        if len(seated[shift_id]) >= shift.capacity or rules.judge(person, shift, agenda, facts.now):
            continue
        lines.append(Line(shift_id, volunteer_id, _detail(facts, person, shift, agenda, seated[shift_id])))
        seat = as_held(person, shift)
        holdings[volunteer_id].append(seat)
        seated[shift_id].append(seat)
    outcome = {
        "places": len(lines),
        "free": sum(facts.free(one) for one in facts.shifts),
        "empty": _empty(facts, seated, holdings),
        "people": _people(facts, holdings),
    }
    return Answer(lines, outcome)


def _order(facts: Facts, shifts: dict[UUID, ShiftFacts], pair: Pair) -> tuple[Any, ...]:
    """By shift, those who know the work first: a newcomer is then told that somebody is there."""
    shift, person = shifts[pair[0]], facts.people[pair[1]]
    return shift.times.starts_at, shift.id, is_newcomer(person, shift), person.minor_on(shift.times.day), person.name


def as_held(person: Person, shift: ShiftFacts) -> Held:
    """The seat that a line would make."""
    return Held(
        booking_id=uuid4(),
        shift_id=shift.id,
        volunteer_id=person.volunteer_id,
        state="confirmed",
        queue_key=0,
        times=shift.times,
        site_name=shift.site_name,
        volunteer_name=person.name,
        site_id=shift.site_id,
        lat=shift.lat,
        lon=shift.lon,
        stand_duty="stand_duty" in shift.tags,
        own_choice=False,
    )


def _detail(facts: Facts, person: Person, shift: ShiftFacts, agenda: Agenda, seated: list[Held]) -> dict[str, Any]:
    monday = mondays(shift.times)[0]
    warnings = rules.advise(person, shift, agenda, Company(tuple(seated), facts.wishes))
    before = agenda.week_hours(monday)
    after = Agenda([*agenda.seats, as_held(person, shift)]).week_hours(monday)
    away = distance(person, shift)
    return {
        "before": round(before, 2),
        "after": round(after, 2),
        "weekly": contract_hours(person, shift.times.day),
        "km": None if away is None else round(away, 1),
        "warnings": [one.title for one in warnings],
    }


def _empty(facts: Facts, seated: dict[UUID, list[Held]], holdings: dict[UUID, list[Held]]) -> list[dict[str, Any]]:
    """Places that stay free, with the commonest first reason of all who are not on the shift."""
    agendas = {key: Agenda(held) for key, held in holdings.items()}
    found = []
    for shift in facts.shifts:
        left = shift.capacity - len(seated[shift.id])
        if left <= 0:
            continue
        there = {held.volunteer_id for held in seated[shift.id]}
        reasons: Counter[str] = Counter()
        for key, person in facts.people.items():
            if (shift.id, key) in facts.aside:
                reasons["set_aside"] += 1
            elif key not in there:
                refused = rules.judge(person, shift, agendas[key], facts.now)
                reasons[refused[0].code if refused else "spare"] += 1
        found.append({"shift": str(shift.id), "free": left, "reasons": reasons.most_common(REASONS)})
    return found


def _people(facts: Facts, holdings: dict[UUID, list[Held]]) -> list[dict[str, Any]]:
    """Whose week lies a tenth or more away from the contract, by week and name."""
    weeks = sorted({monday for shift in facts.shifts for monday in mondays(shift.times)[:1]})
    found: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    for person in facts.people.values():
        agenda = Agenda(holdings[person.volunteer_id])
        for monday in weeks:
            # A week in which the contract begins or ends asks for less than its hours.
            weekly = contract_hours(person, monday)
            if weekly is None or contract_hours(person, weeks_of.sunday(monday)) is None:
                continue
            hours = agenda.week_hours(monday)
            if abs(hours - weekly) >= AWAY * weekly:
                row = {"volunteer": str(person.volunteer_id), "monday": str(monday)}
                found[monday].append(row | {"hours": round(hours, 2), "weekly": weekly})
    return [row for monday in weeks for row in sorted(found[monday], key=lambda one: one["weekly"] - one["hours"])]
