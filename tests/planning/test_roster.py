"""Who is on a shift: candidates, places given and taken back, attendance. The whole journey too."""

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from civic.bookings.models import Attendance, Booking
from civic.db import Database
from civic.outbox.models import OutboxMail
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.planning.world import World, moment
from tests.planning.world import world as world

Counting = Callable[[], AbstractContextManager[list[str]]]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


def page_of(shift_id: Any) -> str:
    return f"/planning/creneaux/{shift_id}"


async def bookings(db: Database, shift_id: UUID) -> dict[UUID, Booking]:
    async with db.reading() as session:
        found = await session.scalars(select(Booking).where(Booking.shift_id == shift_id).order_by(Booking.created_at))
        return {one.volunteer_id: one for one in found}


async def test_the_panel_says_who_could_come_and_why_not(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_volunteer(session, name="Zoé Sans-Contrat", ready=False)
        await make_volunteer(session, name="Loin Là-bas", intermunicipality="CABBALR")
        busy = await make_shift(session, moment(27, 16), mission=world.mission, site=world.there)
        await make_booking(session, busy, world.cast.colleague)
    page = (await world.get("coordinator", page_of(world.shift.id))).text
    assert "Qui peut compléter" in page
    possible, impossible = page.split("Pourquoi pas les autres")
    assert "Inès Volontaire" in possible
    assert "sur 24" in possible
    assert possible.index("Inès Volontaire") < possible.index("Loin Là-bas"), "the nearest first"
    assert "Zoé Sans-Contrat" not in possible
    assert "Zoé Sans-Contrat" in impossible
    assert "Pas encore de contrat" in impossible
    assert "Déjà pris à ce moment-là" in impossible
    assert "3 h sur 24 h" in impossible.replace("\u00a0", " "), "with the hours so far"
    assert "km" in impossible
    assert "Loin Là-bas" not in (await world.get("coordinator_call", page_of(world.shift.id))).text


async def test_the_panel_stands_beside_the_week_and_alone(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
        await make_booking(session, world.shift, world.cast.colleague, "waitlisted")
    for path in (page_of(world.shift.id), f"/planning?creneau={world.shift.id}"):
        page = (await world.get("coordinator", path)).text
        assert "06 12 34 56 78" in page
        assert "3 h sur 24 h" in page.replace("\u00a0", " ")
        assert "Liste d’attente" in page
        assert "Place libre" in page


async def test_a_panel_takes_as_many_queries_for_many_people(
    world: World, db: Database, count_queries: Counting
) -> None:
    with count_queries() as few:
        await world.get("coordinator", page_of(world.shift.id))
    async with db.writing() as session:
        for number in range(25):
            one = await make_volunteer(session)
            shift = await make_shift(session, moment(24, 9), mission=world.mission, site=world.here)
            await make_booking(session, shift, one)
            if number < 2:
                await make_booking(session, world.shift, one)
    with count_queries() as many:
        await world.get("coordinator", page_of(world.shift.id))
    assert len(many) == len(few) <= 14


async def test_a_place_is_given(world: World, db: Database, mailbox: Mailbox) -> None:
    path = f"/creneaux/{world.shift.id}/affectations"
    answer = await world.post(
        "coordinator", path, volunteer_id=world.cast.volunteer.id, next=f"/planning?creneau={world.shift.id}"
    )
    assert answer.headers["location"] == f"/planning?creneau={world.shift.id}"
    assert (await bookings(db, world.shift.id))[world.cast.volunteer.id].state == "confirmed"
    assert [mail.kind for mail in await mailbox()] == ["booking_placed"]
    page = (await world.get("coordinator", page_of(world.shift.id))).text
    assert "Place confirmée pour Inès Volontaire" in page
    assert "Nadia Coordination" in page


async def test_a_full_shift_makes_one_wait(world: World, db: Database) -> None:
    async with db.writing() as session:
        for _ in range(2):
            await make_booking(session, world.shift, await make_volunteer(session))
    page = (await world.get("coordinator", page_of(world.shift.id))).text
    assert "Ajouter à la liste d’attente" in page
    answer = await world.post(
        "coordinator", f"/creneaux/{world.shift.id}/affectations", volunteer_id=world.cast.volunteer.id
    )
    assert answer.status_code == 303
    assert (await bookings(db, world.shift.id))[world.cast.volunteer.id].state == "waitlisted"


async def test_a_refused_place_says_every_reason(world: World, db: Database) -> None:
    async with db.writing() as session:
        unready = await make_volunteer(session, name="Zoé Sans-Contrat", ready=False)
    answer = await world.post("coordinator", f"/creneaux/{world.shift.id}/affectations", volunteer_id=unready.id)
    assert answer.status_code == 409
    assert "Affectation refusée" in answer.text
    assert "R121-13" in answer.text
    assert await bookings(db, world.shift.id) == {}


@pytest.mark.parametrize("volunteer", ["", "x", "\x00", "00000000-0000-0000-0000-000000000000"])
async def test_an_unknown_person_gets_no_place(world: World, volunteer: str) -> None:
    answer = await world.post("coordinator", f"/creneaux/{world.shift.id}/affectations", volunteer_id=volunteer)
    assert answer.status_code == 422
    assert 'id="f-volunteer_id-error"' in answer.text


async def test_somebody_out_of_sight_gets_no_place(world: World, db: Database) -> None:
    async with db.writing() as session:
        far = await make_volunteer(session, intermunicipality="CABBALR")
    path = f"/creneaux/{world.shift.id}/affectations"
    assert (await world.post("coordinator_call", path, volunteer_id=far.id)).status_code == 422
    assert (await world.post("coordinator", path, volunteer_id=far.id)).status_code == 303


async def test_a_place_is_taken_back_with_a_reason(world: World, db: Database, mailbox: Mailbox) -> None:
    async with db.writing() as session:
        booking = await make_booking(session, world.shift, world.cast.volunteer)
    path = f"/reservations/{booking.id}/retrait"
    assert "Retirer Inès Volontaire" in (await world.get("coordinator", path)).text
    assert (await world.post("coordinator", path, reason=" ")).status_code == 422
    assert (await world.post("coordinator", path, reason="x" * 301)).status_code == 422
    answer = await world.post("coordinator", path, reason="Binôme changé", next="https://evil.example/")
    assert answer.headers["location"] == page_of(world.shift.id)
    assert (await bookings(db, world.shift.id))[world.cast.volunteer.id].state == "removed"
    assert [mail.kind for mail in await mailbox()] == ["booking_removed"]
    assert (await world.get("coordinator", path)).status_code == 303
    page = (await world.get("coordinator", page_of(world.shift.id))).text
    assert "Place retirée à Inès Volontaire" in page
    assert "Binôme changé" in page


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("coordinator_cahc", 403),
        ("volunteer", 403),
        ("colleague", 404),
        ("manager", 403),
        ("admin", 403),
        ("nobody", 303),
    ],
)
async def test_only_a_coordinator_in_scope_takes_back(world: World, db: Database, who: str, status: int) -> None:
    async with db.writing() as session:
        booking = await make_booking(session, world.shift, world.cast.volunteer)
    path = f"/reservations/{booking.id}/retrait"
    assert (await world.get(who, path)).status_code == status
    assert (await world.post(who, path, reason="x")).status_code == (401 if who == "nobody" else status)
    assert (await world.get(who, "/reservations/x/retrait")).status_code == 404 or who == "nobody"


async def test_attendance_is_noted_for_the_whole_shift(world: World, db: Database) -> None:
    async with db.writing() as session:
        one = await make_booking(session, world.shift, world.cast.volunteer)
        two = await make_booking(session, world.shift, world.cast.colleague)
    path = f"/creneaux/{world.shift.id}/presences"
    values = {
        f"state-{one.id}": "present",
        f"hours-{one.id}": "2,5",
        f"state-{two.id}": "excused",
        f"hours-{two.id}": "3",
    }
    assert (await world.post("coordinator", path, **values)).status_code == 409, "not before the start"
    with time_machine.travel("2026-11-27 14:30+01:00", tick=False):
        page = (await world.get("coordinator", page_of(world.shift.id))).text
        assert "Noter la présence" in page
        assert (await world.post("coordinator", path, **values)).status_code == 303
    async with db.reading() as session:
        noted = {row.booking_id: (row.state, row.hours) for row in await session.scalars(select(Attendance))}
    assert noted == {one.id: ("present", Decimal("2.5")), two.id: ("excused", Decimal(0))}
    with time_machine.travel("2026-11-27 18:00+01:00", tick=False):
        page = (await world.get("coordinator", page_of(world.shift.id))).text
        assert 'value="2,5"' in page
        assert (await world.post("coordinator", path, **{f"state-{one.id}": "present"})).status_code == 303
    async with db.reading() as session:
        again = await session.scalar(select(Attendance.hours).where(Attendance.booking_id == one.id))
    assert again == Decimal(3)


@pytest.mark.parametrize(
    "typed",
    [
        {"state": "late"},
        {"state": "present", "hours": "25"},
        {"state": "present", "hours": "-1"},
        {"state": "present", "hours": "0"},
        {"state": "present", "hours": "0,001"},
        {"state": "present", "hours": "beaucoup"},
        {"state": "present", "hours": "9" * 500},
        {},
    ],
)
async def test_attendance_that_makes_no_sense_is_told(world: World, db: Database, typed: dict[str, str]) -> None:
    async with db.writing() as session:
        one = await make_booking(session, world.shift, world.cast.volunteer)
    values = {f"{name}-{one.id}": value for name, value in typed.items()}
    with time_machine.travel("2026-11-27 18:00+01:00", tick=False):
        answer = await world.post("coordinator", f"/creneaux/{world.shift.id}/presences", **values)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    async with db.reading() as session:
        assert await session.scalar(select(Attendance.id)) is None


async def test_everybody_came_but_who_was_noted_otherwise(world: World, db: Database) -> None:
    async with db.writing() as session:
        one = await make_booking(session, world.shift, world.cast.volunteer)
        two = await make_booking(session, world.shift, world.cast.colleague)
    values = {"everybody": "1", f"state-{two.id}": "absent"}
    with time_machine.travel("2026-11-27 18:00+01:00", tick=False):
        assert (await world.post("coordinator", f"/creneaux/{world.shift.id}/presences", **values)).status_code == 303
    async with db.reading() as session:
        noted = {row.booking_id: row.state for row in await session.scalars(select(Attendance))}
    assert noted == {one.id: "present", two.id: "absent"}


async def test_from_an_empty_week_to_hours_noted(world: World, db: Database) -> None:
    """The journey of a coordinator: create, publish, staff, note."""
    created = await world.post(
        "coordinator_call",
        "/planning/creneaux/nouveau",
        mission_id=world.mission.id,
        site_id="parc-ici",
        day="04/12/2026",
        start="9h",
        end="12 h 30",
        break_minutes="30",
        capacity="2",
        min_staff="2",
        state="draft",
    )
    shift_id = re.search(r"creneau=(.+)", created.headers["location"])[1]  # type: ignore[index]
    week = (await world.get("coordinator_call", created.headers["location"])).text
    assert "Publier 1 brouillon" in week
    drafts = "/planning/brouillons?semaine=2026-W49"
    assert (await world.post("coordinator_call", drafts, shift=shift_id)).status_code == 303
    for one in (world.cast.volunteer, world.cast.colleague):
        path = f"/creneaux/{shift_id}/affectations"
        assert (await world.post("coordinator_call", path, volunteer_id=one.id)).status_code == 303
    assert "2 sur 2, complet" in (await world.get("coordinator_call", "/planning?semaine=2026-W49")).text
    held = await bookings(db, UUID(shift_id))
    with time_machine.travel("2026-12-04 13:00+01:00", tick=False):
        values = {f"state-{one.id}": "present" for one in held.values()}
        answer = await world.post("coordinator_call", f"/creneaux/{shift_id}/presences", **values)
        assert answer.status_code == 303
        person = (await world.get("coordinator_call", f"/volontaires/{world.cast.volunteer.id}")).text
        assert "Présence" in person
        assert "3 h" in person.replace("\u00a0", " ")
        home = await world.get("volunteer", "/")
        assert home.status_code == 200
