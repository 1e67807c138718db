"""Several shifts called off at once: everybody is told, once for all of it; on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select

from civic.audit.models import AuditEvent
from civic.bookings import actions, cancelling
from civic.bookings.models import Attendance, Booking
from civic.db import Database
from civic.errors import Refusal
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from tests.factories.missions import make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.planning.test_shift_forms import hidden
from tests.planning.world import World, moment
from tests.planning.world import world as world

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
PAGE = "/planning/annulations?du=2026-12-01&au=2026-12-06"


@pytest.fixture
async def shifts(world: World, db: Database) -> list[Shift]:
    """Three afternoons: the volunteer is on the first two, the colleague waits on the first and is on the third."""
    async with db.writing() as session:
        made = [
            await make_shift(session, moment(day, 14, month=12), mission=world.mission, site=world.here, capacity=1)
            for day in (1, 2, 3)
        ]
        for shift in made[:2]:
            await make_booking(session, shift, world.cast.volunteer)
        await make_booking(session, made[0], world.cast.colleague, state="waitlisted")
        await make_booking(session, made[2], world.cast.colleague)
    return made


async def states(db: Database) -> list[str]:
    async with db.reading() as session:
        return list(await session.scalars(select(Booking.state).order_by(Booking.state)))


async def test_one_mail_to_each_person_with_a_calendar_file_per_shift(
    world: World, db: Database, shifts: list[Shift], mailbox: Mailbox
) -> None:
    async with db.writing() as session:
        ids = [one.id for one in shifts[:2]]
        count = await cancelling.cancel_many(session, by=world.cast.coordinator, shift_ids=ids, reason="Tempête")
    assert count == 2
    mails = {mail.recipient: mail for mail in await mailbox()}
    assert len(mails) == 2
    both = mails[world.cast.volunteer.user.email]
    assert both.subject == "2 créneaux annulés"
    assert "mardi 1er décembre" in both.text_body
    assert "mercredi 2 décembre" in both.text_body
    assert "Raison\u00a0: Tempête" in both.text_body
    assert [one["params"]["method"] for one in both.attachments] == ["CANCEL", "CANCEL"]
    assert len({one["name"] for one in both.attachments}) == 2
    assert all("STATUS:CANCELLED" in one["text"] for one in both.attachments)
    alone = mails[world.cast.colleague.user.email]
    assert "Créneau annulé" in alone.subject
    assert await states(db) == ["cancelled", "cancelled", "cancelled", "confirmed"]


async def test_again_changes_nothing_and_tells_nobody(
    world: World, db: Database, shifts: list[Shift], mailbox: Mailbox
) -> None:
    ids = [one.id for one in shifts]
    for expected in (2, 0):
        async with db.writing() as session:
            count = await cancelling.cancel_many(session, by=world.cast.coordinator, shift_ids=ids, reason="Tempête")
        assert count == expected
    assert len(await mailbox()) == 2


async def test_one_that_is_over_keeps_all_of_them(
    world: World, db: Database, shifts: list[Shift], mailbox: Mailbox
) -> None:
    async with db.writing() as session:
        over = await make_shift(session, moment(20, 9), mission=world.mission, site=world.here)
    async with db.reading() as looking:
        before = set(await looking.execute(select(Shift.id, Shift.state)))
    ids = [shifts[0].id, over.id, shifts[1].id]
    with pytest.raises(Refusal, match="fini"):
        await _cancel(db, world, ids)
    async with db.reading() as looking:
        assert set(await looking.execute(select(Shift.id, Shift.state))) == before
    assert await mailbox() == []


async def _cancel(db: Database, world: World, ids: list[object]) -> None:
    async with db.writing() as session:
        await cancelling.cancel_many(session, by=world.cast.coordinator, shift_ids=ids, reason="Tempête")  # type: ignore[arg-type]


async def test_nobody_booked_is_dropped_without_a_word_whoever_races(
    world: World, db: Database, shifts: list[Shift], mailbox: Mailbox
) -> None:
    """Two coordinators call overlapping sets off at once: each booking ends once, each person hears of each shift."""
    ids = [one.id for one in shifts]
    await asyncio.gather(_cancel(db, world, ids[:2]), _cancel(db, world, ids[1:]), _cancel(db, world, ids[::-1]))
    assert await states(db) == ["cancelled"] * 4
    told = " ".join(mail.text_body for mail in await mailbox() if mail.recipient == world.cast.volunteer.user.email)
    assert told.count("1er décembre") >= 1
    assert told.count("2 décembre") >= 1


async def test_the_page_shows_who_is_told_before_it_cancels(
    world: World, db: Database, shifts: list[Shift], mailbox: Mailbox
) -> None:
    form = {"shift": [str(one.id) for one in shifts[:2]], "reason": "Tempête"}
    seen = await world.post("coordinator", PAGE, **form)
    assert seen.status_code == 200
    assert world.cast.volunteer.user.name in seen.text
    assert world.cast.colleague.user.name in seen.text
    assert await states(db) == ["confirmed", "confirmed", "confirmed", "waitlisted"]
    assert await mailbox() == []
    done = await world.post("coordinator", PAGE, **form, confirm="1", seen=hidden(seen.text, "seen"))
    assert done.status_code == 303
    assert len(await mailbox()) == 2


async def test_somebody_who_booked_meanwhile_is_shown_first(world: World, db: Database, shifts: list[Shift]) -> None:
    form = {"shift": [str(shifts[2].id)], "reason": "Tempête", "confirm": "1", "seen": ""}
    again = await world.post("coordinator", PAGE, **form)
    assert again.status_code == 409
    assert world.cast.colleague.user.name in again.text
    async with db.reading() as session:
        assert (await session.get_one(Shift, shifts[2].id)).state == "published"


async def test_what_is_missing_is_told_and_what_was_ticked_is_kept(world: World, shifts: list[Shift]) -> None:
    nothing = await world.post("coordinator", PAGE, reason="Tempête")
    assert nothing.status_code == 422
    assert "Cochez au moins un créneau" in nothing.text
    assert "Tempête" in nothing.text
    no_reason = await world.post("coordinator", PAGE, shift=[str(shifts[0].id)], reason=" ")
    assert no_reason.status_code == 422
    assert f'value="{shifts[0].id}" checked' in no_reason.text


async def test_a_mission_alone_is_listed_and_the_bulk_leaves_one_line_in_the_journal(
    world: World, db: Database, shifts: list[Shift]
) -> None:
    async with db.writing() as session:
        other = await make_mission(session, [world.here], title="Stand")
        stand = await make_shift(session, moment(4, 9, month=12), mission=other, site=world.here)
    page = (await world.get("coordinator", f"{PAGE}&mission={other.id}&cocher=tout")).text
    assert f'value="{stand.id}" checked' in page
    assert str(shifts[0].id) not in page
    form = {"shift": [str(stand.id), str(shifts[2].id)], "reason": "Tempête", "confirm": "1"}
    form["seen"] = hidden((await world.post("coordinator", PAGE, **form | {"confirm": ""})).text, "seen")
    for _twice in range(2):
        assert (await world.post("coordinator", PAGE, **form)).status_code == 303
    async with db.reading() as session:
        chosen = select(AuditEvent.verb, AuditEvent.detail).where(AuditEvent.verb.like("shift.%cancelled"))
        events = [(row.verb, row.detail.get("shifts"), row.detail["told"]) for row in await session.execute(chosen)]
    assert sorted(events, key=str) == [
        ("shift.cancelled", None, 0),
        ("shift.cancelled", None, 1),
        ("shift.many_cancelled", 2, 1),
    ]


async def test_another_scope_sees_nothing_of_it(world: World, db: Database, shifts: list[Shift]) -> None:
    page = await world.get("coordinator_cahc", PAGE)
    assert page.status_code == 200
    assert str(shifts[0].id) not in page.text
    form = {"shift": [str(shifts[0].id)], "reason": "Tempête", "confirm": "1"}
    assert (await world.post("coordinator_cahc", PAGE, **form)).status_code == 422
    assert (await states(db)).count("cancelled") == 0


@pytest.mark.parametrize("address", ["?du=hier", "?au=2020-01-01", "?serie=x", "?semaine=2026-W99", "?site=nulle-part"])
async def test_an_address_that_makes_no_sense_shows_the_present_week(world: World, address: str) -> None:
    page = await world.get("coordinator", f"/planning/annulations{address}")
    assert page.status_code == 200


async def test_hours_that_were_noted_are_never_dropped(world: World, db: Database) -> None:
    """A shift that runs is neither called off nor somebody taken off it once their presence is noted."""
    async with db.writing() as session:
        shift = await make_shift(session, moment(25, 9), mission=world.mission, site=world.here)
        seats = [await make_booking(session, shift, who) for who in (world.cast.volunteer, world.cast.colleague)]
        session.add(Attendance(booking_id=seats[0].id, state="present", hours=Decimal("2.5")))
    by = world.cast.coordinator
    async with db.writing() as session:
        with pytest.raises(Refusal, match="présences sont déjà notées"):
            await cancelling.cancel_shift(session, by=by, shift_id=shift.id, reason="Orage")
        with pytest.raises(Refusal, match="présence est notée"):
            await actions.remove(session, by=by, booking_id=seats[0].id, reason="Erreur")
        # Somebody who did not come yet may still be taken off.
        await actions.remove(session, by=by, booking_id=seats[1].id, reason="Erreur")
    async with db.reading() as looking:
        assert (await looking.get_one(Shift, shift.id)).state == "published"
        assert (await looking.get_one(Booking, seats[0].id)).state == "confirmed"
        assert (await looking.get_one(Booking, seats[1].id)).state == "removed"


async def test_who_was_not_seen_is_not_cancelled_unawares(world: World, db: Database, shifts: list[Shift]) -> None:
    """Somebody books between the page and the confirmation: nothing is cancelled before the coordinator knows."""
    async with db.reading() as looking:
        seen = list(await looking.scalars(select(Booking.id).where(Booking.shift_id == shifts[1].id)))
    ids = [shifts[1].id, shifts[2].id]
    async with db.writing() as session:
        with pytest.raises(Refusal, match="entre-temps"):
            await cancelling.cancel_many(session, by=world.cast.coordinator, shift_ids=ids, reason="Tempête", seen=seen)
    assert (await states(db)).count("cancelled") == 0


async def test_a_quarter_may_be_ticked_whole(world: World) -> None:
    ticked = [str(uuid4()) for _one in range(2000)]
    answer = await world.post("coordinator", "/planning/annulations?semaine=2026-W48", shift=ticked, reason="Tempête")
    assert answer.status_code == 422
    assert "Cochez au moins un créneau" in answer.text
