"""The ladder of refusals, on values alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic import clock
from civic.bookings import rules
from civic.bookings.hours import missing_hours, per_day, week_summary
from civic.bookings.values import Closure, Held, Person, ShiftFacts, Times
from tests.bookings import values

DAY = date(2026, 11, 25)
NOW = clock.at(date(2026, 11, 23), time(9))
CONTRACT = replace(values.CONTRACT, starts_on=date(2026, 10, 1), last_day=date(2027, 5, 31), weekly_hours=24)
ADULT = replace(values.ADULT, birth_date=date(2006, 3, 1), contracts=(CONTRACT,))
MINOR = replace(ADULT, birth_date=date(2009, 6, 1))


def shift_at(start: datetime, hours: float = 3, **changes: object) -> ShiftFacts:
    times = Times(start, start + timedelta(hours=hours))
    return replace(values.BLANK, id=uuid4(), times=times, **changes)  # type: ignore[arg-type]


SHIFT = shift_at(clock.at(DAY, time(14)))


def holding(shift: ShiftFacts, state: str = "confirmed") -> Held:
    return Held(uuid4(), shift.id, ADULT.volunteer_id, state, 1, shift.times, shift.site_name)


def codes(person: Person, shift: ShiftFacts, *held: Held, now: datetime = NOW) -> list[str]:
    return [finding.code for finding in rules.judge(person, shift, held, now)]


def with_contract(person: Person = ADULT, **changes: object) -> Person:
    return replace(person, contracts=(replace(CONTRACT, **changes),))  # type: ignore[arg-type]


def test_a_ready_adult_and_a_ready_minor_are_refused_nothing() -> None:
    assert codes(ADULT, SHIFT) == []
    assert codes(MINOR, SHIFT) == []


@pytest.mark.parametrize(
    ("code", "person", "shift"),
    [
        ("email_unverified", replace(ADULT, verified=False), SHIFT),
        ("shift_not_open", ADULT, replace(SHIFT, state="cancelled")),
        ("shift_not_open", ADULT, replace(SHIFT, state="draft")),
        ("shift_started", ADULT, shift_at(NOW)),
        ("site_closed", ADULT, replace(SHIFT, closures=(Closure("parc-iles", DAY, DAY, "chasse"),))),
        ("contract_ready", replace(ADULT, contracts=()), SHIFT),
        ("contract_ready", with_contract(starts_on=DAY + timedelta(days=1)), SHIFT),
        ("contract_ready", with_contract(last_day=DAY - timedelta(days=1)), SHIFT),
        ("contract_ready", with_contract(conform=False), SHIFT),
        ("medical", with_contract(medical=False), SHIFT),
        ("parental_auth", with_contract(MINOR, parental_auth=False), SHIFT),
        ("tutor_assigned", with_contract(tutor=False), SHIFT),
        ("tutor_minor", with_contract(MINOR, minor_tutoring=False), SHIFT),
        ("mission_age", MINOR, replace(SHIFT, min_age=18)),
        ("training_missing", ADULT, replace(SHIFT, trainings=frozenset({"first_aid"}))),
    ],
)
def test_each_missing_fact_refuses_by_its_own_name_and_no_other(code: str, person: Person, shift: ShiftFacts) -> None:
    assert codes(person, shift) == [code]


@pytest.mark.parametrize("change", [{"parental_auth": False}, {"minor_tutoring": False}])
def test_what_only_a_minor_needs_is_not_asked_of_an_adult(change: dict[str, bool]) -> None:
    assert codes(with_contract(ADULT, **change), SHIFT) == []


def test_minority_is_judged_on_the_day_of_the_shift() -> None:
    eighteen_that_day = replace(with_contract(parental_auth=False), birth_date=date(2008, 11, 25))
    assert codes(eighteen_that_day, SHIFT) == []
    assert codes(replace(eighteen_that_day, birth_date=date(2008, 11, 26)), SHIFT) == ["parental_auth"]


def test_the_ladder_keeps_the_promised_order() -> None:
    nobody = replace(MINOR, verified=False, contracts=(replace(CONTRACT, conform=False, medical=False, tutor=False),))
    hard = replace(
        SHIFT,
        state="cancelled",
        min_age=18,
        trainings=frozenset({"first_aid"}),
        closures=(Closure("parc-iles", DAY, DAY, "travaux"),),
    )
    found = codes(nobody, hard, holding(shift_at(SHIFT.times.starts_at)), now=SHIFT.times.ends_at)
    assert found == [
        "email_unverified",
        "shift_not_open",
        "shift_started",
        "site_closed",
        "contract_ready",
        "medical",
        "tutor_assigned",
        "mission_age",
        "training_missing",
        "overlap",
    ]


def test_touching_shifts_do_not_overlap_and_a_waitlist_holds_no_time() -> None:
    before = shift_at(SHIFT.times.starts_at - timedelta(hours=3))
    inside = shift_at(SHIFT.times.starts_at + timedelta(hours=1), hours=1)
    assert codes(ADULT, SHIFT, holding(before)) == []
    assert codes(ADULT, SHIFT, holding(inside)) == ["overlap"]
    assert codes(ADULT, SHIFT, holding(inside, "offered")) == ["overlap"]
    assert codes(ADULT, SHIFT, holding(inside, "waitlisted")) == []


def test_a_shift_past_midnight_is_closed_by_the_second_day_too() -> None:
    late = shift_at(clock.at(DAY, time(22)), hours=4)
    closed = replace(late, closures=(Closure("parc-iles", DAY + timedelta(days=1), DAY + timedelta(days=1), "chasse"),))
    assert codes(ADULT, closed) == ["site_closed"]
    to_midnight = shift_at(clock.at(DAY, time(22)), hours=2)
    assert codes(ADULT, replace(to_midnight, closures=closed.closures)) == []


def test_every_finding_says_where_it_comes_from() -> None:
    [medical] = rules.judge(with_contract(medical=False), SHIFT, [], NOW)
    assert "L120-4" in medical.source
    [overlap] = rules.judge(ADULT, SHIFT, [holding(shift_at(SHIFT.times.starts_at))], NOW)
    assert overlap.source == "règle locale"


@given(
    minutes=st.integers(-3 * 24 * 60, 3 * 24 * 60),
    state=st.sampled_from(["confirmed", "waitlisted", "offered"]),
)
def test_only_a_seat_within_a_day_of_the_start_is_too_late_to_give_back(minutes: int, state: str) -> None:
    now = SHIFT.times.starts_at + timedelta(minutes=minutes)
    refusal = rules.may_withdraw(state, SHIFT, now)
    assert (refusal is not None) == (state == "confirmed" and minutes > -24 * 60)
    assert refusal is None or refusal.code == "cancel_too_late"


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 20)), max_size=12), st.integers(0, 200), st.integers(1, 20)
)
def test_overlap_is_exactly_a_shared_minute(taken: list[tuple[int, int]], start: int, length: int) -> None:
    base = clock.at(DAY, time(6))

    def at(begin: int, lasting: int) -> ShiftFacts:
        return shift_at(base + timedelta(minutes=begin), hours=lasting / 60)

    held = [holding(at(begin, lasting)) for begin, lasting in taken]
    shares = any(set(range(b, b + n)) & set(range(start, start + length)) for b, n in taken)
    assert ("overlap" in codes(ADULT, at(start, length), *held)) == shares


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_the_first_of_the_queue_who_may_come_gets_the_seat(ready: list[bool]) -> None:
    people = {
        UUID(int=rank): replace(with_contract(medical=fit), volunteer_id=UUID(int=rank))
        for rank, fit in enumerate(ready)
    }
    waiting = [Held(uuid4(), SHIFT.id, who, "waitlisted", rank, SHIFT.times) for rank, who in enumerate(people)]
    chosen = rules.first_eligible(waiting, people, {}, SHIFT, NOW)
    expected = next((one for one, fit in zip(waiting, ready, strict=True) if fit), None)
    assert chosen == expected


def test_the_two_nights_of_the_clock_change_count_real_hours() -> None:
    spring = Times(clock.at(date(2027, 3, 27), time(23)), clock.at(date(2027, 3, 28), time(5)))
    assert per_day(spring) == {date(2027, 3, 27): 1.0, date(2027, 3, 28): 4.0}
    autumn = Times(clock.at(date(2026, 10, 24), time(23)), clock.at(date(2026, 10, 25), time(5)))
    assert per_day(autumn) == {date(2026, 10, 24): 1.0, date(2026, 10, 25): 6.0}


@given(st.integers(0, 14 * 24 * 60), st.integers(30, 14 * 60), st.integers(0, 29))
def test_hours_by_day_add_up_to_the_time_served(offset: int, length: int, pause: int) -> None:
    start = datetime(2027, 3, 20, tzinfo=UTC) + timedelta(minutes=offset)
    times = Times(start, start + timedelta(minutes=length), pause)
    assert sum(per_day(times).values()) == pytest.approx(times.hours)


def test_a_week_counts_what_was_noted_as_done_and_the_rest_as_planned() -> None:
    monday = date(2026, 11, 23)
    noted, open_, absent, queued = (holding(shift_at(clock.at(monday + timedelta(days=n), time(9)))) for n in range(4))
    queued = replace(queued, state="waitlisted")
    week = week_summary([noted, open_, absent, queued], {noted.booking_id: 2.5, absent.booking_id: 0.0}, monday)
    assert (week.done, week.planned, week.total) == (2.5, 3.0, 5.5)
    assert [day.done for day in week.days] == [2.5, 0, 0, 0, 0, 0, 0]
    assert missing_hours([noted, open_, absent, queued], 24, monday) == 15
