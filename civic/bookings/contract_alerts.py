"""The alerts of many contracts at once, with the hours that were really served: a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.accounts.sight import Sight, sight_of
from civic.bookings.models import Attendance, Booking
from civic.contracts import leave_queries
from civic.contracts.alerts import Alert, Situation, Worked, alerts, presses
from civic.contracts.leave_rules import Engagement, count, unused
from civic.contracts.limits import Limits, limits_on
from civic.contracts.models import EngagementContract, Leave
from civic.contracts.queries import facts_by, facts_of_many, facts_select, settings_of
from civic.contracts.rules import ContractFacts
from civic.errors import Finding
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to

WEEK = timedelta(days=7)
# How long a contract that is over is still looked at: the attestation is due two months after its end.
AFTER_END = timedelta(days=120)
# A contract that begins within this time has to be ready.
SOON = timedelta(days=14)


async def alerts_of(session: AsyncSession, volunteer_ids: Collection[UUID], day: date) -> dict[UUID, list[Alert]]:
    """What to look at about the last contract of each; those without a contract, or long over, are left out."""
    facts = await facts_of_many(session, volunteer_ids, day - AFTER_END) if volunteer_ids else {}
    if not facts:
        return {}
    limits = limits_on(await settings_of(session), day)
    worked = await _worked(session, facts, clock.monday(day))
    left = await _unused(session, facts, day, limits)
    return {
        key: alerts(Situation(one, day, limits, worked.get(key, Worked()), left.get(key))) for key, one in facts.items()
    }


@dataclass(frozen=True, slots=True)
class Pressing:
    """How many contracts have something late or end soon, and how many lack a paper without which nobody serves."""

    watched: int
    unready: int


async def pressing(session: AsyncSession, user: User, day: date, limits: Limits) -> Pressing:
    """What facts alone can tell of the contracts in somebody's sight, in two queries."""
    facts = await facts_by(session, _seen(sight_of(user)), {"ended_after": day - AFTER_END})
    watched = (presses(Situation(one, day, limits)) for one in facts.values())
    return Pressing(sum(watched), sum(_unready(one, day) for one in facts.values()))


# Built once for each sight: building it takes longer than running it.
@lru_cache(maxsize=128)
def _seen(sight: Sight) -> Select[Any]:
    people = visible_to(sight).join(User, User.id == Volunteer.user_id).where(User.is_active)
    return facts_select(EngagementContract.volunteer_id.in_(people.with_only_columns(Volunteer.id)))


def _unready(facts: ContractFacts, day: date) -> bool:
    """Running, or about to begin, without its conformity check, the medical clearance or a tutor."""
    wanted = (facts.conformity_checked_on, facts.medical_cleared_on, facts.tutor_id)
    return facts.starts_on - SOON <= day <= facts.last_day and any(one is None for one in wanted)


async def _worked(session: AsyncSession, facts: dict[UUID, ContractFacts], monday: date) -> dict[UUID, Worked]:
    """Hours up to the present week: those noted, and the planned ones of seats that nobody has noted."""
    ids = list(facts)
    end, since = clock.midnight(monday), clock.midnight(monday - WEEK)
    hours: defaultdict[UUID, list[float]] = defaultdict(lambda: [0.0, 0.0])
    last = func.sum(case((Booking.starts_at >= since, Attendance.hours), else_=literal(0, Numeric(5, 2))))
    noted = (
        select(Booking.volunteer_id, func.sum(Attendance.hours), last)
        .join(Attendance, Attendance.booking_id == Booking.id)
        .where(Booking.volunteer_id.in_(ids), Booking.starts_at < end, Attendance.state == "present")
        .group_by(Booking.volunteer_id)
    )
    for volunteer_id, total, last_week in await session.execute(noted):
        hours[volunteer_id] = [float(total), float(last_week)]
    for volunteer_id, starts_at, length in await _unnoted(session, ids, end):
        hours[volunteer_id][0] += length
        hours[volunteer_id][1] += length if starts_at >= since else 0
    off = await _off(session, facts, monday)
    return {one: Worked(hours[one][0], hours[one][1], off[one][0], off[one][1]) for one in ids}


async def _unnoted(session: AsyncSession, ids: list[UUID], end: datetime) -> list[tuple[UUID, datetime, float]]:
    chosen = (
        select(Booking.volunteer_id, Booking.starts_at, Booking.ends_at, Shift.break_minutes)
        .join(Shift, Shift.id == Booking.shift_id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(Booking.volunteer_id.in_(ids), Booking.starts_at < end, Booking.state == "confirmed")
        .where(Attendance.id.is_(None))
    )
    return [
        (volunteer_id, starts_at, (ends_at - starts_at).total_seconds() / 3600 - pause / 60)
        for volunteer_id, starts_at, ends_at, pause in await session.execute(chosen)
    ]


async def _off(
    session: AsyncSession, facts: dict[UUID, ContractFacts], monday: date
) -> defaultdict[UUID, tuple[int, int]]:
    """Usual mission days of approved leave before the present week, and in the last one."""
    chosen = select(Leave.volunteer_id, Leave.starts_on, Leave.ends_on).where(
        Leave.volunteer_id.in_(facts), Leave.state == "approved", Leave.starts_on < monday
    )
    found: defaultdict[UUID, tuple[int, int]] = defaultdict(lambda: (0, 0))
    before, last_monday = monday - timedelta(days=1), monday - WEEK
    for volunteer_id, first, last in await session.execute(chosen):
        contract = facts[volunteer_id]
        # The birth date plays no part in counting days.
        days = Engagement(contract.starts_on, contract.last_day, contract.starts_on, contract.usual_days)
        total, recent = found[volunteer_id]
        within = count(days, max(first, last_monday), min(last, before)) if last >= last_monday else 0
        found[volunteer_id] = (total + count(days, first, min(last, before)), recent + within)
    return found


async def _unused(
    session: AsyncSession, facts: dict[UUID, ContractFacts], day: date, limits: Limits
) -> dict[UUID, Finding]:
    """LEAVE_UNUSED; the balance takes a walk through every day, so only for contracts that end soon."""
    window = timedelta(days=limits.leave_unused_days)
    soon = [key for key, one in facts.items() if one.last_day - window <= day <= one.last_day]
    if not soon:
        return {}
    balances = await leave_queries.balances_of(session, soon, day)
    verdicts = {key: unused(balances[key], facts[key].last_day, day, limits) for key in soon if key in balances}
    return {key: verdict for key, verdict in verdicts.items() if verdict}


async def alerts_for(session: AsyncSession, volunteer: Volunteer, day: date) -> list[Alert]:
    """One person's."""
    return (await alerts_of(session, [volunteer.id], day)).get(volunteer.id, [])
