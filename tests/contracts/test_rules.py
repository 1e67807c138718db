from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from civic.contracts.rules import ContractFacts, judge, longest_end, plus_months, requirements, shortest_end

START = date(2026, 10, 1)
FACTS = ContractFacts(starts_on=START, ends_on=date(2027, 5, 31), weekly_hours=Decimal(24))
ADULT = date(2005, 1, 1)
MINOR = date(2009, 6, 1)
READY = replace(FACTS, tutor_id=uuid4(), conformity_checked_on=date(2026, 9, 1), medical_cleared_on=date(2026, 9, 1))


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
