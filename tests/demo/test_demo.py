"""What the demo promises, on days of every season: the calendar of the year must not make it break its word."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User, UserScope
from civic.bookings import queries, rules
from civic.bookings.models import Attendance, Booking, BookingEvent
from civic.bookings.people import people_of
from civic.contracts.models import EngagementContract, Leave, Training
from civic.db import Base, Database
from civic.demo.chance import Chance
from civic.demo.load import is_empty, load
from civic.demo.names import full_names
from civic.demo.people import LACKING, READY_LOGINS
from civic.encounters import reference as topics
from civic.encounters.models import Encounter, EncounterTopic, EncounterVersion, Outing
from civic.encounters.rules import MANY_ENCOUNTERS, MANY_PEOPLE
from civic.missions.models import Application, Mission, MissionSite, MissionTag, MissionTraining
from civic.outbox.models import OutboxMail
from civic.shifts import recurrence
from civic.shifts.models import Shift, ShiftSeries, WeekTemplate, WeekTemplateLine
from civic.sites import reference as places
from civic.sites.models import Commune, Site, SiteClosure
from civic.volunteers.models import Volunteer
from tests.demo.rulebook import Somebody, Stretch, broken

# A Monday of autumn, the week between the years, the start of spring with Easter ahead, summer.
DAYS = (
    "2026-11-23",
    # More days of the year under `make verify-demo`.
    pytest.param("2027-03-22", marks=pytest.mark.verify),
    pytest.param("2026-12-28", marks=pytest.mark.verify),
    pytest.param("2027-07-05", marks=pytest.mark.verify),
)
HOLIDAYS = {
    *(date(year, month, day) for year in (2026, 2027, 2028) for month, day in ((1, 1), (5, 1), (5, 8), (7, 14))),
    *(date(year, month, day) for year in (2026, 2027, 2028) for month, day in ((8, 15), (11, 1), (11, 11), (12, 25))),
    *(date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25)),
    *(date(2027, 3, 29), date(2027, 5, 6), date(2027, 5, 17)),
    *(date(2028, 4, 17), date(2028, 5, 25), date(2028, 6, 5)),
}


async def fill(session: AsyncSession) -> None:
    await places.load(session)
    await topics.load(session)
    await load(session, seed=1, today=clock.today())


class World:
    """The demo read back from its rows."""

    def __init__(self) -> None:
        self.people: dict[str, Somebody] = {}
        self.volunteers: dict[str, UUID] = {}
        self.shifts: dict[UUID, tuple[Shift, Stretch]] = {}
        self.bookings: list[Booking] = []
        self.closed: set[tuple[str, date]] = set()

    @property
    def seats(self) -> Counter[UUID]:
        return Counter(booking.shift_id for booking in self.bookings if booking.state == "confirmed")

    def open_shifts(self, now: datetime) -> list[Stretch]:
        seats = self.seats
        last = clock.local(now).date() + timedelta(days=28)
        return [
            stretch
            for row, stretch in self.shifts.values()
            if row.state == "published" and row.starts_at > now and stretch.day <= last and seats[row.id] < row.capacity
        ]


async def read(session: AsyncSession) -> World:
    world = World()
    demands: dict[type[Base], defaultdict[UUID, set[str]]] = {}
    for table, column in ((MissionTag, MissionTag.tag), (MissionTraining, MissionTraining.kind)):
        demands[table] = defaultdict(set)
        for mission, code in await session.execute(select(table.mission_id, column)):
            demands[table][mission].add(code)
    for shift, age in await session.execute(select(Shift, Mission.min_age).join(Mission)):
        tags, trainings = (frozenset(demands[one][shift.mission_id]) for one in (MissionTag, MissionTraining))
        times = (shift.starts_at, shift.ends_at, shift.break_minutes, shift.capacity)
        world.shifts[shift.id] = (shift, Stretch(shift.id, shift.site_id, *times, age, tags, trainings))
    for closure in await session.scalars(select(SiteClosure)):
        world.closed |= {(closure.site_id, day) for day in clock.days(closure.starts_on, closure.ends_on)}
    done: defaultdict[UUID, set[str]] = defaultdict(set)
    for training in await session.scalars(select(Training)):
        done[training.contract_id].add(training.kind)
    chosen = select(User.email, Volunteer, EngagementContract).join(Volunteer, Volunteer.user_id == User.id)
    for email, volunteer, contract in await session.execute(chosen.join(EngagementContract)):
        login = email.partition("@")[0]
        world.volunteers[login] = volunteer.id
        world.people[login] = Somebody(
            birth=volunteer.birth_date,
            starts_on=contract.starts_on,
            ends_on=contract.ends_on,
            conform=contract.conformity_checked_on is not None,
            medical=contract.medical_cleared_on is not None,
            parental=contract.parental_authorised_on is not None and bool(contract.parental_holders),
            tutor=contract.tutor_id is not None,
            minor_tutoring=contract.minor_tutoring_on is not None,
            trainings=frozenset(done[contract.id]),
        )
    by_id = {volunteer_id: login for login, volunteer_id in world.volunteers.items()}
    for leave in await session.scalars(select(Leave).where(Leave.state == "approved")):
        world.people[by_id[leave.volunteer_id]].leaves.append((leave.starts_on, leave.ends_on))
    world.bookings = list(await session.scalars(select(Booking)))
    for booking in world.bookings:
        if booking.state == "confirmed":
            world.people[by_id[booking.volunteer_id]].held.append(world.shifts[booking.shift_id][1])
    return world


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[AsyncSession]:
    database = Database(sqlite_url)
    async with database.writing() as session:
        yield session
    await database.dispose()


@pytest.mark.parametrize("day", DAYS)
async def test_the_demo_keeps_its_word_on(day: str, sqlite: AsyncSession) -> None:
    with time_machine.travel(f"{day} 09:30+01:00", tick=False):
        assert await is_empty(sqlite)
        await fill(sqlite)
        assert not await is_empty(sqlite)
        world = await read(sqlite)
        check_people(world)
        check_bookings(world)
        check_shifts(world)
        await check_rules_of_the_product(sqlite, world)
        await check_log(sqlite)
        await check_series_and_templates(sqlite)


async def check_series_and_templates(session: AsyncSession) -> None:
    """Each series has shifts to come on the days of its rule alone, each template lines; both coordinators see one."""
    members: defaultdict[UUID, list[Shift]] = defaultdict(list)
    for shift in await session.scalars(select(Shift).where(Shift.series_id.is_not(None))):
        members[shift.series_id].append(shift)
    rows = list(await session.scalars(select(ShiftSeries)))
    assert len(rows) == 3
    for row in rows:
        assert members[row.id]
        days = set(recurrence.days_of(row.rule, row.first_day))
        assert {one.series_day for one in members[row.id]} <= days
        assert all((one.site_id, one.mission_id) == (row.site_id, row.mission_id) for one in members[row.id])
    lines = Counter(await session.scalars(select(WeekTemplateLine.template_id)))
    assert set(lines) == set(await session.scalars(select(WeekTemplate.id)))
    assert len(lines) == 2


def check_people(world: World) -> None:
    today = clock.today()
    later = today + timedelta(weeks=12)
    assert set(world.people) == {*READY_LOGINS, *LACKING}
    for login, who in world.people.items():
        minor = login in ("mineur", "volontaire034", "volontaire035")
        assert who.starts_on <= today, login
        assert who.ends_on >= later, login
        assert 16 <= who.age(who.starts_on) <= 25, login
        assert {who.age(today) < 18, who.age(later) < 18} == {minor}, login
        months = (who.ends_on - who.starts_on).days / 30.44
        assert 5.9 <= months <= 12.1, login
        lacks = {
            "contract_ready": not who.conform,
            "medical": not who.medical,
            "tutor_assigned": not who.tutor,
            "parental_auth": minor and not who.parental,
            "tutor_minor": minor and not who.minor_tutoring,
        }
        expected = [LACKING[login]] if login in LACKING else []
        assert [code for code, lacking in lacks.items() if lacking] == expected, login


def check_bookings(world: World) -> None:
    """Nobody holds what a rule forbids, and each finds at least 20 shifts to book."""
    open_shifts = world.open_shifts(clock.now())
    for login, who in world.people.items():
        for held in who.held:
            assert broken(who, held, world.closed, HOLIDAYS) == [], (login, held.day)
        mine = {one.id for one in who.held}
        bookable = [one for one in open_shifts if one.id not in mine]
        bookable = [one for one in bookable if not broken(who, one, world.closed, HOLIDAYS)]
        if login in LACKING:
            assert not bookable
        else:
            assert len(bookable) >= 40, (login, len(bookable))
    seats = world.seats
    waiting = {one.shift_id for one in world.bookings if one.state == "waitlisted"}
    assert len(waiting) >= 5
    for row, _stretch in world.shifts.values():
        assert seats[row.id] <= row.capacity
        assert row.id not in waiting or seats[row.id] == row.capacity
        assert row.state == "published" or not seats[row.id]


def check_shifts(world: World) -> None:
    today = clock.today()
    monday = clock.monday(today)
    days = [stretch.day for _row, stretch in world.shifts.values()]
    assert min(days) >= monday - timedelta(weeks=12)
    assert max(days) <= today + timedelta(days=28)
    published: Counter[date] = Counter()
    states: Counter[tuple[bool, str]] = Counter()
    for row, stretch in world.shifts.values():
        states[stretch.day < today, row.state] += 1
        published[stretch.monday] += row.state == "published"
        assert (stretch.site, stretch.day) not in world.closed
        start, end = clock.local(row.starts_at), clock.local(row.ends_at)
        assert 9 <= start.hour < 20
        assert end.hour < 22
        assert start.date() == end.date()
        assert row.break_minutes == 0 or 45 <= row.break_minutes <= 60
        assert row.created_at < row.starts_at
    whole_weeks = [monday + timedelta(weeks=week) for week in range(-12, 4)]
    assert all(published[week] >= 60 for week in whole_weeks), published
    assert states[False, "draft"] >= 3
    assert states[False, "cancelled"] == 3
    assert not states[True, "draft"]
    assert {stretch.site for _row, stretch in world.shifts.values()} == {place["id"] for place in places._sites()}
    seats = world.seats
    coming = [row for row, stretch in world.shifts.values() if stretch.day > today and row.state == "published"]
    fill_rate = sum(seats[row.id] for row in coming) / sum(row.capacity for row in coming)
    assert 0.38 <= fill_rate <= 0.58


async def check_rules_of_the_product(session: AsyncSession, world: World) -> None:
    """The same by the ladder that a real booking climbs."""
    now = clock.now()
    ids = list(world.volunteers.values())
    people = await people_of(session, ids)
    facts = await queries.shift_facts(session, list(world.shifts))
    held: defaultdict[UUID, list[Any]] = defaultdict(list)
    for one in await queries.live_bookings(session, volunteer_ids=ids):
        held[one.volunteer_id].append(one)
    open_ids = [one.id for one in world.open_shifts(now)]
    for login, volunteer in world.volunteers.items():
        person, mine = people[volunteer], held[volunteer]
        for one in mine:
            near = [other for other in mine if abs(other.times.starts_at - one.times.starts_at) < timedelta(days=15)]
            assert rules.fitness(person, facts[one.shift_id], near) == [], (login, one.times)
        own = {one.shift_id for one in mine}
        near = [one for one in mine if one.times.ends_at > now - rules.HORIZON]
        judged = {one: rules.judge(person, facts[one], near, now) for one in open_ids if one not in own}
        if login in LACKING:
            assert all(found[0].code == LACKING[login] for found in judged.values() if len(found) == 1)
            assert all(LACKING[login] in {finding.code for finding in found} for found in judged.values())
            # One paper more and they could choose.
            assert sum(len(found) == 1 for found in judged.values()) >= 20, login
        else:
            assert sum(not found for found in judged.values()) >= 40, login


async def check_log(session: AsyncSession) -> None:
    """Encounters lie on shifts that were held, with their topics and versions; no mail waits."""
    encounters = list(await session.scalars(select(Encounter)))
    assert 2800 <= len(encounters) <= 3200
    present = {
        (shift, user)
        for shift, user in await session.execute(
            select(Booking.shift_id, Volunteer.user_id)
            .join(Attendance, Attendance.booking_id == Booking.id)
            .join(Volunteer, Volunteer.id == Booking.volunteer_id)
            .where(Attendance.state == "present")
        )
    }
    days = {shift.id: (clock.local(shift.starts_at).date(), shift) for shift in await session.scalars(select(Shift))}
    for one in encounters:
        day, shift = days[one.shift_id]
        assert (one.shift_id, one.author_id) in present
        assert (one.date, one.site_id) == (day, shift.site_id)
        assert one.date < clock.today()
        assert one.received_at is None or clock.now() - timedelta(days=31) < one.received_at <= clock.now()
    statuses = Counter(one.status for one in encounters)
    assert set(statuses) == {"sent", "validated", "voided"}
    versions = Counter(await session.scalars(select(EncounterVersion.encounter_id)))
    assert all(versions[one.id] == one.version for one in encounters)
    topiced = Counter(await session.scalars(select(EncounterTopic.encounter_id)))
    assert all(1 <= topiced[one.id] <= 3 for one in encounters)
    outings = {one.id: one for one in await session.scalars(select(Outing))}
    assert all(one.outing_id is None or outings[one.outing_id].shift_id == one.shift_id for one in encounters)
    # Two things that somebody looks at twice: the page of the review is never empty.
    crowds = Counter((one.author_id, one.date, one.half_day) for one in encounters if one.status == "sent")
    assert max(crowds.values()) >= MANY_ENCOUNTERS
    assert [one.status for one in encounters if one.people_count >= MANY_PEOPLE] == ["sent"]
    # Some went out of their own accord and met nobody: a result too.
    unplanned = {one.id for one in outings.values() if one.shift_id is None}
    assert unplanned
    assert unplanned.isdisjoint(one.outing_id for one in encounters)
    assert not (await session.scalars(select(OutboxMail))).all()


@pytest.mark.verify
async def test_both_engines_hold_the_same_rows(sqlite_url: str, postgres_url: str) -> None:
    """The whole demo, ids included, follows from the seed and the day."""
    digests = []
    with time_machine.travel("2026-11-23 09:30+01:00", tick=False):
        for url in (sqlite_url, postgres_url):
            database = Database(url)
            async with database.writing() as session:
                await fill(session)
                # Which days a roll-up has to tell again is noted by row on one engine, by statement on the other.
                tables = [table for table in Base.metadata.sorted_tables if table.name != "rollup_changes"]
                digests.append({table.name: await digest(session, table) for table in tables})
            await database.dispose()
    assert digests[0] == digests[1]


async def digest(session: AsyncSession, table: Any) -> str:
    lines = sorted(repr([_plain(value) for value in row]) for row in await session.execute(select(table)))
    return f"{len(lines)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"


def _plain(value: Any) -> Any:
    """A JSON object has no order of its own."""
    return sorted(value.items(), key=str) if isinstance(value, dict) else value


def test_another_seed_makes_other_people() -> None:
    first, second = (full_names(Chance(f"{seed} 2026-11-23 people"), 37) for seed in (1, 2))
    assert len(set(first)) == len(set(second)) == 37
    assert first != second


async def test_the_accounts_and_places_are_complete(session: AsyncSession) -> None:
    """On both engines."""
    await fill(session)
    roles = dict((await session.execute(select(User.email, User.role).where(User.role != "volunteer"))).tuples().all())
    assert roles == {
        "coordination@demo.example": "coordinator",
        "coordination.call@demo.example": "coordinator",
        "direction@demo.example": "manager",
        "admin@demo.example": "admin",
    }
    scopes = (await session.scalars(select(UserScope.intermunicipality_code))).all()
    assert list(scopes) == ["CALL"]
    assert all(await session.scalars(select(User.is_verified)))
    sites = list(await session.scalars(select(Site).execution_options(populate_existing=True)))
    assert len(sites) == 53
    assert all(site.meeting_place and site.on_call_number.startswith("03 53 01 ") for site in sites)
    assert set(await session.scalars(select(MissionSite.site_id))) == {site.id for site in sites}
    assert set(await session.scalars(select(Mission.pillar))) == {"rev3", "archipel_vert", "resilience"}
    assert set(await session.scalars(select(Application.state))) == {"submitted", "accepted", "rejected", "withdrawn"}
    volunteers = list(await session.scalars(select(Volunteer)))
    assert all(one.phone.startswith("06 39 98 ") and one.emergency_name and one.commune_insee for one in volunteers)
    communes = set(await session.scalars(select(Commune.insee)))
    assert {one.commune_insee for one in volunteers} <= communes
    events = Counter(await session.scalars(select(BookingEvent.booking_id)))
    states = {one.id: one.state for one in await session.scalars(select(Booking))}
    assert set(states.values()) == {"confirmed", "waitlisted", "withdrawn", "cancelled"}
    assert all(events[one] == (2 if state in ("withdrawn", "cancelled") else 1) for one, state in states.items())
