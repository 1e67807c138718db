"""Warnings: what they say, in which order, and that they never refuse."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from civic import clock
from civic.bookings import rules
from tests.bookings.values import (
    ADULT,
    CONTRACT,
    MINOR,
    MONDAY,
    NOW,
    codes,
    limited,
    on,
    shift,
    source,
    told,
    under,
    warned,
)

STAND = frozenset({"outdoor", "stand_duty"})


def test_a_fifth_above_the_hours_of_the_contract_is_a_warning() -> None:
    person = under(24)
    held = [on(day, 9, 17) for day in range(3)]
    assert warned(person, on(3, 9, 13.75), *held) == []
    assert warned(person, on(3, 9, 14), *held) == ["week_contract"]
    assert codes(person, on(3, 9, 14), *held) == []
    assert (
        told("week_contract", person, on(3, 9, 16), *held) == "24 h + 7 h = 31 h, le contrat prévoit 24 h par semaine."
    )
    assert source("week_contract", person, on(3, 9, 16), *held) == "règle locale"
    assert warned(person, limited(on(3, 9, 14), week_contract_percent=50), *held) == []


def test_the_contract_of_the_day_gives_the_hours() -> None:
    wednesday = MONDAY + timedelta(days=2)
    first = replace(CONTRACT, last_day=wednesday - timedelta(days=1), weekly_hours=24)
    second = replace(CONTRACT, starts_on=wednesday, weekly_hours=35)
    person = replace(ADULT, contracts=(first, second))
    held = [on(day, 9, 17) for day in (2, 3, 4)]
    assert warned(person, on(5, 9, 17.5, 30), *held) == []
    assert warned(person, on(1, 9, 17.5, 30), *held) == ["week_contract"]


def test_a_minor_stands_outside_two_hours_in_a_row_and_six_a_day() -> None:
    assert warned(MINOR, on(1, 9, 11, tags=STAND)) == []
    assert warned(MINOR, on(1, 9, 11.5, tags=STAND)) == ["stand_minor"]
    assert warned(ADULT, on(1, 9, 11.5, tags=STAND)) == []
    assert warned(MINOR, on(1, 9, 11.5)) == []
    assert told("stand_minor", MINOR, on(1, 9, 12, tags=STAND)) == (
        "3 h de stand dehors de suite : 2 h au plus avant 18 ans."
    )
    # Two stands that touch are one; other missions between them don’t count.
    assert warned(MINOR, on(1, 11, 12, tags=STAND), on(1, 9, 11, tags=STAND)) == ["stand_minor"]
    assert warned(MINOR, on(1, 11, 12, tags=STAND), on(1, 9, 11)) == []
    three = [on(1, start, start + 2, tags=STAND) for start in (8, 11, 14)]
    assert warned(MINOR, on(1, 17, 17.5, tags=STAND), *three) == ["stand_minor"]
    assert told("stand_minor", MINOR, on(1, 17, 18, tags=STAND), *three) == (
        "Stand dehors : 6 h + 1 h = 7 h, la limite est 6 h par jour."
    )
    assert source("stand_minor", MINOR, on(1, 9, 12, tags=STAND)).startswith("service-public.fr")


def test_rest_between_two_days() -> None:
    late = on(0, 17, 21)
    assert warned(ADULT, on(1, 8, 10), late) == []
    assert warned(ADULT, on(1, 7.5, 10), late) == ["daily_rest_adult"]
    assert warned(MINOR, on(1, 8, 10), late) == ["daily_rest_minor"]
    assert warned(MINOR, on(1, 9, 10), late) == []
    assert told("daily_rest_adult", ADULT, on(1, 7.5, 10), late) == (
        "10 h 30 de repos entre deux jours : 11 h sont conseillées."
    )
    # The other way round: the new shift is the evening’s. Two shifts of one day are that day’s own matter.
    assert warned(ADULT, on(0, 17, 22), on(1, 8, 10)) == ["daily_rest_adult"]
    assert warned(ADULT, on(0, 9, 11), on(0, 14, 16)) == []
    assert source("daily_rest_adult", ADULT, on(1, 7.5, 10), late) == "règle locale"


@pytest.mark.parametrize(("eve", "warns"), [(date(2027, 3, 27), True), (date(2027, 4, 3), False)])
def test_the_spring_night_is_an_hour_short(eve: date, warns: bool) -> None:
    """From 21 h 30 to 9 h 30 there are twelve hours, eleven when an hour is skipped."""
    evening, morning = shift(eve, 18, 21.5), shift(eve + timedelta(days=1), 9.5, 11)
    assert ("daily_rest_minor" in warned(MINOR, morning, evening)) is warns


def test_a_long_day_of_an_adult() -> None:
    assert warned(ADULT, on(1, 8, 19, 60)) == []
    assert warned(ADULT, on(1, 8, 19.5, 60)) == ["long_day_adult"]
    assert (
        told("long_day_adult", ADULT, on(1, 8, 19.5, 60)) == "10 h 30 dans la journée : 10 h au plus sont conseillées."
    )
    assert told("long_day_adult", ADULT, on(1, 14, 20, 30), on(1, 8, 13)) == (
        "5 h + 5 h 30 = 10 h 30 dans la journée : 10 h au plus sont conseillées."
    )
    assert warned(ADULT, on(1, 9, 15)) == []
    assert warned(ADULT, on(1, 9, 15.25)) == ["long_day_adult"]
    assert warned(ADULT, on(1, 9, 15.25, 20)) == []
    assert warned(ADULT, on(1, 12, 16), on(1, 9, 12)) == ["long_day_adult"]
    assert told("long_day_adult", ADULT, on(1, 9, 16)) == "7 h de suite : prévoyez une pause de 20 min."
    assert warned(MINOR, on(1, 9, 15.25)) == []


def test_a_public_holiday_warns_an_adult_and_the_first_of_may_more_strongly() -> None:
    bastille, may_day = shift(date(2027, 7, 14), 14, 16), shift(date(2027, 5, 1), 14, 16)
    assert warned(ADULT, bastille) == ["holiday_adult"]
    assert "Fête nationale" in told("holiday_adult", ADULT, bastille)
    assert "chômé pour tout le monde" in told("holiday_adult", ADULT, may_day)
    assert source("holiday_adult", ADULT, may_day) == "source à confirmer"
    assert warned(ADULT, shift(date(2027, 3, 26), 14, 16)) == []


def test_nights_and_sundays_take_an_agreement() -> None:
    assert warned(ADULT, on(1, 20, 22)) == []
    assert warned(ADULT, on(1, 20, 22.5)) == ["late_adult"]
    assert warned(ADULT, on(1, 5, 7)) == ["late_adult"]
    assert "dimanche" in told("late_adult", ADULT, on(6, 14, 16))
    assert "nuit" in told("late_adult", ADULT, on(1, 20, 23))
    assert warned(MINOR, on(6, 14, 16)) == []


def test_a_minor_with_a_vulnerable_public_is_flagged() -> None:
    facts = on(1, 14, 16, tags=frozenset({"vulnerable_public"}))
    assert (warned(MINOR, facts), warned(ADULT, facts)) == (["minor_public"], [])
    assert source("minor_public", MINOR, facts) == "service-civique.gouv.fr"


def test_two_sites_on_one_day_and_too_little_time_between_them() -> None:
    # Eleven kilometres as the crow flies: 55 minutes at 12 km/h.
    away = on(1, 9, 12, site_id="parc-loin", site_name="Parc Loin", lat=50.5)
    assert warned(ADULT, on(1, 13, 15), away) == []
    assert warned(ADULT, on(1, 12.75, 15), away) == ["travel"]
    assert warned(ADULT, limited(on(1, 12.75, 15), travel_speed=30), away) == []
    assert told("travel", ADULT, on(1, 12.75, 15), away) == (
        "11 km jusqu’à Parc Loin : comptez 56 min, il y a 45 min entre les deux."
    )
    assert "les deux créneaux se touchent" in told("travel", ADULT, on(1, 12, 15), away)
    assert source("travel", ADULT, on(1, 12, 15), away) == "règle locale"
    # The same site, or another day, takes no travel; two at once is an overlap and no travel.
    assert warned(ADULT, on(1, 12, 15), replace(away, site_id=on(1, 9, 10).site_id)) == []
    assert warned(ADULT, on(2, 0, 0.5), away) == ["late_adult"]
    assert codes(ADULT, on(1, 11, 15), away) == ["overlap"]
    assert "travel" not in warned(ADULT, on(1, 11, 15), away)


def test_warnings_come_in_the_promised_order_and_refuse_nothing() -> None:
    person = under(8)
    held = [
        on(4, 9, 22),
        shift(date(2027, 6, 13), 3, 4, site_id="loin", lat=51.0),
    ]
    facts = on(6, 4.5, 23)
    found = warned(person, facts, *held)
    assert found == ["week_contract", "long_day_adult", "late_adult", "travel"]
    assert codes(person, facts, *held) == []
    names = [code for code, _rule in rules.WARNINGS]
    assert names == [
        "week_contract",
        "stand_minor",
        "daily_rest_adult",
        "daily_rest_minor",
        "long_day_adult",
        "holiday_adult",
        "late_adult",
        "minor_public",
        "travel",
        "unavailable",
    ]
    assert [code for code, _rule in rules.BESIDE_OTHERS] == ["newcomer_alone", "pair_wish"]
    assert rules.judge(person, facts, [], NOW) == []
    assert clock.public_holiday(facts.times.day) is None


def test_a_long_day_without_a_break_says_both() -> None:
    said = told("long_day_adult", ADULT, on(1, 8, 18.5))
    assert said.startswith("10 h 30 dans la journée")
    assert said.endswith("10 h 30 de suite : prévoyez une pause de 20 min.")
