"""What a place must be, which days a rule names, and how the map lays points out: values in, values out."""

from datetime import date, timedelta
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic.errors import Refusal
from civic.sites.chart import APART, hull, spread
from civic.sites.recurrence import EVERY, MOST_DAYS, Recurrence, days_to_close
from civic.sites.rules import RESERVED, SLUG_MAX, slug_of

SUNDAYS = Recurrence("week", (6,), date(2026, 9, 20), date(2027, 2, 28))
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Parc des Îles", "parc-des-iles"),
        ("  Terril n° 74 / 74a (jumeaux) ", "terril-n-74-74a-jumeaux"),
        ("L’Œuvre d’Évin", "l-oeuvre-d-evin"),
        ("???", "lieu"),
        ("Nouveau", "nouveau-2"),
        ("Fermetures", "fermetures-2"),
    ],
)
def test_a_name_in_an_address(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=120), st.integers(0, 12))
def test_a_slug_is_short_plain_and_free(name: str, before: int) -> None:
    taken: set[str] = set()
    for _ in range(before):
        taken.add(slug_of(name, taken))
    slug = slug_of(name, taken)
    assert len(taken) == before
    assert slug not in taken | RESERVED
    assert 0 < len(slug) <= SLUG_MAX
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_the_days_of_a_rule() -> None:
    days = SUNDAYS.days()
    assert (days[0], days[-1], len(days)) == (date(2026, 9, 20), date(2027, 2, 28), 24)
    assert SUNDAYS.days(TODAY)[0] == date(2026, 11, 29)
    other = Recurrence("two_weeks", (1, 3), date(2026, 12, 1), date(2026, 12, 31))
    assert [day.day for day in other.days()] == [1, 3, 15, 17, 29, 31]
    first = Recurrence("month_1", (0,), date(2026, 12, 1), date(2027, 3, 31))
    assert first.days() == [date(2026, 12, 7), date(2027, 1, 4), date(2027, 2, 1), date(2027, 3, 1)]
    assert Recurrence("month_-1", (4,), date(2026, 12, 1), date(2026, 12, 31)).days() == [date(2026, 12, 25)]


@given(
    st.sampled_from(list(EVERY)),
    st.sets(st.integers(0, 6), min_size=1),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 400),
)
def test_a_rule_is_read_as_it_was_written(every: str, weekdays: set[int], first: date, length: int) -> None:
    recurrence = Recurrence(every, tuple(sorted(weekdays)), first, first + timedelta(days=length))
    assert Recurrence.of(recurrence.rule, first) == recurrence
    days = recurrence.days()
    assert days == sorted(set(days))
    assert all(first <= day <= recurrence.until and day.weekday() in weekdays for day in days)
    cut = first + timedelta(days=length // 2)
    assert recurrence.ended(cut).days() == [day for day in days if day < cut]
    assert recurrence.sentence()


def test_a_rule_as_people_say_it() -> None:
    assert SUNDAYS.sentence().startswith("chaque dimanche, ")
    both = Recurrence("week", (5, 6), date(2026, 12, 1), date(2026, 12, 31))
    assert both.sentence().startswith("chaque samedi et dimanche, ")
    assert Recurrence("month_1", (0,), TODAY, TODAY).sentence().startswith("le premier lundi du mois, ")
    assert Recurrence("two_weeks", (1,), TODAY, TODAY).sentence().startswith("une semaine sur deux, le mardi, ")


@pytest.mark.parametrize(
    ("code", "recurrence"),
    [
        ("days_in_order", Recurrence("week", (6,), date(2026, 12, 2), date(2026, 12, 1))),
        ("days_past", Recurrence("week", (6,), date(2026, 10, 1), date(2026, 11, 22))),
        ("rule_too_far", Recurrence("week", (6,), TODAY, TODAY + timedelta(days=401))),
        ("rule_too_many", Recurrence("week", tuple(range(7)), TODAY, TODAY + timedelta(days=MOST_DAYS))),
        ("rule_empty", Recurrence("week", (6,), date(2026, 11, 23), date(2026, 11, 28))),
    ],
)
def test_a_rule_that_will_not_do(code: str, recurrence: Recurrence) -> None:
    with pytest.raises(Refusal) as caught:
        days_to_close(recurrence, TODAY)
    assert (caught.value.code, caught.value.field) == (code, "until")


def test_a_rule_at_its_limits() -> None:
    most = Recurrence("week", tuple(range(7)), TODAY, TODAY + timedelta(days=MOST_DAYS - 1))
    assert len(days_to_close(most, TODAY)) == MOST_DAYS
    assert days_to_close(SUNDAYS, TODAY) == SUNDAYS.days(TODAY), "days past are not closed afterwards"
    assert days_to_close(Recurrence("month_1", (0,), TODAY, TODAY + timedelta(days=400)), TODAY)


points = st.lists(st.tuples(st.floats(100, 900), st.floats(100, 400)), min_size=1, max_size=60)


@given(points)
def test_points_never_hide_one_another(found: list[tuple[float, float]]) -> None:
    placed = spread(found, 1000, 500)
    assert placed == spread(found, 1000, 500), "the same drawing each time"
    for n, one in enumerate(placed):
        assert 0 <= one[0] <= 1000
        assert 0 <= one[1] <= 500
        assert all(hypot(one[0] - two[0], one[1] - two[1]) > APART / 2 for two in placed[n + 1 :])


def test_points_that_are_far_stay_where_they_are() -> None:
    assert spread([(100, 100), (300, 200)], 1000, 500)[1] == pytest.approx((300, 200), abs=1)


@given(points)
def test_an_outline_holds_every_point(found: list[tuple[float, float]]) -> None:
    around = hull(found)
    assert set(around) <= set(found)
    for (ax, ay), (bx, by) in zip(around, around[1:] + around[:1], strict=True):
        if len(around) > 2:
            assert all((bx - ax) * (y - ay) - (by - ay) * (x - ax) >= -1e-6 for x, y in found)
