"""The verbs of a proposal: ask, stop, run (claim, breathe, end), accept and discard lines."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import actions as bookings
from civic.bookings import steps
from civic.bookings.queries import shift_facts
from civic.errors import Invalid, NotFound, Refusal
from civic.i18n import _
from civic.planning.fill_answer import Answer
from civic.planning.models import FillLine, FillProposal

RUNNING = ("waiting", "solving")
# A run gives a sign of life every half second; one silent for so long has lost its process.
LOST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many lines became places, how many a rule refused, and how many ask for a reason first."""

    placed: int
    refused: int
    unanswered: int


async def ask(
    session: AsyncSession,
    *,
    by: User,
    first: date,
    last: date,
    filters: dict[str, Any],
    follows: UUID | None = None,
) -> FillProposal:
    """Ask for a draft over some days; the same question again while it is being answered changes nothing."""
    await session.execute(select(User.id).where(User.id == by.id).with_for_update(key_share=True))
    asked = select(FillProposal).where(FillProposal.created_by_id == by.id, FillProposal.state.in_(RUNNING))
    for running in await session.scalars(asked):
        same = (running.first_day, running.last_day, running.filters, running.follows_id)
        if same == (first, last, filters, follows) and not lost(running):
            return running
    proposal = FillProposal(first_day=first, last_day=last, filters=filters, created_by_id=by.id, follows_id=follows)
    session.add(proposal)
    await session.flush()
    audit.record(session, by=by, verb="fill.asked", subject=proposal, detail={"first": str(first), "last": str(last)})
    return proposal


def lost(proposal: FillProposal) -> bool:
    """Whether the process of a run is gone."""
    alive = proposal.alive_at or proposal.started_at
    return proposal.state == "solving" and (alive is None or alive + LOST < clock.now())


async def stop(session: AsyncSession, *, by: User, proposal_id: UUID) -> None:
    """Stop a run: its process ends within a second, and the best answer so far is kept."""
    proposal = await session.get(FillProposal, proposal_id, with_for_update=True)
    if proposal is None:
        raise NotFound
    if proposal.state in RUNNING:
        proposal.state, proposal.ended_at = "stopped", clock.now()
        audit.record(session, by=by, verb="fill.stopped", subject=proposal)


async def claim(session: AsyncSession) -> FillProposal | None:
    """Take the oldest question that waits; of two processes that ask at once one gets it. Runs whose process is gone
    are closed on the way."""
    now = clock.now()
    silent = or_(FillProposal.alive_at.is_(None), FillProposal.alive_at < now - LOST)
    gone = update(FillProposal).where(FillProposal.state == "solving", silent)
    why = _("Le calcul s’est interrompu en route. Relancez-le.")
    await session.execute(gone.values(state="failed", error=why, ended_at=now))
    chosen = select(FillProposal).where(FillProposal.state == "waiting").order_by(FillProposal.created_at)
    proposal: FillProposal | None = await session.scalar(chosen.limit(1).with_for_update(skip_locked=True))
    if proposal is not None:
        proposal.state, proposal.started_at, proposal.alive_at = "solving", now, now
    return proposal


async def breathe(session: AsyncSession, proposal_id: UUID, progress: dict[str, Any]) -> bool:
    """Note how far a run is; False when somebody stopped it."""
    alive = update(FillProposal).where(FillProposal.id == proposal_id, FillProposal.state == "solving")
    values = alive.values(alive_at=clock.now(), progress=progress).returning(FillProposal.id)
    return await session.scalar(values) is not None


async def put_back(session: AsyncSession, proposal_id: UUID) -> None:
    """The process ends in good order: another takes the question up."""
    mine = update(FillProposal).where(FillProposal.id == proposal_id, FillProposal.state == "solving")
    await session.execute(mine.values(state="waiting", started_at=None, alive_at=None))


async def fail(session: AsyncSession, proposal_id: UUID, why: str) -> None:
    mine = update(FillProposal).where(FillProposal.id == proposal_id, FillProposal.state.in_(RUNNING))
    await session.execute(mine.values(state="failed", error=why, ended_at=clock.now()))


async def keep(session: AsyncSession, proposal_id: UUID, answer: Answer, measured: dict[str, Any]) -> None:
    """Write the draft down; a run that was stopped stays so, with the best that it had found."""
    proposal = await session.get(FillProposal, proposal_id, with_for_update=True, populate_existing=True)
    if proposal is None or proposal.state not in ("solving", "stopped"):
        return
    if proposal.state == "solving":
        proposal.state, proposal.ended_at = "done", clock.now()
    proposal.outcome = {**answer.outcome, **measured}
    session.add_all(
        FillLine(
            proposal_id=proposal_id,
            shift_id=one.shift_id,
            volunteer_id=one.volunteer_id,
            detail={**one.detail, "rank": rank},
        )
        for rank, one in enumerate(answer.lines)
    )


async def accept(
    session: AsyncSession, *, by: User, proposal_id: UUID, line_ids: Collection[UUID] | None, reason: str
) -> Accepted:
    """Book the lines (None: all that are left), each as by hand; those that a rule refuses say why and stay.

    Raises Invalid (`reason`) when a line carries a warning and no reason is given: nothing is booked then.
    """
    lines = await _open_lines(session, proposal_id, line_ids)
    if not reason and any(one.detail.get("warnings") for one in lines):
        message = _("Dites pourquoi malgré les avertissements : ce motif est gardé avec chaque place.")
        raise Invalid({"reason": message}, message)
    facts = await shift_facts(session, {one.shift_id for one in lines})
    await steps.hold(session, [one.shift_id for one in lines], [one.volunteer_id for one in lines])
    found = {"accepted": 0, "refused": 0, "proposed": 0}
    for line in lines:
        before = line.id, line.shift_id, line.volunteer_id
        if not by.covers(facts[line.shift_id].intermunicipality):
            state, code, title = "refused", "out_of_scope", _("Ce créneau est hors de votre périmètre.")
        else:
            state, code, title = await _place(session, by, before[1], before[2], reason)
        found[state] += 1
        decided: dict[str, Any] = {"decided_at": clock.now(), "decided_by_id": by.id} if state != "proposed" else {}
        if state == "proposed":
            decided["detail"] = {**line.detail, "warnings": [title]}
            title = ""
        change = update(FillLine).where(FillLine.id == before[0])
        await session.execute(change.values(state=state, code=code, title=title, **decided))
    proposal = await session.get_one(FillProposal, proposal_id)
    detail = {"placed": found["accepted"], "refused": found["refused"]}
    if lines:
        audit.record(session, by=by, verb="fill.accepted", subject=proposal, detail=detail)
    return Accepted(found["accepted"], found["refused"], found["proposed"])


async def _place(
    session: AsyncSession, by: User, shift_id: UUID, volunteer_id: UUID, reason: str
) -> tuple[str, str, str]:
    """The state of a line, with why: a place in the queue is none, so it is not taken."""
    try:
        async with session.begin_nested():
            placed = await bookings.book(session, by=by, volunteer_id=volunteer_id, shift_id=shift_id, reason=reason)
            await session.flush()
            if placed.booking.state != "confirmed":
                raise Refusal("shift_full", _("La place a été prise entre-temps."))
    except Refusal as refusal:
        return "refused", refusal.code, refusal.message
    except Invalid as invalid:
        return "proposed", "", invalid.message
    except NotFound:
        return "refused", "not_found", _("Cette personne n’est plus là.")
    return "accepted", "", ""


async def _open_lines(session: AsyncSession, proposal_id: UUID, line_ids: Collection[UUID] | None) -> list[FillLine]:
    """The lines still to decide, in the order of the draft, held until the commit: two posts never book twice."""
    chosen = select(FillLine).where(FillLine.proposal_id == proposal_id, FillLine.state == "proposed")
    if line_ids is not None:
        chosen = chosen.where(FillLine.id.in_(line_ids))
    rows = await session.scalars(chosen.order_by(FillLine.id).with_for_update())
    return sorted(rows, key=lambda one: int(one.detail.get("rank", 0)))


async def discard(session: AsyncSession, *, by: User, proposal_id: UUID, line_ids: Collection[UUID] | None) -> int:
    """Set lines aside (None: all that are left); returns how many."""
    lines = await _open_lines(session, proposal_id, line_ids)
    for one in lines:
        one.state, one.decided_at, one.decided_by_id = "discarded", clock.now(), by.id
    proposal = await session.get_one(FillProposal, proposal_id)
    if lines:
        audit.record(session, by=by, verb="fill.discarded", subject=proposal, detail={"lines": len(lines)})
    return len(lines)
