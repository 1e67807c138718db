"""« Je ne peux pas venir »: told at once, kept as a class, and somebody else is looked for, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings import absence, actions, attendance, release
from civic.bookings.models import Booking, BookingEvent, StandInCall
from civic.db import Database
from civic.errors import Invalid, NotFound, Refusal
from civic.outbox.models import OutboxMail
from civic.outbox.preferences import choose
from civic.shifts.models import Shift
from civic.tasks.work import run_due
from civic.volunteers.models import Volunteer
from tests.cast import Cast, make_cast, sign_in
from tests.factories.missions import make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_minor, make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
MakeClient = Callable[[], httpx.AsyncClient]


@pytest.fixture(autouse=True)
def morning() -> Iterator[time_machine.Traveller]:
    """A Tuesday at 10 h, so that no shift of a test falls into the night or the week-end."""
    with time_machine.travel("2026-11-24 10:00+01:00", tick=False) as here:
        yield here


def soon(hours: float) -> dict[str, object]:
    return {"starts_at": clock.now() + timedelta(hours=hours), "hours": 2}


async def say(db: Database, volunteer: Volunteer, shift: Shift, reason: str = "transport") -> absence.Said:
    async with db.writing() as session:
        return await absence.cannot_come(
            session, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id, reason=reason
        )


async def told(mailbox: Mailbox, kind: str) -> set[str]:
    return {mail.recipient for mail in await mailbox() if mail.kind == kind}


async def states(db: Database, shift: Shift) -> dict[object, str]:
    async with db.reading() as session:
        rows = await session.scalars(select(Booking).where(Booking.shift_id == shift.id))
        return {row.volunteer_id: row.state for row in rows}


async def test_everybody_concerned_is_told_and_only_the_class_is_kept(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    other = await make_volunteer(session, email="libre@example.test")
    busy = await make_volunteer(session, email="pris@example.test")
    await make_volunteer(session, email="sans-contrat@example.test", ready=False)
    shift = await make_shift(session, **soon(8), created_by_id=cast.coordinator_call.id)
    await make_booking(session, await make_shift(session, **soon(7)), busy)
    mine = await make_booking(session, shift, cast.volunteer)
    await make_booking(session, shift, cast.colleague)
    await session.commit()
    said = await say(db, cast.volunteer, shift, "health")
    assert said.call
    assert said.call.reason == "health"
    assert (await states(db, shift))[cast.volunteer.id] == "withdrawn"
    mails = await mailbox()
    by_kind = {kind: [one for one in mails if one.kind == kind] for kind in ("absence", "absence_partner", "stand_in")}
    assert {one.recipient for one in by_kind["absence"]} == {
        "paul@example.test",
        "nadia@example.test",
        "tutrice@example.test",
    }
    assert by_kind["absence"][0].recipient == "paul@example.test", "who planned the shift comes first"
    assert "santé" in by_kind["absence"][0].text_body
    assert f"/planning/creneaux/{shift.id}" in by_kind["absence"][0].text_body
    [partner] = by_kind["absence_partner"]
    assert partner.recipient == "malik@example.test"
    assert "anté" not in partner.text_body + partner.html_body
    assert {one.recipient for one in by_kind["stand_in"]} == {other.user.email, "lou@example.test"}
    assert "anté" not in by_kind["stand_in"][0].text_body
    async with db.reading() as looking:
        event = await looking.scalar(select(BookingEvent).where(BookingEvent.booking_id == mine.id))
        audited = set(await looking.scalars(select(AuditEvent.verb)))
    assert event
    assert (event.state, event.reason, event.detail) == ("withdrawn", "Santé", {"absence": "health"})
    assert "booking.cannot_come" in audited


async def test_saying_it_again_changes_nothing(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session, **soon(8))
    await make_booking(session, shift, volunteer)
    await session.commit()
    first = await say(db, volunteer, shift)
    before = len(await mailbox())
    again = await say(db, volunteer, shift, "family")
    assert first.call
    assert again.call
    assert (again.call.id, again.call.reason) == (first.call.id, "transport")
    assert len(await mailbox()) == before


async def test_eight_taps_at_once_are_one_absence(
    session: AsyncSession, db: Database, engine_url: str, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, **soon(8))
    for one in (cast.volunteer, cast.colleague):
        await make_booking(session, shift, one)
    await session.commit()
    databases = [Database(engine_url), Database(engine_url)]
    try:
        said = await asyncio.gather(*(say(databases[n % 2], cast.volunteer, shift) for n in range(8)))
    finally:
        for one in databases:
            await one.dispose()
    assert len({one.call.id for one in said if one.call}) == 1
    mails = [(mail.kind, mail.recipient) for mail in await mailbox()]
    assert len(mails) == len(set(mails))
    assert ("absence_partner", "malik@example.test") in mails


async def test_absences_and_answers_cross_without_a_deadlock(
    session: AsyncSession, db: Database, engine_url: str
) -> None:
    """Two give up two shifts while those who are called take them, each the other's too."""
    people = [await make_volunteer(session) for _ in range(4)]
    shifts = [await make_shift(session, **soon(hours), capacity=2) for hours in (5, 8)]
    for shift in shifts:
        for one in people[:2]:
            await make_booking(session, shift, one)
    await session.commit()
    databases = [Database(engine_url) for _ in range(3)]

    async def take(database: Database, volunteer: Volunteer, shift: Shift) -> None:
        async with database.writing() as acting:
            await actions.book(acting, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)

    try:
        away = [say(databases[n], one, shift) for n, one in enumerate(people[:2]) for shift in shifts[:: 1 - 2 * n]]
        here = [take(databases[2], one, shift) for one in people[2:] for shift in shifts]
        await asyncio.wait_for(asyncio.gather(*away, *here), 60)
        for database in databases[:1]:
            await run_due(database, now=True)
    finally:
        for one_of in databases:
            await one_of.dispose()
    for shift in shifts:
        found = await states(db, shift)
        assert {found[one.id] for one in people[:2]} == {"withdrawn"}
        assert all(found[one.id] in ("confirmed", "offered", "waitlisted") for one in people[2:])
        assert sum(state in ("confirmed", "offered") for state in found.values()) <= 2


async def test_before_the_deadline_it_is_the_ordinary_withdrawal(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session, **soon(30))
    await make_booking(session, shift, volunteer)
    await session.commit()
    assert (await say(db, volunteer, shift)).call is None
    assert await states(db, shift) == {volunteer.id: "withdrawn"}
    assert not await told(mailbox, "absence")
    assert (await say(db, volunteer, shift)).call is None


async def test_after_the_start_the_seat_stays_and_the_absence_is_noted(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, **soon(-1))
    booking = await make_booking(session, shift, cast.volunteer)
    await make_booking(session, shift, cast.colleague)
    await session.commit()
    said = await say(db, cast.volunteer, shift)
    assert (await say(db, cast.volunteer, shift)).call is not None
    assert said.call
    assert (await states(db, shift))[cast.volunteer.id] == "confirmed"
    assert await told(mailbox, "absence_partner") == {"malik@example.test"}
    assert not await told(mailbox, "stand_in")
    assert len(await told(mailbox, "absence")) == 3
    async with db.writing() as noting:
        noted = await attendance.note(noting, by=cast.coordinator, booking_id=booking.id, state="excused")
    assert noted.state == "excused"


async def test_what_is_refused_writes_nothing(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    volunteer, stranger = await make_volunteer(session), await make_volunteer(session)
    over, coming = await make_shift(session, **soon(-5)), await make_shift(session, **soon(5))
    await make_booking(session, over, volunteer)
    await make_booking(session, coming, volunteer)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await say(db, volunteer, over)
    assert refused.value.code == "shift_ended"
    with pytest.raises(Refusal) as refused:
        await say(db, stranger, coming)
    assert refused.value.code == "no_booking"
    with pytest.raises(Invalid):
        await say(db, volunteer, coming, "grippe")
    with pytest.raises(NotFound):
        async with db.writing() as acting:
            await absence.cannot_come(
                acting, by=volunteer.user, volunteer_id=volunteer.id, shift_id=volunteer.id, reason="other"
            )
    assert not await mailbox()
    async with db.reading() as looking:
        assert not list(await looking.scalars(select(StandInCall)))


async def test_the_queue_comes_first_and_the_others_when_it_does_not_answer(
    session: AsyncSession, db: Database, mailbox: Mailbox, morning: time_machine.Traveller
) -> None:
    volunteer, queued, free = [await make_volunteer(session) for _ in range(3)]
    shift = await make_shift(session, **soon(8), capacity=1)
    await make_booking(session, shift, volunteer, queue_key=1)
    await make_booking(session, shift, queued, "waitlisted", 2)
    await session.commit()
    await say(db, volunteer, shift)
    assert (await states(db, shift))[queued.id] == "offered"
    assert not await told(mailbox, "stand_in")
    morning.shift(timedelta(hours=5))
    await run_due(db, now=True)
    assert (await states(db, shift))[queued.id] == "expired"
    assert await told(mailbox, "stand_in") == {free.user.email}
    await run_due(db, now=True)
    assert [mail.recipient for mail in await mailbox() if mail.kind == "stand_in"] == [free.user.email]


async def test_a_muted_person_is_not_called_and_the_first_who_answers_has_the_place(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    volunteer, muted, first = [await make_volunteer(session) for _ in range(3)]
    await choose(session, muted.user_id, reminders=[24], digest="none", muted=["stand_in"])
    shift = await make_shift(session, **soon(8), capacity=1)
    await make_booking(session, shift, volunteer)
    await session.commit()
    await say(db, volunteer, shift)
    assert await told(mailbox, "stand_in") == {first.user.email}
    [mail] = [one for one in await mailbox() if one.kind == "stand_in"]
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    async with db.writing() as acting:
        placed = await actions.book(acting, by=first.user, volunteer_id=first.id, shift_id=shift.id)
    assert placed.booking.state == "confirmed"


async def test_a_minor_left_alone_is_told_at_once_to_coordinators_and_tutor(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    adult, minor = await make_volunteer(session), await make_minor(session, name="Lou Mineure")
    shift = await make_shift(session, **soon(30))
    await session.commit()
    for one in (adult, minor):
        async with db.writing() as acting:
            await actions.book(acting, by=one.user, volunteer_id=one.id, shift_id=shift.id)
    for _twice in range(2):
        async with db.writing() as acting:
            await actions.withdraw(acting, by=adult.user, volunteer_id=adult.id, shift_id=shift.id)
    mails = [mail for mail in await mailbox() if mail.kind == "lone_minor"]
    assert [mail.recipient for mail in mails] == ["tutrice@example.test"]
    assert "Lou Mineure" in mails[0].text_body


async def test_a_minor_with_a_vulnerable_public_is_said_to_their_tutor_once_a_seat_is_theirs(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session, tags=["vulnerable_public"])
    shift = await make_shift(session, **soon(30), mission=mission)
    full = await make_shift(session, **soon(52), mission=mission)
    for one in (cast.volunteer, cast.colleague):
        await make_booking(session, full, one)
    await session.commit()
    for wanted, who in ((shift, cast.minor), (shift, cast.minor), (shift, cast.volunteer), (full, cast.minor)):
        async with db.writing() as acting:
            await actions.book(acting, by=who.user, volunteer_id=who.id, shift_id=wanted.id)
    mails = [mail for mail in await mailbox() if mail.kind == "fragile_public"]
    assert [mail.recipient for mail in mails] == ["tutrice@example.test"], "neither an adult nor a queue"
    assert "Lou Mineure" in mails[0].text_body


async def test_two_left_an_adult_left_or_a_queue_left_is_no_alert(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    third = await make_volunteer(session)
    wide, pair = await make_shift(session, **soon(30), capacity=3), await make_shift(session, **soon(52))
    for shift, people in ((wide, (third, cast.colleague, cast.minor)), (pair, (cast.colleague, third))):
        for one in people:
            await make_booking(session, shift, one)
    await session.commit()
    async with db.writing() as acting:
        await actions.withdraw(acting, by=third.user, volunteer_id=third.id, shift_id=wide.id)
        await actions.withdraw(acting, by=third.user, volunteer_id=third.id, shift_id=pair.id)
    assert not await told(mailbox, "lone_minor")


async def test_a_removal_and_an_absence_leave_a_minor_alone_too(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    far, near = await make_shift(session, **soon(52)), await make_shift(session, **soon(6))
    taken = await make_booking(session, far, cast.volunteer)
    for shift in (far, near):
        await make_booking(session, shift, cast.minor)
    await make_booking(session, near, cast.colleague)
    await session.commit()
    async with db.writing() as acting:
        await actions.remove(acting, by=cast.coordinator, booking_id=taken.id, reason="Ailleurs")
    first = await told(mailbox, "lone_minor")
    assert first == {"nadia@example.test", "paul@example.test", "tutrice@example.test"}
    await say(db, cast.colleague, near)
    assert len([mail for mail in await mailbox() if mail.kind == "lone_minor"]) == 6


async def test_a_leave_that_leaves_a_minor_alone_is_told_too(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, **soon(52))
    taken = await make_booking(session, shift, cast.volunteer)
    await make_booking(session, shift, cast.minor)
    await session.commit()
    async with db.writing() as acting:
        await release.release(acting, by=cast.coordinator, booking_ids=[taken.id], reason="Congé")
    assert await told(mailbox, "lone_minor") == {"nadia@example.test", "paul@example.test", "tutrice@example.test"}


async def test_who_comes_back_may_be_kept_away_again(
    session: AsyncSession, db: Database, make_client: MakeClient
) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session, **soon(8))
    await make_booking(session, shift, volunteer)
    await session.commit()
    first = await say(db, volunteer, shift)
    async with db.writing() as acting:
        await actions.book(acting, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)
    browser = await sign_in(make_client, db, volunteer)
    assert (await browser.get(f"/creneaux/{shift.id}/empechement")).status_code == 200
    second = await say(db, volunteer, shift)
    assert first.call
    assert second.call
    assert first.call.id != second.call.id


# Through HTTP


@pytest.fixture
async def scene(session: AsyncSession) -> tuple[Cast, Shift]:
    cast = await make_cast(session)
    shift = await make_shift(session, **soon(8))
    await make_booking(session, shift, cast.volunteer)
    await session.commit()
    return cast, shift


async def test_the_page_asks_one_word_and_says_who_is_told(
    scene: tuple[Cast, Shift], db: Database, make_client: MakeClient
) -> None:
    cast, shift = scene
    browser = await sign_in(make_client, db, cast.volunteer)
    path = f"/creneaux/{shift.id}/empechement"
    assert path in (await browser.get(f"/creneaux/{shift.id}")).text
    assert path in (await browser.get("/mes-creneaux")).text
    assert path in (await browser.get("/")).text
    page = await browser.get(path)
    assert page.status_code == 200
    assert "Transport" in page.text
    assert "Vous avez dit" not in (await browser.get(f"/creneaux/{shift.id}")).text
    empty = await browser.post(path, data={})
    assert (empty.status_code, "Choisissez une raison." in empty.text) == (422, True)
    done = await browser.post(path, data={"reason": "family"})
    assert (done.status_code, done.headers["location"]) == (303, "/mes-creneaux")
    assert "Vous avez dit que vous ne pouvez pas venir" in (await browser.get(f"/creneaux/{shift.id}")).text
    assert (await browser.get(path)).status_code == 303
    assert (await browser.post(path, data={"reason": "other"})).status_code == 303
    stranger = await sign_in(make_client, db, cast.colleague)
    assert (await stranger.post(path, data={"reason": "other"})).status_code == 409
    listed = await stranger.get("/creneaux")
    assert "Remplacement cherché" in listed.text
    assert "Vous avez dit" not in (await stranger.get(f"/creneaux/{shift.id}")).text


async def test_before_the_deadline_the_page_leads_to_the_withdrawal(
    session: AsyncSession, db: Database, make_client: MakeClient
) -> None:
    volunteer, shift = await make_volunteer(session), await make_shift(session, **soon(30))
    await make_booking(session, shift, volunteer)
    await session.commit()
    browser = await sign_in(make_client, db, volunteer)
    answer = await browser.get(f"/creneaux/{shift.id}/empechement")
    assert answer.headers["location"] == f"/creneaux/{shift.id}/desistement"


async def test_the_interface_says_the_same_twice(
    scene: tuple[Cast, Shift], db: Database, make_client: MakeClient
) -> None:
    cast, shift = scene
    browser = await sign_in(make_client, db, cast.volunteer)
    path = f"/api/v1/shifts/{shift.id}/absence"
    refused = await browser.delete(f"/api/v1/shifts/{shift.id}/booking")
    assert (refused.status_code, refused.json()["code"]) == (409, "cancel_too_late")
    first, second = [await browser.post(path, json={"reason": "school"}) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["state"] == "withdrawn"
    assert first.json()["reason"] == "school"
    for body in ({}, {"reason": "flu"}, {"reason": "other", "detail": "fever"}):
        assert (await browser.post(path, json=body)).status_code == 422


async def test_the_planning_says_who_is_missing(session: AsyncSession, db: Database, make_client: MakeClient) -> None:
    cast = await make_cast(session)
    wide, pair = await make_shift(session, **soon(4), capacity=3), await make_shift(session, **soon(7))
    for one in (cast.volunteer, cast.colleague, await make_volunteer(session)):
        await make_booking(session, wide, one)
    for one in (cast.volunteer, cast.minor):
        await make_booking(session, pair, one)
    await session.commit()
    for shift in (wide, pair):
        await say(db, cast.volunteer, shift)
    page = await (await sign_in(make_client, db, cast.coordinator_call)).get("/planning")
    assert "Remplacement cherché" in page.text
    assert "Mineur seul" in page.text
    stranger = await (await sign_in(make_client, db, cast.coordinator_cahc)).get("/planning")
    assert "Mineur seul" not in stranger.text
