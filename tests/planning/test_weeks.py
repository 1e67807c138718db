"""Weeks in addresses."""

from datetime import date

import pytest

from civic.planning import weeks


@pytest.mark.parametrize(
    ("text", "monday"),
    [
        ("2026-W48", date(2026, 11, 23)),
        ("2026-w1", date(2025, 12, 29)),
        ("2026-W53", date(2026, 12, 28)),
        ("2026-11-25", date(2026, 11, 23)),
        ("2025-W53", None),
        ("2026-W00", None),
        ("2026-W99", None),
        ("9999-W52", None),
        ("0001-W01", None),
        ("٢٠٢٦-W48", None),
        ("hier", None),
        ("", None),
    ],
)
def test_a_week_is_read_or_not(text: str, monday: date | None) -> None:
    assert weeks.parse(text) == monday


def test_a_week_is_written_as_it_is_read() -> None:
    assert weeks.code(date(2027, 1, 3)) == "2026-W53"
    assert weeks.parse(weeks.code(date(2026, 11, 29))) == date(2026, 11, 23)
    assert weeks.sunday(date(2026, 11, 23)) == date(2026, 11, 29)
