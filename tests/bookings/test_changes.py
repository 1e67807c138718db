"""Editing and cancelling a shift under the people booked on it, on both engines."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings import cancelling, changes
from civic.bookings.models import Booking
from civic.db import Database
from civic.errors import Answer, Forbidden, Invalid, Refusal
from civic.outbox.models import OutboxMail
from civic.shifts import actions as shift_actions
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.sites.models import Site
from tests.bookings.test_actions import states
from tests.factories.accounts import make_user
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_closure, make_site
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


def values_of(shift: Shift, **changes_: Any) -> ShiftValues:
    names = ShiftValues.__slots__
    return replace(ShiftValues(**{name: getattr(shift, name) for name in names}), **changes_)


async def edit(
    db: Database, by: User, shift: Shift, *, version: int | None = None, confirm: bool = False, **changed: Any
) -> Shift:
    async with db.writing() as session:
        return await changes.edit_shift(
            session, by=by, shift_id=shift.id, values=values_of(shift, **changed), version=version, confirm=confirm
        )


async def test_a_cancellation_tells_everybody_once(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    coordinator = await make_user(session, "coordinator")
    people = [await make_volunteer(session) for _ in range(3)]
    shift = await make_shift(session)
    for rank, one in enumerate(people):
        await make_booking(session, shift, one, "waitlisted" if rank == 2 else "confirmed", rank)
    await session.commit()
    for _ in range(2):
        async with db.writing() as acting:
            done = await cancelling.cancel_shift(acting, by=coordinator, shift_id=shift.id, reason="Tempête")
    assert (done.state, done.cancel_reason) == ("cancelled", "Tempête")
    assert set((await states(db, shift)).values()) == {"cancelled"}
    mails = await mailbox()
    assert sorted(mail.recipient for mail in mails) == sorted(one.user.email for one in people)
    assert all("Tempête" in mail.text_body and "Tempête" in mail.html_body for mail in mails)


async def test_an_edit_that_breaks_nobody_moves_the_bookings_along(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
    shift = await make_shift(session)
    await make_booking(session, shift, volunteer)
    await session.commit()
    later = shift.starts_at + timedelta(hours=1)
    changed = await edit(db, coordinator, shift, starts_at=later)
    assert changed.version == 2
    async with db.reading() as looking:
        [booking] = await looking.scalars(select(Booking))
    assert (booking.starts_at, booking.ends_at, booking.state) == (later, shift.ends_at, "confirmed")
    [mail] = await mailbox()
    assert "Avant" in mail.text_body
    assert "Vous gardez votre place" in mail.text_body


async def test_a_new_break_alone_sends_no_mail(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
    shift = await make_shift(session)
    await make_booking(session, shift, volunteer)
    await session.commit()
    assert (await edit(db, coordinator, shift, min_staff=1)).version == 2
    assert (await edit(db, coordinator, shift, min_staff=1)).version == 2
    assert await mailbox() == []


async def test_an_edit_that_breaks_a_booking_names_it_and_waits_for_a_yes(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    coordinator = await make_user(session, "coordinator")
    clashing, free = await make_volunteer(session), await make_volunteer(session)
    shift = await make_shift(session, in_days(3, 14))
    other = await make_shift(session, in_days(3, 18))
    mine = await make_booking(session, shift, clashing)
    await make_booking(session, shift, free)
    await make_booking(session, other, clashing)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await edit(db, coordinator, shift, ends_at=in_days(3, 19))
    assert refused.value.code == "breaks_bookings"
    assert refused.value.extra["affected"] == [
        {"booking_id": str(mine.id), "volunteer_id": str(clashing.id), "code": "overlap"}
    ]
    assert await mailbox() == []
    await edit(db, coordinator, shift, ends_at=in_days(3, 19), confirm=True)
    assert await states(db, shift) == {clashing.id: "cancelled", free.id: "confirmed"}
    told = {mail.recipient: mail.text_body for mail in await mailbox()}
    assert "prend fin" in told[clashing.user.email]
    assert "gardez" in told[free.user.email]


async def test_a_lower_capacity_sends_the_latest_to_the_head_of_the_queue(session: AsyncSession, db: Database) -> None:
    coordinator = await make_user(session, "coordinator")
    people = [await make_volunteer(session) for _ in range(5)]
    shift = await make_shift(session, capacity=4, min_staff=1)
    for rank, one in enumerate(people):
        await make_booking(session, shift, one, "waitlisted" if rank == 4 else "confirmed", rank + 10)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await edit(db, coordinator, shift, capacity=2)
    assert [one["code"] for one in refused.value.extra["affected"]] == ["capacity", "capacity"]
    await edit(db, coordinator, shift, capacity=2, confirm=True)
    async with db.reading() as looking:
        chosen = select(Booking).where(Booking.state == "waitlisted").order_by(Booking.queue_key)
        queue = [row.volunteer_id for row in await looking.scalars(chosen)]
    assert queue == [people[2].id, people[3].id, people[4].id]


async def test_a_raised_capacity_fills_from_the_queue(session: AsyncSession, db: Database) -> None:
    coordinator = await make_user(session, "coordinator")
    people = [await make_volunteer(session) for _ in range(3)]
    shift = await make_shift(session, capacity=1, min_staff=1)
    for rank, one in enumerate(people):
        await make_booking(session, shift, one, "waitlisted" if rank else "confirmed", rank)
    await session.commit()
    await edit(db, coordinator, shift, capacity=2)
    assert list((await states(db, shift)).values()) == ["confirmed", "offered", "waitlisted"]


async def test_a_stale_edit_and_one_out_of_scope_are_refused(session: AsyncSession, db: Database) -> None:
    lens, henin = await make_user(session, "coordinator", scopes=["CALL"]), await make_user(session, "coordinator")
    elsewhere = await make_site(session, intermunicipality="CAHC")
    here = await make_site(session)
    mission = await make_mission(session, [here, elsewhere])
    shift = await make_shift(session, mission=mission, site=here)
    await session.commit()
    with pytest.raises(Answer) as stale:
        await edit(db, henin, shift, version=7, min_staff=1)
    assert stale.value.status == 412
    with pytest.raises(Forbidden):
        await edit(db, lens, shift, site_id=elsewhere.id)
    with pytest.raises(Invalid) as wrong:
        await edit(db, henin, shift, ends_at=shift.starts_at)
    assert list(wrong.value.errors) == ["ends_at"]


async def test_a_closed_site_ends_the_bookings_of_a_shift_moved_there(session: AsyncSession, db: Database) -> None:
    coordinator, volunteer = await make_user(session, "coordinator"), await make_volunteer(session)
    here, closed = await make_site(session), await make_site(session)
    mission = await make_mission(session, [here, closed])
    shift = await make_shift(session, mission=mission, site=here)
    await make_closure(session, closed, shift.starts_at.date())
    await make_booking(session, shift, volunteer)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await edit(db, coordinator, shift, site_id=closed.id)
    assert refused.value.extra["affected"][0]["code"] == "site_closed"


async def test_a_key_makes_one_shift_however_often_it_is_sent(session: AsyncSession, db: Database) -> None:
    coordinator = await make_user(session, "coordinator")
    site: Site = await make_site(session)
    mission = await make_mission(session, [site])
    await session.commit()
    values = ShiftValues(mission.id, site.id, in_days(40, 9), in_days(40, 12), 2, 2)

    async def create(values: ShiftValues, key: str | None = "a") -> Shift:
        async with db.writing() as acting:
            return await shift_actions.create(acting, by=coordinator, values=values, publish=True, key=key)

    first, again, other = await create(values), await create(values), await create(values, None)
    assert first.id == again.id != other.id
    with pytest.raises(Invalid) as reused:
        await create(replace(values, capacity=3))
    assert reused.value.code == "idempotency_key_reused"
