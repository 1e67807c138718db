"""Create, edit, publish and cancel a shift by forms, on both engines."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from civic.bookings.models import Booking
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site
from tests.planning.world import World, moment
from tests.planning.world import world as world

NEW = "/planning/creneaux/nouveau"
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


def typed(world: World, **changes: Any) -> dict[str, Any]:
    values = {
        "mission_id": str(world.mission.id),
        "site_id": world.here.id,
        "day": "2026-12-02",
        "start": "14:00",
        "end": "17:00",
        "break_minutes": "0",
        "capacity": "2",
        "min_staff": "1",
        "state": "draft",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1].replace("&amp;", "&")


def edit(shift: Shift) -> str:
    return f"/planning/creneaux/{shift.id}/modifier"


async def stored(db: Database, shift_id: UUID) -> Shift:
    async with db.reading() as session:
        return await session.get_one(Shift, shift_id)


def made_id(location: str) -> UUID:
    return UUID(location.split("creneau=")[1])


async def test_the_form_begins_where_one_clicked(world: World) -> None:
    page = (await world.get("coordinator", f"{NEW}?site=parc-ici&jour=2026-12-02")).text
    assert 'value="parc-ici" data-in=' in page
    assert re.search(r'value="parc-ici"[^>]* selected', page)
    assert 'value="2026-12-02"' in page
    assert re.search(rf'value="{world.mission.id}" selected', page), "the one mission of the site"
    for bad in ("site=x&jour=2026-02-30", "site=%00&jour=%00"):
        assert (await world.get("coordinator", f"{NEW}?{bad}")).status_code == 200


async def test_a_scoped_coordinator_finds_their_sites_only(world: World) -> None:
    page = (await world.get("coordinator_call", NEW)).text
    assert "parc-ici" in page
    assert "parc-la-bas" not in page
    answer = await world.post("coordinator_call", NEW, **typed(world, site_id="parc-la-bas"))
    assert answer.status_code == 422


async def test_a_draft_is_made_and_published(world: World, db: Database) -> None:
    answer = await world.post("coordinator_call", NEW, **typed(world))
    assert answer.status_code == 303
    shift = await stored(db, made_id(answer.headers["location"]))
    assert (shift.state, shift.starts_at, shift.min_staff) == ("draft", moment(2, 14, month=12), 1)
    answer = await world.post("coordinator_call", f"/creneaux/{shift.id}/publication")
    assert answer.headers["location"] == f"/planning/creneaux/{shift.id}"
    assert (await stored(db, shift.id)).state == "published"


async def test_an_end_before_the_start_is_the_next_day(world: World, db: Database) -> None:
    answer = await world.post("coordinator", NEW, **typed(world, start="22:00", end="02:00", state="published"))
    shift = await stored(db, made_id(answer.headers["location"]))
    assert shift.ends_at == moment(3, 2, month=12)
    assert "le lendemain" in (await world.get("coordinator", answer.headers["location"])).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mission_id": "x"}, "mission_id"),
        ({"mission_id": "00000000-0000-0000-0000-000000000000"}, "mission_id"),
        ({"mission_id": None}, "mission_id"),
        ({"site_id": "nowhere"}, "site_id"),
        ({"site_id": "\x00"}, "site_id"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "2026-10-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"start": "25:00"}, "start"),
        ({"end": "midi"}, "end"),
        ({"end": "14:00"}, "end"),
        ({"end": "13:00"}, "end"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "51"}, "capacity"),
        ({"capacity": "-1"}, "capacity"),
        ({"capacity": "9" * 400}, "capacity"),
        ({"min_staff": "3"}, "min_staff"),
        ({"break_minutes": "180"}, "break_minutes"),
        ({"break_minutes": "x"}, "break_minutes"),
        ({"day": "2027-03-28", "start": "02:30", "end": "08:00"}, "start"),
        ({"day": "2027-03-27", "start": "20:00", "end": "02:30"}, "end"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(world: World, changes: dict[str, Any], field: str) -> None:
    answer = await world.post("coordinator", NEW, **typed(world, **changes))
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert 'value="17:00"' in answer.text or "end" in changes, "what was typed is kept"


async def test_an_empty_form_is_told_everywhere(world: World) -> None:
    answer = await world.post("coordinator", NEW)
    assert answer.status_code == 422
    for field in ("mission_id", "site_id", "day", "start", "end", "capacity", "min_staff"):
        assert f'id="f-{field}-error"' in answer.text


async def test_a_site_of_another_mission_is_refused(world: World, db: Database) -> None:
    async with db.writing() as session:
        other = await make_site(session, "parc-autre")
        await make_shift(session, site=other)
    answer = await world.post("coordinator", NEW, **typed(world, site_id="parc-autre"))
    assert answer.status_code == 422
    assert "pas dans la mission" in answer.text


async def test_an_edit_is_saved(world: World, db: Database, mailbox: Mailbox) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
    page = (await world.get("coordinator", edit(world.shift))).text
    assert 'value="14:00"' in page
    values = typed(world, day="2026-11-27", start="15:00", end="18:00", min_staff="2")
    extra = {"version": hidden(page, "version"), "opened": hidden(page, "opened")}
    answer = await world.post("coordinator", edit(world.shift), **values, **extra)
    assert answer.status_code == 303, answer.text
    assert (await stored(db, world.shift.id)).starts_at == moment(27, 15)
    assert [mail.kind for mail in await mailbox()] == ["shift_changed"]


async def test_two_coordinators_never_erase_one_another(world: World, db: Database) -> None:
    page = (await world.get("coordinator", edit(world.shift))).text
    extra = {"version": hidden(page, "version"), "opened": hidden(page, "opened")}
    other = (await world.get("coordinator_call", edit(world.shift))).text
    values = typed(world, day="2026-11-27", min_staff="2")
    first = await world.post(
        "coordinator_call",
        edit(world.shift),
        **{**values, "start": "13:00", "capacity": "4"},
        version=hidden(other, "version"),
        opened=hidden(other, "opened"),
    )
    assert first.status_code == 303
    # This one only meant to change the end: the other's start and places must survive.
    second = await world.post("coordinator", edit(world.shift), **{**values, "end": "18:00"}, **extra)
    assert second.status_code == 409
    assert "Paul Lens a modifié ce créneau" in second.text
    assert 'value="18:00"' in second.text
    assert 'value="13:00"' in second.text
    assert (await stored(db, world.shift.id)).ends_at == moment(27, 17)
    again = {"version": hidden(second.text, "version"), "opened": hidden(second.text, "opened")}
    merged = {**values, "start": "13:00", "end": "18:00", "capacity": "4"}
    assert (await world.post("coordinator", edit(world.shift), **merged, **again)).status_code == 303
    saved = await stored(db, world.shift.id)
    assert (saved.starts_at, saved.ends_at, saved.capacity) == (moment(27, 13), moment(27, 18), 4)


@pytest.mark.parametrize("extra", [{}, {"version": "x", "opened": "a=1&b"}, {"version": "-1", "opened": "%"}])
async def test_a_form_without_its_version_is_stale(world: World, extra: dict[str, str]) -> None:
    answer = await world.post("coordinator", edit(world.shift), **typed(world), **extra)
    assert answer.status_code == 409
    assert 'value="2026-12-02"' in answer.text


async def test_a_change_that_breaks_bookings_names_them_first(world: World, db: Database, mailbox: Mailbox) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer, queue_key=1)
        await make_booking(session, world.shift, world.cast.colleague, queue_key=2)
        clash = await make_shift(session, moment(27, 18), mission=world.mission, site=world.there)
        await make_booking(session, clash, world.cast.volunteer)
    page = (await world.get("coordinator", edit(world.shift))).text
    extra = {"version": hidden(page, "version"), "opened": hidden(page, "opened")}
    values = typed(world, day="2026-11-27", start="15:00", end="19:00", min_staff="2")
    answer = await world.post("coordinator", edit(world.shift), **values, **extra)
    assert answer.status_code == 409
    assert "Inès Volontaire" in answer.text
    assert "Déjà pris à ce moment-là" in answer.text
    assert "Malik Collègue" not in answer.text
    assert await mailbox() == []
    unseen = await world.post("coordinator", edit(world.shift), **values, **extra, confirm="1", seen="x")
    assert unseen.status_code == 409, "nobody is dropped whom the coordinator has not seen"
    sure = {"confirm": "1", "seen": hidden(answer.text, "seen")}
    assert (await world.post("coordinator", edit(world.shift), **values, **extra, **sure)).status_code == 303
    async with db.reading() as session:
        states = {one.volunteer_id: one.state for one in await _bookings(session, world.shift.id)}
    assert states == {world.cast.volunteer.id: "cancelled", world.cast.colleague.id: "confirmed"}
    assert len(await mailbox()) == 2


async def _bookings(session: Any, shift_id: UUID) -> Any:
    return await session.scalars(select(Booking).where(Booking.shift_id == shift_id))


async def test_a_wrong_edit_is_told_at_its_field(world: World) -> None:
    page = (await world.get("coordinator", edit(world.shift))).text
    extra = {"version": hidden(page, "version"), "opened": hidden(page, "opened")}
    for changes, field in (({"day": "x"}, "day"), ({"min_staff": "9"}, "min_staff"), ({"site_id": "x"}, "site_id")):
        answer = await world.post("coordinator", edit(world.shift), **typed(world, **changes), **extra)
        assert answer.status_code == 422
        assert f'id="f-{field}-error"' in answer.text


async def test_a_shift_that_began_is_not_edited(world: World, db: Database) -> None:
    async with db.writing() as session:
        begun = await make_shift(session, moment(25, 9), mission=world.mission, site=world.here)
        gone = await make_shift(session, moment(26, 9), mission=world.mission, site=world.here, state="cancelled")
    for shift in (begun, gone):
        assert (await world.get("coordinator", edit(shift))).status_code == 409
        assert (await world.post("coordinator", edit(shift), **typed(world))).status_code == 409


@pytest.mark.parametrize(
    ("who", "shift", "draft"),
    [
        ("coordinator_cahc", 403, 404),
        ("volunteer", 403, 404),
        ("manager", 403, 403),
        ("admin", 403, 403),
        ("nobody", 303, 303),
    ],
)
async def test_only_coordinators_in_scope_change_a_shift(world: World, who: str, shift: int, draft: int) -> None:
    for one, status in ((world.shift, shift), (world.draft, draft)):
        pages = [edit(one), f"/planning/creneaux/{one.id}", f"/creneaux/{one.id}/annulation"]
        verbs = [edit(one), f"/creneaux/{one.id}/publication", f"/creneaux/{one.id}/annulation"]
        verbs += [f"/creneaux/{one.id}/affectations", f"/creneaux/{one.id}/presences"]
        for path in pages:
            assert (await world.get(who, path)).status_code == status, path
        for path in verbs:
            expected = 401 if who == "nobody" else status
            assert (await world.post(who, path, reason="x")).status_code == expected, path


async def test_cancelling_needs_a_reason_and_tells_everybody(world: World, db: Database, mailbox: Mailbox) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
        await make_booking(session, world.shift, world.cast.colleague, "waitlisted")
    path = f"/creneaux/{world.shift.id}/annulation"
    page = (await world.get("coordinator", path)).text
    assert "2 personnes seront prévenues" in page
    assert "Malik Collègue" in page
    for reason in ("", "   ", "x" * 301, "\x00"):
        answer = await world.post("coordinator", path, reason=reason, next="/planning")
        assert answer.status_code == 422
        assert 'id="f-reason-error"' in answer.text
    answer = await world.post("coordinator", path, reason="Neige", next="/planning")
    assert answer.headers["location"] == "/planning"
    assert [mail.kind for mail in await mailbox()] == ["shift_cancelled"] * 2
    assert (await world.post("coordinator", path, reason="Neige")).status_code == 303, "again: the same"
    assert (await world.get("coordinator", path)).status_code == 303
    page = (await world.get("coordinator", f"/planning/creneaux/{world.shift.id}")).text
    assert "Neige" in page


async def test_an_answer_never_leads_to_another_site(world: World) -> None:
    answer = await world.post("coordinator", f"/creneaux/{world.draft.id}/publication", next="//evil.example")
    assert answer.headers["location"] == f"/planning/creneaux/{world.draft.id}"


async def test_the_drafts_of_a_week_are_published_at_once(world: World, db: Database) -> None:
    async with db.writing() as session:
        kept = await make_shift(session, moment(28, 14), mission=world.mission, site=world.here, state="draft")
        foreign = await make_shift(session, moment(28, 14), mission=world.mission, site=world.there, state="draft")
    path = "/planning/brouillons?semaine=2026-W48"
    page = (await world.get("coordinator_call", path)).text
    assert str(world.draft.id) in page
    assert str(foreign.id) not in page
    empty = await world.post("coordinator_call", path, shift="x")
    assert empty.status_code == 422
    assert "Cochez au moins un brouillon" in empty.text
    answer = await world.post("coordinator_call", path, shift=[str(world.draft.id), str(foreign.id)])
    assert answer.status_code == 303
    states = [(await stored(db, one.id)).state for one in (world.draft, kept, foreign)]
    assert states == ["published", "draft", "draft"]
    assert "Aucun brouillon" in (await world.get("coordinator_call", "/planning/brouillons?semaine=2026-W30")).text
