"""Named selects on leave: whose, in whose sight, and the balance of a contract's leave."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic.accounts.coordinators import coordinators_for
from civic.accounts.models import User
from civic.accounts.sight import Sight
from civic.contracts.leave_requests import Situation
from civic.contracts.leave_rules import Balance, Dated, Days, Engagement, balance
from civic.contracts.limits import Setting
from civic.contracts.models import EngagementContract, Leave, RuleSetting
from civic.sites.models import Commune
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to as volunteers_visible_to


async def dated_limits(session: AsyncSession) -> Dated:
    """The limits of every day."""
    rows = await session.scalars(select(RuleSetting))
    return Dated(
        Setting(row.parameter, None if row.value is None else float(row.value), row.valid_from) for row in rows
    )


async def balance_of(session: AsyncSession, volunteer_id: UUID, day: date) -> Balance | None:
    """Somebody's annual leave at the end of a day; None for whoever has no contract."""
    return (await balances_of(session, [volunteer_id], day)).get(volunteer_id)


async def balances_of(session: AsyncSession, volunteer_ids: Collection[UUID], day: date) -> dict[UUID, Balance]:
    """The same for many people, by volunteer, in three queries; those without a contract are left out."""
    engaged = await engagements_of(session, volunteer_ids, day)
    leaves = await _days_of(session, engaged)
    dated = await dated_limits(session)
    return {one: balance(engagement, leaves[one], day, dated) for one, engagement in engaged.items()}


async def situation_of(session: AsyncSession, volunteer_id: UUID, today: date) -> Situation:
    """What a request of somebody is judged with."""
    engaged = await engagements_of(session, [volunteer_id], today)
    leaves = await _days_of(session, [volunteer_id])
    return Situation(engaged.get(volunteer_id), leaves[volunteer_id], today, await dated_limits(session))


async def engagements_of(session: AsyncSession, volunteer_ids: Collection[UUID], day: date) -> dict[UUID, Engagement]:
    """The contract that covers a day, else the last one, by volunteer."""
    chosen = (
        select(EngagementContract, Volunteer.birth_date)
        .join(Volunteer, Volunteer.id == EngagementContract.volunteer_id)
        .where(EngagementContract.volunteer_id.in_(volunteer_ids))
        .order_by(EngagementContract.starts_on, EngagementContract.id)
    )
    found: dict[UUID, Engagement] = {}
    for contract, birth_date in await session.execute(chosen):
        known = found.get(contract.volunteer_id)
        if known is None or not known.starts_on <= day <= known.last_day:
            found[contract.volunteer_id] = Engagement(
                contract.starts_on, contract.last_day, birth_date, contract.usual_days
            )
    return found


async def _days_of(session: AsyncSession, volunteer_ids: Collection[UUID]) -> defaultdict[UUID, list[Days]]:
    chosen = select(Leave).where(Leave.volunteer_id.in_(volunteer_ids)).order_by(Leave.starts_on, Leave.id)
    found: defaultdict[UUID, list[Days]] = defaultdict(list)
    for leave in await session.scalars(chosen):
        found[leave.volunteer_id].append(days_of_row(leave))
    return found


def days_of_row(leave: Leave) -> Days:
    return Days(leave.kind, leave.starts_on, leave.ends_on, leave.state, leave.id)


def visible_to(user: User) -> Select[tuple[Leave]]:
    """One's own; for a coordinator those of the volunteers in sight and of those whom they tutor (`scopes` loaded)."""
    person = joinedload(Leave.volunteer, innerjoin=True).joinedload(Volunteer.user, innerjoin=True)
    return select(Leave).where(_in_sight(user)).options(person)


def _in_sight(user: User | Sight) -> ColumnElement[bool]:
    seen = Leave.volunteer_id.in_(volunteers_visible_to(user).with_only_columns(Volunteer.id))
    if user.role != "coordinator":
        return seen
    tutored = select(EngagementContract.volunteer_id).where(EngagementContract.tutor_id == user.id)
    return or_(seen, Leave.volunteer_id.in_(tutored))


def waiting(user: User | Sight) -> ColumnElement[bool]:
    """A request that waits for an answer of this coordinator."""
    return and_(Leave.state == "requested", _in_sight(user))


async def waiting_count(session: AsyncSession, user: User) -> int:
    """How many of them there are."""
    return await session.scalar(select(func.count(Leave.id)).where(waiting(user))) or 0


async def deciders(session: AsyncSession, volunteer_id: UUID) -> list[User]:
    """The coordinators in whose scope a volunteer lives, and the tutor.

    While the home commune is not known, any coordinator may decide: those without a listed scope are told.
    """
    home = (
        select(Commune.intermunicipality_code)
        .join(Volunteer, Volunteer.commune_insee == Commune.insee)
        .where(Volunteer.id == volunteer_id)
    )
    found = await coordinators_for(session, await session.scalar(home) or "")
    tutors = select(EngagementContract.tutor_id).where(EngagementContract.volunteer_id == volunteer_id)
    tutor = select(User).where(User.id.in_(tutors), User.is_active, User.role == "coordinator")
    known = {one.id for one in found}
    return [*found, *(one for one in await session.scalars(tutor.order_by(User.name)) if one.id not in known)]
