"""Proposals against the rules: hard weeks, a checker of its own, the same answer twice, wishes, quality."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from civic.bookings import rules
from civic.bookings.values import Held, Times
from civic.planning import fill_answer, fill_problem
from civic.planning.fill_facts import Facts, Pair
from civic.planning.fill_queries import why_empty
from civic.planning.fill_solver import solve
from civic.planning.fill_start import greedy
from tests.planning.hard_weeks import broken, hard_week


def silent(_places: int, _value: float, _bound: float, _chosen: list[int]) -> None:
    """Nobody listens."""


def chosen_of(facts: Facts, seed: int = 1) -> tuple[list[Pair], dict[str, Any]]:
    made = fill_problem.build(facts, seed)
    found = solve(made.problem, silent, 0.5)
    return [made.pairs[index] for index in found["chosen"]], found


@pytest.mark.parametrize("seed", range(12))
def test_no_proposal_breaks_a_rule(seed: int) -> None:
    facts = hard_week(seed)
    chosen, found = chosen_of(facts)
    assert chosen, "a week for which nobody is proposed tests nothing"
    assert broken(facts, chosen) == []
    assert found["bound"] >= found["value"]
    kept = fill_answer.answer(facts, chosen)
    assert {(one.shift_id, one.volunteer_id) for one in kept.lines} == set(chosen), "the rules refuse none of it"
    holdings = {key: list(held) for key, held in facts.holdings.items()}
    shifts = {one.id: one for one in facts.shifts}
    # Accepted backwards, which is another order than the draft's: none is refused either.
    for line in reversed(kept.lines):
        person, shift = facts.people[line.volunteer_id], shifts[line.shift_id]
        assert not rules.judge(person, shift, holdings[line.volunteer_id], facts.now)
        holdings[line.volunteer_id].append(fill_answer.as_held(person, shift))


@pytest.mark.parametrize("seed", range(4))
def test_the_first_assignment_breaks_no_rule_either(seed: int) -> None:
    facts = hard_week(seed)
    made = fill_problem.build(facts, 1)
    assert broken(facts, [made.pairs[index] for index in greedy(made.problem)]) == []


def test_the_checker_sees_what_is_wrong() -> None:
    seen = set()
    for seed in range(12):
        facts = hard_week(seed)
        for shift in facts.shifts:
            for person in facts.people:
                seen.update(broken(facts, [(shift.id, person)]))
        for person in facts.people:
            seen.update(broken(facts, [(shift.id, person) for shift in facts.shifts]))
        two = [next(iter(facts.people))] * (facts.shifts[0].capacity + 1)
        seen.update(broken(facts, [(facts.shifts[0].id, one) for one in two]))
    alone = {"unverified", "closed", "contract", "age", "training", "leave", "night", "holiday", "risk", "one place"}
    sums = {"overlap", "week hours", "week days", "day hours", "weekly rest", "break", "too many on a shift"}
    assert seen == alone | sums


def test_a_line_that_a_rule_refuses_never_reaches_the_draft() -> None:
    facts = hard_week(1)
    everything = [(shift.id, person) for shift in facts.shifts for person in facts.people]
    kept = fill_answer.answer(facts, everything)
    assert 0 < len(kept.lines) < len(everything)
    assert broken(facts, [(one.shift_id, one.volunteer_id) for one in kept.lines]) == []


def test_the_same_facts_and_seed_give_the_same_answer() -> None:
    facts = hard_week(2, people=14, shifts=40)
    assert chosen_of(facts) == chosen_of(facts)


def test_what_stays_empty_says_why() -> None:
    facts = hard_week(1)
    chosen, _found = chosen_of(facts)
    outcome = fill_answer.answer(facts, chosen).outcome
    left = {one.id: facts.free(one) - sum(shift == one.id for shift, _who in chosen) for one in facts.shifts}
    assert {UUID(one["shift"]): one["free"] for one in outcome["empty"]} == {key: n for key, n in left.items() if n}
    assert outcome["places"] == len(chosen)
    codes = {code for one in outcome["empty"] for code, _count in one["reasons"]}
    assert "site_closed" in codes or "overlap" in codes


def easy(people: int) -> Facts:
    """A quiet week of adults: one shift of two places each day."""
    facts = hard_week(0, people=12, shifts=20)
    adults = [one for one in facts.people.values() if one.verified and one.birth_date.year == 2004][:people]
    [contract] = adults[0].contracts
    fit = replace(contract, conform=True, last_day=contract.starts_on + timedelta(days=300))
    ready = {one.volunteer_id: replace(one, contracts=(fit,), leaves=(), shifts_served=9) for one in adults}
    base = replace(
        facts.shifts[0], capacity=2, min_staff=2, min_age=16, closures=(), tags=frozenset(), trainings=frozenset()
    )
    start = facts.now + timedelta(days=2, hours=9)
    shifts = [
        replace(base, id=UUID(int=70 + n), times=Times(start + timedelta(days=n), start + timedelta(days=n, hours=4)))
        for n in range(5)
    ]
    crowds = {one.id: facts.crowds[facts.shifts[0].id].__class__() for one in shifts}
    return Facts(tuple(shifts), crowds, ready, {key: [] for key in ready}, facts.now)


def test_hours_are_shared_out_and_wishes_kept() -> None:
    facts = easy(5)
    first, second, *_others = facts.people
    facts = replace(facts, wishes={frozenset((first, second)): "apart"})
    chosen, _found = chosen_of(facts)
    assert len(chosen) == 10
    counts = [sum(who == one for _shift, who in chosen) for one in facts.people]
    assert max(counts) - min(counts) <= 1
    for shift in facts.shifts:
        assert not {first, second} <= {who for one, who in chosen if one == shift.id}


def test_after_an_absence_as_little_as_possible_changes() -> None:
    facts = easy(6)
    before, _found = chosen_of(facts)
    gone = before[0][1]
    people = {key: one for key, one in facts.people.items() if key != gone}
    left = replace(facts, people=people, kept=frozenset(before))
    after, _again = chosen_of(left)
    lost = {pair for pair in before if pair[1] == gone}
    assert set(before) - lost <= set(after), "whoever is still there keeps their places"
    assert len(after) == 10


def test_newcomers_go_with_somebody_who_knows_and_minors_are_never_alone() -> None:
    facts = easy(4)
    new = list(facts.people)[:2]
    people = {key: replace(one, shifts_served=0 if key in new else 9) for key, one in facts.people.items()}
    chosen, _found = chosen_of(replace(facts, people=people))
    for shift in facts.shifts:
        team = {who for one, who in chosen if one == shift.id}
        assert len(team) == 2
        assert team != set(new)
    young = replace(people[new[0]], birth_date=facts.now.date() - timedelta(days=17 * 366))
    alone, _found = chosen_of(replace(facts, people={new[0]: young}, holdings={new[0]: []}))
    assert alone == []


def test_a_seat_held_on_the_other_side_of_the_week_counts() -> None:
    facts = easy(1)
    [who] = facts.people
    day = facts.shifts[0].times.starts_at
    far = [Times(day + timedelta(days=n, hours=5), day + timedelta(days=n, hours=14)) for n in range(5)]
    held = [Held(UUID(int=500 + n), UUID(int=600 + n), who, "confirmed", 0, one) for n, one in enumerate(far)]
    chosen, _found = chosen_of(replace(facts, holdings={who: held}))
    assert chosen == [], "45 h are held: four more pass 48"


def test_a_week_of_twenty_is_within_a_hundredth_of_the_bound() -> None:
    found = chosen_of(hard_week(4, people=20, shifts=60))[1]
    assert (found["bound"] - found["value"]) / found["bound"] <= 0.01


def test_what_keeps_one_person_away_is_told_in_the_singular() -> None:
    assert why_empty([("mission_age", 1), ("unheard_of", 1)]) == (
        "1 trop jeune pour la mission, 1 empêché par une autre règle"
    )
    assert why_empty([("mission_age", 2), ("unheard_of", 3)]) == (
        "2 trop jeunes pour la mission, 3 empêchés par une autre règle"
    )
