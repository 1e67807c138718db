"""Typography is tested character by character: a lost no-break space shows only on a narrow phone."""

import doctest
from datetime import UTC, date, datetime, timedelta

import pytest

from civic import formats as f


def plain(text: str) -> str:
    """Make the special characters visible: no-break space _, thin space ', word joiner |."""
    return text.replace("\u00a0", "_").replace("\u202f", "'").replace("\u2060", "|")


def utc(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_doctests_hold() -> None:
    assert doctest.testmod(f).failed == 0


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (utc(28, 8, 30), "9_h_30"),
        (utc(28, 13), "14_h"),
        (utc(28, 23), "0_h"),
        (utc(1, 7, 5, month=7), "9_h_05"),
    ],
)
def test_hours_are_those_of_paris_in_winter_and_summer(moment: datetime, expected: str) -> None:
    assert plain(f.hour(moment)) == expected


def test_ranges_never_break() -> None:
    assert plain(f.hour_range(utc(28, 13), utc(28, 16))) == "14_h_–|_17_h"
    assert plain(f.hour_range(utc(28, 18), utc(28, 23))) == "19_h_–|_24_h"
    assert plain(f.hour_range(utc(28, 18), utc(28, 23, 30))) == "19_h_–|_0_h_30"
    assert plain(f.slot_hours(utc(28, 8), utc(28, 11))) == "9–12_h"
    assert plain(f.slot_hours(utc(28, 8, 30), utc(28, 11, 30))) == "9_h_30_– 12_h_30"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (7.5, "7_h_30"),
        (7, "7_h"),
        (0, "0_h"),
        (0.25, "15_min"),
        (7.999, "8_h"),
        (-1.5, "−1_h_30"),
        (3412, "3_412_h"),
        (timedelta(hours=1, minutes=5), "1_h_05"),
    ],
)
def test_durations(hours: float | timedelta, expected: str) -> None:
    assert plain(f.duration(hours)) == expected


def test_days() -> None:
    day = date(2026, 11, 28)
    assert plain(f.day_short(day)) == "sam._28_nov."
    assert f.day_long(day) == "samedi 28 novembre 2026"
    assert plain(f.day_month(day)) == "28_nov."
    assert plain(f.day_short(date(2026, 12, 1))) == "mar._1er_déc."
    assert f.month(day) == "novembre 2026"
    assert f.day_numeric(day) == "28/11/2026"
    assert (f.weekday(day), f.weekday_short(day)) == ("samedi", "sam.")


def test_a_moment_belongs_to_its_local_day() -> None:
    assert plain(f.day_short(utc(27, 23, 30))) == "sam._28_nov."
    assert plain(f.moment(utc(28, 8, 30))) == "sam._28_nov. à 9_h_30"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 25), "23_–|_29_nov. 2026"),
        (date(2026, 12, 1), "30_nov._–|_6_déc. 2026"),
        (date(2026, 12, 31), "28_déc._2026_–|_3_janv. 2027"),
    ],
)
def test_weeks(day: date, expected: str) -> None:
    assert plain(f.week_range(day)) == expected


def test_relative_days() -> None:
    today = date(2026, 11, 25)
    around = [f.relative_day(today + timedelta(days=n), today) for n in (-1, 0, 1)]
    assert around == ["hier", "aujourd’hui", "demain"]
    assert plain(f.relative_day(date(2026, 11, 28), today)) == "sam._28_nov."


def test_figures() -> None:
    assert plain(f.number(2048)) == "2_048"
    assert plain(f.number(1234567)) == "1_234_567"
    assert f.number(-3) == "−3"
    assert f.number(2.5) == "3"
    assert plain(f.decimal(1234.56)) == "1_234,6"
    assert f.decimal(-0.01) == "0,0"
    assert plain(f.percent(0.914)) == "91'%"
    assert plain(f.percent(0.2013, 1)) == "20,1'%"
    assert f.percent(0.005) == "1\u202f%"


@pytest.mark.parametrize(("distance", "expected"), [(3.14, "3,1_km"), (11.2, "11_km"), (9.97, "10_km"), (0, "0_km")])
def test_distances(distance: float, expected: str) -> None:
    assert plain(f.km(distance)) == expected


def test_changes_carry_a_sign_and_no_judgement() -> None:
    assert plain(f.delta(2048, 1907)) == "+7,4'%"
    assert plain(f.delta(94, 100)) == "−6,0'%"
    assert plain(f.delta(100, 100, 0)) == "0'%"
    assert plain(f.delta_points(0.91, 0.88)) == "+3_pts"
    assert plain(f.delta_points(0.18, 0.19)) == "−1_pt"


@pytest.mark.parametrize(
    ("highest", "step"), [(201, 80), (0, 1), (3, 1), (4, 2), (30, 10), (31, 12), (2900, 1000), (3300, 1200)]
)
def test_a_chart_scale_is_round(highest: int, step: int) -> None:
    assert f.scale_step(highest) == step
    assert 3 * step >= highest


@pytest.mark.parametrize(
    ("name", "initials", "first", "short"),
    [
        ("Inès Leroy", "IL", "Inès", "Inès_L."),
        ("Jean-Marc de la Tour", "JT", "Jean-Marc", "Jean-Marc_T."),
        ("Zoé", "Z", "Zoé", "Zoé"),
        ("", "", "", ""),
    ],
)
def test_names(name: str, initials: str, first: str, short: str) -> None:
    assert (f.initials(name), f.first_name(name), plain(f.short_name(name))) == (initials, first, short)


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("Adam", "d’Adam"),
        ("Inès Leroy", "d’Inès Leroy"),
        ("Élodie", "d’Élodie"),
        ("Œnone", "d’Œnone"),
        ("Hélène", "d’Hélène"),
        ("Hamza", "de Hamza"),
        ("Yves", "d’Yves"),
        ("Yanis", "de Yanis"),
        ("Paul", "de Paul"),
        ("", "de "),
    ],
)
def test_de_loses_its_vowel_before_another(name: str, of: str) -> None:
    assert f.of_name(name) == of


def test_english_may_come() -> None:
    day = utc(28, 8, 30)
    assert f.hour(day, "en") == "9:30"
    assert f.day_long(day, "en") == "Saturday 28 November 2026"
    assert f.number(2048, "en") == "2,048"
    assert f.percent(0.914, 1, "en") == "91.4%"
