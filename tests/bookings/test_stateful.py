"""Random sequences of all that moves a place, on the real actions: what must always hold is asked after each step.

The days are those around the spring night of 28 March 2027, and one of the people comes of age in the middle of them.
`make verify-load` runs longer sequences, on both engines.
"""

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic import clock
from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.bookings import actions, cancelling, changes, queries, rules, steps, waitlist
from civic.bookings.models import LIVE, Booking, BookingEvent
from civic.bookings.people import people_of
from civic.bookings.release import release
from civic.bookings.values import Held, ShiftFacts
from civic.db import Database
from civic.errors import Answer, Invalid, Refusal
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.volunteers.models import Volunteer
from tests.factories.accounts import make_user
from tests.factories.contracts import make_contract
from tests.factories.leave import make_leave
from tests.factories.missions import make_mission
from tests.factories.shifts import make_shift
from tests.factories.sites import make_closure, make_site
from tests.factories.volunteers import make_volunteer
from tests.postgres import Cluster

NOW = datetime.fromisoformat("2027-03-22T08:00:00+01:00")
MONDAY = date(2027, 3, 22)
# Day of that week (7 is the Monday after the short night), hour, length, places.
SHIFTS = [
    (2, 9, 8, 1),
    (2, 13, 8, 2),
    (3, 9, 10, 1),
    (4, 8, 10, 2),
    (5, 9, 8, 1),
    (5, 22, 9, 1),
    (6, 9, 10, 2),
    (7, 9, 8, 1),
]
PEOPLE = 5


@dataclass
class Cast:
    people: list[tuple[UUID, UUID]]
    shifts: list[UUID]
    sites: list[str]
    coordinator: UUID


async def build(url: str) -> Cast:
    """The same world for every sequence: written once, copied for each."""
    db = Database(url)
    async with db.writing() as session:
        coordinator = await make_user(session, "coordinator")
        sites = [await make_site(session), await make_site(session)]
        await make_closure(session, sites[1], MONDAY + timedelta(days=4))
        mission = await make_mission(session, sites)
        people = [await make_volunteer(session) for _ in range(PEOPLE - 1)]
        people.append(await make_volunteer(session, birth_date=date(2009, 3, 26), ready=False))
        await make_contract(session, people[-1])
        shifts = []
        for day, hour, hours, capacity in SHIFTS:
            start = clock.at(MONDAY + timedelta(days=day), time(hour))
            shifts.append(
                await make_shift(
                    session,
                    start,
                    hours,
                    mission=mission,
                    site=sites[0],
                    capacity=capacity,
                    min_staff=1,
                    break_minutes=60,
                )
            )
        made = Cast(
            [(one.id, one.user_id) for one in people],
            [one.id for one in shifts],
            [one.id for one in sites],
            coordinator.id,
        )
    await db.dispose()
    return made


class Places(RuleBasedStateMachine):
    """`fresh` gives a copy of the world."""

    cast: ClassVar[Cast]
    fresh: ClassVar[Callable[[ExitStack], str]]

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.time = self.stack.enter_context(time_machine.travel(NOW, tick=False))
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.db = Database(type(self).fresh(self.stack))
        self.taken: Counter[str] = Counter()

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.runner.run(self.db.dispose())
            self.stack.close()

    def act(self, doing: Callable[[AsyncSession], Awaitable[Any]]) -> None:
        """One request: refused with a sentence, or committed."""

        async def run() -> None:
            try:
                async with self.db.writing() as session:
                    await doing(session)
            except (Refusal, Invalid, Answer):
                self.taken["refused"] += 1

        self.runner.run(run())
        self.time.shift(timedelta(seconds=1))

    def read(self, doing: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with self.db.reading() as session:
                return await doing(session)

        return self.runner.run(run())

    async def user(self, session: AsyncSession, number: int) -> User:
        return await session.get_one(User, self.cast.people[number][1])

    async def coordinator(self, session: AsyncSession) -> User:
        chosen = select(User).where(User.id == self.cast.coordinator).options(selectinload(User.scopes))
        return (await session.scalars(chosen)).one()

    @rule(who=st.integers(0, PEOPLE - 1), which=st.integers(0, len(SHIFTS) - 1))
    def book(self, who: int, which: int) -> None:
        async def doing(session: AsyncSession) -> None:
            by = await self.user(session, who)
            await actions.book(session, by=by, volunteer_id=self.cast.people[who][0], shift_id=self.cast.shifts[which])

        self.act(doing)

    @rule(which=st.integers(0, len(SHIFTS) - 1))
    def everybody_books(self, which: int) -> None:
        for who in range(PEOPLE):
            self.book(who, which)

    @rule(who=st.integers(0, PEOPLE - 1), which=st.integers(0, len(SHIFTS) - 1))
    def assign(self, who: int, which: int) -> None:
        async def doing(session: AsyncSession) -> None:
            by = await self.coordinator(session)
            volunteer_id, shift_id = self.cast.people[who][0], self.cast.shifts[which]
            await actions.book(session, by=by, volunteer_id=volunteer_id, shift_id=shift_id, reason="Renfort")

        self.act(doing)

    @rule(who=st.integers(0, PEOPLE - 1), which=st.integers(0, len(SHIFTS) - 1))
    def withdraw(self, who: int, which: int) -> None:
        async def doing(session: AsyncSession) -> None:
            by, shift_id = await self.user(session, who), self.cast.shifts[which]
            await actions.withdraw(session, by=by, volunteer_id=self.cast.people[who][0], shift_id=shift_id)

        self.act(doing)

    @rule(number=st.integers(0, 9), yes=st.booleans(), state=st.sampled_from(["offered", "offered", "waitlisted"]))
    def answer(self, number: int, yes: bool, state: str) -> None:
        chosen = select(Booking.id, Booking.volunteer_id).where(Booking.state == state).order_by(Booking.created_at)

        async def doing(session: AsyncSession) -> None:
            rows = (await session.execute(chosen)).all()
            if not rows:
                return
            booking_id, volunteer_id = rows[number % len(rows)]
            who = next(n for n, (one, _user) in enumerate(self.cast.people) if one == volunteer_id)
            by = await self.user(session, who)
            if yes:
                await waitlist.accept(session, by=by, booking_id=booking_id)
            else:
                await waitlist.decline(session, by=by, booking_id=booking_id)

        self.act(doing)

    @rule(number=st.integers(0, 9))
    def remove(self, number: int) -> None:
        chosen = select(Booking.id).where(Booking.state.in_(LIVE)).order_by(Booking.created_at)

        async def doing(session: AsyncSession) -> None:
            rows = list(await session.scalars(chosen))
            if rows:
                by = await self.coordinator(session)
                await actions.remove(session, by=by, booking_id=rows[number % len(rows)], reason="Besoin ailleurs")

        self.act(doing)

    @rule(
        which=st.integers(0, len(SHIFTS) - 1),
        moved=st.sampled_from([0, -24, -5, -1, 1, 4, 24]),
        longer=st.sampled_from([-4, 0, 0, 2]),
        capacity=st.integers(1, 3),
        site=st.integers(0, 1),
        confirm=st.sampled_from([True, True, False]),
    )
    def edit(self, which: int, moved: int, longer: int, capacity: int, site: int, confirm: bool) -> None:
        async def doing(session: AsyncSession) -> None:
            shift = await session.get_one(Shift, self.cast.shifts[which])
            values = ShiftValues(**{name: getattr(shift, name) for name in ShiftValues.__slots__})
            start = values.starts_at + timedelta(hours=moved)
            end = values.ends_at + timedelta(hours=moved + longer)
            wanted = replace(
                values, starts_at=start, ends_at=end, capacity=capacity, min_staff=1, site_id=self.cast.sites[site]
            )
            by = await self.coordinator(session)
            await changes.edit_shift(session, by=by, shift_id=shift.id, values=wanted, version=None, confirm=confirm)

        self.act(doing)

    @rule(which=st.integers(0, len(SHIFTS) - 1), sure=st.sampled_from([True, False, False]))
    def cancel(self, which: int, sure: bool) -> None:
        async def doing(session: AsyncSession) -> None:
            by = await self.coordinator(session)
            await cancelling.cancel_shift(session, by=by, shift_id=self.cast.shifts[which], reason="Tempête")

        if sure:
            self.act(doing)

    @rule(who=st.integers(0, PEOPLE - 1), day=st.integers(2, 8))
    def leave(self, who: int, day: int) -> None:
        off = MONDAY + timedelta(days=day)
        volunteer_id = self.cast.people[who][0]
        start, end = clock.day_bounds(off, off)
        covered = select(Booking.id).where(
            Booking.volunteer_id == volunteer_id,
            Booking.state.in_(("confirmed", "offered")),
            Booking.starts_at < end,
            Booking.ends_at > start,
        )

        async def doing(session: AsyncSession) -> None:
            by = await self.coordinator(session)
            await make_leave(session, await session.get_one(Volunteer, volunteer_id), off, state="approved", by=by)
            found = list(await session.scalars(covered))
            await release(session, by=by, booking_ids=found, reason="Congé accordé")

        self.act(doing)

    @rule(minutes=st.sampled_from([5, 16, 90, 12 * 60, 30 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.time.shift(timedelta(minutes=minutes))
        self.work()

    @rule(which=st.integers(0, len(SHIFTS) - 1), before=st.sampled_from([5, 60, 125, 24 * 60 + 5]))
    def a_start_comes_near(self, which: int, before: int) -> None:
        starts = self.read(
            lambda session: session.scalar(select(Shift.starts_at).where(Shift.id == self.cast.shifts[which]))
        )
        wanted = starts - timedelta(minutes=before)
        if wanted > clock.now():
            self.time.move_to(wanted)
            self.work()

    def work(self) -> None:
        """The regular task, as often as it takes."""
        for shift_id in self.read(waitlist.unsettled):
            self.act(lambda session, shift_id=shift_id: waitlist.settle_one(session, shift_id))  # type: ignore[misc]

    @invariant()
    def everything_holds(self) -> None:
        if hasattr(self, "db"):
            self.read(self._check)

    async def _check(self, session: AsyncSession) -> None:
        facts = await queries.shift_facts(session, self.cast.shifts)
        ids = [one for one, _user in self.cast.people]
        held = await queries.live_bookings(session, shift_ids=self.cast.shifts)
        crowds = queries.crowds(held)
        people = await people_of(session, ids)
        theirs: dict[UUID, list[Held]] = defaultdict(list)
        for one in held:
            theirs[one.volunteer_id].append(one)
        for shift_id, crowd in crowds.items():
            assert len(crowd.seated) <= facts[shift_id].capacity
            keys = [one.queue_key for one in (*crowd.seated, *crowd.waiting)]
            assert len(set(keys)) == len(keys), "two in one place of the queue"
        for mine in theirs.values():
            seats = [one for one in mine if one.state in ("confirmed", "offered")]
            assert not any(first.times.overlaps(second.times) for first, second in combinations(seats, 2))
            for seat in seats:
                shift = facts[seat.shift_id]
                broken = rules.fitness(people[seat.volunteer_id], shift, seats)
                assert not broken or shift.times.starts_at <= clock.now(), broken
        for shift in facts.values():
            await self._no_place_is_left(session, shift, crowds[shift.id])
        await self._all_is_told(session)

    async def _no_place_is_left(self, session: AsyncSession, shift: ShiftFacts, crowd: Any) -> None:
        now = clock.now()
        closed = shift.state != "published" or shift.times.starts_at <= now or rules.in_rush(shift, now)
        if closed or len(crowd.seated) >= shift.capacity or not crowd.waiting:
            return
        ids = [one.volunteer_id for one in crowd.waiting]
        people, holdings = await people_of(session, ids), await steps.holdings_of(session, ids, shift)
        assert rules.first_eligible(crowd.waiting, people, holdings, shift, now) is None, (
            "a free place beside the queue"
        )

    async def _all_is_told(self, session: AsyncSession) -> None:
        steps_taken = Counter(str(one) for one in await session.scalars(select(BookingEvent.booking_id)))
        audited = Counter(
            await session.scalars(select(AuditEvent.subject_id).where(AuditEvent.subject_kind == "bookings"))
        )
        mails = select(OutboxMail.dedupe).where(OutboxMail.dedupe.like("booking:%"))
        told = Counter(str(one).split(":")[1] for one in await session.scalars(mails))
        assert audited == steps_taken
        for booking_id, count in steps_taken.items():
            assert told[booking_id] >= count, "a change without its mail"


@pytest.fixture(scope="module")
def sqlite_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> type[Places]:
    file = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("world") / "world.db"))
    with time_machine.travel(NOW, tick=False):
        cast_ = asyncio.run(build(f"sqlite+aiosqlite:///{file}"))
    folder = tmp_path_factory.mktemp("examples")

    class OnSqlite(Places):
        cast = cast_

        @staticmethod
        def fresh(_stack: ExitStack) -> str:
            for old in folder.iterdir():
                old.unlink()
            return f"sqlite+aiosqlite:///{shutil.copy(file, folder / 'civic.db')}"

    return OnSqlite


@pytest.fixture(scope="module")
def postgres_world(postgres_cluster: Cluster) -> Iterator[type[Places]]:
    with postgres_cluster.clone() as url:
        with time_machine.travel(NOW, tick=False):
            cast_ = asyncio.run(build(url))
        template = url.rsplit("/", 1)[1]

        class OnPostgres(Places):
            cast = cast_

            @staticmethod
            def fresh(stack: ExitStack) -> str:
                return stack.enter_context(postgres_cluster.clone(template))

        yield OnPostgres


def run(machine: type[Places], examples: int, length: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=length,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_nothing_breaks_whatever_is_done_in_whatever_order(sqlite_world: type[Places]) -> None:
    run(sqlite_world, 6, 20)


@pytest.mark.verify
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nothing_breaks_in_long_sequences(engine: str, request: pytest.FixtureRequest) -> None:
    run(request.getfixturevalue(f"{engine}_world"), 120, 50)
