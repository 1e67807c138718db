"""Weeks as addresses write them: `2026-W48`, from Monday to Sunday."""

import re
from datetime import date, timedelta

from civic import clock

FIRST, LAST = date(2000, 1, 3), date(2099, 12, 21)
WEEK = timedelta(days=7)


def code(day: date) -> str:
    """The week of a day: « 2026-W48 »."""
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02d}"


def parse(text: str) -> date | None:
    """The Monday of a week's code or of a day; None for one that does not exist or is out of reach."""
    try:
        if found := re.fullmatch(r"(\d{4})-[Ww](\d{1,2})", text, re.ASCII):
            day = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        else:
            day = clock.monday(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return None
    return day if FIRST <= day <= LAST else None


def sunday(monday: date) -> date:
    return monday + timedelta(days=6)


def number(day: date) -> int:
    return day.isocalendar().week
