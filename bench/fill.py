"""The claim: sixty volunteers and two hundred shifts get a proposal within ten seconds and a hundredth of the bound.

From facts to the lines that the rules let through, in this process; a fifth of them minors, a tenth on leave.
"""

import asyncio
import random
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import TextIO

from civic.bookings.values import Crowd, DaysOff, Times
from civic.planning import fill_answer, fill_problem
from civic.planning.fill_facts import Facts
from civic.planning.fill_solver import solve
from tests.planning.hard_weeks import at, hard_week

SECONDS, GAP = 10.0, 0.01
MONDAY = date(2026, 11, 30)


def usual_week() -> Facts:
    """People and shifts of the generator of hard weeks, without its traps, spread over the days as a real week is."""
    chance = random.Random(1)
    hard = hard_week(0, people=60, shifts=400)
    people = {}
    for number, one in enumerate(hard.people.values()):
        born = date(2010, 1, 1) if number % 5 == 0 else date(2004, 5, 5)
        [contract] = one.contracts
        ready = replace(
            contract, conform=True, last_day=MONDAY + timedelta(days=200), weekly_hours=chance.choice((24, 30, 35))
        )
        off = (DaysOff(MONDAY, MONDAY + timedelta(days=2)),) if number % 10 == 1 else ()
        away = {"lat": 50.3 + chance.random() * 0.3, "lon": 2.5 + chance.random() * 0.5}
        people[one.volunteer_id] = replace(
            one, birth_date=born, verified=True, contracts=(ready,), leaves=off, shifts_served=number % 8, **away
        )
    shifts = []
    for shift in hard.shifts[:200]:
        start = at(
            MONDAY + timedelta(days=chance.choice((0, 1, 2, 3, 4, 5, 5, 6))), chance.choice((9, 9, 10, 14, 14, 17, 18))
        )
        times = Times(start, start + timedelta(hours=chance.choice((3, 3, 3.5, 4))))
        plain = {
            "closures": (),
            "tags": frozenset(),
            "trainings": frozenset(),
            "capacity": 2,
            "min_staff": 2,
            "min_age": 16,
        }
        shifts.append(replace(shift, times=times, **plain))
    shifts.sort(key=lambda one: (one.times.starts_at, one.id))
    return Facts(tuple(shifts), {one.id: Crowd() for one in shifts}, people, {key: [] for key in people}, hard.now)


def _measure(out: TextIO) -> bool:
    facts = usual_week()
    begun = time.perf_counter()
    made = fill_problem.build(facts, 1)
    found = solve(made.problem, lambda *_heard: None)
    answer = fill_answer.answer(facts, [made.pairs[index] for index in found["chosen"]])
    seconds = time.perf_counter() - begun
    gap = (found["bound"] - found["value"]) / found["bound"]
    free = answer.outcome["free"]
    out.write(
        f"proposal, {len(facts.people)} people and {len(facts.shifts)} shifts: {len(answer.lines)} of {free} places "
        f"in {seconds:.1f} s (at most {SECONDS:.0f}), {gap:.2%} from the bound (at most {GAP:.0%})\n"
    )
    return seconds <= SECONDS and gap <= GAP and len(answer.lines) == found["places"]


async def run(out: TextIO) -> bool:
    return await asyncio.to_thread(_measure, out)
