"""The verbs of a leave that change bookings: approve one, and write one down that has begun.

Approving frees every seat and queue place that touches the leave. The coordinator saw them first: one that came
meanwhile is shown before anything is written.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.coordinators import coordinators_for
from civic.accounts.models import User
from civic.bookings import queries, steps
from civic.bookings.agenda import touched
from civic.bookings.models import LIVE, SEATED, Booking
from civic.bookings.release import release
from civic.bookings.values import Held, ShiftFacts
from civic.contracts import leave_mails
from civic.contracts.leave_actions import (
    Decided,
    check,
    check_recorded,
    decide,
    insert,
    lock,
    lock_person,
    present,
    undecided,
)
from civic.contracts.leave_queries import deciders
from civic.contracts.leave_rules import Days
from civic.contracts.models import Leave
from civic.errors import Refusal
from civic.formats import day_short, hour_range
from civic.i18n import _
from civic.volunteers.models import Volunteer


async def approve(session: AsyncSession, leave_id: UUID, *, by: User, seen: Collection[UUID] = ()) -> Decided:
    """Say yes, free the places that the leave covers, tell everybody. The same again changes nothing.

    `seen` are the bookings that the coordinator was shown. Raises Refusal `leave_frees` when there are others,
    `leave_decided` and `leave_withdrawn` when there is nothing left to decide.
    """
    leave = await lock(session, leave_id)
    if not await undecided(session, leave, "approved"):
        return Decided(leave, False)
    covered = await _hold(session, leave.volunteer_id, leave.starts_on, leave.ends_on, seen)
    await _grant(session, leave, by, covered)
    audit.record(session, by=by, verb="leave.approved", subject=leave, detail={"freed": len(covered)})
    return Decided(leave, True)


async def record(
    session: AsyncSession, wish: Days, volunteer: Volunteer, *, by: User, seen: Collection[UUID] = ()
) -> Decided:
    """A coordinator writes down a sickness, an accident or a maternity (`volunteer.user` loaded); it stands at once.

    The same again changes nothing. Raises Invalid by field, and Refusal `leave_frees` as approve does.
    """
    check_recorded(wish, clock.today())
    standing = await present(session, wish, volunteer.id)
    if standing is not None:
        # They asked for the same days: it is that request that is granted, its row locked before the shifts.
        return await approve(session, standing.id, by=by, seen=seen)
    await check(session, wish, volunteer.id)
    covered = await _hold(session, volunteer.id, wish.starts_on, wish.ends_on, seen)
    leave = await insert(session, wish, volunteer, by=by, verb="leave.recorded")
    await _grant(session, await lock(session, leave.id), by, covered)
    return Decided(leave, True)


async def frees(session: AsyncSession, volunteer_id: UUID, first: date, last: date) -> list[Held]:
    """The seats and queue places, on shifts that have not begun, that days off would end; soonest first."""
    held = await queries.live_bookings(session, volunteer_ids=[volunteer_id], since=clock.now())
    covered = (one for one in held if freed(first, last, one))
    return sorted(covered, key=lambda one: (one.times.starts_at, one.booking_id))


def freed(first: date, last: date, held: Held) -> bool:
    """Whether days off end a place: its shift has not begun and touches one of them, as LEAVE_CONFLICT judges."""
    days = touched(held.times)
    return held.times.starts_at > clock.now() and first <= days[-1] and days[0] <= last


async def _hold(
    session: AsyncSession, volunteer_id: UUID, first: date, last: date, seen: Collection[UUID]
) -> list[Held]:
    """Lock the shifts that days off touch, with those that the person waits for, then the person; what they free."""
    near = await _shifts_near(session, volunteer_id)
    await steps.hold(session, near, [volunteer_id])
    await lock_person(session, volunteer_id)
    covered = await frees(session, volunteer_id, first, last)
    if {one.booking_id for one in covered} - set(seen):
        message = _("Ce congé libère des créneaux. Relisez la liste, puis confirmez.")
        raise Refusal("leave_frees", message, extra={"frees": [str(one.booking_id) for one in covered]})
    if await _shifts_near(session, volunteer_id) - near:
        raise Refusal("leave_moved", _("Une réservation vient d’être faite par cette personne. Recommencez."))
    return covered


async def _shifts_near(session: AsyncSession, volunteer_id: UUID) -> set[UUID]:
    """All coming shifts of somebody: few, and what a freed seat may open is among them."""
    chosen = select(Booking.shift_id).where(Booking.volunteer_id == volunteer_id, Booking.starts_at > clock.now())
    return set(await session.scalars(chosen.where(Booking.state.in_(LIVE))))


async def _grant(session: AsyncSession, leave: Leave, by: User, covered: Sequence[Held]) -> None:
    """The leave stands before the places are offered on, so that no queue offers its person one of those days."""
    person = leave.volunteer.user
    recorded = leave.created_by_id != person.id
    decide(leave, "approved", by=by)
    await session.flush()
    reason = _("Absence notée") if recorded else _("Congé accepté")
    ended = await release(session, by=by, booking_ids=[one.booking_id for one in covered], reason=reason)
    gone = {one.id for one in ended}
    seats = [one for one in covered if one.state in SEATED]
    freed_seats = sum(one.booking_id in gone for one in seats)
    waits = len(ended) - freed_seats
    await leave_mails.approved(session, leave, person, recorded=recorded, freed=freed_seats, waits=waits)
    await _tell_coordinators(session, leave, by, seats)


async def _tell_coordinators(session: AsyncSession, leave: Leave, by: User, seats: Sequence[Held]) -> None:
    """Each of those who staff the shifts, who look after the volunteer, or tutor them; not the one who decided."""
    if not seats:
        return
    shifts = await queries.shift_facts(session, {one.shift_id for one in seats})
    crowds = queries.crowds(await queries.live_bookings(session, shift_ids=shifts))
    told = {user.id: user for user in await deciders(session, leave.volunteer_id)}
    whole = set(told)
    for code in sorted({one.intermunicipality for one in shifts.values()}):
        told |= {user.id: user for user in await coordinators_for(session, code)}
    listed = sorted(shifts.values(), key=lambda one: (one.times.starts_at, one.id))
    for user in told.values():
        if user.id == by.id:
            continue
        theirs = [one for one in listed if user.id in whole or user.covers(one.intermunicipality)]
        lines = [_line(one, len(crowds[one.id].seated)) for one in theirs]
        await leave_mails.seats_freed(session, leave, leave.volunteer.user.name, user, lines)


def _line(shift: ShiftFacts, left: int) -> dict[str, Any]:
    return {
        "site": shift.site_name,
        "day": day_short(shift.times.starts_at),
        "hours": hour_range(shift.times.starts_at, shift.times.ends_at),
        "left": left,
        "minimum": shift.min_staff,
        "path": f"/planning/creneaux/{shift.id}",
    }
