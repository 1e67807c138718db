"""The limits of the law, one by one: what passes, what is refused, the sum that is said and its source."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from civic import clock
from civic.bookings import law, rules
from civic.bookings.values import ShiftFacts
from tests.bookings.values import (
    ADULT,
    CONTRACT,
    MINOR,
    MONDAY,
    NOW,
    codes,
    limited,
    on,
    seat,
    shift,
    source,
    told,
    under,
)

FULL_DAYS = [on(day, 9, 17) for day in range(6)]  # 6 × 8 h = 48 h
MINOR_DAYS = [on(day, 9, 16.5, 30) for day in range(4)]  # 4 × 7 h = 28 h


def test_an_adult_serves_48_hours_and_not_one_minute_more() -> None:
    five = FULL_DAYS[:5]
    assert codes(ADULT, on(5, 9, 17), *five) == []
    assert codes(ADULT, on(5, 9, 17 + 1 / 60), *five) == ["week_max_adult"]
    sentence = told("week_max_adult", ADULT, on(5, 8, 17), *five)
    assert sentence == "40 h + 9 h = 49 h, la limite est 48 h par semaine."
    assert source("week_max_adult", ADULT, on(5, 8, 17), *five) == "source à confirmer"


def test_a_minor_serves_35_hours_and_the_sentence_says_the_sum() -> None:
    held = [*MINOR_DAYS, on(4, 9, 12)]
    assert codes(MINOR, on(4, 14, 18), *held) == []
    assert codes(MINOR, on(4, 14, 18.25), *held) == ["week_max_minor", "day_max_minor"]
    assert told("week_max_minor", MINOR, on(5, 9, 16.5, 30), *held).startswith(
        "31 h + 7 h = 38 h, la limite est 35 h par semaine"
    )
    assert source("week_max_minor", MINOR, on(5, 9, 16.5, 30), *held) == "source à confirmer"


def test_a_planned_break_does_not_count_in_any_sum() -> None:
    held = FULL_DAYS[:5]
    assert codes(ADULT, on(5, 9, 18, 60), *held) == []
    assert codes(ADULT, on(5, 9, 18, 59), *held) == ["week_max_adult"]


def test_a_week_ends_on_sunday_at_midnight() -> None:
    sunday = MONDAY - timedelta(days=1)
    before = [shift(sunday - timedelta(days=day), 9, 17) for day in (0, 1, 2, 3, 4)]
    assert codes(ADULT, on(0, 9, 17), *before, *FULL_DAYS[1:6]) == []
    # From Sunday 20 h to Monday 4 h: half for each week.
    over = shift(sunday, 20, 28)
    assert codes(ADULT, over, *FULL_DAYS[:5], on(5, 9, 13)) == []
    assert codes(ADULT, over, *FULL_DAYS) == ["week_max_adult"]
    assert told("week_max_adult", ADULT, over, *FULL_DAYS) == "48 h + 4 h = 52 h, la limite est 48 h par semaine."


def test_a_queue_counts_in_no_sum_and_an_offer_does() -> None:
    held = [seat(one) for one in FULL_DAYS[:5]]
    long = on(5, 8, 17)
    for state, refused in (("waitlisted", False), ("offered", True), ("confirmed", True)):
        mixed = [replace(held[0], state=state), *held[1:]]
        assert bool(rules.judge(ADULT, long, mixed, NOW)) is refused, state


def test_days_of_a_week() -> None:
    six = [on(day, 9, 11) for day in range(6)]
    assert codes(ADULT, on(5, 14, 16), *six[:5]) == []
    assert codes(ADULT, on(6, 9, 11), *six) == ["week_days_adult"]
    assert told("week_days_adult", ADULT, on(6, 9, 11), *six) == (
        "6 jours + 1 jour = 7 jours, la limite est 6 jours par semaine."
    )
    assert codes(ADULT, on(5, 14, 16), *six) == []
    five = [on(day, 9, 11) for day in range(5)]
    assert codes(MINOR, on(4, 14, 16), *five) == []
    assert codes(MINOR, on(5, 9, 11), *five) == ["week_days_minor", "weekly_rest_minor"]
    assert told("week_days_minor", MINOR, on(5, 9, 11), *five) == (
        "5 jours + 1 jour = 6 jours, la limite est 5 jours par semaine."
    )


def test_a_shift_past_midnight_takes_two_days() -> None:
    five = [on(day, 9, 11) for day in range(5)]
    assert codes(ADULT, on(5, 20, 24), *five) == []
    assert codes(ADULT, on(5, 20, 25), *five) == ["week_days_adult"]


def test_the_day_of_a_minor_has_seven_hours() -> None:
    morning = on(1, 8, 12)
    assert codes(MINOR, on(1, 14, 17), morning) == []
    assert codes(MINOR, on(1, 14, 17.5), morning) == ["day_max_minor"]
    assert told("day_max_minor", MINOR, on(1, 14, 18), morning) == "4 h + 4 h = 8 h, la limite est 7 h par jour."
    alone = on(1, 9, 17.5, 60)
    assert told("day_max_minor", MINOR, alone) == "7 h 30 dans la journée, la limite est 7 h par jour."
    assert source("day_max_minor", MINOR, alone) == "R121-12"
    assert codes(ADULT, alone) == []


@pytest.mark.parametrize(
    ("start", "end", "pause", "refused"),
    [
        (9, 13.25, 0, False),
        (9, 13.5, 0, True),
        (9, 13.5, 29, True),
        (9, 13.5, 30, False),
        (8, 15.5, 30, False),
        # One block in the middle: the two halves, and not the whole.
        (8, 16, 60, False),
    ],
)
def test_a_minor_rests_before_four_and_a_half_hours(start: float, end: float, pause: int, refused: bool) -> None:
    found = codes(MINOR, on(1, start, end, pause))
    assert ("break_minor" in found) is refused


def test_touching_shifts_are_one_stretch_and_half_an_hour_parts_them() -> None:
    morning = on(1, 9, 12)
    assert codes(MINOR, on(1, 12, 14), morning) == ["break_minor"]
    assert codes(MINOR, on(1, 12.25, 14), morning) == ["break_minor"]
    assert codes(MINOR, on(1, 12.5, 14), morning) == []
    assert told("break_minor", MINOR, on(1, 12, 14), morning) == (
        "5 h de suite : avant 18 ans, une pause d’au moins 30 min est due avant 4 h 30."
    )
    assert source("break_minor", MINOR, on(1, 12, 14), morning) == "R121-12"


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [(18, 22, False), (18, 22 + 1 / 60, True), (6, 9, False), (6 - 1 / 60, 9, True), (22, 23, True), (2, 4, True)],
)
def test_no_minute_of_the_night_for_a_minor(start: float, end: float, refused: bool) -> None:
    facts = on(1, start, end)
    assert ("night_minor" in codes(MINOR, facts)) is refused
    assert codes(ADULT, facts) == []


def test_the_night_says_its_hours_and_its_source() -> None:
    assert told("night_minor", MINOR, on(1, 20, 23)) == "Entre 22 h et 6 h, pas de créneau avant 18 ans."
    assert source("night_minor", MINOR, on(1, 20, 23)) == "R121-12"


def test_two_free_days_in_a_row_within_monday_to_sunday() -> None:
    held = [on(day, 9, 11) for day in (0, 2, 4)]
    # Saturday and Sunday stay free.
    assert codes(MINOR, on(3, 9, 11), *held) == []
    assert codes(MINOR, on(5, 9, 11), *held) == ["weekly_rest_minor"]
    assert codes(ADULT, on(5, 9, 11), *held) == []
    # A Sunday and the next Monday are not two days of one week.
    sundays = [on(day, 9, 11) for day in (1, 3)]
    assert codes(MINOR, on(5, 9, 11), *sundays) == ["weekly_rest_minor"]
    assert "1 jour de suite, il en faut 2" in told("weekly_rest_minor", MINOR, on(5, 9, 11), *sundays)


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2027, 5, 1), "Fête du Travail"),
        (date(2027, 7, 14), "Fête nationale"),
        (date(2027, 3, 29), "Lundi de Pâques"),
        (date(2027, 3, 26), ""),
        (date(2026, 12, 26), ""),
        (date(2027, 5, 17), "Lundi de Pentecôte"),
    ],
)
def test_public_holidays_are_those_of_the_pas_de_calais(day: date, holiday: str) -> None:
    """Good Friday and St Stephen’s Day are kept in Alsace, not here."""
    facts = shift(day, 14, 16)
    assert ("holiday_minor" in codes(MINOR, facts)) is bool(holiday)
    assert "holiday_minor" not in codes(ADULT, facts)
    if holiday:
        assert holiday in told("holiday_minor", MINOR, facts)
        assert source("holiday_minor", MINOR, facts) == "R121-12"


def test_missions_of_risk_and_single_places_are_closed_to_minors() -> None:
    risky = on(1, 9, 11, tags=frozenset({"regulated_risk", "outdoor"}))
    single = on(1, 9, 11, capacity=1)
    assert (codes(MINOR, risky), codes(ADULT, risky)) == (["risk_minor"], [])
    assert (codes(MINOR, single), codes(ADULT, single)) == (["lone_minor"], [])
    assert source("risk_minor", MINOR, risky) == "R121-12"
    assert source("lone_minor", MINOR, single) == "règle locale"


def test_a_birthday_in_mid_week_is_judged_on_the_day_of_each_shift() -> None:
    wednesday = MONDAY + timedelta(days=2)
    turning = replace(ADULT, birth_date=wednesday.replace(year=wednesday.year - 18))
    long = [on(day, 10, 19, 60) for day in (1, 2)]
    assert codes(turning, long[0]) == ["day_max_minor"]
    assert codes(turning, long[1]) == []
    held = [on(0, 9, 16.5, 30), *(on(day, 9, 17) for day in (2, 3, 4))]  # 7 + 8 + 8 + 8 = 31 h
    assert codes(turning, on(5, 9, 17), *held) == []
    # On Tuesday they are still 17, and the whole week counts.
    assert codes(turning, on(1, 9, 16.5, 30), *held) == ["week_max_minor"]
    assert told("week_max_minor", turning, on(1, 9, 16.5, 30), *held).startswith(
        "31 h + 7 h = 38 h, la limite est 35 h"
    )


def test_the_age_of_a_night_shift_is_that_of_its_first_day() -> None:
    tuesday = MONDAY + timedelta(days=1)
    turning = replace(ADULT, birth_date=tuesday.replace(year=tuesday.year - 18))
    assert "night_minor" in codes(turning, on(0, 20, 26))
    assert codes(turning, on(1, 20, 26)) == []


def test_a_week_runs_across_two_contracts() -> None:
    wednesday = MONDAY + timedelta(days=2)
    first = replace(CONTRACT, last_day=wednesday - timedelta(days=1))
    second = replace(CONTRACT, starts_on=wednesday, last_day=date(2028, 2, 1))
    person = replace(ADULT, contracts=(first, second))
    assert codes(person, on(5, 8, 17), *FULL_DAYS[:5]) == ["week_max_adult"]
    gap = replace(ADULT, contracts=(first, replace(second, starts_on=wednesday + timedelta(days=1))))
    assert codes(gap, on(2, 9, 11)) == ["contract_ready"]


def spring() -> ShiftFacts:
    """From Saturday 22 h to Sunday 6 h on the night that skips an hour: seven hours."""
    return shift(date(2027, 3, 27), 22, 30)


def autumn() -> ShiftFacts:
    """The same on the night that has an hour twice: nine hours."""
    return shift(date(2026, 10, 24), 22, 30)


@pytest.mark.parametrize(("night", "hours"), [(spring(), 7), (autumn(), 9)])
def test_the_nights_of_the_clock_change_count_the_hours_really_served(night: ShiftFacts, hours: int) -> None:
    assert night.times.hours == hours
    monday = clock.monday(night.times.day)
    days = [shift(monday + timedelta(days=day), 8, 16) for day in range(5)]
    exact = limited(night, week_max_adult=40 + hours, week_days_adult=7)
    short = limited(night, week_max_adult=40 + hours - 1, week_days_adult=7)
    assert codes(ADULT, exact, *days) == []
    assert codes(ADULT, short, *days) == ["week_max_adult"]
    assert f"40 h + {hours} h = {40 + hours} h" in told("week_max_adult", ADULT, short, *days)


@pytest.mark.parametrize(
    ("day", "start", "end", "refused"),
    [
        # 1:00 to 5:30 by the clock: 3 h 30 in spring, 5 h 30 in autumn.
        (date(2027, 3, 28), 1, 5.5, False),
        (date(2026, 10, 25), 1, 5.25, True),
        (date(2026, 10, 18), 1, 5.25, False),
    ],
)
def test_a_break_is_due_after_hours_that_passed_not_after_those_of_the_clock(
    day: date, start: float, end: float, refused: bool
) -> None:
    assert ("break_minor" in codes(MINOR, shift(day, start, end))) is refused


def test_every_limit_is_a_setting() -> None:
    held = FULL_DAYS[:3]
    facts = on(3, 9, 17)
    assert codes(ADULT, facts, *held) == []
    assert codes(ADULT, limited(facts, week_max_adult=30), *held) == ["week_max_adult"]
    assert codes(ADULT, limited(facts, week_days_adult=3), *held) == ["week_days_adult"]
    assert codes(MINOR, limited(on(1, 18, 21), night_starts=20)) == ["night_minor"]
    assert codes(MINOR, limited(on(1, 9, 12), day_max_minor=2.5)) == ["day_max_minor"]
    assert codes(MINOR, limited(on(1, 9, 12), break_minor_after=3)) == ["break_minor"]
    assert codes(MINOR, limited(on(3, 9, 12), rest_days_minor=4)) == ["weekly_rest_minor"]


def test_a_rule_that_looks_at_its_own_seat_would_count_it_twice() -> None:
    last = on(5, 9, 17)
    assert rules.fitness(ADULT, last, [seat(one) for one in (*FULL_DAYS[:5], last)]) == []


def test_the_ladder_names_the_hours_in_the_order_of_the_data_file() -> None:
    held = [on(day, 8, 15) for day in range(5)]
    risky = on(5, 14, 23.5, capacity=1, tags=frozenset({"regulated_risk"}))
    found = codes(MINOR, risky, *held)
    assert found == [
        "week_max_minor",
        "week_days_minor",
        "day_max_minor",
        "break_minor",
        "night_minor",
        "weekly_rest_minor",
        "risk_minor",
        "lone_minor",
    ]
    names = [code for code, _rule in rules.LADDER]
    assert [name for name in names if name in found] == found


def test_the_week_of_the_contract_is_a_warning_and_not_a_wall() -> None:
    person = under(24)
    assert codes(person, on(3, 9, 17), *FULL_DAYS[:3]) == []
    assert law.week_sum(31, 7, 35).replace("\u00a0", " ").startswith("31 h + 7 h = 38 h, la limite est 35 h")
