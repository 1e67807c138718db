from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from civic.contracts.limits import Setting, limits_on
from civic.contracts.readiness import requirements, state_of
from civic.contracts.rules import ContractFacts, Declared, Engagement, judge, longest_end, plus_months, shortest_end

START = date(2026, 10, 1)
FACTS = ContractFacts(starts_on=START, ends_on=date(2027, 5, 31), weekly_hours=Decimal(24))
ADULT = date(2005, 1, 1)
MINOR = date(2009, 6, 1)
PAPERS = {"conformity_checked_on": date(2026, 9, 1), "medical_cleared_on": date(2026, 9, 1)}
DECLARED = {"no_substitution": Declared(date(2026, 8, 31), "Nadia")}
READY = replace(FACTS, tutor_id=uuid4(), **PAPERS)  # type: ignore[arg-type]


def codes(facts: ContractFacts, birth: date = ADULT) -> list[str]:
    return [one.finding.code for one in judge(facts, birth)]


def test_a_lawful_contract() -> None:
    assert codes(FACTS) == []


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        (date(2010, 10, 1), []),
        (date(2010, 10, 2), ["age_min"]),
        (date(2000, 10, 2), []),
        (date(2000, 10, 1), ["age_max"]),
    ],
)
def test_ages_on_the_first_day(birth: date, expected: list[str]) -> None:
    assert codes(FACTS, birth) == expected


def test_thirty_where_the_contract_says_so() -> None:
    extended = replace(FACTS, age_limit_30=True)
    assert codes(extended, date(1996, 10, 1)) == []
    assert codes(extended, date(1995, 10, 1)) == ["age_max"]


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        (date(2026, 1, 1), date(2026, 6, 30), True),
        (date(2026, 1, 1), date(2026, 6, 29), False),
        (date(2026, 1, 1), date(2026, 12, 31), True),
        (date(2026, 1, 1), date(2027, 1, 1), False),
        (date(2026, 8, 31), date(2027, 2, 27), True),
        (date(2026, 8, 31), date(2027, 2, 26), False),
        (date(2026, 10, 1), date(2026, 9, 1), False),
    ],
)
def test_six_to_twelve_months_of_agreed_days(start: date, end: date, fits: bool) -> None:
    assert ("contract_length" not in codes(replace(FACTS, starts_on=start, ends_on=end))) == fits
    assert shortest_end(start) < longest_end(start)


def test_an_early_end_does_not_make_the_contract_unlawful() -> None:
    assert codes(replace(FACTS, ended_on=date(2026, 11, 1))) == []


def test_sentences_name_the_sum_and_the_source() -> None:
    (found,) = judge(FACTS, date(2000, 10, 1))
    assert found.field == "starts_on"
    assert "26 ans" in found.finding.title
    assert "L120-1" in found.finding.source


def test_months_keep_to_the_month() -> None:
    assert plus_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert plus_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert plus_months(date(2026, 6, 15), 7) == date(2027, 1, 15)


def missing(facts: ContractFacts | None, birth: date = ADULT, day: date = date(2026, 11, 1)) -> list[str]:
    return [one.code for one in requirements(facts, birth, day) if not one.done]


def test_what_blocks() -> None:
    assert missing(None) == ["contract_ready"]
    assert missing(FACTS) == ["contract_ready", "medical", "tutor_assigned"]
    assert missing(READY) == []
    assert missing(READY, MINOR) == ["parental_auth", "tutor_minor"]
    minor = replace(READY, parental_authorised_on=START, parental_holders="X", minor_tutoring_on=START)
    assert missing(minor, MINOR) == []
    assert missing(replace(minor, parental_holders=""), MINOR) == ["parental_auth"]
    assert missing(READY, MINOR, date(2027, 6, 1)) == ["contract_ready"], "of age by then, and over"


@pytest.mark.parametrize("day", [date(2026, 9, 30), date(2027, 6, 1)])
def test_not_before_and_not_after(day: date) -> None:
    assert missing(READY, day=day) == ["contract_ready"]
    assert missing(replace(READY, ended_on=date(2026, 12, 1)), day=date(2026, 12, 2)) == ["contract_ready"]


def test_one_engagement_in_a_life() -> None:
    assert codes(replace(FACTS, earlier_engagement=True)) == ["one_only"]
    held = Engagement(date(2025, 1, 1), date(2025, 8, 31))
    (found,) = judge(FACTS, ADULT, others=[held])
    assert (found.field, found.finding.code) == ("earlier_engagement", "one_only")
    assert "du mercredi 1er janvier 2025" in found.finding.title
    assert judge(FACTS, ADULT, before=FACTS, others=[held]) == [], "what stands is corrected"


@pytest.mark.parametrize(
    ("first", "last", "clashes"),
    [
        (date(2027, 5, 31), date(2027, 12, 31), True),
        (date(2027, 6, 1), date(2027, 12, 31), False),
        (date(2026, 1, 1), date(2026, 10, 1), True),
        (date(2026, 1, 1), date(2026, 9, 30), False),
    ],
)
def test_two_contracts_share_no_day(first: date, last: date, clashes: bool) -> None:
    found = judge(FACTS, ADULT, before=FACTS, others=[Engagement(first, last)])
    assert [one.finding.code for one in found] == ["contract_overlap"] * clashes
    assert all("recoupent un autre contrat" in one.finding.title for one in found)


def test_the_conformity_check_rests_on_a_declaration() -> None:
    checked = replace(FACTS, conformity_checked_on=START)
    assert codes(checked) == ["no_substitution"]
    declared = replace(checked, declarations=DECLARED)
    assert codes(declared) == []
    assert [one.finding.code for one in judge(checked, ADULT, before=FACTS)] == ["no_substitution"]
    assert judge(checked, ADULT, before=checked) == [], "a check that stood before the rule stands"
    assert [one.finding.code for one in judge(checked, ADULT, before=declared)] == ["no_substitution"], "taken back"
    assert judge(FACTS, ADULT, before=declared) == [], "both taken back"


def test_limits_are_those_of_the_first_day() -> None:
    longer = limits_on([Setting("months_max", 24, date(2026, 9, 1))], START)
    facts = replace(FACTS, ends_on=date(2028, 9, 30))
    assert [one.finding.code for one in judge(facts, ADULT)] == ["contract_length"]
    assert judge(facts, ADULT, longer) == []


def test_states_follow_from_facts() -> None:
    def state(facts: ContractFacts, day: date) -> str:
        return state_of(facts, requirements(facts, ADULT, day), day)

    assert state(READY, date(2026, 9, 30)) == "upcoming"
    assert state(READY, START) == state(READY, date(2027, 5, 31)) == "running"
    assert state(replace(READY, tutor_id=None), START) == "blocked"
    assert state(READY, date(2027, 6, 1)) == state(replace(READY, ended_on=START), date(2026, 10, 2)) == "over"


def test_an_unconfirmed_address_blocks_too() -> None:
    points = requirements(READY, ADULT, START, verified=False)
    assert [one.code for one in points if not one.done] == ["email_unverified"]
