"""An edit under the law: whom it breaks is listed with the rule's sentence before anything is saved."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, time, timedelta

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings import cancelling
from civic.bookings.models import Booking
from civic.db import Database
from civic.errors import Refusal
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from tests.bookings.test_changes import edit
from tests.cast import Cast, make_cast, sign_in
from tests.factories.missions import make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_closure, make_site
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
MakeClient = Callable[[], httpx.AsyncClient]
# A Monday; Thursday 11 November is a public holiday.
NOW = datetime.fromisoformat("2027-11-01T08:00:00+01:00")
TUESDAY = datetime.fromisoformat("2027-11-09T00:00:00+01:00").date()


def at(offset: int, hour: int, minute: int = 0) -> datetime:
    """A local time, days from that Tuesday."""
    return clock.at(TUESDAY + timedelta(days=offset), time(hour, minute))


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


async def breaks(db: Database, cast: Cast, shift: Shift, **changed: object) -> dict[str, str]:
    """Who would be broken by which rule."""
    with pytest.raises(Refusal) as refused:
        await edit(db, cast.coordinator, shift, **changed)
    assert refused.value.code == "breaks_bookings"
    return {one["volunteer_id"]: one["code"] for one in refused.value.extra["affected"]}


async def test_a_minors_shift_moved_into_the_night_or_onto_a_holiday(session: AsyncSession, db: Database) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, at(0, 18))
    for one in (cast.minor, cast.volunteer):
        await make_booking(session, shift, one)
    await session.commit()
    minor = str(cast.minor.id)
    assert await breaks(db, cast, shift, starts_at=at(0, 20), ends_at=at(0, 22, 15)) == {minor: "night_minor"}
    assert await breaks(db, cast, shift, starts_at=at(2, 14), ends_at=at(2, 17)) == {minor: "holiday_minor"}
    assert await breaks(db, cast, shift, ends_at=at(0, 22), starts_at=at(0, 17)) == {minor: "break_minor"}
    kept = await edit(db, cast.coordinator, shift, starts_at=at(0, 19), ends_at=at(0, 22))
    assert kept.version == 2


async def test_a_longer_shift_passes_the_week(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    cast = await make_cast(session)
    last = await make_shift(session, at(3, 9), hours=7)
    for offset in (-1, 0, 1, 2):
        other = await make_shift(session, at(offset, 9), hours=10)
        await make_booking(session, other, cast.volunteer)
    await make_booking(session, last, cast.volunteer)
    await make_booking(session, last, cast.colleague)
    await session.commit()
    assert await breaks(db, cast, last, ends_at=at(3, 18)) == {str(cast.volunteer.id): "week_max_adult"}
    await edit(db, cast.coordinator, last, ends_at=at(3, 18), confirm=True)
    told = {mail.recipient: mail.text_body.replace("\u00a0", " ") for mail in await mailbox()}
    mine = told[cast.volunteer.user.email]
    assert "40 h + 9 h = 49 h" in mine
    assert "18 h" in mine
    assert "Vous gardez votre place" in told[cast.colleague.user.email]
    async with db.reading() as looking:
        verbs = sorted(await looking.scalars(select(AuditEvent.verb)))
    assert verbs == ["booking.cancelled", "shift.edited"]


async def test_two_rules_on_one_edit_name_each_person_once(session: AsyncSession, db: Database) -> None:
    cast = await make_cast(session)
    here, closed = await make_site(session), await make_site(session)
    mission = await make_mission(session, [here, closed])
    shift = await make_shift(session, at(0, 14), mission=mission, site=here)
    await make_closure(session, closed, TUESDAY)
    for one in (cast.minor, cast.volunteer):
        await make_booking(session, shift, one)
    await session.commit()
    found = await breaks(db, cast, shift, site_id=closed.id, ends_at=at(0, 23))
    assert set(found.values()) == {"site_closed"}
    assert set(found) == {str(cast.minor.id), str(cast.volunteer.id)}


async def test_who_is_freed_by_an_edit_gets_what_they_wait_for(session: AsyncSession, db: Database) -> None:
    """The ended place was what stood in the way of a free one beside the queue."""
    cast = await make_cast(session)
    shift, twin = await make_shift(session, at(0, 14)), await make_shift(session, at(0, 15), capacity=1, min_staff=1)
    later = await make_shift(session, at(0, 18))
    await make_booking(session, shift, cast.volunteer)
    await make_booking(session, later, cast.volunteer)
    waiting = await make_booking(session, twin, cast.volunteer, "waitlisted")
    await session.commit()
    await edit(db, cast.coordinator, shift, ends_at=at(0, 19), confirm=True)
    async with db.reading() as looking:
        assert (await looking.get_one(Booking, waiting.id)).state == "offered"


async def test_a_cancelled_shift_frees_people_for_what_they_wait_for(session: AsyncSession, db: Database) -> None:
    cast = await make_cast(session)
    shift, twin = await make_shift(session, at(0, 14)), await make_shift(session, at(0, 15), capacity=1, min_staff=1)
    await make_booking(session, shift, cast.volunteer)
    waiting = await make_booking(session, twin, cast.volunteer, "waitlisted")
    await session.commit()
    async with db.writing() as acting:
        await cancelling.cancel_shift(acting, by=cast.coordinator, shift_id=shift.id, reason="Tempête")
    async with db.reading() as looking:
        assert (await looking.get_one(Booking, waiting.id)).state == "offered"


async def test_the_form_lists_sentences_and_what_is_new_to_think_of(
    session: AsyncSession, db: Database, make_client: MakeClient, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, at(0, 18))
    for one in (cast.minor, cast.volunteer):
        await make_booking(session, shift, one)
    await session.commit()
    browser = await sign_in(make_client, db, cast.coordinator)
    path = f"/planning/creneaux/{shift.id}/modifier"
    typed = {
        "mission_id": str(shift.mission_id),
        "site_id": shift.site_id,
        "day": TUESDAY.isoformat(),
        "start": "20:00",
        "end": "22:30",
        "capacity": "2",
        "min_staff": "2",
        "break_minutes": "0",
        "version": "1",
    }
    asked = await browser.post(path, data=typed)
    assert asked.status_code == 409
    page = asked.text.replace("\u00a0", " ")
    assert "Entre 22 h et 6 h, pas de créneau avant 18 ans." in page
    assert "Lou Mineure" in page
    assert "Créneau de nuit" in page, "the adult keeps the place, and the warning is said"
    assert await mailbox() == []
    seen = page.split('name="seen" value="')[1].split('"')[0]
    saved = await browser.post(path, data={**typed, "seen": seen, "confirm": "1"})
    assert saved.status_code == 303
    told = {mail.recipient: mail.text_body.replace("\u00a0", " ") for mail in await mailbox()}
    assert "Votre réservation prend fin : Entre 22 h et 6 h" in told[cast.minor.user.email]
    assert "À savoir : Créneau de nuit" in told[cast.volunteer.user.email]


async def test_the_interface_lists_then_does_with_confirm(
    session: AsyncSession, db: Database, make_client: MakeClient
) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, at(0, 18), capacity=3)
    waiting = await make_volunteer(session)
    for rank, one in enumerate((cast.minor, cast.volunteer, cast.colleague)):
        await make_booking(session, shift, one, queue_key=rank)
    await make_booking(session, shift, waiting, "waitlisted", 9)
    await session.commit()
    api = await sign_in(make_client, db, cast.coordinator)
    path, body = f"/api/v1/shifts/{shift.id}", {"ends_at": at(0, 22, 15).isoformat(), "capacity": 1, "min_staff": 1}
    asked = await api.patch(path, json=body, headers={"If-Match": '"1"'})
    assert (asked.status_code, asked.json()["code"]) == (409, "breaks_bookings")
    listed = [(one["volunteer_id"], one["code"]) for one in asked.json()["affected"]]
    assert listed == [(str(cast.minor.id), "night_minor"), (str(cast.colleague.id), "capacity")]
    done = await api.patch(path, json={**body, "confirm": True}, headers={"If-Match": '"1"'})
    assert (done.status_code, done.json()["confirmed"], done.json()["waitlisted"]) == (200, 1, 2)
    roster = (await api.get(f"{path}/bookings")).json()["items"]
    assert [(one["name"], one["state"], one["position"]) for one in roster][:2] == [
        ("Inès Volontaire", "confirmed", None),
        ("Malik Collègue", "waitlisted", 1),
    ]


async def test_a_move_into_the_past_is_listed_like_any_other_break(session: AsyncSession, db: Database) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, at(0, 14))
    await make_booking(session, shift, cast.volunteer)
    empty = await make_shift(session, at(1, 14))
    await session.commit()
    yesterday = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW - timedelta(hours=20)}
    assert await breaks(db, cast, shift, **yesterday) == {str(cast.volunteer.id): "shift_started"}
    await edit(db, cast.coordinator, empty, **yesterday)
