"""Who a volunteer is for the rules: the account, the home commune, contracts, trainings and leave, in two queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings.values import ContractFacts, DaysOff, Person
from civic.columns import among
from civic.contracts.models import EngagementContract, Leave, Training
from civic.sites.models import Commune
from civic.volunteers.models import Volunteer


async def people_of(session: AsyncSession, volunteer_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Volunteers with their contracts, trainings and approved leave (two queries)."""
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


def _selects(condition: ColumnElement[bool]) -> tuple[Select[Any], Select[Any]]:
    """The people with their contracts and trainings, and their leaves."""
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
    leaves = (
        select(Leave.volunteer_id, Leave.starts_on, Leave.ends_on, Leave.kind)
        .join(Volunteer, Volunteer.id == Leave.volunteer_id)
        .where(condition, Leave.state == "approved")
        .order_by(Leave.starts_on)
    )
    return people, leaves


# Built once: building them costs more than running them.
_BY_ID = _selects(Volunteer.id.in_(among("ids")))
_BY_ACCOUNT = _selects(Volunteer.user_id == bindparam("account"))


async def _people(
    session: AsyncSession, selects: tuple[Select[Any], Select[Any]], given: dict[str, Any]
) -> dict[UUID, Person]:
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
    leaves: defaultdict[UUID, list[DaysOff]] = defaultdict(list)
    for volunteer_id, starts_on, ends_on, kind in await session.execute(selects[1], given):
        leaves[volunteer_id].append(DaysOff(starts_on, ends_on, kind))
    return {
        key: replace(person, contracts=tuple(contracts[key].values()), leaves=tuple(leaves[key]))
        for key, person in found.items()
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
