from datetime import date

import pytest

from civic.volunteers.rules import problem_with_birth_date

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize("birth", [date(2010, 11, 30), date(2006, 1, 1), date(1995, 12, 1)])
def test_ages_that_may_sign_up(birth: date) -> None:
    assert problem_with_birth_date(birth, TODAY) is None


@pytest.mark.parametrize(
    ("birth", "word"),
    [
        (date(2010, 12, 1), "commence à 16 ans"),
        (date(1995, 11, 30), "s’arrête"),
        (date(2027, 1, 1), "futur"),
        (date(1900, 1, 1), "s’arrête"),
    ],
)
def test_ages_that_may_not(birth: date, word: str) -> None:
    assert word in (problem_with_birth_date(birth, TODAY) or "")
