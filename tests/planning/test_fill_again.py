"""A draft after the world moved on: asked again after an absence, and taken when what it stood on has changed."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from civic import clock
from civic.bookings import actions
from civic.bookings.models import Booking
from civic.contracts.models import EngagementContract, Leave
from civic.db import Database
from civic.errors import Refusal
from civic.planning import fill_runner
from civic.shifts.models import Shift
from civic.sites.models import SiteClosure
from civic.volunteers.models import Volunteer
from tests.factories.fills import make_line, make_proposal
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.planning.test_fill_pages import ROOT, lines_of
from tests.planning.world import World, moment
from tests.planning.world import world as world

Pair = tuple[UUID, UUID]
WEEK = {"first": "2026-11-30", "last": "2026-12-06"}


@pytest.fixture
async def busy(world: World, db: Database) -> list[Shift]:
    """Five shifts of two places in one week, and five more people beside the cast."""
    async with db.writing() as session:
        for number in range(5):
            await make_volunteer(session, name=f"Aide {number}")
        return [
            await make_shift(session, moment(day, 9, month=12), mission=world.mission, site=world.here)
            for day in range(1, 6)
        ]


async def drafted(world: World, db: Database, address: str) -> dict[Pair, str]:
    """The lines and their state, once the server has worked the draft out."""
    assert await fill_runner.run_waiting(db, asyncio.Event()) == 1
    return {(one.shift_id, one.volunteer_id): one.state for one in await lines_of(db, address)}


async def absent(world: World, volunteer_id: UUID, day: date) -> None:
    """A coordinator writes a sick leave down, having read what it frees."""
    path = f"/volontaires/{volunteer_id}/arret"
    form = {"kind": "sick", "starts_on": str(day), "ends_on": "2026-12-06"}
    answer = await world.post("coordinator", path, **form)
    if answer.status_code != 303:
        freed = re.findall(r'name="seen" value="([^"]+)"', answer.text)
        answer = await world.post("coordinator", path, **form, seen=freed)
    assert answer.status_code == 303, answer.text


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
async def test_after_an_absence_everybody_else_keeps_their_places(
    world: World, db: Database, busy: list[Shift]
) -> None:
    asked = await world.post("coordinator", ROOT, **WEEK)
    first = str(asked.headers["location"])
    before = await drafted(world, db, first)
    assert len(before) == 10
    taken = list(await lines_of(db, first))[:6]
    ticked = [str(one.id) for one in taken]
    await world.post("coordinator", f"{first}/application", what="ticked", line=ticked, reason="Semaine pleine")
    gone = taken[0].volunteer_id
    no = next(one for one in await lines_of(db, first) if one.state == "proposed" and one.volunteer_id != gone)
    await world.post("coordinator", f"{first}/ecart", one=str(no.id))
    await absent(world, gone, date(2026, 11, 25))
    again = await world.post("coordinator", f"{first}/relance")
    after = await drafted(world, db, str(again.headers["location"]))
    async with db.reading() as session:
        chosen = select(Booking.shift_id, Booking.volunteer_id).where(Booking.state == "confirmed")
        seats = {(row.shift_id, row.volunteer_id) for row in await session.execute(chosen)}
    assert all(volunteer_id != gone for _shift, volunteer_id in seats | set(after))
    # Who was given a place keeps it, whoever was only proposed is proposed again, and the freed places find somebody.
    refused = (no.shift_id, no.volunteer_id)
    assert {pair for pair in before if pair[1] != gone and pair != refused} <= seats | set(after)
    # What the coordinator said no to is not proposed again, nor in the draft that follows this one.
    assert refused not in after
    third = await world.post("coordinator", f"{again.headers['location']}/relance")
    assert refused not in await drafted(world, db, str(third.headers["location"]))
    assert len(seats | set(after)) == 10
    assert not seats & set(after)


async def on_leave(session: object, world: World, shift: Shift, who: Volunteer) -> None:
    day = clock.local_day(shift.starts_at)
    leave = Leave(volunteer_id=who.id, kind="annual", starts_on=day, ends_on=day, state="approved")
    session.add(leave)  # type: ignore[attr-defined]


async def closed(session: object, world: World, shift: Shift, who: Volunteer) -> None:
    day = clock.local_day(shift.starts_at)
    session.add(SiteClosure(site_id=shift.site_id, starts_on=day, ends_on=day, reason="Chasse"))  # type: ignore[attr-defined]


async def cancelled(session: object, world: World, shift: Shift, who: Volunteer) -> None:
    (await session.get_one(Shift, shift.id)).state = "cancelled"  # type: ignore[attr-defined]


async def contract_over(session: object, world: World, shift: Shift, who: Volunteer) -> None:
    chosen = select(EngagementContract).where(EngagementContract.volunteer_id == who.id)
    contract = (await session.scalars(chosen)).one()  # type: ignore[attr-defined]
    contract.ended_on = clock.today()


async def booked_elsewhere(session: object, world: World, shift: Shift, who: Volunteer) -> None:
    beside = await make_shift(session, shift.starts_at, mission=world.mission, site=world.there)  # type: ignore[arg-type]
    await make_booking(session, beside, who)  # type: ignore[arg-type]


Change = Callable[[object, World, Shift, Volunteer], Awaitable[None]]
CHANGES: dict[str, Change] = {
    "leave_conflict": on_leave,
    "site_closed": closed,
    "shift_not_open": cancelled,
    "contract_ready": contract_over,
    "overlap": booked_elsewhere,
}


async def test_a_line_meets_the_rules_of_a_booking_by_hand_as_they_are_now(
    world: World, db: Database, busy: list[Shift]
) -> None:
    """Five lines, each with the ground taken from under it, and one that still stands."""
    by = world.cast.coordinator
    async with db.writing() as session:
        people = [await make_volunteer(session, name=f"Équipe {number}") for number in range(len(busy))]
        proposal = await make_proposal(session, by)
        for rank, (shift, who) in enumerate(zip(busy, people, strict=True)):
            await make_line(session, proposal, shift, who, rank=rank)
        await make_line(session, proposal, world.elsewhere, world.cast.volunteer, rank=9)
    for (code, change), shift, who in zip(CHANGES.items(), busy, people, strict=True):
        async with db.writing() as session:
            await change(session, world, shift, who)
        async with db.writing() as session:
            with pytest.raises(Refusal) as refused:
                await actions.book(session, by=by, volunteer_id=who.id, shift_id=shift.id, reason="Vu")
        assert refused.value.code == code
    done = await world.post("coordinator", f"{ROOT}/{proposal.id}/application", what="all", reason="Vu")
    assert done.status_code == 303
    lines = {one.volunteer_id: (one.state, one.code) for one in await lines_of(db, f"/{proposal.id}")}
    expected = {who.id: ("refused", code) for who, code in zip(people, CHANGES, strict=True)}
    assert lines == {**expected, world.cast.volunteer.id: ("accepted", "")}
