"""The verbs of a leave that change nothing else: ask, refuse, withdraw.

A leave is decided once: each verb locks its row first, so that of two people who decide at once the second is told.
Approving one frees seats and lives in bookings.leave.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import audit, clock
from civic.accounts.models import User
from civic.contracts import leave_mails
from civic.contracts.leave_queries import deciders, situation_of
from civic.contracts.leave_requests import judge
from civic.contracts.leave_rules import LIVE, SICK, Days
from civic.contracts.models import Leave
from civic.errors import Forbidden, Invalid, NotFound, Refusal
from civic.i18n import N_, _
from civic.volunteers.models import Volunteer

# What a coordinator writes down for somebody: it is told, not asked for.
RECORDED = ("sick", "accident", "maternity")
STATE_NAMES = {
    "requested": N_("À décider"),
    "approved": N_("Accepté"),
    "refused": N_("Refusé"),
    "withdrawn": N_("Retiré"),
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision ended with; `made` is false when it had been taken already."""

    leave: Leave
    made: bool


async def ask(session: AsyncSession, wish: Days, volunteer: Volunteer, *, by: User) -> Leave:
    """Ask for days off; the same days of the same class asked again are the same request. Raises Invalid by field."""
    leave = await insert(session, wish, volunteer, by=by, verb="leave.asked")
    if leave.state == "requested":
        for user in await deciders(session, volunteer.id):
            await leave_mails.to_decide(session, leave, by, user)
    return leave


async def insert(session: AsyncSession, wish: Days, volunteer: Volunteer, *, by: User, verb: str) -> Leave:
    """Write days off down once their person is locked; those that stand already are returned as they are."""
    await lock_person(session, volunteer.id)
    standing = await present(session, wish, volunteer.id)
    if standing is not None:
        return standing
    await check(session, wish, volunteer.id)
    leave = Leave(
        volunteer_id=volunteer.id,
        kind=wish.kind,
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        state="requested",
        created_by_id=by.id,
    )
    session.add(leave)
    await session.flush()
    audit.record(session, by=by, verb=verb, subject=leave, detail={"days": days_of_audit(leave)})
    return leave


async def check(session: AsyncSession, wish: Days, volunteer_id: UUID) -> None:
    """Raises Invalid with what keeps the days from being asked for, by field."""
    broken = judge(wish, await situation_of(session, volunteer_id, clock.today()))
    if broken:
        first = broken[0].finding
        raise Invalid({one.field: one.finding.title for one in broken}, first.title, first.code)


def days_of_audit(leave: Leave) -> list[str]:
    return [leave.starts_on.isoformat(), leave.ends_on.isoformat()]


async def present(session: AsyncSession, wish: Days, volunteer_id: UUID) -> Leave | None:
    """The same days of the same class that somebody has asked for, or been given, already."""
    found: Leave | None = await session.scalar(
        select(Leave).where(
            Leave.volunteer_id == volunteer_id,
            Leave.kind == wish.kind,
            Leave.starts_on == wish.starts_on,
            Leave.ends_on == wish.ends_on,
            Leave.state.in_(LIVE),
        )
    )
    return found


async def refuse(session: AsyncSession, leave_id: UUID, reason: str, *, by: User) -> Decided:
    """Say no and why; the volunteer is told. The same again changes nothing. Raises Refusal `leave_decided`."""
    leave = await lock(session, leave_id)
    if not await undecided(session, leave, "refused"):
        return Decided(leave, False)
    decide(leave, "refused", by=by, reason=reason)
    audit.record(session, by=by, verb="leave.refused", subject=leave, detail={"reason": reason})
    await leave_mails.refused(session, leave, leave.volunteer.user)
    return Decided(leave, True)


async def withdraw(session: AsyncSession, leave_id: UUID, *, by: User) -> Decided:
    """Take a leave back: a request at any time, an approved leave before it begins. Again changes nothing.

    Somebody's own; a coordinator takes back what a coordinator wrote down. Seats that were freed stay free.
    Raises Forbidden, Refusal `leave_refused` and `leave_begun`.
    """
    leave = await lock(session, leave_id)
    own = leave.volunteer.user_id == by.id
    recorded = leave.created_by_id != leave.volunteer.user_id
    if not own and not recorded:
        raise Forbidden(_("Seule la personne qui a demandé ce congé peut le retirer."))
    refusal = may_withdraw(leave, clock.today(), own=own)
    if refusal:
        raise refusal
    if leave.state == "withdrawn":
        return Decided(leave, False)
    before = leave.state
    leave.state = "withdrawn"
    audit.record(session, by=by, verb="leave.withdrawn", subject=leave, detail={"days": days_of_audit(leave)})
    if not own:
        await leave_mails.taken_back(session, leave, leave.volunteer.user)
    elif before == "approved":
        for user in await deciders(session, leave.volunteer_id):
            await leave_mails.withdrawn(session, leave, by, user)
    return Decided(leave, True)


def may_withdraw(leave: Leave, today: date, *, own: bool = True) -> Refusal | None:
    """Why a leave can't be taken back; None when it can, or was."""
    if leave.state == "refused":
        return Refusal("leave_refused", _("Ce congé a été refusé : il n’y a rien à retirer."))
    if own and leave.state == "approved" and leave.starts_on <= today:
        message = _("Ce congé a commencé : il ne se retire plus ici. Parlez-en à votre coordination.")
        return Refusal("leave_begun", message)
    return None


async def lock(session: AsyncSession, leave_id: UUID) -> Leave:
    """The leave with its person, held until the commit. Raises NotFound."""
    found: Leave | None = await session.scalar(
        select(Leave)
        .where(Leave.id == leave_id)
        .options(joinedload(Leave.volunteer, innerjoin=True).joinedload(Volunteer.user, innerjoin=True))
        .with_for_update(of=Leave)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def lock_person(session: AsyncSession, volunteer_id: UUID) -> None:
    """Two requests of one person at once: the second waits, then sees the first."""
    await session.execute(select(Volunteer.id).where(Volunteer.id == volunteer_id).with_for_update(key_share=True))


async def undecided(session: AsyncSession, leave: Leave, wanted: str) -> bool:
    """Whether a locked leave still waits for an answer; False when it has this one.

    Raises Refusal `leave_decided` when somebody answered otherwise, `leave_withdrawn` when it was taken back.
    """
    if leave.state in ("requested", wanted):
        return leave.state == "requested"
    if leave.state == "withdrawn":
        raise Refusal("leave_withdrawn", _("Cette demande a été retirée entre-temps : il n’y a plus rien à décider."))
    decider = await session.get(User, leave.decided_by_id) if leave.decided_by_id else None
    name = decider.name if decider else _("quelqu’un d’autre")
    said = {
        "approved": _("Ce congé a déjà été accepté par %(name)s. Votre réponse n’a rien changé."),
        "refused": _("Ce congé a déjà été refusé par %(name)s. Votre réponse n’a rien changé."),
    }
    raise Refusal("leave_decided", said[leave.state] % {"name": name})


def decide(leave: Leave, state: str, *, by: User, reason: str = "") -> None:
    leave.state = state
    leave.decided_at = clock.now()
    leave.decided_by_id = by.id
    leave.decision_reason = reason


def check_recorded(wish: Days, today: date) -> None:
    """Raises Invalid for what a coordinator can't write down: a class that is asked for, a sickness to come."""
    if wish.kind not in RECORDED:
        raise Invalid({"kind": _("Cette absence se demande : la personne le fait sur sa page.")})
    if wish.kind in SICK and wish.starts_on > today:
        raise Invalid({"starts_on": _("Un arrêt se note quand il a commencé, pas avant.")})
