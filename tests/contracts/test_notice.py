"""NOTICE: one month, none for four reasons; information, never a refusal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from civic.contracts.limits import Setting, limits_on
from civic.contracts.models import END_REASONS
from civic.contracts.notice import END_REASON_NAMES, earliest_last_day, notice, problems, proposed_end
from civic.contracts.rules import ContractFacts

FACTS = ContractFacts(date(2026, 10, 1), date(2027, 5, 31), Decimal(24))
GIVEN = date(2026, 11, 23)


@pytest.mark.parametrize("reason", END_REASONS)
def test_a_month_or_none(reason: str) -> None:
    free = reason in ("permanent_job", "fixed_term_job", "serious_fault", "force_majeure")
    earliest = GIVEN if free else date(2026, 12, 23)
    assert earliest_last_day(reason, GIVEN) == proposed_end(FACTS, reason, GIVEN) == earliest
    assert notice(reason, GIVEN, earliest) is None
    early = notice(reason, GIVEN, date(2026, 12, 1))
    assert (early is None) == free
    assert reason in END_REASON_NAMES


def test_the_month_keeps_to_its_length_and_to_the_contract() -> None:
    assert earliest_last_day("volunteer", date(2027, 1, 31)) == date(2027, 2, 28)
    assert proposed_end(FACTS, "volunteer", date(2027, 5, 20)) == FACTS.ends_on
    assert proposed_end(FACTS, "force_majeure", date(2026, 9, 20)) == FACTS.starts_on


def test_the_length_of_a_notice_is_a_dated_setting() -> None:
    limits = limits_on([Setting("notice_months", 2, date(2026, 1, 1))], GIVEN)
    assert earliest_last_day("host", GIVEN, limits) == date(2027, 1, 23)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ended_on": date(2026, 9, 30)}, "ended_on"),
        ({"ended_on": date(2027, 6, 1)}, "ended_on"),
        ({"ended_on": date(2026, 11, 1), "notice_given_on": date(2026, 11, 2)}, "notice_given_on"),
        ({"ended_on": date(2026, 11, 1), "notice_given_on": date(2026, 11, 1)}, None),
    ],
)
def test_days_out_of_order(changes: dict[str, date], field: str | None) -> None:
    assert [one.field for one in problems(replace(FACTS, **changes))] == ([field] if field else [])  # type: ignore[arg-type]
