"""A small invented world with chance in it: shifts, attendance, outings and encounters over two years.

`make_world` writes it to the database and returns it as plain dictionaries too, so that a test can count it
again without asking the database.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Attendance, Booking
from civic.encounters.codes import AGES, DETAILS, FEELINGS, TOPICS
from civic.encounters.models import Encounter, EncounterTopic, Outing, Topic
from civic.shifts.models import Shift
from civic.sites.models import PILLARS
from tests.factories.missions import make_mission
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

AREAS = ("CALL", "CALL", "CAHC", "CABBALR")
Row = dict[str, Any]


@dataclass
class World:
    areas: dict[str, str] = field(default_factory=dict)  # site → intermunicipality
    pillars: dict[UUID, str] = field(default_factory=dict)  # mission → pillar
    shifts: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)
    attendances: list[Row] = field(default_factory=list)
    outings: list[Row] = field(default_factory=list)
    encounters: list[Row] = field(default_factory=list)
    topics: list[Row] = field(default_factory=list)


async def make_topics(session: AsyncSession) -> None:
    """The topics of the form, unless they are there already."""
    known = set(await session.scalars(select(Topic.code)))
    rows = [
        {"code": code, "label": label, "pillar": pillar, "sensitive": sensitive, "rank": rank}
        for rank, (code, (label, pillar, sensitive)) in enumerate(TOPICS.items())
        if code not in known
    ]
    if rows:
        await session.execute(insert(Topic), rows)


async def make_world(
    session: AsyncSession, seed: int, first: date, last: date, encounters: int = 300, shifts: float = 0.7
) -> World:
    """A shift on most days from first to last, and encounters spread over them; flushed, the caller commits."""
    dice = random.Random(seed)
    world = World()
    await make_topics(session)
    sites = [await make_site(session, intermunicipality=area) for area in AREAS]
    world.areas = {site.id: site.intermunicipality_code for site in sites}
    missions = [await make_mission(session, sites, pillar=pillar) for pillar in PILLARS]
    world.pillars = {mission.id: mission.pillar for mission in missions}
    people = [(await make_volunteer(session, ready=False)).id for _ in range(4)]
    for day in clock.days(first, last):
        if dice.random() < shifts:
            _shift(dice, world, day, people)
    for _ in range(encounters):
        _encounter(dice, world, first + timedelta(days=dice.randint(0, (last - first).days)))
    for table, rows in (
        *((Shift, world.shifts), (Booking, world.bookings), (Attendance, world.attendances)),
        *((Outing, world.outings), (Encounter, world.encounters), (EncounterTopic, world.topics)),
    ):
        await session.execute(insert(table), rows)
    return world


def _id(dice: random.Random) -> UUID:
    return UUID(int=dice.getrandbits(128), version=4)


def _start(dice: random.Random, day: date) -> datetime:
    """Often in the hour around midnight, where local and UTC days differ."""
    return clock.at(day, dice.choice([time(0, 15), time(9), time(14, 30), time(23, 30)]))


def _shift(dice: random.Random, world: World, day: date, people: list[UUID]) -> None:
    starts_at = _start(dice, day)
    if world.shifts and world.shifts[-1]["ends_at"] > starts_at:
        return
    shift: Row = {
        "id": _id(dice),
        "mission_id": dice.choice(list(world.pillars)),
        "site_id": dice.choice(list(world.areas)),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=dice.choice([20, 90, 240])),
        "break_minutes": dice.choice([0, 10]),
        "capacity": dice.choice([2, 3, 4]),
        "min_staff": 1,
        "state": dice.choice(["published"] * 5 + ["draft", "cancelled"]),
    }
    world.shifts.append(shift)
    if shift["state"] == "draft":
        return
    chosen = dice.sample(people, dice.randint(0, 4))
    if shift["state"] == "published":
        _walk_ins(world, shift, [one for one in people if one not in chosen])
    for number, volunteer in enumerate(chosen):
        live = "confirmed" if number < shift["capacity"] else "waitlisted"
        state = dice.choice([live] * 5 + ["withdrawn"]) if shift["state"] == "published" else "cancelled"
        booking = {
            "id": _id(dice),
            "shift_id": shift["id"],
            "volunteer_id": volunteer,
            "starts_at": shift["starts_at"],
            "ends_at": shift["ends_at"],
            "state": state,
            "queue_key": number,
        }
        world.bookings.append(booking)
        if state == "confirmed" and dice.random() < 0.9:
            hours = Decimal(dice.randint(0, 1000)) / 100
            noted = dice.choice(["present"] * 4 + ["absent", "excused"])
            world.attendances.append({"id": _id(dice), "booking_id": booking["id"], "state": noted, "hours": hours})
    if dice.random() < 0.7:
        _outing(dice, world, day, shift if dice.random() < 0.8 else None)


def _walk_ins(world: World, shift: Row, people: list[UUID]) -> None:
    """Some who came without a place; a few were noted by mistake."""
    dice = random.Random(shift["id"].int)
    for number, volunteer in enumerate(people):
        if dice.random() < 0.7:
            continue
        booking = {
            "id": _id(dice),
            "shift_id": shift["id"],
            "volunteer_id": volunteer,
            "starts_at": shift["starts_at"],
            "ends_at": shift["ends_at"],
            "state": "walk_in",
            "queue_key": 100 + number,
        }
        world.bookings.append(booking)
        hours = Decimal(dice.randint(0, 1000)) / 100
        noted = dice.choice(["present"] * 4 + ["absent"])
        row = {"id": _id(dice), "booking_id": booking["id"], "state": noted, "hours": hours}
        world.attendances.append(row if noted == "present" else row | {"hours": Decimal(0)})


def _outing(dice: random.Random, world: World, day: date, shift: Row | None) -> None:
    world.outings.append(
        {
            "id": _id(dice),
            "shift_id": shift["id"] if shift else None,
            "site_id": shift["site_id"] if shift else dice.choice(list(world.areas)),
            "date": day,
            "half_day": "matin",
            "approached_count": dice.choice([None, 0, 7, 12]),
            "refused_count": dice.choice([None, 0, 2]),
            "version": 1,
            "voided_at": clock.midnight(day) if dice.random() < 0.1 else None,
        }
    )


def _encounter(dice: random.Random, world: World, day: date) -> None:
    shift = dice.choice(world.shifts) if dice.random() < 0.7 else None
    ages = {code: dice.choice([0, 0, 0, 1, 2, 5]) for code in AGES}
    ages["age_nc"] += 1 if not sum(ages.values()) else 0
    encounter: Row = {
        "id": _id(dice),
        "shift_id": shift["id"] if shift else None,
        "site_id": shift["site_id"] if shift else dice.choice(list(world.areas)),
        "date": clock.local(shift["starts_at"]).date() if shift else day,
        "half_day": "soir",
        **ages,
        "people_count": sum(ages.values()),
        "feeling": dice.choice(list(FEELINGS)),
        **{name: dice.choice([None, *options]) for name, options in DETAILS.items()},
        "comment": "Ne doit jamais sortir d’ici",
        "status": dice.choice(["sent"] * 6 + ["validated", "voided"]),
        "version": 1,
    }
    world.encounters.append(encounter)
    for rank, code in enumerate(dice.sample(list(TOPICS), dice.randint(1, 3))):
        world.topics.append({"encounter_id": encounter["id"], "topic_code": code, "rank": rank})
