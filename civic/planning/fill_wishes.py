"""What makes one assignment better than another, in points; docs/decisions/0008 says why these.

A place filled is worth PLACE, so that comfort never leaves one empty; everything else is measured against it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from civic import clock
from civic.bookings import law, rules
from civic.bookings.agenda import Agenda, mondays, touched
from civic.bookings.company import is_newcomer
from civic.bookings.listing import distance
from civic.bookings.values import Person, ShiftFacts
from civic.planning.candidates import contract_hours
from civic.planning.fill_facts import Facts

if TYPE_CHECKING:
    from civic.planning.fill_problem import Choice

KEPT, WARNED, PER_KM, FAR = 1_500, 40, 2, 60
UNAVAILABLE, LIKED, APART, TOGETHER = 4_000, 25, 8_000, 80
WEEKEND = 5


def gain(facts: Facts, person: Person, shift: ShiftFacts, agenda: Agenda) -> int:
    """Points of one person on one shift, whoever else is there: near home, without a warning, as proposed before."""
    away = distance(person, shift)
    points = -PER_KM * round(min(FAR, away)) if away is not None else -PER_KM * FAR // 2
    for one in rules.advise(person, shift, agenda):
        points -= {"unavailable": UNAVAILABLE, "week_contract": 0}.get(one.code, WARNED)
    for held in facts.crowds[shift.id].seated:
        kind = facts.wishes.get(frozenset((person.volunteer_id, held.volunteer_id)))
        points += {"apart": -APART, "together": TOGETHER}.get(kind or "", 0)
    points += LIKED if shift.site_id in person.preferred_sites else 0
    return points + (KEPT if (shift.id, person.volunteer_id) in facts.kept else 0)


def between(facts: Facts, by_shift: Mapping[UUID, Sequence["Choice"]]) -> dict[str, Any]:
    """Points that people on one shift make together: pair wishes, and newcomers with nobody experienced."""
    found: dict[str, list[Any]] = {"newcomers": [], "apart": [], "together": []}
    for shift in facts.shifts:
        choices = {one.person.volunteer_id: one for one in by_shift[shift.id]}
        for pair, kind in facts.wishes.items():
            first, second = (choices.get(key) for key in sorted(pair))
            if first and second:
                found[kind].append([first.index, second.index])
        new = [one.index for one in choices.values() if is_newcomer(one.person, shift)]
        seated = [facts.people.get(held.volunteer_id) for held in facts.crowds[shift.id].seated]
        if new and all(one is not None and is_newcomer(one, shift) for one in seated):
            known = set(new)
            found["newcomers"].append([new, [one.index for one in choices.values() if one.index not in known]])
    return found


def shares(
    facts: Facts, by_person: Mapping[UUID, Sequence["Choice"]], agendas: Mapping[UUID, Agenda]
) -> dict[str, Any]:
    """What is to be shared out: hours against the contract, weekends, kilometres, and one shift a day."""
    found: dict[str, list[Any]] = {"weeks": [], "weekends": [], "distances": [], "same_day": []}
    fair = _fair_distance(facts, by_person)
    for key, theirs in by_person.items():
        person, agenda = facts.people[key], agendas[key]
        found["weeks"] += _weeks(person, theirs, agenda)
        weekend = [one.index for one in theirs if any(day.weekday() >= WEEKEND for day in touched(one.shift.times))]
        if weekend:
            held = [one for one in agenda.seats if any(day.weekday() >= WEEKEND for day in touched(one.times))]
            found["weekends"].append([weekend, len(held)])
        away = [(one.index, round(distance(one.person, one.shift) or 0)) for one in theirs]
        found["distances"].append([away, fair])
        days: defaultdict[date, list[int]] = defaultdict(list)
        for one in theirs:
            days[one.shift.times.day].append(one.index)
        found["same_day"] += [
            [indices, len(agenda.on(day))] for day, indices in days.items() if len(indices) + len(agenda.on(day)) > 1
        ]
    return found


def _weeks(person: Person, theirs: Sequence["Choice"], agenda: Agenda) -> list[list[Any]]:
    """[(index, minutes)], minutes held, minutes of the contract: one for each week."""
    weeks: defaultdict[date, list[tuple[int, int]]] = defaultdict(list)
    for one in theirs:
        for monday in mondays(one.shift.times):
            if share := law.week_share(one.shift, monday):
                weeks[monday].append((one.index, round(share * 60)))
    found = []
    for monday, parts in weeks.items():
        weekly = next((hours for day in _week(monday) if (hours := contract_hours(person, day)) is not None), None)
        if weekly is not None:
            found.append([parts, round(agenda.week_hours(monday) * 60), round(weekly * 60)])
    return found


def _week(monday: date) -> list[date]:
    return list(clock.days(monday, monday + timedelta(days=6)))


def _fair_distance(facts: Facts, by_person: Mapping[UUID, Sequence["Choice"]]) -> int:
    """Kilometres that each would go if the places were shared out evenly."""
    known = [distance(one.person, one.shift) or 0 for theirs in by_person.values() for one in theirs]
    places = sum(facts.free(shift) for shift in facts.shifts)
    return round(sum(known) / len(known) * places / max(1, len(by_person))) if known else 0
