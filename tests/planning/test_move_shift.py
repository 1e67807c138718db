"""« Déplacer ce créneau ? »: what a move would do is shown without doing it, then the edit form's address does it."""

from datetime import date, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from civic.audit.models import AuditEvent
from civic.bookings.models import Booking
from civic.db import Database
from civic.formats import day_short, hour_range
from civic.shifts.models import Shift
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_closure
from tests.planning.test_shift_forms import hidden, stored
from tests.planning.world import World, moment
from tests.planning.world import world as world

HIDDEN = "mission_id site_id day start end break_minutes capacity min_staff version opened seen next"


def ask(shift: Shift, **where: str) -> str:
    return f"/planning/creneaux/{shift.id}/deplacement?{urlencode(where)}"


def answer_of(page: str) -> dict[str, str]:
    """The fields of the form that would save it."""
    form = page[page.index('method="post" action="/planning/creneaux/') :]
    return {name: unescape(hidden(form, name)) for name in HIDDEN.split()}


async def seated(db: Database, world: World) -> Booking:
    async with db.writing() as session:
        return await make_booking(session, world.shift, world.cast.volunteer)


async def test_the_question_changes_nothing_and_its_answer_moves_the_shift(world: World, db: Database) -> None:
    booking = await seated(db, world)
    async with db.reading() as session:
        events = await session.scalar(select(func.count(AuditEvent.id)))
    page = (await world.get("coordinator", ask(world.shift, day="2026-12-01", next="/planning?agglo=CALL"))).text
    for then in (moment(27, 14), moment(1, 14, month=12)):
        assert f"{day_short(then)} · {hour_range(then, then + timedelta(hours=3))}" in page
    assert "1 personne suit le créneau" in page.replace("\xa0", " ")
    async with db.reading() as session:
        assert await session.scalar(select(func.count(AuditEvent.id))) == events
    assert (await stored(db, world.shift.id)).starts_at == moment(27, 14)

    saved = await world.post("coordinator", f"/planning/creneaux/{world.shift.id}/modifier", **answer_of(page))
    assert saved.status_code == 303
    assert saved.headers["location"] == "/planning?agglo=CALL"
    shift = await stored(db, world.shift.id)
    assert (shift.starts_at, shift.ends_at) == (moment(1, 14, month=12), moment(1, 17, month=12))
    async with db.reading() as session:
        assert (await session.get_one(Booking, booking.id)).state == "confirmed"


async def test_whom_it_would_break_is_said_and_only_a_confirmation_saves(world: World, db: Database) -> None:
    booking = await seated(db, world)
    async with db.writing() as session:
        other = await make_shift(session, moment(30, 15), mission=world.mission, site=world.here)
        await make_booking(session, other, world.cast.volunteer)
    page = (await world.get("coordinator", ask(world.shift, day="2026-11-30"))).text
    assert "1 réservation ne tient plus" in page.replace("\xa0", " ")
    assert "Déplacer quand même" in page
    address = f"/planning/creneaux/{world.shift.id}/modifier"
    assert (await world.post("coordinator", address, **answer_of(page))).status_code == 409
    assert (await stored(db, world.shift.id)).starts_at == moment(27, 14)
    assert (await world.post("coordinator", address, **answer_of(page), confirm="1")).status_code == 303
    assert (await stored(db, world.shift.id)).starts_at == moment(30, 14)
    async with db.reading() as session:
        assert (await session.get_one(Booking, booking.id)).state == "cancelled"


async def test_a_second_coordinator_is_told_what_changed(world: World, db: Database) -> None:
    page = (await world.get("coordinator", ask(world.shift, day="2026-12-01"))).text
    address = f"/planning/creneaux/{world.shift.id}/modifier"
    first = answer_of((await world.get("coordinator_call", ask(world.shift, start="09:00", end="12:00"))).text)
    assert (await world.post("coordinator_call", address, **first)).status_code == 303
    late = await world.post("coordinator", address, **answer_of(page))
    assert late.status_code == 409
    assert "a modifié ce créneau entre-temps" in late.text
    assert (await stored(db, world.shift.id)).starts_at == moment(27, 9), "the first one's hours stand"


async def test_a_closed_site_a_past_day_and_its_own_place_are_said(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_closure(session, world.here, date(2026, 12, 2))
    assert "Le lieu est fermé ce jour-là." in (await world.get("coordinator", ask(world.shift, day="2026-12-02"))).text
    assert "Ce moment est déjà passé." in (await world.get("coordinator", ask(world.shift, day="2026-11-23"))).text
    same = (await world.get("coordinator", ask(world.shift, day="2026-11-27"))).text
    assert "rien ne changerait" in same
    assert "Déplacer quand même" not in same
    assert 'method="post" action="/planning/creneaux/' not in same


async def test_a_place_of_another_mission_or_scope_is_refused_at_its_field(world: World) -> None:
    moved = await world.get("coordinator", ask(world.shift, site_id="parc-la-bas"))
    assert moved.status_code == 200
    assert "Parc de Là-bas" in moved.text
    beyond = await world.get("coordinator_call", ask(world.shift, site_id="parc-la-bas"))
    assert beyond.status_code == 422
    assert 'id="f-site_id-error"' in beyond.text


@pytest.mark.parametrize(
    "where", [{"day": "2026-02-30"}, {"day": "\x00"}, {"start": "25:99"}, {"site_id": "nowhere"}, {"end": ""}]
)
async def test_nonsense_stands_at_its_field(world: World, where: dict[str, str]) -> None:
    answer = await world.get("coordinator", ask(world.shift, **where))
    assert answer.status_code == 422
    assert f'id="f-{next(iter(where))}-error"' in answer.text
    assert 'method="post" action="/planning/creneaux/' not in answer.text


async def test_what_began_or_was_cancelled_does_not_move(world: World, db: Database) -> None:
    async with db.writing() as session:
        begun = await make_shift(session, moment(25, 9), mission=world.mission, site=world.here)
        off = await make_shift(session, moment(28, 9), mission=world.mission, site=world.here, state="cancelled")
    for shift in (begun, off):
        assert (await world.get("coordinator", ask(shift, day="2026-12-01"))).status_code == 409
    board = (await world.get("coordinator", "/planning?annules=1")).text
    for shift, movable in ((begun, False), (off, False), (world.shift, True), (world.draft, True)):
        slot = board[board.index(f'id="s-{shift.id}"') :].partition(">")[0]
        assert ("data-move" in slot) is movable


async def test_a_foreign_address_to_come_back_to_is_ours_instead(world: World) -> None:
    page = (await world.get("coordinator", ask(world.shift, day="2026-12-01", next="//evil.example/x"))).text
    assert answer_of(page)["next"] == f"/planning/creneaux/{world.shift.id}"
