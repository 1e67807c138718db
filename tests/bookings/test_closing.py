"""A closed site or account frees its places: seen first, told by mail, offered on; opened again, the queues move."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.closing import Closing, close_site, closed_by, reopen_site
from civic.bookings.models import Booking
from civic.db import Database
from civic.errors import Refusal
from civic.sites.models import SiteClosure
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

Clients = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[Any]]]


def around(days: int, last: int | None = None) -> Closing:
    first = clock.today() + timedelta(days=days)
    return Closing(first, clock.today() + timedelta(days=last or days), "Chasse.")


async def test_only_the_places_of_those_days_at_that_site(session: AsyncSession) -> None:
    site = await make_site(session)
    mission = await make_mission(session, [site])
    people = [await make_volunteer(session) for _ in range(3)]
    shift = await make_shift(session, in_days(5), mission=mission, site=site)
    night = await make_shift(session, in_days(4, 22), hours=4, mission=mission, site=site)
    seats = [await make_booking(session, shift, people[0]), await make_booking(session, night, people[1])]
    await make_booking(session, shift, people[2], "waitlisted")
    await make_booking(session, await make_shift(session, in_days(5)), people[1])
    await make_booking(session, await make_shift(session, in_days(6), mission=mission, site=site), people[0])
    broken = await closed_by(session, site, around(5))
    assert [one.held.booking_id for one in broken] == [seats[1].id, seats[0].id]
    assert {one.finding.title for one in broken} == {"Lieu fermé ce jour-là\u00a0: Chasse."}
    assert await closed_by(session, site, around(9)) == []


async def test_closed_then_opened_again(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    site = await make_site(session)
    mission = await make_mission(session, [site])
    by = await make_user(session, "coordinator")
    shift = await make_shift(session, in_days(5), mission=mission, site=site, capacity=1)
    seated, waiting = await make_volunteer(session), await make_volunteer(session)
    seat = await make_booking(session, shift, seated)
    place = await make_booking(session, shift, waiting, "waitlisted")
    await session.commit()
    async with db.writing() as writing:
        with pytest.raises(Refusal, match="touche des réservations"):
            await close_site(writing, by=by, site=site, closing=around(5))
    async with db.reading() as looking:
        assert await looking.scalar(select(SiteClosure.id)) is None
    for ended in (1, 0):
        async with db.writing() as writing:
            closure, count = await close_site(writing, by=by, site=site, closing=around(5), accepted=[seat.id])
            assert count == ended
    async with db.reading() as looking:
        assert (await looking.get_one(Booking, seat.id)).state == "cancelled"
        assert (await looking.get_one(Booking, place.id)).state == "waitlisted", "nobody is offered a closed site"
    (mail,) = await mailbox()
    assert (mail.kind, mail.recipient) == ("booking_removed", seated.user.email)
    assert "Chasse" in mail.text_body
    async with db.writing() as writing:
        await reopen_site(writing, by=by, site=site, closure_id=closure.id)
    async with db.reading() as looking:
        assert (await looking.get_one(Booking, place.id)).state == "offered"


async def test_the_sites_page_asks_once_more(
    session: AsyncSession, make_client: Clients, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here")
    mission = await make_mission(session, [site])
    seat = await make_booking(
        session, await make_shift(session, in_days(5), mission=mission, site=site), cast.volunteer
    )
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    day = in_days(5).date().isoformat()
    form = {"starts_on": day, "ends_on": day, "reason": "Chasse"}
    asked = await client.post("/sites/here/fermetures", data=form)
    assert asked.status_code == 409
    assert "Inès Volontaire" in asked.text
    assert (await client.post("/sites/here/fermetures", data=form | {"confirm": "1"})).status_code == 409
    assert await mailbox() == []
    done = await client.post("/sites/here/fermetures", data=form | {"confirm": "1", "seen": str(seat.id)})
    assert done.status_code == 303
    page = (await client.get("/sites/here")).text
    assert "1 place est libérée" in page
    assert "Vérifiez le planning" not in page
    assert len(await mailbox()) == 1


async def test_an_account_leaves_its_places(
    session: AsyncSession, make_client: Clients, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, in_days(5), capacity=1)
    seat = await make_booking(session, shift, cast.volunteer)
    behind = await make_booking(session, shift, cast.colleague, "waitlisted")
    other = await make_shift(session, in_days(6), capacity=1)
    await make_booking(session, other, cast.colleague)
    queued = await make_booking(session, other, cast.volunteer, "waitlisted")
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    path = f"/administration/comptes/{cast.volunteer.user_id}/fermeture"
    page = (await client.get(path)).text
    assert "1 place et 1 attente prennent fin" in page.replace("\u00a0", " ")
    assert "Garder le compte ouvert" in page
    assert (await client.post(path)).status_code == 409, "nothing that was not seen"
    assert await mailbox() == []
    seen = f"{seat.id},{queued.id}"
    assert (await client.post(path, data={"seen": seen})).status_code == 303
    assert (await client.post(path, data={"seen": seen})).status_code == 303, "again: the same"
    async with db.reading() as looking:
        states = {one.id: one.state for one in await looking.scalars(select(Booking))}
    assert (states[seat.id], states[queued.id], states[behind.id]) == ("cancelled", "cancelled", "offered")
    assert sorted(one.kind for one in await mailbox()) == ["booking_offered", "booking_removed", "booking_removed"]
