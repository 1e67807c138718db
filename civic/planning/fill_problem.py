"""From facts to a problem in plain numbers, which a process of its own solves without knowing the law.

Who may take which shift is asked of the rules themselves, against what everybody holds already. What two proposed
shifts do to one another is said in sums whose limits come from the same settings; where a rule is hard to say in sums,
the problem is stricter than the rule, never looser. Every answer is judged again by the rules (`fill_answer`).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from civic import clock
from civic.bookings import law, rules
from civic.bookings.agenda import Agenda, mondays, shares_of
from civic.bookings.values import Person, ShiftFacts
from civic.planning import fill_wishes
from civic.planning.fill_facts import Facts, Pair

Problem = dict[str, Any]
SECOND = 3600


@dataclass(slots=True)
class Choice:
    """One person on one shift, allowed by what they hold; `index` is its number in the problem."""

    index: int
    person: Person
    shift: ShiftFacts

    @property
    def minor(self) -> bool:
        return self.person.minor_on(self.shift.times.day)


@dataclass(slots=True)
class Made:
    """`pairs` names each number of the problem: (shift, volunteer)."""

    problem: Problem
    pairs: list[Pair] = field(default_factory=list)


def build(facts: Facts, seed: int) -> Made:
    """The whole problem, in an order that depends on the facts alone: the same facts make the same problem."""
    agendas = {key: Agenda(facts.holdings[key]) for key in facts.people}
    choices = _choices(facts, agendas)
    by_shift: defaultdict[UUID, list[Choice]] = defaultdict(list)
    by_person: defaultdict[UUID, list[Choice]] = defaultdict(list)
    for one in choices:
        by_shift[one.shift.id].append(one)
        by_person[one.person.volunteer_id].append(one)
    problem: Problem = {
        "seed": seed,
        "gains": [fill_wishes.gain(facts, one.person, one.shift, agendas[one.person.volunteer_id]) for one in choices],
        "shifts": [_place(facts, shift, by_shift[shift.id]) for shift in facts.shifts],
        "at_most_one": [],
        "sums": [],
        "busy": [],
        "company": [],
        **fill_wishes.between(facts, by_shift),
        **fill_wishes.shares(facts, by_person, agendas),
    }
    for key, theirs in by_person.items():
        problem["at_most_one"] += _exclusive(theirs)
        problem["sums"] += [*_weeks(theirs, agendas[key]), *_days(theirs, agendas[key])]
        problem["busy"] += _busy(theirs, agendas[key])
    for shift in facts.shifts:
        problem["company"] += _company(facts, shift, by_shift[shift.id])
    return Made(problem, [(one.shift.id, one.person.volunteer_id) for one in choices])


def _choices(facts: Facts, agendas: dict[UUID, Agenda]) -> list[Choice]:
    found: list[Choice] = []
    people = sorted(facts.people.values(), key=lambda one: (one.name, str(one.volunteer_id)))
    for shift in facts.shifts:
        crowd = facts.crowds[shift.id]
        there = {one.volunteer_id for one in (*crowd.seated, *crowd.waiting, *crowd.walk_ins)}
        for person in people:
            agenda = agendas[person.volunteer_id]
            if person.volunteer_id in there or (shift.id, person.volunteer_id) in facts.aside:
                continue
            if not rules.judge(person, shift, agenda, facts.now) and not _close_to_held(person, shift, agenda):
                found.append(Choice(len(found), person, shift))
    return found


def _pause(person: Person, shift: ShiftFacts) -> timedelta:
    """What keeps two stretches of a minor apart; an adult's may touch."""
    minor = person.minor_on(shift.times.day)
    return timedelta(minutes=shift.limits.break_minor_minutes) if minor else timedelta()


def _close_to_held(person: Person, shift: ShiftFacts, agenda: Agenda) -> bool:
    """A minor's shift that would join one they hold: stricter than the rule, which counts the hours in a row."""
    pause, mine = _pause(person, shift), shift.times
    near = agenda.around(mine)
    return any(
        one.times.starts_at < mine.ends_at + pause and mine.starts_at < one.times.ends_at + pause for one in near
    )


def _place(facts: Facts, shift: ShiftFacts, choices: list[Choice]) -> dict[str, Any]:
    held = len(facts.crowds[shift.id].seated)
    return {
        "pairs": [one.index for one in choices],
        "free": facts.free(shift),
        "missing": max(0, shift.min_staff - held),
    }


def _exclusive(theirs: list[Choice]) -> list[list[int]]:
    """Shifts that meet at one moment: whoever meets does so at the start of one of them."""
    found: dict[tuple[int, ...], None] = {}
    for moment in sorted({one.shift.times.starts_at for one in theirs}):
        meeting = tuple(
            one.index
            for one in theirs
            if one.shift.times.starts_at <= moment < one.shift.times.ends_at + _pause(one.person, one.shift)
        )
        if len(meeting) > 1:
            found[meeting] = None
    return [list(one) for one in found]


def _weeks(theirs: list[Choice], agenda: Agenda) -> list[dict[str, Any]]:
    """Hours of each week, under the limit of each shift that is taken in it."""
    weeks: defaultdict[date, list[tuple[Choice, float]]] = defaultdict(list)
    for one in theirs:
        for monday in mondays(one.shift.times):
            if share := law.week_share(one.shift, monday):
                weeks[monday].append((one, share))
    found = []
    for monday, shares in weeks.items():
        limits = {one.index: _week_limit(one) for one, _share in shares}
        found += _sums(shares, limits, agenda.week_hours(monday))
    return found


def _week_limit(one: Choice) -> float:
    limits = one.shift.limits
    return limits.week_max_minor if one.minor else limits.week_max_adult


def _days(theirs: list[Choice], agenda: Agenda) -> list[dict[str, Any]]:
    """Hours of a minor's day."""
    days: defaultdict[date, list[tuple[Choice, float]]] = defaultdict(list)
    for one in theirs:
        for day, share in shares_of(one.shift.times).items():
            days[day].append((one, share))
    found = []
    for day, shares in days.items():
        limits = {one.index: one.shift.limits.day_max_minor for one, _share in shares if one.minor}
        found += _sums(shares, limits, agenda.hours(day))
    return found


def _sums(shares: list[tuple[Choice, float]], limits: dict[int, float], held: float) -> list[dict[str, Any]]:
    """One sum per limit, which binds when a shift that has it is taken: none breaks, in whatever order one accepts."""
    parts = [(one.index, round(share * SECOND)) for one, share in shares]
    whole = sum(seconds for _index, seconds in parts)
    found = []
    for limit in sorted(set(limits.values())):
        room = round((limit - held) * SECOND)
        if whole <= room:
            continue
        bound = [index for index in limits if limits[index] == limit]
        found.append({"pairs": parts, "room": room, "when": None if len(bound) == len(parts) else bound})
    return found


def _busy(theirs: list[Choice], agenda: Agenda) -> list[dict[str, Any]]:
    """Days of each week with something to do: how many at most, and a minor's rest in a row."""
    weeks: defaultdict[date, list[Choice]] = defaultdict(list)
    for one in theirs:
        for monday in mondays(one.shift.times):
            weeks[monday].append(one)
    found = []
    for monday, choices in weeks.items():
        days = list(clock.days(monday, monday + timedelta(days=6)))
        held = agenda.busy_days(monday)
        caps: defaultdict[int, list[int]] = defaultdict(list)
        rests: defaultdict[int, list[int]] = defaultdict(list)
        for one in choices:
            limits = one.shift.limits
            caps[int(limits.week_days_minor if one.minor else limits.week_days_adult)].append(one.index)
            if one.minor:
                rests[int(limits.rest_days_minor)].append(one.index)
        found.append(
            {
                "days": [[one.index for one in choices if day in shares_of(one.shift.times)] for day in days],
                "held": [day in held for day in days],
                "caps": [[cap, bound if len(bound) < len(choices) else None] for cap, bound in sorted(caps.items())],
                "rests": [[rest, bound] for rest, bound in sorted(rests.items())],
            }
        )
    return found


def _company(facts: Facts, shift: ShiftFacts, choices: list[Choice]) -> list[list[Any]]:
    """A minor is never alone: their place asks for somebody else's."""
    if facts.crowds[shift.id].seated:
        return []
    everybody = [one.index for one in choices]
    return [[one.index, [index for index in everybody if index != one.index]] for one in choices if one.minor]
