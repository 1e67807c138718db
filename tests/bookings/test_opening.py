"""Fair opening: the booking window and the cap of self-booked places, said before the tap; assignments are free."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import httpx
import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.contracts.models import RuleSetting
from civic.db import Database
from tests.cast import Cast, make_cast, sign_in
from tests.factories.contracts import without_newcomers
from tests.factories.shifts import make_booking, make_shift

MakeClient = Callable[[], httpx.AsyncClient]
# A Monday; the shifts lie in the week of 22 March 2027.
NOW = datetime.fromisoformat("2027-03-01T09:00:00+01:00")
MONDAY = date(2027, 3, 22)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
async def cast(session: AsyncSession) -> Cast:
    await without_newcomers(session)
    return await make_cast(session)


def at(offset: int, hour: int) -> datetime:
    return clock.at(MONDAY + timedelta(days=offset), time(hour))


async def test_a_shift_opens_some_days_ahead_at_the_set_hour(
    session: AsyncSession, db: Database, make_client: MakeClient, cast: Cast, frozen: time_machine.Traveller
) -> None:
    shift = await make_shift(session, at(0, 9))
    for name, value in (("window_days", 14), ("window_hour", 18)):
        session.add(RuleSetting(parameter=name, value=value, valid_from=NOW.date()))
    await session.commit()
    volunteer, coordinator = [await sign_in(make_client, db, one) for one in (cast.volunteer, cast.coordinator)]
    path = f"/api/v1/shifts/{shift.id}"
    sentence = "Les réservations s’ouvrent le lun. 8 mars à 18 h."
    [refusal] = (await volunteer.get(path)).json()["refusals"]
    assert (refusal["code"], refusal["title"].replace("\u00a0", " ")) == ("booking_window", sentence)
    for address in ("/creneaux?voir=tous", f"/creneaux/{shift.id}"):
        page = (await volunteer.get(address)).text.replace("\u00a0", " ")
        assert sentence in page
        assert f'action="/creneaux/{shift.id}/reservation"' not in page
    assert "s’ouvrent 14 jours avant, à 18 h" in (await volunteer.get("/creneaux")).text.replace("\u00a0", " ")
    assert (await volunteer.post(f"{path}/booking")).json()["code"] == "booking_window"
    # The coordination may place somebody before.
    assigned = await coordinator.post(f"{path}/bookings", json={"volunteer_id": str(cast.colleague.id)})
    assert (assigned.status_code, assigned.json()["state"]) == (201, "confirmed")
    frozen.move_to(datetime.fromisoformat("2027-03-08T17:59:59+01:00"))
    assert (await volunteer.post(f"{path}/booking")).status_code == 409
    frozen.move_to(datetime.fromisoformat("2027-03-08T18:00:00+01:00"))
    assert (await volunteer.post(f"{path}/booking")).status_code == 201


async def test_the_cap_counts_what_one_chose_and_falls_two_days_before(
    session: AsyncSession, db: Database, make_client: MakeClient, cast: Cast, frozen: time_machine.Traveller
) -> None:
    shifts = [await make_shift(session, at(offset, 9)) for offset in range(4)]
    session.add(RuleSetting(parameter="self_cap", value=1, valid_from=NOW.date()))
    given = await make_booking(session, shifts[0], cast.volunteer)
    given.created_by_id = cast.coordinator.id
    await session.commit()
    volunteer = await sign_in(make_client, db, cast.volunteer)
    coordinator = await sign_in(make_client, db, cast.coordinator)

    async def book(number: int) -> httpx.Response:
        return await volunteer.post(f"/api/v1/shifts/{shifts[number].id}/booking")

    assert (await book(1)).status_code == 201, "an assigned place is not one's own choice"
    refused = await book(2)
    assert (refused.status_code, refused.json()["code"]) == (409, "self_booking_cap")
    page = (await volunteer.get(f"/creneaux/{shifts[2].id}")).text.replace("\u00a0", " ")
    assert "Vous avez déjà choisi 1 créneau cette semaine-là" in page
    assert "1 créneau choisi par semaine au plus" in (await volunteer.get("/creneaux")).text.replace("\u00a0", " ")
    path = f"/api/v1/shifts/{shifts[3].id}/bookings"
    assigned = await coordinator.post(path, json={"volunteer_id": str(cast.volunteer.id)})
    assert assigned.json()["state"] == "confirmed"
    frozen.move_to(at(2, 9) - timedelta(hours=48))
    assert (await book(2)).status_code == 201


async def test_an_offer_passes_over_who_reached_the_cap(
    session: AsyncSession, db: Database, make_client: MakeClient, cast: Cast
) -> None:
    full, other = await make_shift(session, at(1, 9), capacity=1, min_staff=1), await make_shift(session, at(2, 9))
    session.add(RuleSetting(parameter="self_cap", value=1, valid_from=NOW.date()))
    await make_booking(session, full, cast.minor)
    for rank, one in enumerate((cast.volunteer, cast.colleague)):
        waiting = await make_booking(session, full, one, "waitlisted", rank)
        waiting.created_by_id = one.user_id
    chosen = await make_booking(session, other, cast.volunteer)
    chosen.created_by_id = cast.volunteer.user_id
    await session.commit()
    leaving = await sign_in(make_client, db, cast.minor)
    assert (await leaving.delete(f"/api/v1/shifts/{full.id}/booking")).status_code == 204
    coordinator = await sign_in(make_client, db, cast.coordinator)
    roster = (await coordinator.get(f"/api/v1/shifts/{full.id}/bookings")).json()["items"]
    assert [(one["name"], one["state"]) for one in roster] == [
        ("Malik Collègue", "offered"),
        ("Inès Volontaire", "waitlisted"),
    ]
