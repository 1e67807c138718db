"""Rhythms as values: the rule, its days, and the hours that people read on the clock."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic import clock
from civic.shifts import recurrence
from civic.shifts.recurrence import MOST, Closed, Rhythm, Skips

FIRST = date(2026, 12, 1)
weekly = st.builds(
    Rhythm,
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    every=st.integers(1, 4),
    until=st.dates(FIRST, FIRST + timedelta(days=180)),
)
monthly = st.builds(
    Rhythm,
    weekdays=st.integers(0, 6).map(lambda day: (day,)),
    every=st.integers(1, 3),
    nth=st.sampled_from([1, 2, 3, 4, -1]),
    count=st.integers(1, 6),
)
# Every five minutes of the day.
clock_times = st.integers(0, 287).map(lambda step: time(step // 12, step % 12 * 5))


@given(st.one_of(weekly, monthly))
def test_a_rule_reads_back_as_what_it_was(rhythm: Rhythm) -> None:
    assert recurrence.read_rule(recurrence.to_rule(rhythm)) == rhythm


@given(weekly)
def test_a_weekly_rhythm_has_its_weekdays_and_no_others(rhythm: Rhythm) -> None:
    days = recurrence.days_of(recurrence.to_rule(rhythm), FIRST)
    first_monday = clock.monday(FIRST)
    wanted = [
        day
        for day in clock.days(FIRST, rhythm.until or FIRST)
        if day.weekday() in rhythm.weekdays and ((day - first_monday).days // 7) % rhythm.every == 0
    ]
    assert days == wanted[: MOST + 1]


@given(monthly)
def test_a_monthly_rhythm_falls_on_its_nth_weekday(rhythm: Rhythm) -> None:
    days = recurrence.days_of(recurrence.to_rule(rhythm), FIRST)
    assert len(days) == rhythm.count
    for day in days:
        assert day.weekday() == rhythm.weekdays[0]
        if rhythm.nth > 0:
            assert (day.day - 1) // 7 + 1 == rhythm.nth
        else:
            assert (day + timedelta(days=7)).month != day.month


@given(clock_times, clock_times)
def test_an_hour_stays_the_same_on_the_clock_through_the_year(starts: time, ends: time) -> None:
    days = recurrence.days_of("FREQ=DAILY;INTERVAL=9;UNTIL=20271130", FIRST)
    for one in recurrence.lay_out(days, starts, ends):
        begins, finishes = clock.local(one.starts_at), clock.local(one.ends_at)
        assert begins.date() == one.day
        if not one.moved:
            assert (begins.time(), finishes.time()) == (starts, ends)
            assert finishes.date() == one.day + timedelta(days=ends <= starts)


def test_the_two_clock_changes() -> None:
    autumn, spring = date(2026, 10, 25), date(2027, 3, 28)
    afternoon = recurrence.lay_out([autumn, spring], time(14), time(17))
    assert [clock.local(one.starts_at).hour for one in afternoon] == [14, 14]
    assert [(one.ends_at - one.starts_at) for one in afternoon] == [timedelta(hours=3)] * 2
    # A night on which the hours really served are one more, one less.
    night = recurrence.lay_out([autumn - timedelta(days=1), spring - timedelta(days=1)], time(22), time(4))
    assert [(one.ends_at - one.starts_at) for one in night] == [timedelta(hours=7), timedelta(hours=5)]
    (skipped_hour,) = recurrence.lay_out([spring], time(2, 30), time(6))
    assert skipped_hour.moved
    assert clock.local(skipped_hour.starts_at).time() == time(3, 30)
    (gone,) = recurrence.lay_out([spring], time(2, 10), time(2, 50))
    assert gone.skipped == "" or "heure d’été" in gone.skipped
    assert gone.moved


@pytest.mark.parametrize(
    ("day", "starts", "ends", "words"),
    [
        (date(2027, 3, 28), "02:30", "06:00", ["décalé d’une heure"]),
        (date(2027, 3, 27), "22:00", "04:00", ["dure 5 h cette nuit-là"]),
        (date(2026, 10, 24), "22:00", "04:00", ["dure 7 h cette nuit-là"]),
        (date(2026, 10, 24), "22:00", "02:30", ["vient deux fois"]),
        (date(2026, 10, 25), "02:00", "05:00", ["vient deux fois", "dure 4 h cette nuit-là"]),
        (date(2026, 10, 25), "03:00", "05:00", []),
        (date(2026, 10, 25), "09:00", "17:00", []),
        (date(2027, 3, 28), "03:00", "05:00", []),
        (date(2026, 12, 1), "22:00", "04:00", []),
    ],
)
def test_what_a_clock_change_does_is_said(day: date, starts: str, ends: str, words: list[str]) -> None:
    (one,) = recurrence.lay_out([day], time.fromisoformat(starts), time.fromisoformat(ends))
    notice = one.notice.replace("\u00a0", " ")
    assert all(word in notice for word in words)
    assert notice.count("Changement d’heure") == len(words)


def test_closures_and_holidays_are_skipped_with_their_reason() -> None:
    days = [date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 27)]
    closed = Closed(date(2026, 12, 27), date(2026, 12, 27), "chasse")
    laid = recurrence.lay_out(days, time(14), time(17), [closed], clock.public_holiday)
    assert [bool(one.skipped) for one in laid] == [False, True, False, True]
    assert "Noël" in laid[1].skipped
    assert "chasse" in laid[3].skipped
    # By choice they make a shift all the same, and that is said.
    kept = recurrence.lay_out(days, time(14), time(17), [closed], clock.public_holiday, Skips(False, False))
    assert not any(one.skipped for one in kept)
    assert [one.despite for one in kept] == ["", laid[1].skipped, "", laid[3].skipped]
    assert not any(one.despite for one in laid)
    half = recurrence.lay_out(days, time(14), time(17), [closed], clock.public_holiday, Skips(holidays=False))
    assert [bool(one.skipped) for one in half] == [False, False, False, True]
    # A night that runs into a closed day is skipped, one that ends at its midnight is not.
    assert recurrence.lay_out([date(2026, 12, 26)], time(22), time(1), [closed])[0].skipped
    assert not recurrence.lay_out([date(2026, 12, 26)], time(22), time(0), [closed])[0].skipped


@pytest.mark.parametrize(
    ("rhythm", "field"),
    [
        (Rhythm((), until=FIRST), "weekdays"),
        (Rhythm((0, 1), nth=1, count=3), "weekdays"),
        (Rhythm((1,)), "until"),
        (Rhythm((1,), until=FIRST - timedelta(days=1)), "until"),
        (Rhythm((1,), until=FIRST + timedelta(days=400)), "until"),
        (Rhythm((0,), until=FIRST), "weekdays"),  # the first day is a Tuesday
        (Rhythm(tuple(range(7)), until=FIRST + timedelta(days=300)), "until"),
        (Rhythm((1,), every=12, count=20), "count"),
    ],
)
def test_a_rhythm_that_makes_no_sense_says_why_at_its_field(rhythm: Rhythm, field: str) -> None:
    assert list(recurrence.problems(rhythm, FIRST)) == [field]


def test_a_leap_day_is_a_day() -> None:
    days = recurrence.days_of("FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;UNTIL=20280307", date(2028, 2, 22))
    assert date(2028, 2, 29) in days


@pytest.mark.parametrize(
    ("rhythm", "said"),
    [
        (Rhythm((1, 3)), "chaque mardi et jeudi"),
        (Rhythm((0, 2, 4)), "chaque lundi, mercredi et vendredi"),
        (Rhythm((5,), every=2), "samedi, une semaine sur 2"),
        (Rhythm((5,), nth=2), "le deuxième samedi de chaque mois"),
        (Rhythm((6,), nth=-1, every=2), "le dernier dimanche, tous les 2 mois"),
        (Rhythm(tuple(range(7))), "chaque jour"),
    ],
)
def test_a_rhythm_in_words(rhythm: Rhythm, said: str) -> None:
    assert recurrence.sentence(rhythm) == said


def test_an_hour_of_the_year_is_an_instant() -> None:
    (one,) = recurrence.lay_out([FIRST], time(14), time(17))
    assert one.starts_at == datetime(2026, 12, 1, 13, tzinfo=clock.UTC)
