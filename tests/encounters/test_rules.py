"""The decision about a record that comes in, and the strict reading of its values."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic.encounters import codes
from civic.encounters.contents import Content, Record, read_encounter, read_outing, same
from civic.encounters.rules import References, ShiftFacts, Stored, Writer, check_change, decide
from civic.encounters.topic_rules import Validity
from civic.errors import CivicError, Forbidden, Invalid, Refusal

TODAY = date(2026, 11, 23)
UUID_ = "7d9f3f4e-5a2b-4a8e-9a55-0f1f2f3f4f5f"
SHIFT = UUID("11111111-2222-4333-8444-555555555555")
OUTING = UUID("22222222-2222-4333-8444-555555555555")
FOREIGN = UUID("33333333-2222-4333-8444-555555555555")
REFERENCES = References(
    sites={"base-11-19": None, "closed": date(2026, 11, 20)},
    topics={"parks": Validity(), "water": Validity(), "culture": Validity(), "old": Validity(last=date(2026, 1, 1))},
    shifts={SHIFT: ShiftFacts("base-11-19", frozenset({TODAY}), own=True)},
    outings={OUTING: True, FOREIGN: False},
    writer=Writer(True, [(date(2026, 9, 1), date(2027, 4, 30))]),
)


def record(**fields: Any) -> dict[str, Any]:
    values = {
        "client_uuid": UUID_,
        "site_id": "base-11-19",
        "date": "2026-11-23",
        "half_day": "matin",
        "age_60p": 2,
        "topics": ["parks"],
        "feeling": "positif",
        "version": 1,
        **fields,
    }
    return {name: value for name, value in values.items() if value is not ...}


def read(**fields: Any) -> Record:
    return read_encounter(record(**fields))


def outcome(sent: Record, stored: Stored | None = None, today: date = TODAY) -> str:
    return decide(sent, stored, REFERENCES, today).outcome


def stored_after(*sent: Record, mine: bool = True, voided: bool = False) -> Stored:
    last = sent[-1]
    return Stored(mine, last.number, last.content, {one.number: one.content for one in sent}, voided)


# Reading


def test_the_least_record_is_read() -> None:
    assert read().errors == {}
    assert read().content["age_lt12"] == 0
    assert read().content["comment"] is None


def test_every_field_is_read() -> None:
    details = {name: next(iter(options)) for name, options in codes.DETAILS.items()}
    full = read(**details, comment="  Un banc\r\nà l’ombre ", outing_uuid=str(uuid4()), shift_id=str(SHIFT))
    assert full.errors == {}
    assert full.content["comment"] == "Un banc\nà l’ombre"


@pytest.mark.parametrize("name", ["client_uuid", "site_id", "date", "half_day", "topics", "feeling", "version"])
@pytest.mark.parametrize("value", [..., None])
def test_a_required_field_is_missing(name: str, value: Any) -> None:
    assert set(read(**{name: value}).errors) == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("client_uuid", value) for value in ("", "x", 5, UUID_ + "0", "{" + UUID_ + "}", [], True)],
        *[("version", value) for value in (0, -1, True, "1", 1.0, 10**30, float("nan"))],
        *[("age_60p", value) for value in (-1, 201, True, "2", 2.0, 10**400, [], {})],
        *[("date", value) for value in ("2026-02-30", "23/11/2026", 20261123, "2026-11-23T10:00", "0001-01-01", "")],
        *[("half_day", value) for value in ("nuit", "", 1, [], {})],
        *[("site_id", value) for value in ("", "a\x00b", "é", "x" * 41, 3, ["base-11-19"])],
        *[("topics", value) for value in ("parks", [], ["parks"] * 2, ["parks", "water", "culture", "other"], [1])],
        *[("topics", value) for value in ({"parks": 1}, [None], [["parks"]], ["a\x00"])],
        *[("feeling", value) for value in ("content", "", True, ["positif"])],
        *[("comment", value) for value in ("x" * 281, "a\x00b", "\ud800", "\x1b[1m", 3, ["a"], "x\u2028y")],
        *[("shift_id", value) for value in ("x", 1, str(SHIFT) + "\n")],
        *[("outing_uuid", value) for value in ("x", 1)],
        *[("spot", value) for value in ("lune", "", 0, ["sentier"])],
        ("status", "sent"),
        ("status", None),
        ("people_count", 3),
        ("author_id", str(uuid4())),
        ("nom", "Mme Petit"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: Any) -> None:
    assert set(read(**{name: value}).errors) == {name}


def test_people_are_counted_once_and_200_at_most() -> None:
    assert set(read(age_60p=0).errors) == {"people_count"}
    assert read(age_60p=100, age_nc=100).errors == {}
    assert set(read(age_60p=200, age_nc=1).errors) == {"people_count"}


@pytest.mark.parametrize("given", [None, 1, "x", [], [["client_uuid"]], True])
def test_what_is_no_object_is_rejected(given: Any) -> None:
    assert decide(read_encounter(given), None, REFERENCES, TODAY).outcome == "rejected"
    assert decide(read_outing(given), None, REFERENCES, TODAY).outcome == "rejected"


def test_an_outing_may_hold_nothing_but_its_place() -> None:
    least = {"client_uuid": UUID_, "site_id": "base-11-19", "date": "2026-11-23", "half_day": "matin", "version": 1}
    assert read_outing(least).errors == {}
    assert read_outing({**least, "approached_count": 0, "weather": "pluie"}).errors == {}
    assert set(read_outing({**least, "approached_count": 1, "refused_count": 2}).errors) == {"refused_count"}
    assert set(read_outing({**least, "topics": ["parks"]}).errors) == {"topics"}
    zero, unknown = read_outing({**least, "approached_count": 0}), read_outing(least)
    assert not same(zero.content, unknown.content)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_no_value_breaks_the_reading(value: Any) -> None:
    for name in record():
        assert decide(read(**{name: value}), None, REFERENCES, TODAY).outcome in {"created", "rejected"}


def test_the_order_of_topics_says_nothing() -> None:
    assert same(read(topics=["parks", "water"]).content, read(topics=["water", "parks"]).content)
    assert not same(read(topics=["parks"]).content, read(topics=["water"]).content)


# Deciding


def test_a_new_record_is_created_and_its_replay_does_nothing() -> None:
    assert outcome(read()) == "created"
    assert outcome(read(), stored_after(read())) == "already_have"


def test_an_outing_is_the_pairs_own_or_still_to_come() -> None:
    assert [outcome(read(outing_uuid=str(one))) for one in (OUTING, uuid4())] == ["created"] * 2
    foreign = read(outing_uuid=str(FOREIGN))
    assert set(decide(foreign, None, REFERENCES, TODAY).errors) == {"outing_uuid"}
    assert outcome(read(outing_uuid=str(FOREIGN), version=2), stored_after(read())) == "rejected"
    # One that the row has already stays: it may have come after the encounter, or from a partner who left the shift.
    assert outcome(read(outing_uuid=str(FOREIGN), version=2, age_60p=3), stored_after(foreign)) == "updated"


def test_equal_to_an_older_kept_version() -> None:
    stored = stored_after(read(), read(version=2, age_60p=3))
    assert outcome(read(), stored) == "already_have"


def test_equal_content_under_a_higher_number() -> None:
    assert outcome(read(version=5), stored_after(read())) == "already_have"
    assert outcome(read(), stored_after(read(version=5))) == "already_have"


def test_going_back_to_an_older_content_is_an_update() -> None:
    assert outcome(read(version=3), stored_after(read(), read(version=2, age_60p=3))) == "updated"


def test_a_higher_version_updates_and_the_others_conflict() -> None:
    stored = stored_after(read(), read(version=2, age_60p=3))
    assert outcome(read(version=3, age_60p=4), stored) == "updated"
    assert outcome(read(version=2, age_60p=4), stored) == "conflict"
    assert outcome(read(version=1, age_60p=4), stored) == "conflict"


def test_someone_elses_uuid_is_rejected_whatever_it_says() -> None:
    assert outcome(read(), stored_after(read(), mine=False)) == "rejected"
    assert outcome(read(version=2), stored_after(read(), mine=False)) == "rejected"


def test_the_window_is_today_and_seven_days_back() -> None:
    assert outcome(read(date="2026-11-24")) == "rejected"
    assert outcome(read(date="2026-11-16")) == "created"
    assert outcome(read(date="2026-11-15")) == "rejected"


def test_a_late_replay_is_still_known_but_a_late_change_is_not_taken() -> None:
    late = TODAY + timedelta(days=8)
    stored = stored_after(read())
    assert outcome(read(), stored, late) == "already_have"
    assert outcome(read(version=2, age_60p=3), stored, late) == "rejected"
    assert outcome(read(version=2, age_60p=3, date=late.isoformat()), stored, late) == "rejected"


def test_a_voided_row_stays_voided() -> None:
    stored = stored_after(read(), read(version=2), voided=True)
    assert outcome(read(), stored) == "already_have"
    assert outcome(read(version=2, age_60p=4), stored) == "conflict"
    assert outcome(read(version=3, age_60p=4), stored) == "rejected"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"site_id": "lune"}, "site_id"),
        ({"site_id": "closed"}, "site_id"),
        ({"topics": ["parks", "nothing"]}, "topics"),
        ({"topics": ["old"]}, "topics"),
        ({"shift_id": str(uuid4())}, "shift_id"),
        ({"shift_id": str(SHIFT), "date": "2026-11-22"}, "shift_id"),
    ],
)
def test_what_it_refers_to_must_exist(fields: dict[str, Any], field: str) -> None:
    decision = decide(read(**fields), None, REFERENCES, TODAY)
    assert (decision.outcome, set(decision.errors)) == ("rejected", {field})


def test_a_shift_is_ones_own_unless_the_row_had_it_already() -> None:
    foreign = replace(REFERENCES, shifts={SHIFT: ShiftFacts("base-11-19", frozenset({TODAY}), False)})
    sent = read(shift_id=str(SHIFT))
    assert set(decide(sent, None, foreign, TODAY).errors) == {"shift_id"}
    changed = read(shift_id=str(SHIFT), version=2, age_60p=9)
    assert decide(changed, stored_after(sent), foreign, TODAY).outcome == "updated"


def test_logging_takes_a_confirmed_address_and_a_contract_on_the_day() -> None:
    def errors(writer: Writer, **fields: Any) -> set[str]:
        return set(decide(read(**fields), None, replace(REFERENCES, writer=writer), TODAY).errors)

    week = (TODAY - timedelta(days=3), TODAY)
    assert errors(Writer(True, [week])) == errors(Writer(True, [week]), date="2026-11-20") == set()
    assert errors(Writer(True, [week]), date="2026-11-19") == errors(Writer(True)) == {"date"}
    assert errors(Writer(False, [week])) == {"client_uuid"}
    assert errors(Writer()) == {"client_uuid", "date"}
    sent = read()
    nobody = replace(REFERENCES, writer=Writer())
    assert decide(sent, stored_after(sent), nobody, TODAY).outcome == "already_have"
    changed = read(version=2, age_60p=9)
    assert decide(changed, stored_after(sent), nobody, TODAY).outcome == "rejected"


def test_the_form_opens_while_a_day_is_left_to_write_about() -> None:
    def opens(first: int, last: int) -> bool:
        span = (TODAY + timedelta(days=first), TODAY + timedelta(days=last))
        return Writer(True, [span]).may_log(TODAY)

    assert [opens(*days) for days in ((-60, 0), (-60, -7), (0, 90), (-60, -8), (1, 90))] == [True] * 3 + [False] * 2
    assert not Writer(False, [(TODAY, TODAY)]).may_log(TODAY)


class Book:
    """What the database does with a decision, in memory."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Stored] = {}
        self.inserted = 0

    def take(self, sent: Record) -> str:
        assert sent.uuid
        known = self.rows.get(sent.uuid)
        decision = decide(sent, known, REFERENCES, TODAY)
        if decision.outcome in {"created", "updated"}:
            self.inserted += known is None
            kept: dict[int, Content] = {**(known.kept if known else {}), sent.number: sent.content}
            self.rows[sent.uuid] = Stored(True, sent.number, sent.content, kept)
        return decision.outcome


RECORDS = st.builds(
    lambda number, people, topics, uuid: read(version=number, age_60p=people, topics=topics, client_uuid=uuid),
    st.integers(1, 4),
    st.integers(1, 2),
    st.sampled_from([["parks"], ["parks", "water"], ["water", "parks"]]),
    st.sampled_from([UUID_, UUID_.upper(), str(SHIFT)]),
)


@given(st.lists(RECORDS, max_size=12), st.data())
def test_replays_change_nothing(sent: list[Record], data: st.DataObject) -> None:
    """However a phone repeats what was taken in, in whatever order, the state is that of the first passage."""
    book = Book()
    accepted = [one for one in sent if book.take(one) in {"created", "updated"}]
    before = dict(book.rows)
    assert book.inserted == len(book.rows)
    if accepted:
        for one in data.draw(st.lists(st.sampled_from(accepted), max_size=12)):
            assert book.take(one) == "already_have"
    assert book.rows == before


@given(st.lists(RECORDS, max_size=12))
def test_duplicates_in_a_batch_end_in_the_same_state(sent: list[Record]) -> None:
    once, twice = Book(), Book()
    for one in sent:
        once.take(one)
        twice.take(one)
        twice.take(one)
    assert once.rows == twice.rows
    assert twice.inserted == len(twice.rows)


# Changing


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, None),
        ({"mine": False}, Forbidden),
        ({"day": TODAY - timedelta(days=8)}, Refusal),
        ({"voided": True}, Refusal),
        ({"role": "coordinator", "mine": False, "reason": "Doublon"}, None),
        ({"role": "coordinator", "mine": False, "reason": "Doublon", "day": date(2026, 1, 1)}, None),
        ({"role": "coordinator", "mine": False}, Invalid),
        ({"role": "coordinator", "mine": False, "in_scope": False, "reason": "Doublon"}, Forbidden),
        ({"role": "manager", "mine": False, "in_scope": False, "reason": "Doublon"}, None),
        ({"role": "manager", "mine": False}, Invalid),
        ({"role": "admin", "mine": False, "reason": "Doublon"}, Forbidden),
    ],
)
def test_who_may_change_an_encounter(fields: dict[str, Any], error: type[CivicError] | None) -> None:
    asked = {"role": "volunteer", "mine": True, "in_scope": True, "voided": False, "day": TODAY, "reason": "", **fields}
    if error is None:
        check_change(today=TODAY, **asked)
    else:
        with pytest.raises(error):
            check_change(today=TODAY, **asked)
