"""The periods that a reader may choose by name, and how a period is cut for a chart."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from civic import clock
from civic.i18n import N_

CUSTOM = "custom"
DEFAULT = "12w"
PERIODS = {
    "12w": N_("12 dernières semaines"),
    "month": N_("Ce mois"),
    "last_month": N_("Mois dernier"),
    "quarter": N_("Ce trimestre"),
    "year": N_("Cette année"),
    "last_year": N_("L’an dernier"),
    CUSTOM: N_("Autres dates"),
}
Grain = Literal["week", "month", "year"]
# As many cones as a chart can show.
MOST_WEEKS, MOST_MONTHS = 54, 48


def named(period: str, today: date) -> tuple[date, date]:
    """The days of a named period, both included; those in progress end today."""
    month = today.replace(day=1)
    if period == "month":
        return month, today
    if period == "last_month":
        last = month - timedelta(days=1)
        return last.replace(day=1), last
    if period == "quarter":
        return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today
    if period == "year":
        return today.replace(month=1, day=1), today
    if period == "last_year":
        return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
    return clock.monday(today) - timedelta(weeks=11), today


def grain(first: date, last: date) -> Grain:
    """Weeks, unless there would be too many."""
    if (last - clock.monday(first)).days // 7 < MOST_WEEKS:
        return "week"
    return "month" if (last.year - first.year) * 12 + last.month - first.month < MOST_MONTHS else "year"


def step_of(day: date, size: Grain) -> date:
    """The first day of the week, month or year that holds a day."""
    if size == "week":
        return clock.monday(day)
    return day.replace(day=1) if size == "month" else day.replace(month=1, day=1)


def steps(first: date, last: date, size: Grain) -> Iterator[date]:
    """The first day of every week, month or year that a period touches."""
    day = step_of(first, size)
    while day <= last:
        yield day
        day = step_of(day + timedelta(days={"week": 7, "month": 31, "year": 366}[size]), size)


def step_end(day: date, size: Grain) -> date:
    """The last day of a step, from its first."""
    return step_of(day + timedelta(days={"week": 7, "month": 31, "year": 366}[size]), size) - timedelta(days=1)


def month_of(key: str) -> date:
    """The first day of « 2026-09 »."""
    return date(int(key[:4]), int(key[5:]), 1)


def month_end(first: date) -> date:
    return step_end(first, "month")


def year_after(day: date) -> date:
    """The same day a year later; 29 February becomes the 28th."""
    moved = date(day.year + 1, day.month, 1)
    return min(date.fromordinal(moved.toordinal() + day.day - 1), month_end(moved))
