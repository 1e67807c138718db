"""Named selects on contracts, and their rows as the values that rules judge."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import fields, replace
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from civic.accounts.models import User
from civic.columns import among
from civic.contracts.limits import Limits, Setting, limits_on
from civic.contracts.models import Declaration, EngagementContract, Review, RuleSetting, Training
from civic.contracts.rules import ContractFacts, Declared, Engagement, ReviewDays
from civic.db import plain_rows

_WHOLE = (
    selectinload(EngagementContract.trainings),
    selectinload(EngagementContract.reviews),
    selectinload(EngagementContract.declarations),
    joinedload(EngagementContract.tutor),
)


async def current_contract(session: AsyncSession, volunteer_id: UUID) -> EngagementContract | None:
    """A volunteer's last contract, with all that belongs to it and its tutor."""
    return (await current_contracts(session, [volunteer_id])).get(volunteer_id)


async def current_contracts(session: AsyncSession, volunteer_ids: Collection[UUID]) -> dict[UUID, EngagementContract]:
    """The last contract of each, in a constant number of queries."""
    chosen = (
        select(EngagementContract)
        .where(EngagementContract.volunteer_id.in_(volunteer_ids))
        .options(*_WHOLE)
        .order_by(EngagementContract.starts_on, EngagementContract.id.desc())
    )
    return {one.volunteer_id: one for one in await session.scalars(chosen)}


async def facts_of_many(
    session: AsyncSession, volunteer_ids: Collection[UUID], ended_after: date
) -> dict[UUID, ContractFacts]:
    """The last contract of each as values, those long over left out, in two queries however many."""
    return await facts_by(session, _AMONG, {"volunteers": list(volunteer_ids), "ended_after": ended_after})


async def facts_by(session: AsyncSession, query: Select[Any], values: dict[str, Any]) -> dict[UUID, ContractFacts]:
    """The same of the volunteers that a `facts_select` finds; `values` hold its `ended_after`."""
    last = {volunteer_id: (id, own) for volunteer_id, id, *own in await plain_rows(session, query, values)}
    parts = await _parts_of(session, [id for id, _own in last.values()])
    found: dict[UUID, ContractFacts] = {}
    for volunteer_id, (id, own) in last.items():
        known: dict[str, Any] = dict(zip(_COLUMNS, own, strict=True))
        found[volunteer_id] = ContractFacts(**known, **parts[id])
    return found


# The columns of a contract that its values hold under the same names.
_COLUMNS = tuple(one.name for one in fields(ContractFacts) if one.name not in ("trainings", "reviews", "declarations"))


def facts_select(condition: ColumnElement[bool]) -> Select[Any]:
    """The contracts under a condition, but those that ended by a day, `ended_after`; the last of each comes last."""
    last_day = func.coalesce(EngagementContract.ended_on, EngagementContract.ends_on)
    own = (getattr(EngagementContract, name) for name in _COLUMNS)
    return (
        select(EngagementContract.volunteer_id, EngagementContract.id, *own)
        .where(condition, last_day > bindparam("ended_after", type_=Date))
        .order_by(EngagementContract.starts_on, EngagementContract.id.desc())
    )


_AMONG = facts_select(EngagementContract.volunteer_id.in_(among("volunteers")))


async def _parts_of(session: AsyncSession, contract_ids: Collection[UUID]) -> defaultdict[UUID, dict[str, Any]]:
    """Trainings, reviews and declarations in one query."""
    found: defaultdict[UUID, dict[str, Any]] = defaultdict(lambda: {"trainings": {}, "reviews": {}, "declarations": {}})
    rows = await plain_rows(session, _parts(), {"contracts": list(contract_ids)})
    for part, contract_id, code, day, other, name in rows:
        values = {"trainings": day, "reviews": ReviewDays(day, other)}
        found[contract_id][part][code] = values[part] if part in values else Declared(day, name)
    return found


@cache
def _parts() -> Select[Any]:
    """Built once: building it takes longer than running it."""
    none, row = cast(null(), Date), Declaration
    listed = union_all(
        _part("trainings", Training.contract_id, Training.kind, Training.done_on, none, literal("", Text)),
        _part("reviews", Review.contract_id, Review.kind, Review.planned_on, Review.held_on, literal("", Text)),
        _part("declarations", row.contract_id, row.code, row.declared_on, none, row.name),
    ).subquery()
    return select(listed).where(listed.c.contract_id.in_(among("contracts")))


def _part(name: str, contract_id: Any, code: Any, day: Any, other: Any, text: Any) -> Select[Any]:
    return select(
        literal(name, Text).label("part"),
        contract_id.label("contract_id"),
        cast(code, Text).label("code"),
        day.label("day"),
        other.label("other"),
        text.label("name"),
    )


async def other_engagements(
    session: AsyncSession, volunteer_id: UUID, but: EngagementContract | None
) -> list[Engagement]:
    """Somebody's contracts except one."""
    chosen = select(EngagementContract).where(EngagementContract.volunteer_id == volunteer_id)
    rows = await session.scalars(chosen.order_by(EngagementContract.starts_on))
    return [Engagement(one.starts_on, one.last_day) for one in rows if but is None or one.id != but.id]


async def possible_tutors(session: AsyncSession, present: UUID | None = None) -> list[User]:
    """Active coordinators, and whoever is named already (`present`)."""
    chosen = select(User).where(or_(and_(User.role == "coordinator", User.is_active), User.id == present))
    return list(await session.scalars(chosen.order_by(User.name, User.id)))


async def settings_of(session: AsyncSession) -> list[Setting]:
    """Every dated limit that somebody has set."""
    rows = await session.scalars(select(RuleSetting))
    return [Setting(one.parameter, None if one.value is None else float(one.value), one.valid_from) for one in rows]


async def limits_for(session: AsyncSession, day: date) -> Limits:
    """The limits of one day."""
    return limits_on(await settings_of(session), day)


def facts_of(contract: EngagementContract) -> ContractFacts:
    """The values that the rules judge (`trainings`, `reviews` and `declarations` loaded)."""
    return replace(
        _columns_of(contract),
        trainings={one.kind: one.done_on for one in contract.trainings},
        reviews={one.kind: ReviewDays(one.planned_on, one.held_on) for one in contract.reviews},
        declarations={one.code: Declared(one.declared_on, one.name) for one in contract.declarations},
    )


def _columns_of(contract: EngagementContract) -> ContractFacts:
    return ContractFacts(**{name: getattr(contract, name) for name in _COLUMNS})
