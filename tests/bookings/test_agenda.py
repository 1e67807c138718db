"""The rules of time against a second reading of the law, slot by slot, on random weeks; and what must always hold.

The second reading knows nothing of intervals: it fills quarters of an hour and counts them. A rule that is broken on
purpose must make the two differ.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from civic import clock
from civic.bookings import advice, agenda, law, rules
from civic.bookings.agenda import Agenda
from civic.bookings.hours import per_day
from civic.bookings.values import ShiftFacts, Times
from civic.contracts.limits import Limits
from tests.bookings.values import ADULT, BLANK, NOW, seat

SLOT = timedelta(minutes=15)
PARIS = ZoneInfo("Europe/Paris")
# Ordinary, the two clock changes, Easter, 1 and 8 May, 14 July, Christmas and New Year: no table of the product’s.
WEEKS = (
    date(2027, 6, 7),
    date(2027, 3, 22),
    date(2026, 10, 19),
    date(2027, 3, 29),
    date(2027, 4, 26),
    date(2027, 7, 12),
    date(2026, 12, 21),
    date(2026, 12, 28),
)
HOLIDAYS = {
    *(date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25), date(2027, 1, 1), date(2027, 3, 29)),
    *(date(2027, 5, 1), date(2027, 5, 6), date(2027, 5, 8), date(2027, 5, 17), date(2027, 7, 14)),
}
TIME_RULES = {
    *("week_max_adult", "week_days_adult", "week_max_minor", "week_days_minor", "day_max_minor", "break_minor"),
    *("night_minor", "weekly_rest_minor", "holiday_minor", "daily_rest_adult", "daily_rest_minor", "long_day_adult"),
    *("holiday_adult", "late_adult"),
}


@dataclass(frozen=True)
class Case:
    """Somebody born on a day, a shift, and what they hold."""

    birth: date
    facts: ShiftFacts
    held: tuple[ShiftFacts, ...]


@st.composite
def stretches(draw: st.DrawFn, monday: date) -> Times:
    """From the Saturday before to the Monday after; two hours to twelve, now and then with a break."""
    start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC) + SLOT * draw(st.integers(-2 * 96, 8 * 96))
    halves = draw(st.integers(2, 24))
    pause = draw(st.sampled_from((0, 0, 30, 60))) if halves > 4 else 0
    return Times(start, start + 2 * halves * SLOT, pause)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    monday = draw(st.sampled_from(WEEKS))
    times = draw(stretches(monday))
    held = draw(st.lists(stretches(monday), max_size=7))
    turning = monday + timedelta(days=draw(st.sampled_from((-400, 0, 2, 4, 400))))
    limits = Limits(
        week_max_adult=draw(st.sampled_from((48, 30))),
        week_max_minor=draw(st.sampled_from((35, 20))),
        week_days_adult=draw(st.sampled_from((6, 4))),
        rest_days_minor=2,
    )
    others = tuple(replace(BLANK, id=UUID(int=number), times=one) for number, one in enumerate(held))
    return Case(turning.replace(year=turning.year - 18), replace(BLANK, times=times, limits=limits), others)


def judged(case: Case) -> set[str]:
    """What the product says."""
    person = replace(ADULT, birth_date=case.birth)
    held = [replace(seat(one), booking_id=one.id) for one in case.held]
    found = [*rules.judge(person, case.facts, held, NOW), *rules.advise(person, case.facts, held)]
    return {one.code for one in found} & TIME_RULES


def slots(times: Times, *, served: bool = True) -> list[datetime]:
    """Quarters of an hour, those of the break left out: a block in the middle."""
    count = (times.ends_at - times.starts_at) // SLOT
    pause = times.break_minutes // 15 if served else 0
    first = (count - pause) // 2
    return [times.starts_at + SLOT * n for n in range(count) if not first <= n < first + pause]


def local(slot: datetime) -> datetime:
    return slot.astimezone(PARIS)


def second_reading(case: Case) -> set[str]:
    facts, limits = case.facts, case.facts.limits
    mine = slots(facts.times)
    day = local(facts.times.starts_at).date()
    age = day.year - case.birth.year - ((day.month, day.day) < (case.birth.month, case.birth.day))
    every = [*mine, *(slot for one in case.held for slot in slots(one.times))]
    by_day = Counter(local(slot).date() for slot in every)
    own_days = {local(slot).date() for slot in mine}
    present = {local(slot).date() for slot in slots(facts.times, served=False)}
    weeks = {one - timedelta(days=one.weekday()) for one in own_days}
    served = {week: sum(by_day[week + timedelta(days=n)] for n in range(7)) / 4 for week in weeks}
    free = {week: [not by_day[week + timedelta(days=n)] for n in range(7)] for week in weeks}
    clock_hours = {local(slot).hour for slot in slots(facts.times, served=False)}
    night = any(hour >= 22 or hour < 6 for hour in clock_hours)
    if age < 18:
        found = {
            "week_max_minor": any(hours > limits.week_max_minor for hours in served.values()),
            "week_days_minor": any(7 - sum(days) > 5 for days in free.values()),
            "day_max_minor": any(by_day[one] > 28 for one in own_days),
            "break_minor": in_a_row(mine, every, gap=2) >= 18,
            "night_minor": night,
            "weekly_rest_minor": any(not any(map(all, pairwise(days))) for days in free.values()),
            "holiday_minor": bool(present & HOLIDAYS),
            "daily_rest_minor": shortest_gap(case) < timedelta(hours=12),
        }
    else:
        found = {
            "week_max_adult": any(hours > limits.week_max_adult for hours in served.values()),
            "week_days_adult": any(7 - sum(days) > limits.week_days_adult for days in free.values()),
            "daily_rest_adult": shortest_gap(case) < timedelta(hours=11),
            "long_day_adult": any(by_day[one] > 40 for one in own_days) or in_a_row(mine, every, gap=2) > 24,
            "holiday_adult": bool(present & HOLIDAYS),
            "late_adult": night or any(one.weekday() == 6 for one in present),
        }
    return {code for code, is_broken in found.items() if is_broken}


def in_a_row(mine: list[datetime], every: list[datetime], gap: int) -> int:
    """Slots from the first to the last of a run that holds one of mine; `gap` empty slots end it."""
    longest = 0
    for slot in mine:
        first = last = slot
        busy = set(every)
        while earlier := [first - SLOT * n for n in range(1, gap + 1) if first - SLOT * n in busy]:
            first = earlier[0]
        while later := [last + SLOT * n for n in range(1, gap + 1) if last + SLOT * n in busy]:
            last = later[0]
        longest = max(longest, (last - first) // SLOT + 1)
    return longest


def shortest_gap(case: Case) -> timedelta:
    """Between two shifts of different days that don’t overlap."""
    found = [timedelta(days=9)]
    for one in case.held:
        first, second = sorted((case.facts.times, one.times), key=lambda times: times.starts_at)
        if local(first.starts_at).date() != local(second.starts_at).date() and first.ends_at <= second.starts_at:
            found.append(second.starts_at - first.ends_at)
    return min(found)


@settings(max_examples=250)
@given(cases())
def test_the_rules_of_time_agree_with_a_second_reading(case: Case) -> None:
    assert judged(case) == second_reading(case)


def _whole(facts: ShiftFacts, monday: date) -> float:
    return facts.times.hours


BROKEN: list[tuple[Any, str, Any]] = [
    (law, "CLOSE", -0.3),
    (law, "at_night", lambda *_given: False),
    (law, "longest_stretch", lambda times, others, rest: times.hours),
    (law, "week_share", _whole),
    (law, "_longest_rest", lambda busy, monday: 7 - len(busy)),
    (law, "touched", lambda times: ()),
    (law, "shares_of", lambda times: {times.day: times.hours}),
    (advice, "_gap", lambda facts, held: None),
    (advice, "at_night", lambda times, starts, ends: clock.local(times.ends_at).hour >= starts),
    (agenda, "per_day", lambda times: {times.day: (times.ends_at - times.starts_at) / timedelta(hours=1)}),
    (agenda, "served", lambda times: (times,)),
]


@pytest.mark.parametrize(("module", "name", "wrong"), BROKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_broken_on_purpose_is_noticed(
    module: Any, name: str, wrong: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    monkeypatch.setattr(module, name, wrong)
    plenty = settings(max_examples=3000, derandomize=True, database=None, phases=[Phase.generate])
    assert find(cases(), lambda case: judged(case) != second_reading(case), settings=plenty)
    monkeypatch.undo()
    forget()


def forget() -> None:
    for remembered in (agenda.shares_of, agenda.touched, agenda.served, agenda.at_night):
        remembered.cache_clear()


@settings(max_examples=60)
@given(cases(), st.data())
def test_who_holds_less_is_never_refused_more(case: Case, data: st.DataObject) -> None:
    """Giving a seat back opens doors and closes none."""
    kept = data.draw(st.lists(st.sampled_from(case.held), unique=True)) if case.held else []
    assert judged(replace(case, held=tuple(kept))) <= judged(case)


@settings(max_examples=60)
@given(cases())
def test_the_order_of_seats_changes_nothing_and_a_queue_counts_for_nothing(case: Case) -> None:
    person = replace(ADULT, birth_date=case.birth)
    held = [seat(one) for one in case.held]
    found, turned = (rules.judge(person, case.facts, seats, NOW) for seats in (held, held[::-1]))
    assert [one.code for one in found] == [one.code for one in turned]
    queued = [replace(one, state="waitlisted") for one in held]
    assert rules.judge(person, case.facts, queued, NOW) == rules.judge(person, case.facts, [], NOW)


@settings(max_examples=60)
@given(st.sampled_from(WEEKS).flatmap(lambda monday: st.lists(stretches(monday), min_size=1, max_size=8)))
def test_an_agenda_adds_up_to_the_hours_of_its_seats(listed: list[Times]) -> None:
    laid_out = Agenda(seat(replace(BLANK, times=one)) for one in listed)
    first, last = min(one.day for one in listed), max(one.last_day for one in listed)
    total = sum(laid_out.hours(day) for day in clock.days(first, last))
    assert total == pytest.approx(sum(one.hours for one in listed))
    mondays = {clock.monday(day) for day in clock.days(first, last)}
    assert sum(laid_out.week_hours(monday) for monday in mondays) == pytest.approx(total)
    for one in listed:
        assert {held.times for held in laid_out.around(one, days=0)} >= {one}


@given(st.sampled_from(WEEKS).flatmap(stretches))
def test_hours_are_split_at_local_midnight(times: Times) -> None:
    counted = Counter(local(slot).date() for slot in slots(times))
    assert per_day(times) == {day: count / 4 for day, count in counted.items()}
