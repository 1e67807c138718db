"""Alerts as values: nothing long before, a sentence in time, late after, silence once the fact is written."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic.contracts.alerts import Alert, Situation, Worked, alerts, presses, review_days
from civic.contracts.rules import ContractFacts, Declared, ReviewDays, longest_end, plus_months, shortest_end
from civic.errors import Finding

START, END = date(2026, 9, 1), date(2027, 4, 30)
SAID = Declared(START, "Nadia")
HELD = {kind: ReviewDays(held_on=START) for kind in ("entry", "middle", "end")}
DONE = {"civic_half": START, "civic_training": START, "first_aid": START}
WHOLE = ContractFacts(
    START,
    END,
    Decimal(24),
    trainings=DONE,
    reviews=HELD,
    declarations={"no_substitution": SAID, "not_indispensable": SAID},
)


def found(facts: ContractFacts, day: date, worked: Worked | None = None) -> list[tuple[str, bool]]:
    return [(one.code, one.late) for one in alerts(Situation(facts, day, worked=worked))]


def without(name: str) -> ContractFacts:
    return replace(WHOLE, trainings={kind: day for kind, day in DONE.items() if kind != name})


def test_nothing_to_say() -> None:
    assert found(WHOLE, date(2026, 11, 1)) == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 10, 30), []),
        (date(2026, 10, 31), [("fcc_half", False)]),
        (date(2026, 11, 30), [("fcc_half", False)]),
        (date(2026, 12, 1), [("fcc_half", True)]),
    ],
)
def test_half_of_the_civic_training_by_the_third_month(day: date, expected: list[tuple[str, bool]]) -> None:
    facts = replace(WHOLE, trainings={"first_aid": START})
    assert found(facts, day) == expected
    assert found(without("civic_half"), day) == [], "the whole holds the half"


@pytest.mark.parametrize(("training", "code"), [("civic_training", "fcc_total"), ("first_aid", "psc_done")])
def test_trainings_before_the_end(training: str, code: str) -> None:
    facts = without(training)
    assert found(facts, END - timedelta(days=61)) == []
    assert found(facts, END - timedelta(days=60)) == [(code, False)]
    assert (code, True) in found(facts, END + timedelta(days=1))


@pytest.mark.parametrize(("passed", "enough"), [(date(2024, 9, 1), True), (date(2024, 8, 31), False)])
def test_first_aid_passed_before(passed: date, enough: bool) -> None:
    facts = replace(WHOLE, trainings=DONE | {"first_aid": passed})
    assert (found(facts, END - timedelta(days=45)) == []) == enough


def test_the_attestation_comes_within_two_months_of_the_end() -> None:
    assert found(WHOLE, END) == [("contract_ending", False)]
    assert found(WHOLE, END + timedelta(days=1)) == [("fcc_attest", False)]
    assert found(WHOLE, date(2027, 6, 30)) == [("fcc_attest", False)]
    assert found(WHOLE, date(2027, 7, 1)) == [("fcc_attest", True)]
    assert found(replace(WHOLE, declarations={"fcc_attest": SAID}), date(2027, 7, 1)) == []
    early = replace(WHOLE, ended_on=date(2026, 12, 1))
    assert found(early, date(2026, 12, 2)) == [("fcc_attest", False)]


def test_interviews_are_planned_then_held() -> None:
    facts = replace(WHOLE, reviews={})
    middle = review_days(facts)["middle"]
    assert found(facts, START) == [("reviews", False)], "the first one"
    assert found(facts, START + timedelta(weeks=3, days=1)) == [("reviews", True)]
    later = replace(facts, reviews={"entry": HELD["entry"], "middle": ReviewDays(planned_on=middle)})
    assert found(later, middle) == []
    assert found(later, middle + timedelta(days=1)) == [("reviews", True)]


def test_declarations_are_asked_until_the_end() -> None:
    facts = replace(WHOLE, declarations={})
    assert found(facts, date(2026, 11, 1)) == [("no_substitution", False), ("not_indispensable", False)]


@pytest.mark.parametrize(
    ("worked", "said"),
    [
        (Worked(hours=192, last_week=24), False),
        (Worked(hours=191, last_week=24), True),
        (Worked(hours=168, last_week=24, off=5), False),
        (Worked(hours=300, last_week=23), True),
        (Worked(hours=300, last_week=0, off_last_week=1), False),
    ],
)
def test_24_hours_a_week_on_average(worked: Worked, said: bool) -> None:
    """Eight whole weeks before Monday 26 October."""
    facts = replace(WHOLE, starts_on=date(2026, 8, 31))
    assert found(facts, date(2026, 10, 28), worked) == [("week_min", False)] * said


def test_the_average_shows_its_sum() -> None:
    facts = replace(WHOLE, starts_on=date(2026, 8, 31))
    (alert,) = alerts(Situation(facts, date(2026, 10, 28), worked=Worked(hours=160, last_week=24)))
    assert "160\xa0h en 8 semaines\xa0: 20\xa0h par semaine en moyenne" in alert.title


def test_a_young_contract_has_no_average() -> None:
    assert found(WHOLE, START + timedelta(days=20), Worked(last_week=24)) == []


def test_unused_leave_is_passed_on() -> None:
    verdict = Finding("leave_unused", "4 jours", "source")
    assert alerts(Situation(WHOLE, date(2026, 11, 1), unused=verdict)) == [
        Alert("leave_unused", "4 jours", "source", END)
    ]


@given(
    start=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    after=st.integers(-30, 500),
    months=st.integers(6, 12),
)
def test_what_is_late_comes_first_and_is_past_its_day(start: date, after: int, months: int) -> None:
    facts = ContractFacts(start, plus_months(start, months) - timedelta(days=1), Decimal(20))
    assert shortest_end(start) <= facts.ends_on <= longest_end(start)
    day = start + timedelta(days=after)
    listed = alerts(Situation(facts, day, worked=Worked()))
    assert [one.late for one in listed] == sorted((one.late for one in listed), reverse=True)
    assert all(one.due is not None and one.due < day for one in listed if one.late)
    assert all(one.source for one in listed)


@given(
    days=st.integers(-60, 340),
    trainings=st.sets(st.sampled_from(sorted(DONE))),
    reviews=st.sets(st.sampled_from(sorted(HELD))),
    said=st.sets(st.sampled_from(["no_substitution", "not_indispensable", "fcc_attest"])),
    hours=st.integers(0, 900),
)
def test_what_presses_is_among_the_alerts_that_set_a_day(
    days: int, trainings: set[str], reviews: set[str], said: set[str], hours: int
) -> None:
    facts = replace(
        WHOLE,
        trainings={kind: DONE[kind] for kind in trainings},
        reviews={kind: HELD[kind] for kind in reviews},
        declarations=dict.fromkeys(said, SAID),
    )
    unused = Finding("leave_unused", "Il reste des jours.", "")
    now = Situation(facts, START + timedelta(days=days), worked=Worked(hours), unused=unused)
    assert presses(now) == any(one.presses for one in alerts(now))
