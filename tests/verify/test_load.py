"""The guarantees of a booking at full size, on both engines, and a server killed in the middle: make verify-load."""

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from civic.bookings.models import Booking, BookingEvent
from civic.outbox.models import OutboxMail
from tests import load

pytestmark = [pytest.mark.verify, pytest.mark.timeout(900)]


async def test_two_hundred_people_race_for_ten_places(engine_url: str, tmp_path: Path) -> None:
    async with load.field(engine_url, tmp_path, people=200, servers=load.workers()) as one:
        await load.race(one, places=10)


async def test_taps_overlaps_and_weeks(engine_url: str, tmp_path: Path) -> None:
    async with load.field(engine_url, tmp_path, people=20, servers=load.workers()) as one:
        await load.double_tap(one, taps=20)
        await load.two_at_one_hour(one, rounds=20)
        await load.past_the_week(one, rounds=20)


async def test_withdrawals_race_offers(engine_url: str, tmp_path: Path) -> None:
    async with load.field(engine_url, tmp_path, people=90, servers=load.workers()) as one:
        await load.withdrawals_race_offers(one, places=10)


async def test_the_race_is_lost_without_the_guards(engine_url: str, tmp_path: Path) -> None:
    async with load.field(engine_url, tmp_path, people=60, servers=load.workers(), guarded=False) as one:
        with pytest.raises(AssertionError):
            await load.race(one, places=5)


@pytest.mark.parametrize("after", [5, 20, 45])
async def test_a_server_killed_in_the_middle_loses_no_place_and_no_mail(
    engine_url: str, tmp_path: Path, after: int
) -> None:
    """What was answered stands; what was not is whole or absent; the rest of the house never stops."""
    async with load.field(engine_url, tmp_path, people=60, servers=2) as one:
        shift = await one.shift(capacity=10)
        path = f"/shifts/{shift.id}/booking"
        answered: dict[str, str] = {}
        done = asyncio.Event()

        async def ask(who: load.Someone) -> None:
            try:
                answer = await who.client.post(path)
            except httpx.TransportError:
                return
            assert answer.status_code in (200, 201), answer.text
            answered[str(who.volunteer.id)] = answer.json()["id"]
            if len(answered) >= after:
                done.set()

        async def kill() -> None:
            await done.wait()
            await asyncio.to_thread(one.processes[0].kill)

        await asyncio.gather(kill(), *(ask(who) for who in one.people))
        await _every_row_is_whole(one)
        roster = {item["volunteer_id"]: item["id"] for item in await _roster_of_the_other(one, path)}
        assert answered.items() <= roster.items(), "a place that was answered is gone"
        one.processes[0].start()
        await one.processes[0].ready()
        for who in one.people:
            answer = await who.client.post(path)
            assert answer.status_code in (200, 201), answer.text
            was = answered.get(str(who.volunteer.id))
            assert was is None or answer.json()["id"] == was
        items = await one.roster(shift)
        states = [item["state"] for item in items]
        assert (states.count("confirmed"), states.count("waitlisted")) == (10, 50)
        assert [item["position"] for item in items if item["position"]] == list(range(1, 51))
        await load.every_booking_has_its_mail(one)
        await _every_row_is_whole(one)


async def _roster_of_the_other(one: load.Field, path: str) -> list[dict[str, str]]:
    base = f"{one.processes[1].url}/api/v1"
    answer = await one.coordinator.get(f"{base}{path}s")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def _every_row_is_whole(one: load.Field) -> None:
    """A booking, its history and its mail are one commit."""
    async with one.db.reading() as session:
        rows = set(await session.scalars(select(Booking.id)))
        events = set(await session.scalars(select(BookingEvent.booking_id)))
        told = set(await session.scalars(select(OutboxMail.dedupe).where(OutboxMail.kind == "booking_placed")))
    assert rows == events
    assert told == {f"booking:{booking_id}:placed" for booking_id in rows}
