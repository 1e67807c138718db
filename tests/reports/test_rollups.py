"""The roll-ups say what the rows say, whatever changed and by whatever door, on both engines.

What the database notes by its triggers is put to the test with plain statements: an action, an import, a purge and a
hand in psql are all the same to them.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic.bookings.models import Attendance, Booking
from civic.db import Database
from civic.encounters.codes import TOPICS
from civic.encounters.models import Encounter, EncounterTopic, Outing, Topic
from civic.missions.models import Mission
from civic.reports.actions import Stale, rebuild, refresh, roll_up
from civic.reports.activity import activity
from civic.reports.counting import tally
from civic.reports.filters import Filters
from civic.reports.proof import differences
from civic.reports.rollup_models import encounter_days, encounter_pairs, outing_days, rollup_changes, shift_days
from civic.reports.spans import Span, rows_only, spans
from civic.shifts.models import Shift
from civic.sites.models import PILLARS, Site
from tests.factories.reports import World, make_world
from tests.reports.scene import NOW
from tests.reports.test_figures import FIRST, LAST, assert_same, chance

ROLLUPS = (encounter_days, encounter_pairs, shift_days, outing_days)


async def changes(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(rollup_changes)) or 0


async def contents(session: AsyncSession) -> list[list[tuple[Any, ...]]]:
    return [sorted((tuple(row) for row in await session.execute(select(t))), key=str) for t in ROLLUPS]


async def test_rolled_up_figures_equal_a_count_by_hand(session: AsyncSession, db: Database) -> None:
    world = await make_world(session, 1, FIRST, LAST, shifts=0.4)
    await session.commit()
    await refresh(db)
    dice = random.Random(1)
    async with db.reading() as looking:
        assert await changes(looking) == 0
        for _ in range(30):
            assert_same(await activity(looking, chance(dice, world)), world)
        assert_same(await activity(looking, Filters(from_=date(2026, 2, 1), to=date(2026, 11, 23))), world)


async def test_a_cut_off_in_the_past_counts_the_shifts_that_were_over(session: AsyncSession, db: Database) -> None:
    world = await make_world(session, 2, date(2026, 10, 1), date(2026, 10, 31), encounters=5)
    await session.commit()
    await refresh(db)
    middle = sorted(shift["ends_at"] for shift in world.shifts)[len(world.shifts) // 2]
    async with db.reading() as looking:
        found = (await activity(looking, Filters(from_=date(2026, 10, 1), to=date(2026, 10, 31)), middle)).now.shifts
    assert found == sum(s["ends_at"] <= middle and s["state"] == "published" for s in world.shifts)
    assert 0 < found < len(world.shifts)


async def test_rebuild_mends_what_was_broken(session: AsyncSession, db: Database) -> None:
    await make_world(session, 3, date(2026, 9, 1), date(2026, 10, 31), encounters=40)
    await session.commit()
    await refresh(db)
    async with db.writing() as writing:
        assert await differences(writing) == []
        before = await contents(writing)
        await writing.execute(update(encounter_days).values(encounters=encounter_days.c.encounters + 1))
        await writing.execute(delete(shift_days))
    async with db.reading() as looking:
        assert {"sites", "days", "shifts"} <= set(await differences(looking))
    await rebuild(db)
    async with db.reading() as looking:
        assert await contents(looking) == before
        assert await differences(looking) == []


async def test_who_writes_during_a_roll_up_neither_waits_nor_is_forgotten(postgres_url: str) -> None:
    database = Database(postgres_url)
    try:
        async with database.writing() as session:
            world = await make_world(session, 4, date(2026, 10, 1), date(2026, 10, 31), encounters=40)
        one = next(e for e in world.encounters if e["status"] == "sent")
        async with database.writing() as rolling:
            await roll_up(rolling, Stale("encounters", Span(date(2026, 10, 1), date(2026, 10, 31))))
            async with asyncio.timeout(5), database.writing() as writing:
                await writing.execute(update(Encounter).where(Encounter.id == one["id"]).values(status="voided"))
        one["status"] = "voided"
        async with database.reading() as looking:
            assert_same(await activity(looking, Filters(from_=date(2026, 10, 1), to=date(2026, 10, 31))), world)
        assert await refresh(database)
        async with database.reading() as looking:
            assert await changes(looking) == 0
            assert_same(await activity(looking, Filters(from_=date(2026, 10, 1), to=date(2026, 10, 31))), world)
    finally:
        await database.dispose()


async def test_what_changes_no_figure_is_not_noted(session: AsyncSession, db: Database) -> None:
    world = await make_world(session, 5, date(2026, 10, 1), date(2026, 10, 31), encounters=10)
    await session.commit()
    await refresh(db)
    async with db.writing() as writing:
        await writing.execute(update(Encounter).values(comment=None, received_at=None))
        await writing.execute(update(Encounter).where(Encounter.status == "sent").values(status="validated"))
        await writing.execute(update(Outing).values(weather="vent"))
        await writing.execute(update(Booking).where(Booking.state == "waitlisted").values(state="withdrawn"))
    async with db.reading() as looking:
        assert await changes(looking) == 0
    assert world.encounters


async def test_without_its_triggers_the_database_would_lie(sqlite_url: str) -> None:
    """What the sequences below would find: the proof sees a change that nobody noted."""
    database = Database(sqlite_url)
    try:
        async with database.writing() as session:
            await make_world(session, 7, date(2026, 10, 1), date(2026, 10, 31), encounters=20)
        await refresh(database)
        async with database.writing() as session:
            await session.execute(text("DROP TRIGGER rollup_encounters_update"))
            await session.execute(update(Encounter).values(feeling="negatif"))
            assert await differences(session) == ["facets"]
    finally:
        await database.dispose()


def test_few_spans_cover_many_days() -> None:
    days = {date(2026, 1, 1) + timedelta(days=number * number) for number in range(20)}
    found = spans(days)
    assert len(found) == 6
    assert all(any(first <= day <= last for first, last in found) for day in days)
    assert spans([]) == ()


@dataclass
class Held:
    """The identifiers of a world, in a fixed order."""

    encounters: list[UUID]
    shifts: list[UUID]
    bookings: list[UUID]
    outings: list[UUID]
    missions: list[UUID]
    sites: list[str]

    @classmethod
    def of(cls, world: World) -> "Held":
        ids = ([row["id"] for row in rows] for rows in (world.encounters, world.shifts, world.bookings, world.outings))
        return cls(*ids, list(world.pillars), list(world.areas))


class Doors(RuleBasedStateMachine):
    """Everything that can change a figure, one after the other; now and then the days are rolled up."""

    db: ClassVar[Database]
    loop: ClassVar[asyncio.AbstractEventLoop]
    held: ClassVar[Held]

    def write(self, *statements: Any) -> None:
        async def writing() -> None:
            async with self.db.writing() as session:
                for statement in statements:
                    await session.execute(statement.execution_options(synchronize_session=False))

        self.run(writing)

    def run(self, what: Callable[[], Awaitable[Any]]) -> Any:
        return self.loop.run_until_complete(what())

    @initialize()
    def rolled_up(self) -> None:
        self.run(lambda: refresh(self.db))

    @rule(
        n=st.integers(0, 39), day=st.integers(0, 60), voided=st.booleans(), feeling=st.sampled_from(["positif", "nc"])
    )
    def change_an_encounter(self, n: int, day: int, voided: bool, feeling: str) -> None:
        values = {"date": date(2026, 9, 1) + timedelta(days=day), "status": "voided" if voided else "sent"}
        self.write(update(Encounter).where(Encounter.id == self.held.encounters[n]).values(feeling=feeling, **values))

    @rule(n=st.integers(0, 39), site=st.integers(0, 3), people=st.integers(0, 9), zone=st.sampled_from(["call", None]))
    def move_an_encounter(self, n: int, site: int, people: int, zone: str | None) -> None:
        ages = {"age_lt12": people, "age_12_17": 0, "age_18_24": 0, "age_25_59": 1, "age_60p": 0, "age_nc": 0}
        values = {**ages, "people_count": people + 1, "site_id": self.held.sites[site], "origin_zone": zone}
        self.write(update(Encounter).where(Encounter.id == self.held.encounters[n]).values(**values))

    @rule(n=st.integers(0, 39), codes=st.sets(st.sampled_from(sorted(TOPICS)), min_size=1, max_size=3))
    def name_other_topics(self, n: int, codes: set[str]) -> None:
        one = self.held.encounters[n]
        rows = [{"encounter_id": one, "topic_code": code, "rank": rank} for rank, code in enumerate(sorted(codes))]
        self.write(
            delete(EncounterTopic).where(EncounterTopic.encounter_id == one), insert(EncounterTopic).values(rows)
        )

    @rule(topics=st.tuples(st.sampled_from(sorted(TOPICS)), st.sampled_from(sorted(TOPICS))))
    def merge_topics(self, topics: tuple[str, str]) -> None:
        old, new = topics
        with_both = select(EncounterTopic.encounter_id).where(EncounterTopic.topic_code == new)
        moved = update(EncounterTopic).where(EncounterTopic.topic_code == old)
        self.write(moved.where(EncounterTopic.encounter_id.not_in(with_both)).values(topic_code=new))

    @rule(topic=st.sampled_from(sorted(TOPICS)), pillar=st.sampled_from([*PILLARS, None]))
    def give_a_topic_another_pillar(self, topic: str, pillar: str | None) -> None:
        self.write(update(Topic).where(Topic.code == topic).values(pillar=pillar))

    @rule(n=st.integers(0, 39))
    def log_and_erase(self, n: int) -> None:
        """A copy of an encounter on another day, and the original gone for good."""
        copied, columns = uuid4(), [c for c in Encounter.__table__.c if c.name not in ("id", "date")]
        one = self.held.encounters[n]

        async def replace() -> None:
            async with self.db.writing() as session:
                row = (await session.execute(select(*columns).where(Encounter.id == one))).one()
                await session.execute(insert(Encounter).values(id=copied, date=date(2026, 9, 9), **row._mapping))
                named = select(EncounterTopic.topic_code).where(EncounterTopic.encounter_id == one)
                rows = [{"encounter_id": copied, "topic_code": code} for code in await session.scalars(named)]
                await session.execute(insert(EncounterTopic).values(rows))
                gone = delete(Encounter).where(Encounter.id == one)
                await session.execute(gone.execution_options(synchronize_session=False))

        self.run(replace)
        self.held.encounters[n] = copied

    @rule(n=st.integers(0, 19), hours=st.integers(-60, 60), state=st.sampled_from(["published", "cancelled"]))
    def change_a_shift(self, n: int, hours: int, state: str) -> None:
        """Cancelled seats with it: no seat of another shift must overlap."""
        one, step = self.held.shifts[n], timedelta(hours=hours)

        async def change() -> None:
            async with self.db.writing() as session:
                shift = await session.get_one(Shift, one)
                shift.starts_at, shift.ends_at, shift.state = shift.starts_at + step, shift.ends_at + step, state
                seats = update(Booking).where(Booking.shift_id == one, Booking.state == "confirmed")
                await session.execute(seats.values(state="removed").execution_options(synchronize_session=False))

        self.run(change)

    @rule(n=st.integers(0, 19), mission=st.integers(0, 2), site=st.integers(0, 3), capacity=st.integers(4, 6))
    def give_a_shift_to_another_mission(self, n: int, mission: int, site: int, capacity: int) -> None:
        values = {"mission_id": self.held.missions[mission], "site_id": self.held.sites[site], "capacity": capacity}
        self.write(update(Shift).where(Shift.id == self.held.shifts[n]).values(**values))

    @rule(n=st.integers(0, 2), pillar=st.sampled_from(PILLARS))
    def give_a_mission_another_pillar(self, n: int, pillar: str) -> None:
        self.write(update(Mission).where(Mission.id == self.held.missions[n]).values(pillar=pillar))

    @rule(n=st.integers(0, 29), there=st.sampled_from(["present", "absent"]), quarters=st.integers(0, 40))
    def note_a_presence(self, n: int, there: str, quarters: int) -> None:
        one = self.held.bookings[n]
        values = {"booking_id": one, "state": there, "hours": Decimal(quarters) / 4}
        gone = delete(Attendance).where(Attendance.booking_id == one)
        self.write(gone, insert(Attendance).values(id=uuid4(), **values))

    @rule(n=st.integers(0, 29), state=st.sampled_from(["walk_in", "withdrawn"]))
    def change_a_booking(self, n: int, state: str) -> None:
        self.write(update(Booking).where(Booking.id == self.held.bookings[n]).values(state=state))

    @rule(n=st.integers(0, 9), approached=st.none() | st.integers(0, 9), voided=st.booleans())
    def change_an_outing(self, n: int, approached: int | None, voided: bool) -> None:
        values = {"approached_count": approached, "voided_at": NOW if voided else None}
        self.write(update(Outing).where(Outing.id == self.held.outings[n]).values(**values))

    @rule(n=st.integers(0, 3), area=st.sampled_from(["CALL", "CAHC", "CABBALR"]))
    def give_a_site_to_another_area(self, n: int, area: str) -> None:
        self.write(update(Site).where(Site.id == self.held.sites[n]).values(intermunicipality_code=area))

    @rule()
    def roll_up(self) -> None:
        self.run(lambda: refresh(self.db))

    @rule(
        site=st.none() | st.integers(0, 3),
        area=st.none() | st.sampled_from(["CALL", "CAHC"]),
        mission=st.none() | st.integers(0, 2),
        pillar=st.none() | st.sampled_from(PILLARS),
        topic=st.none() | st.sampled_from(sorted(TOPICS)),
        age=st.none() | st.sampled_from(["age_lt12", "age_25_59"]),
    )
    def look(self, site: int | None, area: str | None, mission: int | None, **more: Any) -> None:
        filters = Filters(
            from_=date(2026, 8, 20),
            to=date(2026, 11, 20),
            site=None if site is None else self.held.sites[site],
            intermunicipality=area,
            mission=None if mission is None else self.held.missions[mission],
            **more,
        )
        self.run(lambda: self.compare(filters))

    async def compare(self, filters: Filters) -> None:
        async with self.db.reading() as session:
            rolled = await tally(session, filters, NOW)
            counted = await tally(session, filters, NOW, rows_only(filters.from_, filters.to))
        assert rolled == counted

    def teardown(self) -> None:
        everything = Filters(from_=date(2020, 1, 1), to=date(2030, 1, 1))
        self.run(lambda: self.compare(everything))
        self.run(lambda: refresh(self.db))
        self.run(lambda: self.compare(everything))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_whatever_changes(engine: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{engine}_url")
    loop = asyncio.new_event_loop()
    database = Database(url)

    async def arrange() -> Held:
        async with database.writing() as session:
            return Held.of(await make_world(session, 6, date(2026, 9, 1), date(2026, 10, 31), encounters=40))

    held = loop.run_until_complete(arrange())
    machine = type("Machine", (Doors,), {"db": database, "loop": loop, "held": held})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=5,
                stateful_step_count=25,
                suppress_health_check=list(HealthCheck),
                database=None,
                derandomize=True,
            ),
        )
    finally:
        loop.run_until_complete(database.dispose())
        loop.close()


def test_now_is_after_the_days_of_the_world() -> None:
    """Otherwise no shift would be over, and none counted."""
    assert datetime(2026, 11, 1, tzinfo=NOW.tzinfo) < NOW
