"""An edit laid over a series, as values: what each day becomes."""

from collections import Counter
from datetime import date, time, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from civic import clock
from civic.shifts import recurrence
from civic.shifts.recurrence import Closed, Occurrence, Rhythm
from civic.shifts.series_plan import (
    ADDED,
    APART,
    BEGUN,
    DROPPED,
    FOLLOWS,
    LATE,
    OFF,
    SKIPPED,
    THERE,
    Placed,
    Step,
    beside,
    days_within,
    ended,
    lay_over,
    stopped,
)

NOW = clock.at(date(2026, 12, 1), time(8))
TUESDAY = date(2026, 12, 1)


def placed(day: date, hour: int = 14, state: str = "published", *, detached: bool = False) -> Placed:
    return Placed(uuid4(), day, clock.at(day, time(hour)), state, detached)


def weekly(*weekdays: int, weeks: int = 4) -> Rhythm:
    return Rhythm(weekdays, until=TUESDAY + timedelta(weeks=weeks))


def wanted(rhythm: Rhythm, hour: int = 14, closures: tuple[Closed, ...] = ()) -> list[Occurrence]:
    return recurrence.lay_out(days_within(rhythm, TUESDAY), time(hour), time(hour + 3), closures)


def over(there: list[Placed], days: list[Occurrence], *, monthly: bool = False, take_apart: bool = False) -> list[Step]:
    return lay_over(there, days, since=TUESDAY, now=NOW, monthly=monthly, take_apart=take_apart)


def kinds(steps: list[Step]) -> list[tuple[str, int]]:
    return [(one.kind, clock.local_day(one.at).day) for one in steps]


def test_the_same_days_keep_their_shifts() -> None:
    there = [placed(TUESDAY + timedelta(weeks=n)) for n in range(5)]
    steps = over(there, wanted(weekly(1), hour=15))
    assert [one.kind for one in steps] == [FOLLOWS] * 5
    assert [one.placed for one in steps] == there
    assert not any(one.moved for one in steps)


def test_another_weekday_moves_each_shift_within_its_week_even_to_a_day_before() -> None:
    there = [placed(TUESDAY + timedelta(weeks=n)) for n in range(1, 4)]
    steps = over(there, wanted(weekly(0, weeks=3)))
    assert [(one.kind, one.at.day) for one in steps if one.placed] == [(FOLLOWS, 7), (FOLLOWS, 14), (FOLLOWS, 21)]
    assert all(one.moved for one in steps)


def test_a_second_weekday_adds_and_never_moves_what_has_its_day() -> None:
    there = [placed(TUESDAY + timedelta(weeks=n)) for n in range(2)]
    steps = over(there, wanted(weekly(1, 3, weeks=2)))
    assert kinds(steps) == [(FOLLOWS, 1), (ADDED, 3), (FOLLOWS, 8), (ADDED, 10), (ADDED, 15)]


def test_a_day_before_the_first_one_is_not_added() -> None:
    steps = over([placed(TUESDAY)], wanted(weekly(0, 1, weeks=1)))
    # Monday the 30th lies in the week of the first Tuesday, before it.
    assert kinds(steps) == [(FOLLOWS, 1), (ADDED, 7), (ADDED, 8)]


def test_an_end_that_comes_sooner_drops_the_rest_and_a_later_one_adds() -> None:
    there = [placed(TUESDAY + timedelta(weeks=n)) for n in range(3)]
    assert kinds(over(there, wanted(weekly(1, weeks=1)))) == [(FOLLOWS, 1), (FOLLOWS, 8), (DROPPED, 15)]
    assert [one.kind for one in over(there, wanted(weekly(1, weeks=4)))] == [FOLLOWS] * 3 + [ADDED] * 2


def test_what_is_off_begun_or_apart_stays_and_takes_its_day() -> None:
    there = [
        placed(TUESDAY, hour=7),
        placed(TUESDAY + timedelta(weeks=1), state="cancelled"),
        placed(TUESDAY + timedelta(weeks=2), detached=True),
        placed(TUESDAY + timedelta(weeks=3)),
    ]
    days = wanted(weekly(1, weeks=3), hour=16)
    assert [one.kind for one in over(there, days)] == [BEGUN, OFF, APART, FOLLOWS]
    assert [one.kind for one in over(there, days, take_apart=True)] == [BEGUN, OFF, FOLLOWS, FOLLOWS]


def test_a_closed_day_calls_off_what_stands_there_and_makes_nothing_new() -> None:
    closed = (Closed(date(2026, 12, 8), date(2026, 12, 15), "Chasse"),)
    steps = over([placed(TUESDAY), placed(date(2026, 12, 8))], wanted(weekly(1, weeks=2), closures=closed))
    assert kinds(steps) == [(FOLLOWS, 1), (DROPPED, 8), (SKIPPED, 15)]
    assert "Chasse" in steps[1].why


def test_nobody_is_moved_into_the_past() -> None:
    there = [placed(TUESDAY)]
    assert kinds(over(there, wanted(weekly(1, weeks=0), hour=7))) == [(LATE, 1)]
    # Monday of this week is over: the Tuesday shift has nowhere to go and is called off, openly.
    assert kinds(over(there, wanted(Rhythm((0,), until=TUESDAY)))) == [(DROPPED, 1)]


def test_monthly_shifts_move_within_their_month() -> None:
    rule = Rhythm((5,), nth=1, until=date(2027, 2, 28))
    there = [placed(one) for one in days_within(rule, TUESDAY)]
    steps = over(there, wanted(Rhythm((6,), nth=2, until=date(2027, 2, 28))), monthly=True)
    assert [(one.kind, one.occurrence.day) for one in steps if one.occurrence] == [
        (FOLLOWS, date(2026, 12, 13)),
        (FOLLOWS, date(2027, 1, 10)),
        (FOLLOWS, date(2027, 2, 14)),
    ]


def test_a_start_that_is_taken_makes_no_shift() -> None:
    steps = over([], wanted(weekly(1, weeks=1)))
    taken = {steps[0].at}
    assert [one.kind for one in beside(steps, taken)] == [THERE, ADDED]


def test_a_count_becomes_the_day_on_which_it_ends() -> None:
    assert ended(Rhythm((1,), count=3), TUESDAY) == Rhythm((1,), until=date(2026, 12, 15))
    assert ended(weekly(1), TUESDAY) == weekly(1)
    assert stopped(Rhythm((1,), count=3), TUESDAY) == Rhythm((1,), until=date(2026, 11, 30))


weekday_sets = st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found)))
rhythms = st.builds(
    Rhythm, weekday_sets, every=st.integers(1, 3), until=st.integers(0, 60).map(lambda n: TUESDAY + timedelta(days=n))
)
states = st.sampled_from(["draft", "published", "published", "cancelled"])


@st.composite
def series(draw: st.DrawFn) -> list[Placed]:
    days = draw(st.sets(st.integers(-10, 60)))
    return [
        Placed(
            UUID(int=day + 100),
            TUESDAY + timedelta(days=day),
            clock.at(TUESDAY + timedelta(days=day), time(draw(st.integers(6, 20)))),
            draw(states),
            draw(st.booleans()),
        )
        for day in sorted(days)
    ]


@given(series(), rhythms, st.booleans(), st.integers(0, 20))
def test_every_shift_is_spoken_of_once_and_no_day_twice(
    there: list[Placed], rhythm: Rhythm, take_apart: bool, hour: int
) -> None:
    days = wanted(rhythm, hour=hour)
    steps = over(there, days, take_apart=take_apart)
    told = Counter(one.placed.shift_id for one in steps if one.placed)
    assert told == Counter(one.shift_id for one in there)
    homes = [one.occurrence.day for one in steps if one.kind in (FOLLOWS, ADDED) and one.occurrence]
    assert len(homes) == len(set(homes))
    standing = {one.placed.day for one in steps if one.placed and one.kind in (APART, OFF, BEGUN, LATE)}
    # The database keeps one shift per series and day: nothing is moved or made onto a day that stays taken.
    assert not standing & set(homes)
    assert all(one.at > NOW for one in steps if one.kind in (FOLLOWS, ADDED))
    rule = {one.day for one in days}
    assert set(homes) <= rule
    for one in steps:
        if one.moved and one.placed and one.occurrence:
            assert clock.monday(one.placed.day) == clock.monday(one.occurrence.day)
        if one.kind == DROPPED and one.placed:
            assert not (one.placed.detached and not take_apart)
            assert one.placed.state != "cancelled"
            assert one.placed.starts_at > NOW


@given(series(), rhythms)
def test_the_same_edit_again_has_nothing_to_move_add_or_drop(there: list[Placed], rhythm: Rhythm) -> None:
    days = wanted(rhythm, hour=20)
    done = after(over(there, days))
    again = over(done, days)
    assert not [one for one in again if one.kind in (ADDED, DROPPED) or one.moved]


def after(steps: list[Step]) -> list[Placed]:
    """The series as the edit leaves it."""
    found = []
    for one in steps:
        if one.kind == FOLLOWS and one.placed and one.occurrence:
            found.append(Placed(one.placed.shift_id, one.occurrence.day, one.at, one.placed.state))
        elif one.kind == ADDED and one.occurrence:
            found.append(Placed(uuid4(), one.occurrence.day, one.at, "published"))
        elif one.kind == DROPPED and one.placed:
            found.append(Placed(one.placed.shift_id, one.placed.day, one.placed.starts_at, "cancelled"))
        elif one.placed:
            found.append(one.placed)
    return found
