"""The plain values that booking rules judge: who, what, and what they already hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TypeVar, dataclass_transform
from uuid import UUID

from civic import clock
from civic.contracts.limits import DEFAULT, Limits

SEATED = ("confirmed", "offered")
# Two people, in no order, and what a coordinator wishes for them: "together" or "apart".
Wishes = Mapping[frozenset[UUID], str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DaysOff:
    """An approved leave; both days are included."""

    starts_on: date
    ends_on: date
    kind: str = "annual"


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """One engagement contract reduced to what a booking needs to know; both days are included."""

    starts_on: date
    last_day: date
    conform: bool
    medical: bool
    parental_auth: bool
    tutor: bool
    minor_tutoring: bool
    weekly_hours: float
    trainings: frozenset[str] = frozenset()

    def covers(self, day: date) -> bool:
        return self.starts_on <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of every week; Monday is 0, minutes are those of the local day and 1440 is the next midnight."""

    weekday: int
    starts_minute: int
    ends_minute: int


@lru_cache(maxsize=4096)
def _minor(birth_date: date, day: date) -> bool:
    return clock.age_on(birth_date, day) < 18


@dataclass(frozen=True, slots=True)
class Person:
    """A volunteer with their contracts; `lat` and `lon` are those of the home commune.

    `shifts_served` counts the seats on shifts that are over, unless an absence was noted, and the walk-ins noted
    present: what nobody has noted yet counts, or somebody would stay a newcomer because a coordinator is late.
    """

    volunteer_id: UUID
    user_id: UUID
    name: str
    email: str
    birth_date: date
    verified: bool
    contracts: tuple[ContractFacts, ...] = ()
    lat: float | None = None
    lon: float | None = None
    phone: str = ""
    leaves: tuple[DaysOff, ...] = ()
    unavailable: tuple[Stretch, ...] = ()
    preferred_sites: frozenset[str] = frozenset()
    shifts_served: int = 0

    def age_on(self, day: date) -> int:
        return clock.age_on(self.birth_date, day)

    def minor_on(self, day: date) -> bool:
        return _minor(self.birth_date, day)

    def contract_on(self, day: date) -> ContractFacts | None:
        """The contract that covers a day, else the last one that begins before it, else the first to come."""
        for contract in reversed(self.contracts):
            if contract.covers(day):
                return contract
        before = [contract for contract in self.contracts if contract.starts_on <= day]
        return before[-1] if before else next(iter(self.contracts), None)


@dataclass(frozen=True, slots=True)
class Times:
    """A stretch of service; touching stretches do not overlap."""

    starts_at: datetime
    ends_at: datetime
    break_minutes: int = 0
    # The local day of the start, on which ages and contracts are judged.
    day: date = field(init=False, compare=False, repr=False)
    # The last local day touched: a shift that ends at midnight does not touch the next one.
    last_day: date = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", clock.local_day(self.starts_at))
        object.__setattr__(self, "last_day", clock.local_day(self.ends_at - timedelta(microseconds=1)))

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600 - self.break_minutes / 60

    def overlaps(self, other: "Times") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


# Remembered: the hundreds of shifts and places of a week share a few.
times_of = lru_cache(maxsize=4096)(Times)


@dataclass(frozen=True, slots=True)
class Closure:
    site_id: str
    starts_on: date
    ends_on: date
    reason: str

    def touches(self, times: Times) -> bool:
        return self.starts_on <= times.last_day and times.day <= self.ends_on


@dataclass_transform(frozen_default=True)
def of_many(kind: type[T]) -> type[T]:
    """A value of which a page makes hundreds. The type checker alone keeps it unchanged: to freeze it too would make it
    four times as slow to make.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)


@of_many
class ShiftFacts:
    """A shift with its mission's demands and its site, as a rule or a card needs them."""

    id: UUID
    mission_id: UUID
    mission_title: str
    activity: str
    pillar: str
    site_id: str
    site_name: str
    commune: str
    intermunicipality: str
    lat: float
    lon: float
    times: Times
    capacity: int
    min_staff: int
    state: str
    version: int
    min_age: int = 16
    tags: frozenset[str] = frozenset()
    trainings: frozenset[str] = frozenset()
    closures: tuple[Closure, ...] = ()
    meeting_place: str = ""
    on_call_number: str = ""
    cancel_reason: str = ""
    created_by_id: UUID | None = None
    series_id: UUID | None = None
    # What the law and our own policy say on the day of the shift.
    limits: Limits = DEFAULT
    # Somebody said after the deadline that they can't come.
    stand_in: bool = False


@of_many
class Held:
    """A live booking: somebody's seat, place in a queue, or coming without one (`walk_in`, noted after the fact).

    `own_choice` is false where a coordinator assigned it, `missed` true once it was noted that they did not come.
    """

    booking_id: UUID
    shift_id: UUID
    volunteer_id: UUID
    state: str
    queue_key: int
    times: Times
    site_name: str = ""
    volunteer_name: str = ""
    offer_expires_at: datetime | None = None
    site_id: str = ""
    lat: float | None = None
    lon: float | None = None
    stand_duty: bool = False
    own_choice: bool = True
    missed: bool = False

    @property
    def counts(self) -> bool:
        """Whether its hours are somebody's: a seat, or a presence without one."""
        return self.state in SEATED or (self.state == "walk_in" and not self.missed)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody who holds or waits for a place on one shift, in order; `walk_ins` came without one and take none."""

    seated: tuple[Held, ...] = ()
    waiting: tuple[Held, ...] = field(default=())
    walk_ins: tuple[Held, ...] = ()

    def position(self, booking_id: UUID) -> int | None:
        """1 for the head of the queue; None when not in it."""
        for rank, held in enumerate(self.waiting, start=1):
            if held.booking_id == booking_id:
                return rank
        return None


@dataclass(frozen=True, slots=True)
class Company:
    """Whom somebody would serve with. `wishes` are for coordinators alone: a volunteer is judged without any."""

    seated: tuple[Held, ...] = ()
    wishes: Wishes = field(default_factory=dict)

    def others(self, volunteer_id: UUID) -> tuple[Held, ...]:
        """Who holds a seat beside this person."""
        return tuple(one for one in self.seated if one.volunteer_id != volunteer_id)
