"""Leave: how many days a contract gives, and how many a leave takes. Values in, figures out.

Two working days a month of effective service, three on the days of a minor (LEAVE_ACCRUAL, R121-17). Nothing says how
a month that is not whole counts, so this is decided here: a month runs from date to date since the start of the
contract, and each of its days is worth the month's days of leave divided by the month's length. Six months always give
exactly twelve days, a birthday splits its month at the day, and what is not whole stays a fraction: only the screen
rounds, down, to the hundredth. A leave of the class « other » is no service; every other class counts as service.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from uuid import UUID

from civic import clock
from civic.contracts.limits import DEFAULT, Limits, Setting, limits_on
from civic.contracts.models import WORKING_WEEK
from civic.contracts.rules import plus_months
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.formats import day_long, day_range, decimal
from civic.i18n import N_, _, ngettext

KIND_NAMES = {
    "annual": N_("Congé annuel"),
    "family_event": N_("Naissance, mariage ou PACS"),
    "death": N_("Décès d’un proche"),
    "sick": N_("Arrêt maladie"),
    "accident": N_("Accident de mission"),
    "maternity": N_("Maternité ou adoption"),
    "other": N_("Autre absence convenue"),
}
LIVE = ("requested", "approved")
# Told when it has happened: the one leave that may lie wholly in the past.
SICK = ("sick", "accident")
NO_SERVICE = ("other",)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Engagement:
    """What leave needs to know of a contract; both days are included, `usual_days` are ISO weekday numbers."""

    starts_on: date
    last_day: date
    birth_date: date
    usual_days: str = WORKING_WEEK

    def usual(self, day: date) -> bool:
        """Whether the volunteer usually serves on such a day; a public holiday is no day of mission (LEAVE_COUNT)."""
        return str(day.isoweekday()) in (self.usual_days or WORKING_WEEK) and clock.public_holiday(day) is None


@dataclass(frozen=True, slots=True)
class Days:
    """A leave, asked for or decided; both days are included."""

    kind: str
    starts_on: date
    ends_on: date
    state: str = "requested"
    id: UUID | None = None


class Dated:
    """The limits of every day, from the dated settings; made once for many days."""

    def __init__(self, settings: Iterable[Setting] = ()) -> None:
        held = list(settings)
        self._since = sorted({one.valid_from for one in held})
        self._limits = [limits_on(held, day) for day in self._since]

    def on(self, day: date) -> Limits:
        place = bisect_right(self._since, day)
        return self._limits[place - 1] if place else DEFAULT


@dataclass(frozen=True, slots=True)
class Balance:
    """Annual leave on a day, in working days: `taken` is approved (served or to come), `asked` waits for an answer,
    `total` is what the whole contract gives."""

    on: date
    accrued: Fraction
    taken: int
    asked: int
    total: Fraction
    opens_on: date

    @property
    def left(self) -> Fraction:
        return self.accrued - self.taken - self.asked

    @property
    def left_at_end(self) -> Fraction:
        return self.total - self.taken - self.asked

    @property
    def open(self) -> bool:
        return self.on >= self.opens_on


def count(engagement: Engagement, first: date, last: date) -> int:
    """LEAVE_COUNT: the usual days of mission between two days, both included, within the contract."""
    start, end = max(first, engagement.starts_on), min(last, engagement.last_day)
    return sum(engagement.usual(day) for day in clock.days(start, end)) if start <= end else 0


def opens_on(engagement: Engagement, leaves: Collection[Days], dated: Dated) -> date:
    """The day after the tenth day of mission; the day after the contract when it has fewer."""
    lost, served = _lost(leaves), 0
    for day in clock.days(engagement.starts_on, engagement.last_day):
        if served >= dated.on(day).leave_opens_after:
            return day
        served += engagement.usual(day) and day not in lost
    return engagement.last_day + DAY


def accrued(engagement: Engagement, leaves: Collection[Days], on: date, dated: Dated) -> Fraction:
    """LEAVE_ACCRUAL: what is due at the end of a day; nothing until the right opens, then all since the start."""
    return Fraction(0) if on < opens_on(engagement, leaves, dated) else _earned(engagement, leaves, on, dated)


def _earned(engagement: Engagement, leaves: Collection[Days], on: date, dated: Dated) -> Fraction:
    lost, grown, total = _lost(leaves), _grown_up_on(engagement.birth_date), Fraction(0)
    for first, following in _months(engagement.starts_on, min(on, engagement.last_day)):
        last = min(following - DAY, on, engagement.last_day)
        served = Counter(_a_month(dated.on(day), day < grown) for day in clock.days(first, last) if day not in lost)
        total += (
            sum((Fraction(str(rate)) * days for rate, days in served.items()), Fraction(0)) / (following - first).days
        )
    return total


def _a_month(limits: Limits, minor: bool) -> float:
    return limits.leave_days_minor if minor else limits.leave_days


def _months(start: date, last: date) -> Iterator[tuple[date, date]]:
    """The months of service that begin by a day, each as its first day and the first day of the next."""
    number, first = 0, start
    while first <= last:
        number += 1
        following = plus_months(start, number)
        yield first, following
        first = following


def _grown_up_on(birth: date) -> date:
    """The eighteenth birthday; 1 March for somebody born on 29 February, as clock.age_on has it."""
    try:
        return birth.replace(year=birth.year + 18)
    except ValueError:
        return date(birth.year + 18, 3, 1)


def _lost(leaves: Collection[Days]) -> set[date]:
    """Days without service: approved leave of a class that does not count as service."""
    gone = [one for one in leaves if one.state == "approved" and one.kind in NO_SERVICE]
    return {day for one in gone for day in clock.days(one.starts_on, one.ends_on)}


def balance(engagement: Engagement, leaves: Collection[Days], on: date, dated: Dated | None = None) -> Balance:
    """What is due, taken, asked and left at the end of a day."""
    known = dated or Dated()
    annual = [one for one in leaves if one.kind == "annual"]
    days = {
        state: sum(count(engagement, one.starts_on, one.ends_on) for one in annual if one.state == state)
        for state in LIVE
    }
    return Balance(
        on=on,
        accrued=accrued(engagement, leaves, on, known),
        taken=days["approved"],
        asked=days["requested"],
        total=accrued(engagement, leaves, engagement.last_day, known),
        opens_on=opens_on(engagement, leaves, known),
    )


def shown(days: Fraction) -> str:
    """A number of days as people read it: « 4 », « 4,41 », never more than is due."""
    hundredths = floor(days * 100)
    text = decimal(hundredths / 100, 2)
    return text.rstrip("0").rstrip(",") if "," in text else text


def days_of(days: Fraction) -> str:
    """« 1 jour », « 4,41 jours »."""
    # French counts from two: 1,5 is singular, and so is 0.
    return ngettext("%(n)s jour", "%(n)s jours", 2 if abs(days) >= 2 else 1) % {"n": shown(days)}


def sum_of(found: Balance) -> str:
    """« 6 jours acquis au 30 nov. 2026 − 2 acceptés − 1 demandé = 3 jours »."""
    parts = [_("%(days)s acquis au %(on)s") % {"days": days_of(found.accrued), "on": day_range(found.on, found.on)}]
    if found.taken:
        parts.append(ngettext("%(n)s accepté", "%(n)s acceptés", found.taken) % {"n": found.taken})
    if found.asked:
        parts.append(ngettext("%(n)s demandé", "%(n)s demandés", found.asked) % {"n": found.asked})
    said = " \u2212 ".join(parts)
    return f"{said} = {days_of(found.left)}" if len(parts) > 1 else said


def unused(found: Balance, last_day: date, on: date, limits: Limits) -> Finding | None:
    """LEAVE_UNUSED: within 45 days of the end, whole days that nobody has asked for and that will be lost."""
    if not last_day - timedelta(days=limits.leave_unused_days) <= on <= last_day or found.left_at_end < 1:
        return None
    title = _("%(days)s de congé à prendre avant le %(last)s : ils seront perdus ensuite.")
    values = {"days": days_of(Fraction(floor(found.left_at_end))), "last": day_long(last_day)}
    return Finding("leave_unused", title % values, source_of("leave_unused"))
