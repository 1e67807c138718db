"""What the mails about a place say, and don't say."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import actions, cancelling
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.factories.accounts import make_user
from tests.factories.shifts import make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]

TOO_LATE = "un empêchement se dit sur sa page, avec"
ON_THE_PAGE = "Annulez sur la page"


async def take(db: Database, volunteer: Volunteer, shift: Shift) -> actions.Placed:
    async with db.writing() as session:
        return await actions.book(session, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)


async def remove(db: Database, by: User, placed: actions.Placed) -> None:
    async with db.writing() as session:
        await actions.remove(session, by=by, booking_id=placed.booking.id, reason="Pluie")


@pytest.mark.parametrize(("hours", "said", "unsaid"), [(20, TOO_LATE, ON_THE_PAGE), (30, ON_THE_PAGE, TOO_LATE)])
async def test_a_mail_says_how_a_place_can_still_be_given_back(
    session: AsyncSession, db: Database, mailbox: Mailbox, hours: int, said: str, unsaid: str
) -> None:
    first, second = [await make_volunteer(session, name=f"Zoé {n}") for n in range(2)]
    coordinator = await make_user(session, "coordinator")
    shift = await make_shift(session, clock.now() + timedelta(hours=hours), hours=1, capacity=1)
    await session.commit()
    taken = await take(db, first, shift)
    await take(db, second, shift)
    await remove(db, coordinator, taken)
    mails = await mailbox()
    placed, queued = [one for one in mails if one.kind == "booking_placed"]
    [offered] = [one for one in mails if one.kind == "booking_offered"]
    for body in (placed.text_body, placed.html_body):
        assert said in body
        assert unsaid not in body
    for body in (offered.text_body, offered.html_body):
        assert "gardée pour vous jusqu’au" in body
        assert f"/creneaux/{shift.id}" in body
    assert "Quittez la liste" in queued.text_body


async def test_a_shift_that_is_off_gives_no_meeting_point_and_a_number_to_touch(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    people = [await make_volunteer(session, name=f"Zoé {n}") for n in range(2)]
    coordinator = await make_user(session, "coordinator")
    site = await make_site(session, meeting_place="Sous le chevalet", on_call_number="03 21 00 00 00")
    shift = await make_shift(session, site=site, capacity=2)
    await session.commit()
    taken = [await take(db, one, shift) for one in people]
    await remove(db, coordinator, taken[0])
    async with db.writing() as acting:
        await cancelling.cancel_shift(acting, by=coordinator, shift_id=shift.id, reason="Tempête")
    mails = {mail.kind: mail for mail in await mailbox()}
    assert "Sous le chevalet" in mails["booking_placed"].text_body
    for kind in ("booking_removed", "shift_cancelled"):
        assert "Sous le chevalet" not in mails[kind].text_body + mails[kind].html_body
    for mail in mails.values():
        assert 'href="tel:0321000000"' in mail.html_body
        assert "En cas de souci" in mail.text_body
    assert "Appelez votre coordination au 03 21 00 00 00." in mails["booking_removed"].text_body
