"""Calling shifts off, one or many: whoever had or waited for a place is told, once for all of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import bulk_mails, changes, mails, queries, steps, waitlist
from civic.bookings.models import LIVE, Booking
from civic.bookings.people import people_of
from civic.bookings.values import Person, ShiftFacts
from civic.errors import Refusal
from civic.i18n import _
from civic.shifts.actions import lock
from civic.shifts.models import Shift


@dataclass(frozen=True, slots=True)
class Told:
    """A booking that ended with its shift, and whom it was."""

    booking: Booking
    shift: ShiftFacts
    person: Person


async def cancel_shift(session: AsyncSession, *, by: User, shift_id: UUID, reason: str) -> Shift:
    """Call a shift off and tell everybody who had or waited for a place; cancelling again changes nothing.

    Raises NotFound, and Refusal for a published shift that is over.
    """
    shift, near = await changes.hold(session, shift_id)
    for one in await call_off(session, by, shift, reason):
        await mails.cancelled(session, one.booking, one.shift, one.person, reason)
    await waitlist.replay(session, near)
    return shift


async def cancel_many(
    session: AsyncSession, *, by: User, shift_ids: Collection[UUID], reason: str, seen: Collection[UUID] | None = None
) -> int:
    """Call several shifts off for one reason, with one mail to each person however many were theirs.

    Those that are off already stay as they are. Returns how many people are told. Raises Refusal when one of them is
    over, and `booked_meanwhile` when somebody is on them whose booking is not among `seen`; then nothing is cancelled.
    """
    near = await hold_many(session, shift_ids)
    held = await queries.live_bookings(session, shift_ids=shift_ids)
    if seen is not None and not {one.booking_id for one in held} <= set(seen):
        raise Refusal("booked_meanwhile", _("Quelqu’un a réservé entre-temps. Relisez qui est prévenu."))
    told: dict[UUID, list[Told]] = {}
    called_off = 0
    for shift_id in sorted(shift_ids):
        shift = await lock(session, shift_id)
        called_off += shift.state != "cancelled"
        for one in await call_off(session, by, shift, reason):
            told.setdefault(one.person.volunteer_id, []).append(one)
    for theirs in told.values():
        if len(theirs) == 1:
            await mails.cancelled(session, theirs[0].booking, theirs[0].shift, theirs[0].person, reason)
        else:
            seats = [(one.booking, one.shift) for one in theirs]
            await bulk_mails.cancelled(session, seats, theirs[0].person, reason)
    if called_off > 1:
        # Beside the event of each shift: one line of the journal that says what was done in one go.
        detail = {"reason": reason, "shifts": called_off, "told": len(told)}
        audit.record(session, by=by, verb="shift.many_cancelled", subject=by, detail=detail)
    await waitlist.replay(session, sorted(near))
    return len(told)


async def hold_many(session: AsyncSession, shift_ids: Iterable[UUID]) -> set[UUID]:
    """Lock some shifts, those that their people wait for nearby, and the people; returns the nearby ones."""
    ids = set(shift_ids)
    facts = await queries.shift_facts(session, list(ids))
    rows = await session.execute(
        select(Booking.shift_id, Booking.volunteer_id).where(Booking.shift_id.in_(ids), Booking.state.in_(LIVE))
    )
    people: dict[UUID, set[UUID]] = {}
    for shift_id, volunteer_id in rows:
        people.setdefault(shift_id, set()).add(volunteer_id)
    near = await steps.waited_around(session, [(facts[one], theirs) for one, theirs in people.items()]) - ids
    await steps.hold(session, ids | near, set().union(*people.values()))
    return near


async def call_off(session: AsyncSession, by: User, shift: Shift, reason: str) -> list[Told]:
    """End a held shift and every live booking on it; the caller tells the people."""
    if shift.state == "cancelled":
        return []
    if shift.ends_at <= clock.now() and shift.state == "published":
        raise Refusal("shift_ended", _("Ce créneau est fini : il ne peut plus être annulé."))
    if await steps.noted_on(session, shift.id):
        text = _("Des présences sont déjà notées sur ce créneau : corrigez plutôt les heures de chaque personne.")
        raise Refusal("attendance_noted", text)
    facts = (await queries.shift_facts(session, [shift.id]))[shift.id]
    await waitlist.expire_on(session, shift.id)
    bookings = await steps.live_rows(session, shift.id)
    people = await people_of(session, [one.volunteer_id for one in bookings])
    shift.state, shift.cancelled_at = "cancelled", clock.now()
    shift.cancelled_by_id, shift.cancel_reason = by.id, reason
    shift.version += 1
    for booking in bookings:
        await steps.end(session, booking, "cancelled", by=by, reason=reason)
    detail = {"reason": reason, "told": len(bookings)}
    audit.record(session, by=by, verb="shift.cancelled", subject=shift, detail=detail)
    await session.flush()
    return [Told(one, facts, people[one.volunteer_id]) for one in bookings]
