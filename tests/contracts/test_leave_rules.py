"""How many days of leave a contract gives, and how many a leave takes: every figure is worked out by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic import clock
from civic.contracts.leave_requests import Situation, advise, judge
from civic.contracts.leave_rules import (
    KIND_NAMES,
    Dated,
    Days,
    Engagement,
    accrued,
    balance,
    count,
    days_of,
    opens_on,
    shown,
    sum_of,
    unused,
)
from civic.contracts.limits import DEFAULT, Setting
from civic.contracts.models import LEAVE_KINDS
from civic.contracts.rules import plus_months

ADULT = date(2004, 5, 17)
DAY = timedelta(days=1)
# Eight months from Thursday 1 October 2026.
EIGHT = Engagement(date(2026, 10, 1), date(2027, 5, 31), ADULT)


def annual(first: date, last: date, state: str = "approved") -> Days:
    return Days("annual", first, last, state, uuid4())


def due(engagement: Engagement, on: date, leaves: Sequence[Days] = (), settings: Sequence[Setting] = ()) -> Fraction:
    return accrued(engagement, leaves, on, Dated(settings))


# LEAVE_ACCRUAL


@pytest.mark.parametrize(
    ("on", "days"),
    [
        (date(2026, 10, 31), Fraction(2)),
        (date(2026, 11, 15), Fraction(3)),  # half of a November of thirty days
        (date(2026, 11, 30), Fraction(4)),
        (date(2026, 12, 1), 4 + Fraction(2, 31)),
        (date(2027, 5, 31), Fraction(16)),
        (date(2028, 1, 1), Fraction(16)),  # nothing grows once the contract is over
    ],
)
def test_two_days_a_month(on: date, days: Fraction) -> None:
    assert due(EIGHT, on) == days


def test_a_month_runs_from_date_to_date() -> None:
    """From 15 January to 14 July: six months, whatever the length of February."""
    engagement = Engagement(date(2027, 1, 15), date(2027, 7, 14), ADULT)
    assert due(engagement, date(2027, 2, 14)) == 2
    assert due(engagement, date(2027, 3, 14)) == 4
    assert due(engagement, date(2027, 7, 14)) == 12


def test_a_month_from_the_31st_ends_where_the_next_begins() -> None:
    engagement = Engagement(date(2026, 12, 31), date(2027, 6, 29), ADULT)
    assert due(engagement, date(2027, 1, 30)) == 2
    assert due(engagement, date(2027, 2, 27)) == 4
    assert due(engagement, date(2027, 6, 29)) == 12


def test_a_minor_has_three() -> None:
    minor = Engagement(EIGHT.starts_on, EIGHT.last_day, date(2010, 1, 1))
    assert due(minor, date(2026, 11, 30)) == 6
    assert due(minor, minor.last_day) == 24


def test_a_birthday_splits_its_month_at_the_day() -> None:
    """Eighteen on 11 November: ten days at three, twenty at two, of a month of thirty."""
    engagement = Engagement(EIGHT.starts_on, EIGHT.last_day, date(2008, 11, 11))
    assert due(engagement, date(2026, 10, 31)) == 3
    assert due(engagement, date(2026, 11, 30)) == 3 + Fraction(10 * 3 + 20 * 2, 30)
    assert due(engagement, EIGHT.last_day) == 3 + Fraction(70, 30) + 12


def test_somebody_born_on_29_february_grows_up_on_1_march() -> None:
    engagement = Engagement(date(2026, 2, 1), date(2026, 7, 31), date(2008, 2, 29))
    assert due(engagement, date(2026, 2, 28)) == 3
    assert due(engagement, date(2026, 3, 31)) == 5


def test_the_right_opens_after_ten_days_of_mission() -> None:
    """Ten working days from Thursday 1 October end on Wednesday 14: nothing that day, all since the start on 15."""
    assert opens_on(EIGHT, (), Dated()) == date(2026, 10, 15)
    assert due(EIGHT, date(2026, 10, 14)) == 0
    assert due(EIGHT, date(2026, 10, 15)) == Fraction(2 * 15, 31)


def test_a_public_holiday_is_no_day_of_mission() -> None:
    """Monday 2 November 2026 to Friday 13, less Armistice Day on Wednesday 11: nine days, so one more Monday."""
    engagement = Engagement(date(2026, 11, 2), date(2027, 5, 1), ADULT)
    assert opens_on(engagement, (), Dated()) == date(2026, 11, 17)


def test_a_contract_too_short_to_open_the_right_gives_none() -> None:
    engagement = Engagement(date(2026, 10, 1), date(2026, 10, 14), ADULT)
    assert opens_on(engagement, (), Dated()) == date(2026, 10, 15)
    assert due(engagement, engagement.last_day) == 0


@pytest.mark.parametrize("kind", sorted(set(LEAVE_KINDS) - {"other"}))
def test_every_leave_but_an_agreed_absence_counts_as_service(kind: str) -> None:
    whole_november = Days(kind, date(2026, 11, 1), date(2026, 11, 30), "approved")
    assert due(EIGHT, date(2026, 12, 31), [whole_november]) == 6


def test_an_agreed_absence_earns_nothing() -> None:
    half = Days("other", date(2026, 11, 1), date(2026, 11, 15), "approved")
    assert due(EIGHT, date(2026, 12, 31), [half]) == 5
    assert due(EIGHT, date(2026, 12, 31), [Days("other", half.starts_on, half.ends_on, "requested")]) == 6


def test_a_new_rate_holds_from_its_day() -> None:
    settings = [Setting("leave_days", 2.5, date(2026, 11, 16))]
    assert due(EIGHT, date(2026, 10, 31), settings=settings) == 2
    assert due(EIGHT, date(2026, 11, 30), settings=settings) == 2 + 1 + Fraction(5, 4)


def test_an_early_end_stops_what_is_earned_and_what_is_taken() -> None:
    ended = Engagement(EIGHT.starts_on, date(2026, 12, 31), ADULT)
    over = annual(date(2026, 12, 28), date(2027, 1, 8))
    found = balance(ended, [over], date(2027, 3, 1))
    assert (found.accrued, found.taken, found.total) == (6, 4, 6)


# LEAVE_COUNT


@pytest.mark.parametrize(
    ("first", "last", "usual", "days"),
    [
        (date(2026, 11, 2), date(2026, 11, 8), "12345", 5),
        (date(2026, 11, 9), date(2026, 11, 15), "12345", 4),  # Armistice Day
        (date(2026, 11, 9), date(2026, 11, 15), "36", 1),
        (date(2026, 11, 7), date(2026, 11, 8), "12345", 0),
        (date(2026, 12, 21), date(2027, 1, 3), "12345", 8),  # Christmas and New Year's Day
        (date(2026, 9, 28), date(2026, 10, 2), "12345", 2),  # before the contract nothing counts
        (date(2027, 6, 1), date(2027, 6, 4), "12345", 0),
    ],
)
def test_only_usual_days_of_mission_count(first: date, last: date, usual: str, days: int) -> None:
    assert count(Engagement(EIGHT.starts_on, EIGHT.last_day, ADULT, usual), first, last) == days


# The balance


def test_the_balance_and_its_sum() -> None:
    leaves = [
        annual(date(2026, 11, 2), date(2026, 11, 3)),
        annual(date(2026, 12, 14), date(2026, 12, 14), "requested"),
        annual(date(2026, 12, 15), date(2026, 12, 18), "refused"),
        annual(date(2027, 1, 4), date(2027, 1, 8), "withdrawn"),
        Days("sick", date(2026, 11, 4), date(2026, 11, 6), "approved"),
    ]
    found = balance(EIGHT, leaves, date(2026, 11, 30))
    assert (found.accrued, found.taken, found.asked, found.left) == (4, 2, 1, 1)
    assert (found.total, found.left_at_end) == (16, 13)
    assert sum_of(found) == "4 jours acquis au 30\u00a0nov. 2026 \u2212 2 acceptés \u2212 1 demandé = 1 jour"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (Fraction(4), "4 jours"),
        (Fraction(1), "1 jour"),
        (Fraction(0), "0 jour"),
        (Fraction(137, 31), "4,41 jours"),
        (Fraction(3, 2), "1,5 jour"),
        (Fraction(-1, 3), "\u22120,34 jour"),
        (Fraction(20), "20 jours"),
    ],
)
def test_days_are_shown_rounded_down_to_the_hundredth(days: Fraction, text: str) -> None:
    assert days_of(days) == text
    assert text.startswith(shown(days))


def test_unused_leave_is_told_45_days_before_the_end() -> None:
    found = balance(EIGHT, [annual(date(2027, 2, 1), date(2027, 2, 12))], date(2027, 4, 15))
    assert unused(found, EIGHT.last_day, date(2027, 4, 15), DEFAULT) is None
    told = unused(found, EIGHT.last_day, date(2027, 4, 16), DEFAULT)
    assert told is not None
    assert told.code == "leave_unused"
    assert told.title == "6 jours de congé à prendre avant le lundi 31 mai 2027 : ils seront perdus ensuite."
    assert told.source == "source à confirmer"
    assert unused(found, EIGHT.last_day, date(2027, 6, 1), DEFAULT) is None


def test_nothing_is_told_when_less_than_a_day_is_left() -> None:
    engagement = Engagement(date(2026, 10, 1), date(2027, 4, 10), ADULT)
    spent = annual(date(2027, 1, 4), date(2027, 1, 19))
    found = balance(engagement, [spent], date(2027, 4, 1))
    assert 0 < found.left_at_end < 1
    assert unused(found, engagement.last_day, date(2027, 4, 1), DEFAULT) is None


# Whatever the contract and the leaves

DAYS = st.dates(date(2024, 1, 1), date(2029, 1, 1))


@st.composite
def engagements(draw: st.DrawFn) -> Engagement:
    start = draw(DAYS)
    last = start + timedelta(days=draw(st.integers(0, 400)))
    birth = draw(st.dates(date(1998, 1, 1), date(2010, 12, 31)))
    return Engagement(start, last, birth, "".join(sorted(draw(st.sets(st.sampled_from("1234567"), min_size=1)))))


@st.composite
def leaves_in(draw: st.DrawFn, engagement: Engagement) -> list[Days]:
    found = []
    for _number in range(draw(st.integers(0, 4))):
        first = engagement.starts_on + timedelta(days=draw(st.integers(-10, 400)))
        last = first + timedelta(days=draw(st.integers(0, 30)))
        state = draw(st.sampled_from(["requested", "approved", "refused", "withdrawn"]))
        found.append(Days(draw(st.sampled_from(LEAVE_KINDS)), first, last, state, uuid4()))
    return found


@given(st.data())
def test_what_is_due_never_falls_and_stays_within_three_days_a_month(data: st.DataObject) -> None:
    engagement = data.draw(engagements())
    leaves = data.draw(leaves_in(engagement))
    on = engagement.starts_on + timedelta(days=data.draw(st.integers(-5, 410)))
    later = on + timedelta(days=data.draw(st.integers(0, 40)))
    months = 0
    while plus_months(engagement.starts_on, months) <= engagement.last_day:
        months += 1
    assert 0 <= due(engagement, on, leaves) <= due(engagement, later, leaves) <= 3 * months


@given(st.data())
def test_a_leave_split_in_two_changes_nothing(data: st.DataObject) -> None:
    engagement = data.draw(engagements())
    leaves = data.draw(leaves_in(engagement))
    whole = data.draw(leaves_in(engagement).filter(bool))[0]
    cut = whole.starts_on + timedelta(days=data.draw(st.integers(0, (whole.ends_on - whole.starts_on).days)))
    halves = [Days(whole.kind, whole.starts_on, cut, whole.state)]
    if cut < whole.ends_on:
        halves.append(Days(whole.kind, cut + DAY, whole.ends_on, whole.state))
    on = data.draw(st.dates(engagement.starts_on, engagement.last_day))
    assert balance(engagement, [*leaves, whole], on) == balance(engagement, [*leaves, *halves], on)


@given(st.data())
def test_the_order_of_leaves_changes_nothing(data: st.DataObject) -> None:
    engagement = data.draw(engagements())
    leaves = data.draw(leaves_in(engagement))
    on = data.draw(st.dates(engagement.starts_on, engagement.last_day))
    assert balance(engagement, data.draw(st.permutations(leaves)), on) == balance(engagement, leaves, on)


@given(engagements())
def test_whole_months_give_whole_days(engagement: Engagement) -> None:
    """Two a month for an adult, whatever the lengths of the months."""
    adult = Engagement(engagement.starts_on, plus_months(engagement.starts_on, 7) - DAY, date(1999, 1, 1))
    assert due(adult, adult.last_day) == 14


@given(st.data())
def test_every_day_counts_once(data: st.DataObject) -> None:
    engagement = data.draw(engagements())
    first = data.draw(st.dates(engagement.starts_on, engagement.last_day))
    last = data.draw(st.dates(first, engagement.last_day))
    by_day = sum(count(engagement, day, day) for day in clock.days(first, last))
    assert count(engagement, first, last) == by_day <= (last - first).days + 1


# Requests

TODAY = date(2026, 11, 25)


def situation(*leaves: Days, engagement: Engagement | None = EIGHT) -> Situation:
    return Situation(engagement, leaves, TODAY)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"starts_on": date(2026, 12, 7), "ends_on": date(2026, 12, 11)}, []),
        ({"starts_on": date(2026, 12, 7), "ends_on": date(2026, 12, 6)}, [("ends_on", "leave_dates")]),
        ({"starts_on": date(2026, 9, 30), "ends_on": date(2026, 12, 1)}, [("starts_on", "leave_outside")]),
        ({"starts_on": date(2027, 5, 31), "ends_on": date(2027, 6, 1)}, [("ends_on", "leave_outside")]),
        (
            {"starts_on": date(2026, 9, 1), "ends_on": date(2027, 7, 1)},
            [("ends_on", "leave_too_long"), ("starts_on", "leave_overlap")],
        ),
        ({"starts_on": date(2026, 11, 23), "ends_on": date(2026, 11, 24)}, [("ends_on", "leave_past")]),
        ({"starts_on": date(2026, 11, 23), "ends_on": date(2026, 11, 25)}, []),
        ({"starts_on": date(2026, 11, 23), "ends_on": date(2026, 11, 24), "kind": "sick"}, []),
        ({"starts_on": date(2026, 12, 18), "ends_on": date(2026, 12, 18)}, [("starts_on", "leave_overlap")]),
        ({"starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 31)}, [("starts_on", "leave_overlap")]),
        ({"starts_on": date(2027, 1, 4), "ends_on": date(2027, 1, 8)}, []),
    ],
)
def test_what_refuses_a_request(wish: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    known = situation(
        annual(date(2026, 12, 14), date(2026, 12, 18), "requested"),
        annual(date(2027, 1, 4), date(2027, 1, 8), "refused"),
        annual(date(2027, 1, 4), date(2027, 1, 8), "withdrawn"),
    )
    found = judge(Days(**{"kind": "annual", **wish}), known)
    assert [(one.field, one.finding.code) for one in found] == expected


def test_no_contract_no_leave() -> None:
    found = judge(annual(TODAY, TODAY), situation(engagement=None))
    assert [(one.field, one.finding.code) for one in found] == [("", "leave_contract")]
    assert advise(annual(TODAY, TODAY), situation(engagement=None)) == []


def test_a_leave_does_not_meet_itself() -> None:
    present = annual(date(2026, 12, 14), date(2026, 12, 18), "requested")
    assert judge(present, situation(present)) == []


def test_more_than_the_balance_warns_with_the_sum() -> None:
    """On Monday 7 December, 4 days and 7 of 31 parts of two are due."""
    wish = annual(date(2026, 12, 7), date(2026, 12, 11), "requested")
    found = advise(wish, situation())
    assert [one.code for one in found] == ["leave_accrual"]
    assert found[0].title == (
        "Ce congé compte pour 5 jours, le solde est moindre : 4,45 jours acquis au 7\u00a0déc. 2026."
    )
    assert found[0].source.startswith("R121-17")
    assert advise(wish, situation(wish)) == found
    assert advise(annual(date(2026, 12, 7), date(2026, 12, 10), "requested"), situation()) == []


def test_before_the_right_opens_the_warning_says_when() -> None:
    young = Engagement(date(2026, 11, 23), date(2027, 5, 22), ADULT)
    found = advise(annual(date(2026, 11, 30), date(2026, 11, 30)), situation(engagement=young))
    assert found[0].title == "Ce congé compte pour 1 jour : le droit au congé s’ouvre le samedi 5 décembre 2026."


@pytest.mark.parametrize(
    ("kind", "last", "warned"),
    [
        ("family_event", date(2026, 12, 9), False),
        ("family_event", date(2026, 12, 10), True),
        ("death", date(2026, 12, 18), False),
        ("death", date(2026, 12, 21), True),
        ("sick", date(2027, 1, 31), False),
    ],
)
def test_exceptional_leave_beyond_its_days_warns(kind: str, last: date, warned: bool) -> None:
    """From Monday 7 December: three usual days for an event, ten for a death."""
    found = advise(Days(kind, date(2026, 12, 7), last), situation())
    assert [one.code for one in found] == (["leave_event"] if warned else [])
    if warned:
        assert found[0].source == "D121-21"


def test_every_class_of_leave_has_a_name() -> None:
    assert tuple(KIND_NAMES) == LEAVE_KINDS
