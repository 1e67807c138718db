"""What the pages of leave show: a volunteer's own, a coordinator's list, and one leave to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import leave as verbs
from civic.bookings import queries
from civic.bookings.models import SEATED
from civic.bookings.values import Held, ShiftFacts
from civic.contracts.leave_actions import may_withdraw
from civic.contracts.leave_queries import days_of_row, engagements_of, situation_of, visible_to
from civic.contracts.leave_requests import Situation, advise
from civic.contracts.leave_rules import Engagement, balance, count, days_of, sum_of, unused
from civic.contracts.models import Leave
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to as volunteers_visible_to

VIEWS = ("", "a-venir", "passes")
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A leave in a list; `days` are its usual days of mission, None without a contract; `frees` counts seats."""

    leave: Leave
    days: int | None
    frees: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True)
class Freed:
    """A place that a leave would end; `left` are the seats that stay, `short` when they are fewer than the minimum."""

    held: Held
    shift: ShiftFacts
    left: int

    @property
    def short(self) -> bool:
        return self.held.state in SEATED and self.left < self.shift.min_staff


def balance_in(situation: Situation) -> dict[str, Any] | None:
    """The sentences of the balance today; None without a contract."""
    engagement = situation.engagement
    if engagement is None:
        return None
    found = balance(engagement, situation.leaves, situation.today, situation.dated)
    limits = situation.dated.on(situation.today)
    return {
        "left": days_of(found.left),
        "sum": sum_of(found),
        "open": found.open,
        "opens_on": found.opens_on,
        "total": days_of(found.total),
        "left_at_end": days_of(found.left_at_end),
        "last_day": engagement.last_day,
        "source": source_of("leave_accrual"),
        "unused": unused(found, engagement.last_day, situation.today, limits),
    }


async def own_page(session: AsyncSession, user: User, volunteer: Volunteer) -> dict[str, Any]:
    """The balance and every request of somebody, the last first."""
    situation = await situation_of(session, volunteer.id, clock.today())
    return {"balance": balance_in(situation), "leaves": await _own_lines(session, user, situation.engagement)}


async def _own_lines(session: AsyncSession, user: User, engagement: Engagement | None) -> list[Line]:
    rows = await session.scalars(
        visible_to(user).order_by(Leave.starts_on.desc(), Leave.created_at.desc()).limit(SHOWN)
    )
    return [
        Line(one, _count(engagement, one), open=one.state in ("requested", "approved") and _may(one)) for one in rows
    ]


def _may(leave: Leave) -> bool:
    return may_withdraw(leave, clock.today()) is None


def _count(engagement: Engagement | None, leave: Leave) -> int | None:
    return count(engagement, leave.starts_on, leave.ends_on) if engagement else None


async def list_page(session: AsyncSession, user: User, view: str) -> list[Line]:
    """Those in a coordinator's sight: to decide by date, to come or going on by date, the others the last first."""
    chosen, today = visible_to(user), clock.today()
    coming = (Leave.state == "approved") & (Leave.ends_on >= today)
    match view:
        case "a-venir":
            chosen = chosen.where(coming).order_by(Leave.starts_on, Leave.id)
        case "passes":
            chosen = chosen.where(Leave.state != "requested", ~coming).order_by(Leave.starts_on.desc(), Leave.id)
        case _:
            chosen = chosen.where(Leave.state == "requested").order_by(Leave.starts_on, Leave.id)
    leaves = (await session.scalars(chosen.limit(SHOWN))).all()
    ids = {one.volunteer_id for one in leaves}
    engaged = await engagements_of(session, ids, today) if ids else {}
    freed = await _freed_by(session, [one for one in leaves if one.state == "requested"])
    return [Line(one, _count(engaged.get(one.volunteer_id), one), freed.get(one.id, 0)) for one in leaves]


async def _freed_by(session: AsyncSession, leaves: Sequence[Leave]) -> dict[UUID, int]:
    """How many seats each would free, in one query; who only waits takes none."""
    if not leaves:
        return {}
    held = await queries.live_bookings(session, volunteer_ids={one.volunteer_id for one in leaves}, since=clock.now())
    return {
        leave.id: sum(
            one.volunteer_id == leave.volunteer_id
            and one.state in SEATED
            and verbs.freed(leave.starts_on, leave.ends_on, one)
            for one in held
        )
        for leave in leaves
    }


async def freed_of(session: AsyncSession, held: Sequence[Held]) -> list[Freed]:
    """Places with their shift and who stays on it."""
    shifts = await queries.shift_facts(session, {one.shift_id for one in held})
    crowds = queries.crowds(await queries.live_bookings(session, shift_ids=shifts)) if shifts else {}
    return [
        Freed(
            one,
            shifts[one.shift_id],
            sum(other.booking_id != one.booking_id for other in crowds[one.shift_id].seated),
        )
        for one in held
    ]


async def decision_page(session: AsyncSession, user: User, leave: Leave) -> dict[str, Any]:
    """One leave with the balance, what speaks against it, and the places that it would free."""
    situation = await situation_of(session, leave.volunteer_id, clock.today())
    covered: list[Held] = []
    if leave.state == "requested":
        covered = await verbs.frees(session, leave.volunteer_id, leave.starts_on, leave.ends_on)
    # A tutor may decide for somebody whose page lies out of their scope.
    in_scope = volunteers_visible_to(user).where(Volunteer.id == leave.volunteer_id).with_only_columns(Volunteer.id)
    decider = await session.get(User, leave.decided_by_id) if leave.decided_by_id else None
    return {
        "leave": leave,
        "person": leave.volunteer.user,
        "counted": _count(situation.engagement, leave),
        "balance": balance_in(situation),
        "warnings": advise(days_of_row(leave), situation) if leave.state == "requested" else list[Finding](),
        "freed": await freed_of(session, covered),
        "decider": decider,
        "in_scope": await session.scalar(in_scope) is not None,
        "recorded": leave.created_by_id != leave.volunteer.user_id,
    }
