"""What a file of shifts is compared with, loaded once: missions and their sites, places, and the shifts it may mean."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import LIVE, Booking
from civic.imports.cells import key
from civic.missions.models import Mission, MissionSite
from civic.shifts.bulk import CHUNK
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.sites.models import Site, SiteClosure

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """A shift that stands."""

    id: UUID
    values: ShiftValues
    state: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class Place:
    id: str
    name: str
    intermunicipality: str
    archived: bool


@dataclass(slots=True)
class World:
    """`missions` and `places` by everything that a cell may call them; a name that two share leads to both."""

    missions: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    titles: dict[UUID, str] = field(default_factory=dict)
    periods: dict[UUID, tuple[date | None, date | None]] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    sites: dict[str, Place] = field(default_factory=dict)
    allowed: set[tuple[UUID, str]] = field(default_factory=set)
    by_id: dict[UUID, Known] = field(default_factory=dict)
    by_reference: dict[str, Known] = field(default_factory=dict)
    by_time: dict[tuple[UUID, str, datetime], list[Known]] = field(default_factory=lambda: defaultdict(list))
    booked: set[UUID] = field(default_factory=set)
    closures: dict[str, list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))

    def closed(self, site_id: str, start: datetime, end: datetime) -> bool:
        """Whether a place is closed on a local day that a shift touches."""
        first, last = clock.local_day(start), clock.local_day(end - timedelta(microseconds=1))
        return any(opens <= last and first <= closes for opens, closes in self.closures.get(site_id, ()))

    def add(self, shift: Known) -> None:
        if shift.id in self.by_id:
            return
        self.by_id[shift.id] = shift
        if shift.reference is not None:
            self.by_reference[shift.reference] = shift
        values = shift.values
        self.by_time[(values.mission_id, values.site_id, values.starts_at)].append(shift)


async def load_places(session: AsyncSession) -> World:
    """Missions in use and every site, without shifts."""
    world = World()
    missions = select(Mission.id, Mission.title, Mission.starts_on, Mission.ends_on)
    for mission_id, title, first, last in await session.execute(missions.where(Mission.archived_at.is_(None))):
        world.titles[mission_id], world.periods[mission_id] = title, (first, last)
        world.missions[key(title)].append(mission_id)
        world.missions[key(str(mission_id))].append(mission_id)
    chosen = select(Site.id, Site.name, Site.intermunicipality_code, Site.archived_at)
    for site_id, name, code, archived in await session.execute(chosen):
        world.sites[site_id] = Place(site_id, name, code, archived is not None)
        world.places[key(name)].append(site_id)
    world.allowed = {
        (row[0], row[1]) for row in await session.execute(select(MissionSite.mission_id, MissionSite.site_id))
    }
    return world


async def load_shifts(
    session: AsyncSession,
    world: World,
    ids: Collection[UUID],
    references: Collection[str],
    starts: Sequence[datetime],
) -> None:
    """The shifts that a file may mean, and which of them somebody holds or waits for."""
    chosen = select(
        Shift.id,
        Shift.mission_id,
        Shift.site_id,
        Shift.starts_at,
        Shift.ends_at,
        Shift.capacity,
        Shift.min_staff,
        Shift.break_minutes,
        Shift.state,
        Shift.reference,
    )
    for some in _chunks(ids):
        await _add(session, world, chosen.where(Shift.id.in_(some)))
    for names in _chunks(references):
        await _add(session, world, chosen.where(Shift.reference.in_(names)))
    if starts:
        await _load_closures(session, world, clock.local_day(min(starts)))
        await _add(session, world, chosen.where(Shift.starts_at.between(min(starts), max(starts))))
    for some in _chunks(world.by_id):
        held = select(Booking.shift_id).where(Booking.shift_id.in_(some), Booking.state.in_(LIVE)).distinct()
        world.booked.update(await session.scalars(held))


async def _load_closures(session: AsyncSession, world: World, first: date) -> None:
    chosen = select(SiteClosure.site_id, SiteClosure.starts_on, SiteClosure.ends_on)
    for site_id, starts_on, ends_on in await session.execute(chosen.where(SiteClosure.ends_on >= first)):
        world.closures[site_id].append((starts_on, ends_on))


async def _add(session: AsyncSession, world: World, chosen: Select[Any]) -> None:
    for row in await session.execute(chosen):
        values = ShiftValues(
            mission_id=row.mission_id,
            site_id=row.site_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            capacity=row.capacity,
            min_staff=row.min_staff,
            break_minutes=row.break_minutes,
        )
        world.add(Known(row.id, values, row.state, row.reference))


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    source = iter(items)
    while some := list(islice(source, CHUNK)):
        yield some
