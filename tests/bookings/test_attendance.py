"""Every noting of a presence is kept, with what stood before it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings import attendance
from civic.bookings.models import Attendance, AttendanceEvent
from civic.db import Database
from civic.errors import Invalid, Refusal
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer

NOW = "2026-11-25 14:10+01:00"
MakeClient = Callable[[], httpx.AsyncClient]


async def events(db: Database) -> list[tuple[str, float, str, str]]:
    async with db.reading() as looking:
        found = await looking.scalars(select(AttendanceEvent).order_by(AttendanceEvent.at, AttendanceEvent.id))
        return [(one.state, float(one.hours), one.source, one.reason) for one in found]


async def test_each_noting_is_kept_and_a_correction_says_both(session: AsyncSession, db: Database) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
        shift = await make_shift(session, clock.now() - timedelta(minutes=10))
        booking = await make_booking(session, shift, volunteer)
        await session.commit()

        async def note(state: str, hours: str | None = None, reason: str = "") -> None:
            time.shift(60)
            async with db.writing() as acting:
                given = Decimal(hours) if hours else None
                await attendance.note(
                    acting, by=coordinator, booking_id=booking.id, state=state, hours=given, reason=reason
                )

        await note("present")
        await note("present")
        await note("present", "2.5", "parti plus tôt")
        await note("excused")
        for state, hours in (("present", "0"), ("present", "24.01"), ("present", "-1"), ("absent", "1")):
            with pytest.raises(Invalid):
                await note(state, hours)
        assert await events(db) == [
            ("present", 3.0, "coordinator", ""),
            ("present", 2.5, "coordinator", "parti plus tôt"),
            ("excused", 0.0, "coordinator", ""),
        ], "the same again is no event, and a refusal none either"
        async with db.reading() as looking:
            verbs = [(one.verb, one.detail["before"]) for one in await looking.scalars(select(AuditEvent))]
        assert verbs == [
            ("attendance.noted", None),
            ("attendance.corrected", {"state": "present", "hours": "3.00"}),
            ("attendance.corrected", {"state": "present", "hours": "2.50"}),
        ]


async def test_what_was_noted_before_notings_were_kept_becomes_the_first(session: AsyncSession, db: Database) -> None:
    coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
    shift = await make_shift(session, clock.now() - timedelta(hours=1))
    booking = await make_booking(session, shift, volunteer)
    session.add(Attendance(booking_id=booking.id, state="present", hours=Decimal(3), noted_at=shift.starts_at))
    await session.commit()
    async with db.writing() as acting:
        await attendance.note(acting, by=coordinator, booking_id=booking.id, state="absent")
    assert [one[:2] for one in await events(db)] == [("present", 3.0), ("absent", 0.0)]


@pytest.mark.parametrize("state", ["waitlisted", "withdrawn", "offered", "removed"])
async def test_only_who_is_on_the_shift_is_noted(session: AsyncSession, db: Database, state: str) -> None:
    coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
    shift = await make_shift(session, clock.now() - timedelta(hours=1))
    booking = await make_booking(session, shift, volunteer, state)
    await session.commit()
    async with db.writing() as acting:
        with pytest.raises(Refusal) as refused:
            await attendance.note(acting, by=coordinator, booking_id=booking.id, state="present")
    assert refused.value.code == "not_confirmed"
    assert await events(db) == []


async def test_the_fiche_shows_a_correction_before_and_after(
    session: AsyncSession, db: Database, make_client: MakeClient
) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        cast = await make_cast(session)
        shift = await make_shift(session, clock.now() - timedelta(minutes=10))
        booking = await make_booking(session, shift, cast.volunteer)
        await session.commit()
        coordinator = await sign_in(make_client, db, cast.coordinator)
        for state in ("present", "absent"):
            time.shift(60)
            answer = await coordinator.post(f"/reservations/{booking.id}/presence", data={"state": state})
            assert answer.status_code == 303
        page = (await coordinator.get(f"/planning/creneaux/{shift.id}")).text.replace("\u00a0", " ")
    assert "Venue d’Inès Volontaire corrigée : présence 3 h → absence" in page
    assert "Venue d’Inès Volontaire notée : présence 3 h" in page


@pytest.mark.parametrize(("hours", "fine"), [("3", True), ("6", True), ("6.01", False), ("24", False)])
async def test_hours_stay_near_the_length_of_the_shift(
    session: AsyncSession, db: Database, hours: str, fine: bool
) -> None:
    with time_machine.travel(NOW, tick=False):
        coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
        shift = await make_shift(session, clock.now() - timedelta(hours=4))
        booking = await make_booking(session, shift, volunteer)
        await session.commit()
        async with db.writing() as acting:
            noting = attendance.note(
                acting, by=coordinator, booking_id=booking.id, state="present", hours=Decimal(hours)
            )
            if fine:
                assert (await noting).hours == Decimal(hours)
                return
            with pytest.raises(Invalid) as wrong:
                await noting
            assert list(wrong.value.errors) == ["hours"]
