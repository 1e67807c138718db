"""« Qui manque ? » : the board of the day."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select

from civic.bookings import absence, walkins
from civic.bookings.models import Attendance
from civic.bookings.values import Crowd, Held, Times
from civic.db import Database
from civic.planning.day import GRACE, Noted, lay_out
from tests.bookings.test_checkin import START, facts
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.planning.world import World, moment
from tests.planning.world import world as world

Counting = Callable[[], AbstractContextManager[list[str]]]


def held(shift_id: UUID, name: str, state: str = "confirmed") -> Held:
    return Held(uuid4(), shift_id, uuid4(), state, 0, Times(START, START), volunteer_name=name)


@pytest.mark.parametrize(
    ("minutes", "section", "status"),
    [
        (-180, "later", "expected"),
        (-60, "soon", "expected"),
        (0, "running", "expected"),
        (9, "running", "expected"),
        (10, "missing", "missing"),
        (179, "missing", "missing"),
        (180, "to_note", "unnoted"),
    ],
)
def test_where_somebody_stands_as_time_goes(minutes: int, section: str, status: str) -> None:
    shift = facts()
    crowd = Crowd((held(shift.id, "Inès"), held(shift.id, "Offerte", "offered")))
    board = lay_out(shift.times.day, [shift], {shift.id: crowd}, {}, {}, START + timedelta(minutes=minutes))
    [(key, _title, [line])] = board.sections
    assert (key, [one.status for one in line.people]) == (section, [status]), "an offer is nobody yet"
    assert line.late == timedelta(minutes=minutes)


def test_who_said_it_is_not_looked_for_and_is_still_to_note() -> None:
    shift = facts()
    ill = held(shift.id, "Zoé")
    for minutes, section in ((30, "running"), (200, "to_note")):
        at = START + timedelta(minutes=minutes)
        board = lay_out(
            shift.times.day, [shift], {shift.id: Crowd((ill,))}, {ill.booking_id: Noted("said", None)}, {}, at
        )
        [(key, _title, [line])] = board.sections
        assert (key, line.count("said", "missing"), line.count("missing")) == (section, 1, 0)


def test_who_is_missing_comes_first_and_what_is_noted_is_settled() -> None:
    shift, empty = facts(), replace(facts(), id=uuid4())
    late, there, extra = held(shift.id, "Zoé"), held(shift.id, "Ana"), held(shift.id, "Malik", "walk_in")
    noted = {there.booking_id: Noted("present", START), extra.booking_id: Noted("present", None)}
    crowds = {shift.id: Crowd((there, late), walk_ins=(extra,))}
    board = lay_out(shift.times.day, [shift, empty], crowds, noted, {late.volunteer_id: "06"}, START + GRACE)
    assert [key for key, _title, _lines in board.sections] == ["missing", "running"]
    people = board.lines[0].people
    assert [(one.name, one.status, one.walk_in) for one in people] == [
        ("Zoé", "missing", False),
        ("Ana", "present", False),
        ("Malik", "present", True),
    ]
    assert people[0].phone == "06"
    assert (board.count("present"), board.count("missing")) == (2, 1)
    settled = noted | {late.booking_id: Noted("excused", None)}
    for crowd, replaceable in ((crowds[shift.id], False), (Crowd((there, late)), True)):
        [(_key, _title, [line])] = lay_out(
            shift.times.day, [shift], {shift.id: crowd}, settled, {}, START + GRACE
        ).sections
        assert line.replaceable is replaceable, "who came without a place came instead"
    assert [key for key, _t, _l in lay_out(shift.times.day, [shift], crowds, settled, {}, START + GRACE).sections] == [
        "running"
    ]


def read(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


async def test_the_board_says_who_is_missing_since_when_and_whom_to_call(world: World, db: Database) -> None:
    async with db.writing() as session:
        running = await make_shift(session, moment(25, 9, 48), mission=world.mission, site=world.here)
        await make_booking(session, running, world.cast.volunteer)
        await make_booking(session, world.shift, world.cast.colleague)
    page = read((await world.get("coordinator", "/planning/jour")).text)
    assert "Qui manque" in page
    assert "Manque depuis 12 min" in page
    assert "Astreinte 03 21 00 00 01" in page
    assert 'href="tel:0612345678"' in page
    assert "Malik" not in page, "Friday's shift is another day"
    friday = read((await world.get("coordinator", "/planning/jour?jour=2026-11-27")).text)
    assert "Malik Collègue" in friday
    assert "Attendu à 14 h" in friday
    assert "every 30s" not in friday
    assert "Ce jour n’existe pas" in (await world.get("coordinator", "/planning/jour?jour=2026-02-30")).text
    assert 'href="/planning/jour"' in (await world.get("coordinator", "/planning")).text


async def test_ten_minutes_are_waited_before_somebody_is_missing(world: World, db: Database) -> None:
    async with db.writing() as session:
        running = await make_shift(session, moment(25, 9, 59), mission=world.mission, site=world.here)
        booking = await make_booking(session, running, world.cast.volunteer)
    page = read((await world.get("coordinator", "/planning/jour")).text)
    assert "Attendu depuis 1 min" in page
    assert "Manque depuis" not in page
    assert "<b>0</b> manque" in page
    assert f"/reservations/{booking.id}/presence" in page, "whoever is there can be noted at once"


async def test_one_tap_notes_and_comes_back(world: World, db: Database) -> None:
    async with db.writing() as session:
        running = await make_shift(session, moment(25, 9, 48), mission=world.mission, site=world.here)
        booking = await make_booking(session, running, world.cast.volunteer)
    back = f"/planning/jour#b-{booking.id}"
    for _ in range(2):
        answer = await world.post("coordinator", f"/reservations/{booking.id}/presence", state="present", next=back)
        assert answer.headers["location"] == back
    async with db.reading() as looking:
        [row] = await looking.scalars(select(Attendance))
    assert (row.state, row.arrived_at) == ("present", None)
    page = (await world.get("coordinator", "/planning/jour")).text
    assert "Manque depuis" not in page
    assert "En ce moment" in page
    wrong = await world.post("coordinator", f"/reservations/{booking.id}/presence", state="asleep")
    assert wrong.status_code == 422
    evil = await world.post(
        "coordinator", f"/reservations/{booking.id}/presence", state="present", next="//evil.example/"
    )
    assert evil.headers["location"].startswith("/planning/creneaux/")


async def test_a_board_is_its_coordinators_own(world: World, db: Database) -> None:
    async with db.writing() as session:
        running = await make_shift(session, moment(25, 9), mission=world.mission, site=world.here)
        booking = await make_booking(session, running, world.cast.volunteer)
    assert "Inès" in (await world.get("coordinator_call", "/planning/jour")).text
    assert "Inès" not in (await world.get("coordinator_cahc", "/planning/jour")).text
    path = f"/reservations/{booking.id}/presence"
    assert (await world.post("coordinator_cahc", path, state="present")).status_code == 403
    assert (await world.post("volunteer", path, state="present")).status_code == 403
    assert (await world.post("colleague", path, state="present")).status_code == 404
    for who in ("volunteer", "manager", "admin"):
        assert (await world.get(who, "/planning/jour")).status_code == 403
    assert (await world.get("nobody", "/planning/jour")).headers["location"].startswith("/connexion")


async def test_nothing_is_noted_before_the_start(world: World, db: Database) -> None:
    async with db.writing() as session:
        later = await make_shift(session, moment(25, 15), mission=world.mission, site=world.here)
        booking = await make_booking(session, later, world.cast.volunteer)
    assert (await world.post("coordinator", f"/reservations/{booking.id}/presence", state="present")).status_code == 409
    assert f"/reservations/{booking.id}/presence" not in (await world.get("coordinator", "/planning/jour")).text


async def test_a_shift_past_midnight_is_on_both_days(world: World, db: Database) -> None:
    async with db.writing() as session:
        night = await make_shift(session, moment(24, 22), hours=4, mission=world.mission, site=world.here)
        await make_booking(session, night, world.cast.volunteer)
    for day in ("2026-11-24", "2026-11-25"):
        assert "Inès" in (await world.get("coordinator", f"/planning/jour?jour={day}")).text


async def test_sixty_shifts_take_as_many_queries_as_one(world: World, db: Database, count_queries: Counting) -> None:
    async with db.writing() as session:
        one = await make_shift(session, moment(25, 9), mission=world.mission, site=world.here)
        await make_booking(session, one, world.cast.volunteer)
    with count_queries() as few:
        await world.get("coordinator", "/planning/jour")
    async with db.writing() as session:
        people = [await make_volunteer(session) for _ in range(60)]
        for number, person in enumerate(people):
            shift = await make_shift(session, moment(25, 8 + number % 4), mission=world.mission, site=world.here)
            await make_booking(session, shift, person)
        extra = await make_volunteer(session)
        await walkins.add(session, by=world.cast.coordinator, shift_id=one.id, volunteer_id=extra.id)
    with count_queries() as many:
        page = await world.get("coordinator", "/planning/jour")
    assert page.text.count("day-card") == 61
    assert len(few) == len(many) <= 7


async def test_it_comes_back_by_itself_and_by_a_link(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_shift(session, moment(25, 9), mission=world.mission, site=world.here)
    page = (await world.get("coordinator", "/planning/jour")).text
    assert 'hx-trigger="every 30s"' in page
    assert 'hx-select="#jour"' in page
    assert 'href="/planning/jour">' in page
    with time_machine.travel("2026-11-29 10:00+01:00", tick=False):
        assert "Aucun créneau ce jour-là" in (await world.get("coordinator", "/planning/jour")).text


async def test_an_absence_said_after_the_start_shows_on_the_board(world: World, db: Database) -> None:
    async with db.writing() as session:
        shift = await make_shift(session, moment(25, 9), mission=world.mission, site=world.here)
        await make_booking(session, shift, world.cast.volunteer)
    async with db.writing() as session:
        await absence.cannot_come(
            session,
            by=world.cast.volunteer.user,
            volunteer_id=world.cast.volunteer.id,
            shift_id=shift.id,
            reason="transport",
        )
    page = (await world.get("coordinator", "/planning/jour")).text
    assert "Ne peut pas venir" in page
    assert "Manque depuis" not in page
