"""The page that moves somebody: where they could go, what stands against the rest, and the move by form."""

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select

from civic.bookings.models import Booking
from civic.db import Database
from civic.outbox.models import OutboxMail
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.factories.wishes import like, make_stretch
from tests.planning.world import World, moment, world

__all__ = ["world"]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
Counting = Callable[[], AbstractContextManager[list[str]]]


async def seated(world: World, db: Database) -> str:
    async with db.writing() as session:
        booking = await make_booking(session, world.shift, world.cast.volunteer)
    return f"/planning/reservations/{booking.id}/deplacement"


async def states(db: Database, world: World) -> dict[object, str]:
    async with db.reading() as session:
        rows = await session.scalars(select(Booking).where(Booking.volunteer_id == world.cast.volunteer.id))
        return {one.shift_id: one.state for one in rows}


async def test_the_page_lists_two_weeks_with_reasons(world: World, db: Database) -> None:
    async with db.writing() as session:
        full = await make_shift(session, moment(30, 9), mission=world.mission, site=world.here, capacity=1, min_staff=1)
        await make_booking(session, full, world.cast.colleague)
        late = await make_shift(session, moment(5, 9, month=12), mission=world.mission, site=world.here)
        other = await make_shift(session, moment(27, 15), mission=world.mission, site=world.there)
        await like(session, world.cast.volunteer, world.there)
        await make_stretch(session, world.cast.volunteer, 3, 0, 1440)
    page = (await world.get("coordinator", await seated(world, db))).text
    assert "Déplacer Inès Volontaire" in page
    offered = re.findall(r'name="shift_id" value="([^"]+)"', page)
    assert offered == [str(other.id), str(world.elsewhere.id)], "the overlapping hour of the old seat is no obstacle"
    assert "lieu préféré" in page
    assert "Indisponible le jeudi" in page
    assert "Plus de place libre sur ce créneau" in page
    assert str(late.id) not in page
    assert str(world.draft.id) not in page


async def test_a_move_by_form_goes_back_and_says_where_to(world: World, db: Database, mailbox: Mailbox) -> None:
    path = await seated(world, db)
    back = f"/planning?creneau={world.shift.id}"
    answer = await world.post("coordinator", path, shift_id=world.elsewhere.id, message="À jeudi !", next=back)
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert await states(db, world) == {world.shift.id: "removed", world.elsewhere.id: "confirmed"}
    [mail] = await mailbox()
    assert "À jeudi !" in mail.text_body
    history = (await world.get("coordinator", f"/planning/creneaux/{world.shift.id}")).text
    assert "Déplacement" in history
    again = await world.post("coordinator", path, shift_id=world.elsewhere.id, next=back)
    assert (again.status_code, again.headers["location"]) == (303, back), "a double tap is the same move"
    assert len(await mailbox()) == 1
    other = await world.post("coordinator", path, shift_id=world.draft.id)
    assert other.status_code == 409, "another move of a seat that has gone is refused"
    assert (await world.get("coordinator", path)).status_code == 303, "nothing to move any more"
    evil = await world.post("coordinator", await seated(world, db), shift_id=world.shift.id, next="//evil.example")
    assert "evil" not in evil.headers.get("location", "")


async def test_nonsense_keeps_what_was_typed_and_changes_nothing(world: World, db: Database, mailbox: Mailbox) -> None:
    path = await seated(world, db)
    async with db.writing() as session:
        await make_stretch(session, world.cast.volunteer, 3, 0, 1440)
    for typed, status, text in (
        ({}, 422, "Choisissez le nouveau créneau."),
        ({"shift_id": "x"}, 422, "Ce choix n’existe pas."),
        ({"shift_id": world.cast.volunteer.id}, 422, "n’existe pas"),
        ({"shift_id": world.draft.id}, 409, "brouillon"),
        ({"shift_id": world.shift.id}, 409, "déjà le créneau"),
        ({"shift_id": world.elsewhere.id}, 422, "Dites pourquoi malgré cet avertissement"),
        ({"shift_id": world.elsewhere.id, "reason": "x" * 301}, 422, "de trop"),
    ):
        answer = await world.post("coordinator", path, message="Mon mot", **typed)
        assert answer.status_code == status, typed
        assert text in answer.text
        assert "Mon mot" in answer.text
    assert await states(db, world) == {world.shift.id: "confirmed"}
    assert await mailbox() == []
    kept = await world.post("coordinator", path, shift_id=world.elsewhere.id, reason="D’accord avec elle")
    assert kept.status_code == 303


async def test_a_shift_out_of_scope_is_none_to_move_to(world: World, db: Database) -> None:
    path = await seated(world, db)
    page = await world.get("coordinator_call", path)
    assert page.status_code == 200
    assert str(world.elsewhere.id) not in page.text
    answer = await world.post("coordinator_call", path, shift_id=world.elsewhere.id)
    assert answer.status_code == 422
    assert "pas dans votre périmètre" in answer.text
    assert await states(db, world) == {world.shift.id: "confirmed"}


@pytest.mark.parametrize(
    ("who", "status"),
    [("coordinator_cahc", 403), ("volunteer", 403), ("colleague", 404), ("manager", 403), ("admin", 403)],
)
async def test_only_a_coordinator_in_scope_moves(world: World, db: Database, who: str, status: int) -> None:
    path = await seated(world, db)
    assert (await world.get(who, path)).status_code == status
    assert (await world.post(who, path, shift_id=world.elsewhere.id)).status_code == status
    assert await states(db, world) == {world.shift.id: "confirmed"}


async def test_as_many_queries_for_many_shifts(world: World, db: Database, count_queries: Counting) -> None:
    path = await seated(world, db)
    async with db.writing() as session:
        await make_booking(session, world.elsewhere, world.cast.colleague)
    with count_queries() as few:
        assert (await world.get("coordinator", path)).status_code == 200
    async with db.writing() as session:
        for n in range(20):
            shift = await make_shift(session, moment(28, 8 + n % 10), mission=world.mission, site=world.here)
            await make_booking(session, shift, await make_volunteer(session))
    with count_queries() as many:
        assert (await world.get("coordinator", path)).status_code == 200
    assert len(many) == len(few) <= 12
