"""Who a volunteer is for the rules: the account, the home commune, contracts, trainings, leave, habits; two queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings.models import WALK_IN, Attendance, Booking
from civic.bookings.values import ContractFacts, DaysOff, Person, Stretch
from civic.columns import NOW, among
from civic.contracts.models import EngagementContract, Leave, Training
from civic.sites.models import Commune
from civic.volunteers.models import PreferredSite, Volunteer, WeeklyUnavailability


async def people_of(session: AsyncSession, volunteer_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Volunteers with their contracts, trainings, approved leave and habits (two queries)."""
    return await _people(session, _BY_ID, {"ids": list(volunteer_ids)})


async def person_of(session: AsyncSession, user: User) -> Person | None:
    """The volunteer behind an account, None for an account without a profile."""
    return next(iter((await _people(session, _BY_ACCOUNT, {"account": user.id})).values()), None)


_WHO = (
    Volunteer.id.label("volunteer_id"),
    User.id.label("user_id"),
    User.name,
    User.email,
    Volunteer.birth_date,
    User.is_verified.label("verified"),
    Commune.lat,
    Commune.lon,
    Volunteer.phone,
)


Selects = tuple[Select[Any], CompoundSelect[Any]]


def _selects(condition: ColumnElement[bool]) -> Selects:
    """The people with their contracts and trainings; then, in rows of one shape, all the rest about them."""
    people = (
        select(EngagementContract, Training.kind.label("training"), *_WHO)
        .select_from(Volunteer)
        .join(User, User.id == Volunteer.user_id)
        .outerjoin(EngagementContract, EngagementContract.volunteer_id == Volunteer.id)
        .outerjoin(Training, Training.contract_id == EngagementContract.id)
        .outerjoin(Commune, Commune.insee == Volunteer.commune_insee)
        .where(condition)
        .order_by(User.name, Volunteer.id, EngagementContract.starts_on)
    )
    rest = union_all(*(one.where(condition) for one in (_leaves(), _unavailable(), _preferred(), _served())))
    return people, rest.order_by("first_day", "number", "starts_minute")


def _leaves() -> Select[Any]:
    return (
        select(
            literal("leave", Text).label("sort"),
            Leave.volunteer_id,
            cast(Leave.kind, Text).label("code"),
            Leave.starts_on.label("first_day"),
            Leave.ends_on.label("last_day"),
            cast(null(), Integer).label("number"),
            cast(null(), Integer).label("starts_minute"),
            cast(null(), Integer).label("ends_minute"),
        )
        .join(Volunteer, Volunteer.id == Leave.volunteer_id)
        .where(Leave.state == "approved")
    )


def _unavailable() -> Select[Any]:
    one = WeeklyUnavailability
    kept = (one.weekday, one.starts_minute, one.ends_minute)
    return _row("unavailable", one.volunteer_id, literal("", Text), *kept).join(
        Volunteer, Volunteer.id == one.volunteer_id
    )


def _preferred() -> Select[Any]:
    one = PreferredSite
    return _row("preferred", one.volunteer_id, cast(one.site_id, Text)).join(
        Volunteer, Volunteer.id == one.volunteer_id
    )


def _served() -> Select[Any]:
    """How many shifts are behind somebody; what counts is told by Person."""
    missed = exists().where(Attendance.booking_id == Booking.id, Attendance.state != "present")
    return (
        _row("served", Booking.volunteer_id, literal("", Text), func.count(Booking.id))
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .where(Booking.state.in_(("confirmed", WALK_IN)), Booking.ends_at <= NOW, ~missed)
        .group_by(Booking.volunteer_id)
    )


def _row(sort: str, volunteer_id: Any, code: Any, *numbers: Any) -> Select[Any]:
    filled = [*numbers, *(cast(null(), Integer) for _ in range(3 - len(numbers)))]
    return select(literal(sort, Text), volunteer_id, code, cast(null(), Date), cast(null(), Date), *filled)


# Built once: building them costs more than running them.
_BY_ID = _selects(Volunteer.id.in_(among("ids")))
_BY_ACCOUNT = _selects(Volunteer.user_id == bindparam("account"))


async def _people(session: AsyncSession, selects: Selects, given: dict[str, Any]) -> dict[UUID, Person]:
    found: dict[UUID, Person] = {}
    contracts: dict[UUID, dict[UUID, ContractFacts]] = defaultdict(dict)
    for row in await session.execute(selects[0], given):
        known = row._asdict()
        contract, training = known.pop("EngagementContract"), known.pop("training")
        person = Person(**known)
        found[person.volunteer_id] = person
        if contract is None:
            continue
        theirs = contracts[person.volunteer_id]
        facts = theirs.get(contract.id) or _as_contract(contract)
        theirs[contract.id] = replace(facts, trainings=facts.trainings | ({training} if training else frozenset()))
    rest: defaultdict[UUID, _Rest] = defaultdict(_Rest)
    for sort, volunteer_id, *values in await session.execute(selects[1], given):
        rest[volunteer_id].take(sort, *values)
    return {
        key: replace(person, contracts=tuple(contracts[key].values()), **rest[key].fields())
        for key, person in found.items()
    }


@dataclass(slots=True)
class _Rest:
    """What the second select says of one person."""

    leaves: list[DaysOff] = field(default_factory=list)
    unavailable: list[Stretch] = field(default_factory=list)
    preferred: set[str] = field(default_factory=set)
    served: int = 0

    def take(self, sort: str, code: str, first: date, last: date, number: int, starts: int, ends: int) -> None:
        match sort:
            case "leave":
                self.leaves.append(DaysOff(first, last, code))
            case "unavailable":
                self.unavailable.append(Stretch(number, starts, ends))
            case "preferred":
                self.preferred.add(code)
            case _:
                self.served = number

    def fields(self) -> dict[str, Any]:
        return {
            "leaves": tuple(self.leaves),
            "unavailable": tuple(self.unavailable),
            "preferred_sites": frozenset(self.preferred),
            "shifts_served": self.served,
        }


def _as_contract(contract: EngagementContract) -> ContractFacts:
    return ContractFacts(
        starts_on=contract.starts_on,
        last_day=contract.last_day,
        conform=contract.conformity_checked_on is not None,
        medical=contract.medical_cleared_on is not None,
        parental_auth=contract.parental_authorised_on is not None and bool(contract.parental_holders),
        tutor=contract.tutor_id is not None,
        minor_tutoring=contract.minor_tutoring_on is not None,
        weekly_hours=float(contract.weekly_hours),
    )
