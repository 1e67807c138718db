"""A freed place is held for one person at a time: accepted, declined, past, answered twice or by somebody else."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings import actions, cancelling, changes, waitlist
from civic.bookings.models import Booking
from civic.db import Database
from civic.errors import Refusal
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.bookings.test_changes import edit, values_of
from tests.cast import sign_in
from tests.factories.accounts import make_user
from tests.factories.contracts import without_newcomers
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer

MakeClient = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
NOW = datetime.fromisoformat("2027-02-01T09:00:00+01:00")
START = NOW + timedelta(days=10)
FULL_TIME = timedelta(hours=12)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@dataclass
class World:
    """A shift of one place: `people[0]` has it, the others wait in order."""

    db: Database
    shift: Shift
    people: list[Volunteer]
    bookings: list[Booking]

    async def book(self, number: int, shift: Shift | None = None) -> actions.Placed:
        one = self.people[number]
        async with self.db.writing() as session:
            shift_id = (shift or self.shift).id
            return await actions.book(session, by=one.user, volunteer_id=one.id, shift_id=shift_id)

    async def withdraw(self, number: int) -> None:
        one = self.people[number]
        async with self.db.writing() as session:
            await actions.withdraw(session, by=one.user, volunteer_id=one.id, shift_id=self.shift.id)

    async def remove(self, number: int) -> None:
        """By the coordination, so that it works at any hour."""
        async with self.db.writing() as session:
            by = self.people[number].user
            await actions.remove(session, by=by, booking_id=self.bookings[number].id, reason="Besoin ailleurs")

    async def accept(self, number: int) -> str:
        async with self.db.writing() as session:
            booking_id = self.bookings[number].id
            return (await waitlist.accept(session, by=self.people[number].user, booking_id=booking_id)).state

    async def decline(self, number: int) -> None:
        async with self.db.writing() as session:
            await waitlist.decline(session, by=self.people[number].user, booking_id=self.bookings[number].id)

    async def tick(self) -> None:
        """What the regular task does."""
        async with self.db.reading() as session:
            found = await waitlist.unsettled(session)
        for shift_id in found:
            async with self.db.writing() as session:
                await waitlist.settle_one(session, shift_id)

    async def states(self, shift: Shift | None = None) -> list[str]:
        wanted = select(Booking).where(Booking.shift_id == (shift or self.shift).id)
        async with self.db.reading() as session:
            rows = {row.volunteer_id: row.state for row in await session.scalars(wanted.order_by(Booking.created_at))}
        return [rows[one.id] for one in self.people if one.id in rows]


@pytest.fixture
async def world(session: AsyncSession, db: Database) -> World:
    people = [await make_volunteer(session, name=f"Zoé {n}") for n in range(4)]
    await without_newcomers(session)
    shift = await make_shift(session, START, capacity=1, min_staff=1)
    made = [
        await make_booking(session, shift, one, "waitlisted" if rank else "confirmed", rank)
        for rank, one in enumerate(people[:3])
    ]
    for booking, one in zip(made, people, strict=False):
        booking.created_by_id = one.user_id
    await session.commit()
    return World(db, shift, people, made)


async def refused(doing: Awaitable[Any]) -> str:
    with pytest.raises(Refusal) as refusal:
        await doing
    return refusal.value.code


async def test_a_freed_place_is_held_for_the_first_until_half_a_day_later(world: World, mailbox: Mailbox) -> None:
    await world.withdraw(0)
    assert await world.states() == ["withdrawn", "offered", "waitlisted"]
    async with world.db.reading() as session:
        held = await session.get_one(Booking, world.bookings[1].id)
    assert held.offer_expires_at == NOW + FULL_TIME
    assert await world.accept(1) == "confirmed"
    assert await world.accept(1) == "confirmed"
    assert await refused(world.decline(1)) == "no_offer"
    assert [mail.kind for mail in await mailbox() if mail.recipient == world.people[1].user.email] == [
        "booking_offered",
        "booking_placed",
    ]
    async with world.db.reading() as session:
        verbs = list(await session.scalars(select(AuditEvent.verb).order_by(AuditEvent.at, AuditEvent.id)))
    assert sorted(verbs) == ["booking.accepted", "booking.offered", "booking.withdrawn"]


async def test_a_declined_place_goes_to_the_next_and_leaves_the_list(world: World) -> None:
    await world.withdraw(0)
    await world.decline(1)
    await world.decline(1)
    assert await world.states() == ["withdrawn", "declined", "offered"]
    assert await refused(world.accept(1)) == "offer_expired"


async def test_an_offer_is_past_at_its_deadline_worker_or_not(world: World, frozen: time_machine.Traveller) -> None:
    await world.withdraw(0)
    frozen.move_to(NOW + FULL_TIME)
    assert await refused(world.accept(1)) == "offer_expired"
    assert await refused(world.decline(1)) == "offer_expired"
    # Nothing has run: the place is free all the same, and a newcomer comes after the queue.
    assert (await world.book(3)).booking.state == "waitlisted"
    assert await world.states() == ["withdrawn", "expired", "offered", "waitlisted"]
    assert await refused(world.accept(1)) == "offer_expired"


async def test_the_regular_task_goes_down_the_list_and_tells_each(
    world: World, frozen: time_machine.Traveller, mailbox: Mailbox
) -> None:
    await world.withdraw(0)
    for turn in (1, 2):
        frozen.move_to(NOW + turn * FULL_TIME)
        for _ in range(2):
            await world.tick()
    assert await world.states() == ["withdrawn", "expired", "expired"]
    kinds = [mail.kind for mail in await mailbox()]
    assert (kinds.count("booking_offered"), kinds.count("booking_expired")) == (2, 2)


async def test_a_past_offer_can_ask_again_at_the_end(world: World, frozen: time_machine.Traveller) -> None:
    await world.withdraw(0)
    frozen.move_to(NOW + FULL_TIME)
    again = await world.book(1)
    assert (again.made, again.booking.state, again.position) == (True, "waitlisted", 1)
    assert await world.states() == ["withdrawn", "waitlisted", "offered"]


async def test_somebody_who_waits_on_two_at_once_gets_one_offer(session: AsyncSession, world: World) -> None:
    twin = await make_shift(session, START + timedelta(hours=1), capacity=1, min_staff=1)
    await make_booking(session, twin, world.people[3])
    await make_booking(session, twin, world.people[1], "waitlisted")
    await session.commit()
    await world.withdraw(0)
    async with world.db.writing() as acting:
        await actions.withdraw(acting, by=world.people[3].user, volunteer_id=world.people[3].id, shift_id=twin.id)
    assert await world.states(twin) == ["waitlisted", "withdrawn"]
    # Declining the one opens the other in the same breath.
    await world.decline(1)
    assert await world.states(twin) == ["offered", "withdrawn"]


async def test_a_past_offer_elsewhere_does_not_stop_a_new_one(
    session: AsyncSession, world: World, frozen: time_machine.Traveller
) -> None:
    """The database's guard still sees the old offer as a seat, until somebody writes it down."""
    twin = await make_shift(session, START + timedelta(hours=1), capacity=1, min_staff=1)
    old = await make_booking(session, twin, world.people[1], "offered")
    old.offer_expires_at = NOW + timedelta(minutes=1)
    await session.commit()
    frozen.move_to(NOW + timedelta(minutes=2))
    await world.withdraw(0)
    assert await world.states() == ["withdrawn", "offered", "waitlisted"]
    assert await world.states(twin) == ["expired"]


async def test_an_edit_and_a_cancellation_know_past_offers(
    session: AsyncSession, world: World, frozen: time_machine.Traveller
) -> None:
    coordinator = await make_user(session, "coordinator")
    wide = await make_shift(session, START + timedelta(days=1), capacity=2, min_staff=1)
    for rank, one in enumerate(world.people[:2]):
        late = await make_booking(session, wide, one, "offered", rank)
        late.offer_expires_at = NOW + timedelta(minutes=rank + 1)
    await session.commit()
    frozen.move_to(NOW + timedelta(minutes=1))
    changed = await edit(world.db, coordinator, wide, capacity=1)
    assert changed.capacity == 1
    assert await world.states(wide) == ["expired", "offered"]
    frozen.move_to(NOW + timedelta(minutes=5))
    async with world.db.writing() as acting:
        await cancelling.cancel_shift(acting, by=coordinator, shift_id=wide.id, reason="Tempête")
    assert await world.states(wide) == ["expired", "expired"]


async def test_an_offer_goes_first_when_places_are_lost_and_comes_back_first(
    session: AsyncSession, world: World
) -> None:
    coordinator = await make_user(session, "coordinator")
    await session.commit()
    raised = await edit(world.db, coordinator, world.shift, capacity=2)
    assert await world.states() == ["confirmed", "offered", "waitlisted"]
    again = values_of(raised, capacity=1)
    async with world.db.writing() as acting:
        await changes.edit_shift(
            acting, by=coordinator, shift_id=world.shift.id, values=again, version=None, confirm=True
        )
    assert await world.states() == ["confirmed", "waitlisted", "waitlisted"]
    await world.withdraw(0)
    assert await world.states() == ["withdrawn", "offered", "waitlisted"]


async def test_an_offer_of_a_shift_that_comes_sooner_is_held_less_long(
    session: AsyncSession, world: World, mailbox: Mailbox
) -> None:
    coordinator = await make_user(session, "coordinator")
    await session.commit()
    await world.withdraw(0)
    sooner = NOW + timedelta(hours=8)
    await edit(world.db, coordinator, world.shift, starts_at=sooner, ends_at=sooner + timedelta(hours=3))
    async with world.db.reading() as looking:
        held = await looking.get_one(Booking, world.bookings[1].id)
    assert (held.state, held.offer_expires_at) == ("offered", NOW + timedelta(hours=4))
    told = {one.recipient: one.text_body for one in await mailbox() if one.kind == "shift_changed"}
    assert "reste gardée pour vous jusqu’au lun. 1er févr. à 13" in told[world.people[1].user.email].replace(
        "\u00a0", " "
    )


async def test_the_offer_of_a_cancelled_shift_says_so(session: AsyncSession, world: World) -> None:
    coordinator = await make_user(session, "coordinator")
    await session.commit()
    await world.withdraw(0)
    async with world.db.writing() as acting:
        await cancelling.cancel_shift(acting, by=coordinator, shift_id=world.shift.id, reason="Tempête")
    assert await refused(world.accept(1)) == "shift_not_open"
    assert await refused(world.decline(1)) == "shift_not_open"


async def test_close_to_the_start_the_first_of_the_queue_who_answers_has_it(
    world: World, frozen: time_machine.Traveller, mailbox: Mailbox
) -> None:
    frozen.move_to(START - timedelta(hours=2))
    await world.remove(0)
    await world.tick()
    assert await world.states() == ["removed", "waitlisted", "waitlisted"]
    rushed = [mail.recipient for mail in await mailbox() if mail.kind == "booking_offered"]
    assert sorted(rushed) == sorted(one.user.email for one in world.people[1:3])
    assert await world.accept(2) == "confirmed"
    assert await refused(world.accept(1)) == "no_offer"
    assert (await world.book(1)).booking.state == "waitlisted"


async def test_a_newcomer_of_the_last_hours_lets_the_queue_answer_first(
    world: World, frozen: time_machine.Traveller
) -> None:
    frozen.move_to(START - timedelta(hours=2))
    await world.remove(0)
    newcomer = await world.book(3)
    assert newcomer.booking.state == "waitlisted"
    assert (await world.book(3)).booking.state == "waitlisted"
    world.bookings.append(newcomer.booking)
    assert await refused(world.accept(3)) == "queue_first"
    frozen.shift(timedelta(minutes=15))
    assert await world.accept(3) == "confirmed"


async def test_a_rule_broken_meanwhile_refuses_the_answer(session: AsyncSession, world: World) -> None:
    await world.withdraw(0)
    world.people[1].user.is_verified = False
    session.add(world.people[1].user)
    await session.commit()
    assert await refused(world.accept(1)) == "email_unverified"


# The interface and the pages


async def test_the_interface_answers_as_it_promises(world: World, make_client: MakeClient) -> None:
    api = [await sign_in(make_client, world.db, one) for one in world.people]
    path = f"/api/v1/bookings/{world.bookings[1].id}/offer"
    shift = f"/api/v1/shifts/{world.shift.id}"
    assert (await api[1].post(path)).json()["code"] == "no_offer"
    await api[0].delete(f"{shift}/booking")
    seen = (await api[1].get(shift)).json()
    until = clock.local(NOW + FULL_TIME).isoformat()
    mine = {"id": str(world.bookings[1].id), "state": "offered", "position": None, "offer_expires_at": until}
    assert (seen["my_booking"], seen["confirmed"], seen["waitlisted"], seen["refusals"]) == (mine, 1, 1, [])
    again = await api[1].post(f"{shift}/booking")
    assert (again.status_code, again.json()["state"], again.json()["offer_expires_at"]) == (200, "offered", until)
    for stranger in (api[2], api[3]):
        assert (await stranger.post(path)).status_code == 404
        assert (await stranger.delete(path)).status_code == 404
    assert (await api[1].post(f"/api/v1/bookings/{uuid4()}/offer")).status_code == 404
    assert (await api[1].post(path, json={"x": 1})).status_code == 422
    for _ in range(2):
        taken = await api[1].post(path)
        assert taken.status_code == 200
        body = taken.json()
        assert (body["id"], body["state"], body["position"], body["offer_expires_at"]) == (
            mine["id"],
            "confirmed",
            None,
            None,
        )
        assert [one["code"] for one in body["warnings"]] == []
    assert (await api[1].delete(path)).status_code == 409


async def test_a_declined_and_a_past_offer_are_off_the_list(
    world: World, make_client: MakeClient, frozen: time_machine.Traveller
) -> None:
    api = [await sign_in(make_client, world.db, one) for one in world.people]
    shift = f"/api/v1/shifts/{world.shift.id}"
    first, second = (f"/api/v1/bookings/{world.bookings[n].id}/offer" for n in (1, 2))
    await api[0].delete(f"{shift}/booking")
    for _ in range(2):
        assert (await api[1].delete(first)).status_code == 204
    assert (await api[1].get(shift)).json()["my_booking"] is None
    late = await api[1].post(first)
    assert (late.status_code, late.json()["code"]) == (409, "offer_expired")
    frozen.move_to(NOW + FULL_TIME)
    for method in ("POST", "DELETE"):
        late = await api[2].request(method, second)
        assert (late.status_code, late.json()["code"]) == (409, "offer_expired")
    seen = (await api[2].get(shift)).json()
    assert (seen["my_booking"], seen["confirmed"]) == (None, 0)


@pytest.mark.parametrize("page", ["/", "/creneaux", "/creneaux/{shift}", "/mes-creneaux"])
async def test_an_offer_is_answered_with_one_tap_wherever_it_shows(
    world: World, make_client: MakeClient, page: str
) -> None:
    browser = await sign_in(make_client, world.db, world.people[1])
    other = await sign_in(make_client, world.db, world.people[2])
    address = page.format(shift=world.shift.id)
    await world.withdraw(0)
    text = (await browser.get(address)).text
    assert "Une place pour vous jusqu’à aujourd’hui, 21" in text
    accept = f"/reservations/{world.bookings[1].id}/acceptation"
    assert f'action="{accept}"' in text
    assert f'action="/reservations/{world.bookings[1].id}/refus"' in text
    if address != "/":
        waiting = (await other.get(address if "mes" in address or "{" in page else f"{address}?voir=tous")).text
        assert "En attente, place 1" in waiting
    assert (await other.post(accept)).status_code == 404
    for _ in range(2):
        answer = await browser.post(accept, data={"next": address})
        assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert "C’est réservé" in (await browser.get(address)).text
    assert await world.states() == ["withdrawn", "confirmed", "waitlisted"]


async def test_a_tap_too_late_is_a_page_that_says_so(
    world: World, make_client: MakeClient, frozen: time_machine.Traveller
) -> None:
    browser = await sign_in(make_client, world.db, world.people[1])
    await world.withdraw(0)
    frozen.move_to(NOW + FULL_TIME)
    for act in ("acceptation", "refus"):
        late = await browser.post(f"/reservations/{world.bookings[1].id}/{act}")
        assert late.status_code == 409
        assert "Cette proposition est passée" in late.text
    assert "Une place pour vous" not in (await browser.get("/")).text


async def test_declining_on_the_page_tells_the_next(world: World, make_client: MakeClient) -> None:
    browser = await sign_in(make_client, world.db, world.people[1])
    await world.withdraw(0)
    answer = await browser.post(f"/reservations/{world.bookings[1].id}/refus", data={"next": "/"})
    assert answer.headers["location"] == "/"
    assert "va à la personne suivante" in (await browser.get("/")).text
    assert await world.states() == ["withdrawn", "declined", "offered"]


async def test_in_the_rush_the_waiting_see_the_place(
    world: World, make_client: MakeClient, frozen: time_machine.Traveller
) -> None:
    browser = await sign_in(make_client, world.db, world.people[2])
    frozen.move_to(START - timedelta(minutes=90))
    await world.remove(0)
    for address in ("/", f"/creneaux/{world.shift.id}", "/mes-creneaux"):
        assert "Prendre la place" in (await browser.get(address)).text
    answer = await browser.post(f"/reservations/{world.bookings[2].id}/acceptation")
    assert answer.headers["location"] == f"/creneaux/{world.shift.id}"
    assert await world.states() == ["removed", "waitlisted", "confirmed"]
