"""Warnings about one’s own week and about whom one would serve with: what they say, and when they are silent."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic import clock
from civic.bookings import rules
from civic.bookings.values import Company, Held, Person, ShiftFacts, Stretch, Times
from tests.bookings.values import ADULT, MONDAY, NOW, codes, limited, on, seat, shift

TUESDAY_AFTERNOON = Stretch(1, 14 * 60, 18 * 60)


def beside(*who: UUID, wishes: dict[frozenset[UUID], str] | None = None) -> Company:
    facts = on(1, 9, 12)
    return Company(tuple(seat(facts, volunteer_id=one, volunteer_name="Malik Collègue") for one in who), wishes or {})


def warned(person: Person, facts: ShiftFacts, company: Company | None = None) -> list[str]:
    return [one.code for one in rules.advise(person, facts, list[Held](), company)]


def said(person: Person, facts: ShiftFacts, company: Company | None = None) -> str:
    [found] = rules.advise(person, facts, list[Held](), company)
    assert found.source == "règle locale"
    return found.title.replace("\u00a0", " ")


# The week


def test_a_shift_that_touches_an_unavailable_part_of_the_week_is_a_warning() -> None:
    person = replace(ADULT, unavailable=(TUESDAY_AFTERNOON,))
    assert warned(person, on(1, 9, 14)) == [], "touching is no overlap"
    assert warned(person, on(1, 18, 20)) == []
    assert warned(person, on(1, 9, 14.25)) == ["unavailable"]
    assert warned(person, on(1, 17.75, 20)) == ["unavailable"]
    assert warned(person, on(2, 14, 18)) == []
    assert warned(person, on(8, 14, 18)) == ["unavailable"], "every week"
    assert codes(person, on(1, 14, 18)) == [], "it never refuses"
    assert said(person, on(1, 15, 17)) == "Indisponible le mardi, de 14 h à 18 h."
    whole = replace(ADULT, unavailable=(Stretch(1, 0, 1440),))
    assert said(whole, on(1, 9, 10)) == "Indisponible le mardi, toute la journée."


def test_a_shift_past_midnight_is_judged_on_both_days() -> None:
    small_hours = replace(ADULT, unavailable=(Stretch(2, 0, 60),))
    assert warned(small_hours, on(1, 20, 24)) == ["late_adult"], "it ends as the next day begins"
    assert warned(small_hours, on(1, 20, 24.5)) == ["late_adult", "unavailable"]
    evening = replace(ADULT, unavailable=(Stretch(1, 23 * 60, 1440),))
    assert warned(evening, on(1, 20, 26)) == ["late_adult", "unavailable"]
    assert warned(evening, on(2, 0, 2)) == ["late_adult"]


def test_the_clock_changes_keep_the_hours_of_the_wall() -> None:
    spring, autumn = date(2027, 3, 28), date(2027, 10, 31)
    for sunday in (spring, autumn):
        person = replace(ADULT, unavailable=(Stretch(6, 14 * 60, 18 * 60),))
        assert "unavailable" not in warned(person, shift(sunday, 12, 14))
        assert "unavailable" in warned(person, shift(sunday, 13, 14.25))
        assert "unavailable" not in warned(person, shift(sunday, 18, 19))
    # Two o’clock comes twice in autumn: a stretch until half past two lasts until the second one.
    person = replace(ADULT, unavailable=(Stretch(6, 0, 150),))
    second = clock.oclock(autumn, 3) - timedelta(minutes=45)
    late = replace(on(1, 9, 10), times=Times(second, second + timedelta(minutes=30)))
    assert clock.local(second).hour == 2
    assert clock.local(second).fold == 1
    assert "unavailable" in warned(person, late)


@given(
    weekday=st.integers(0, 6),
    starts=st.integers(0, 1439),
    length=st.integers(1, 1440),
    begin=st.integers(0, 6 * 1440),
    lasts=st.integers(15, 720),
)
def test_in_an_ordinary_week_it_is_the_minutes_that_overlap(
    weekday: int, starts: int, length: int, begin: int, lasts: int
) -> None:
    """Against a count of minutes: no clock changes in that week."""
    ends = min(1440, starts + length)
    person = replace(ADULT, unavailable=(Stretch(weekday, starts, ends),))
    first = clock.midnight(MONDAY) + timedelta(minutes=begin)
    facts = replace(on(0, 9, 10), times=Times(first, first + timedelta(minutes=lasts)))
    away = range(weekday * 1440 + starts, weekday * 1440 + ends)
    touches = any(minute % (7 * 1440) in away for minute in range(begin, begin + lasts))
    assert ("unavailable" in warned(person, facts)) is touches


# The company


def test_a_newcomer_is_warned_of_being_the_first() -> None:
    empty = Company()
    assert warned(ADULT, on(1, 9, 12), empty) == ["newcomer_alone"]
    assert said(ADULT, on(1, 9, 12), empty) == (
        "Encore personne d’autre ici : pour les 3 premiers créneaux, mieux vaut venir avec quelqu’un."
    )
    assert warned(replace(ADULT, shifts_served=2), on(1, 9, 12), empty) == ["newcomer_alone"]
    assert warned(replace(ADULT, shifts_served=3), on(1, 9, 12), empty) == []
    assert warned(ADULT, on(1, 9, 12), beside(uuid4())) == []
    assert warned(ADULT, on(1, 9, 12), beside(ADULT.volunteer_id)) == ["newcomer_alone"], "one’s own seat is no company"
    assert warned(ADULT, on(1, 9, 12, capacity=1, min_staff=1), empty) == ["newcomer_alone"]
    assert warned(ADULT, on(1, 9, 12)) == [], "without the company nothing is said of it"
    assert codes(ADULT, on(1, 9, 12)) == []


@pytest.mark.parametrize(("limit", "warns"), [(None, False), (1, False), (2, True), (20, True)])
def test_how_long_one_is_new_is_a_setting(limit: float | None, warns: bool) -> None:
    person = replace(ADULT, shifts_served=1)
    assert warned(person, limited(on(1, 9, 12), newcomer_shifts=limit), Company()) == ["newcomer_alone"] * warns


def test_never_together_is_told_to_whoever_knows_of_it() -> None:
    other, third = uuid4(), uuid4()
    veteran = replace(ADULT, shifts_served=9)
    pair = frozenset((ADULT.volunteer_id, other))
    assert said(veteran, on(1, 9, 12), beside(other, wishes={pair: "apart"})) == (
        "Jamais ensemble, d’après vos notes : Malik Collègue."
    )
    assert warned(veteran, on(1, 9, 12), beside(third, other, wishes={pair: "apart"})) == ["pair_wish"]
    assert warned(veteran, on(1, 9, 12), beside(third, wishes={pair: "apart"})) == [], "they are not on it"
    assert warned(veteran, on(1, 9, 12), beside(other, wishes={pair: "together"})) == []
    assert warned(veteran, on(1, 9, 12), beside(third, wishes={pair: "together"})) == [], "a missed wish is no warning"
    assert warned(veteran, on(1, 9, 12), beside(other)) == []


def test_the_order_is_the_promised_one_and_what_is_open_leaves_the_wish_out() -> None:
    other = uuid4()
    person = replace(ADULT, shifts_served=9, unavailable=(Stretch(6, 0, 1440),))
    company = beside(other, wishes={frozenset((ADULT.volunteer_id, other)): "apart"})
    sunday = on(6, 14, 16)
    assert warned(person, sunday, company) == ["late_adult", "unavailable", "pair_wish"]
    found = rules.advise(person, sunday, list[Held](), company)
    assert [one.code for one in rules.open_to_all(found)] == ["late_adult", "unavailable"]
    newcomer = replace(person, shifts_served=0)
    assert warned(newcomer, sunday, Company()) == ["late_adult", "unavailable", "newcomer_alone"]
    assert rules.judge(newcomer, sunday, [], NOW) == []
