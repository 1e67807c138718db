"""The verbs that change a shift under the people booked on it: edit and cancel. Nobody is dropped without a mail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import mails, queries, rules, waitlist
from civic.bookings.models import Booking
from civic.bookings.people import people_of
from civic.bookings.steps import change_state, holdings_of, live_rows, lock_people
from civic.bookings.values import Held, Person, ShiftFacts
from civic.errors import Answer, Finding, Refusal
from civic.i18n import _
from civic.shifts.actions import check_place, check_times, lock
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues

OVER_CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Affected:
    """A booking that an edit would break, and the rule (or the capacity) that breaks it."""

    held: Held
    finding: Finding

    @property
    def ends(self) -> bool:
        """A broken rule ends the booking; a lost seat only sends it back to the queue."""
        return self.finding.code != OVER_CAPACITY


async def cancel_shift(session: AsyncSession, *, by: User, shift_id: UUID, reason: str) -> Shift:
    """Call a shift off and tell everybody who had or waited for a place; cancelling again changes nothing."""
    shift = await lock(session, shift_id)
    if shift.state == "cancelled":
        return shift
    if shift.ends_at <= clock.now() and shift.state == "published":
        raise Refusal("shift_ended", _("Ce créneau est fini : il ne peut plus être annulé."))
    facts = (await queries.shift_facts(session, [shift_id]))[shift_id]
    bookings = await live_rows(session, shift_id)
    people = await people_of(session, [one.volunteer_id for one in bookings])
    shift.state, shift.cancelled_at = "cancelled", clock.now()
    shift.cancelled_by_id, shift.cancel_reason = by.id, reason
    shift.version += 1
    for booking in bookings:
        await change_state(session, booking, "cancelled", by=by, reason=reason)
        await mails.cancelled(session, booking, facts, people[booking.volunteer_id], reason)
    audit.record(
        session, by=by, verb="shift.cancelled", subject=shift, detail={"reason": reason, "told": len(bookings)}
    )
    return shift


async def preview(session: AsyncSession, *, by: User, shift: Shift, values: ShiftValues) -> list[Affected]:
    """Whom an edit would break, without changing anything."""
    _before, after, _people, affected = await _judge(session, shift, values)
    assert after.id == shift.id
    return affected


async def edit_shift(
    session: AsyncSession, *, by: User, shift_id: UUID, values: ShiftValues, version: int | None, confirm: bool
) -> Shift:
    """Change a shift. One that would break a booking needs `confirm`; then those bookings end or go back to the queue.

    Raises Answer 412 (somebody changed it since `version`; None skips the check), Invalid, Forbidden, and Refusal
    `breaks_bookings` with `affected`.
    """
    shift = await lock(session, shift_id)
    if version is not None and version != shift.version:
        message = _("Quelqu’un a modifié ce créneau entre-temps. Relisez-le puis recommencez.")
        raise Answer(412, "stale", message)
    if shift.state == "cancelled":
        raise Refusal("shift_not_open", _("Ce créneau est annulé : créez-en un autre."))
    await check_place(session, by=by, values=values)
    check_times(values)
    if shift.starts_at <= clock.now() and shift.state == "published":
        raise Refusal("shift_started", _("Ce créneau a déjà commencé : il ne se modifie plus."))
    before, after, people, affected = await _judge(session, shift, values)
    if affected and not confirm:
        raise _breaks(affected)
    await waitlist.drop_overdue(session, list(people))
    rows = {booking.id: booking for booking in await live_rows(session, shift_id)}
    await _make_room(session, by, rows, affected)
    changed = _apply(shift, values)
    if not changed:
        return shift
    await session.flush()
    after = replace(after, version=shift.version)
    await _tell(session, rows, before, after, people, affected)
    audit.record(session, by=by, verb="shift.edited", subject=shift, detail={"changed": changed})
    await waitlist.settle(session, after)
    return shift


def _breaks(affected: Sequence[Affected]) -> Refusal:
    listed: list[dict[str, Any]] = [
        {"booking_id": str(a.held.booking_id), "volunteer_id": str(a.held.volunteer_id), "code": a.finding.code}
        for a in affected
    ]
    message = _("Cette modification touche des réservations. Relisez la liste puis confirmez.")
    return Refusal("breaks_bookings", message, extra={"affected": listed})


async def _judge(
    session: AsyncSession, shift: Shift, values: ShiftValues
) -> tuple[ShiftFacts, ShiftFacts, dict[UUID, Person], list[Affected]]:
    before = (await queries.shift_facts(session, [shift.id]))[shift.id]
    after = await queries.facts_if(session, shift, values)
    crowd = queries.crowds(await queries.live_bookings(session, shift_ids=[shift.id]))[shift.id]
    ids = [one.volunteer_id for one in (*crowd.seated, *crowd.waiting)]
    await lock_people(session, ids)
    people = await people_of(session, ids)
    holdings = await holdings_of(session, ids, after)
    affected = []
    for held in crowd.seated:
        found = rules.fitness(people[held.volunteer_id], after, holdings[held.volunteer_id])
        if found:
            affected.append(Affected(held, found[0]))
    broken = {one.held.booking_id for one in affected}
    kept = [held for held in crowd.seated if held.booking_id not in broken]
    # The latest to come leave first: the queue key is the time at which each one asked.
    lost = Finding(OVER_CAPACITY, _("Plus assez de places : retour en tête de la liste d’attente."))
    affected.extend(Affected(held, lost) for held in reversed(kept[values.capacity :]))
    return before, after, people, affected


def _apply(shift: Shift, values: ShiftValues) -> list[str]:
    names = [name for name in values.__slots__ if getattr(shift, name) != getattr(values, name)]
    for name in names:
        setattr(shift, name, getattr(values, name))
    shift.version += bool(names)
    return names


async def _make_room(session: AsyncSession, by: User, rows: dict[UUID, Booking], affected: Sequence[Affected]) -> None:
    """End or send back the affected before the shift changes: the database's guards never see too many seats."""
    head = min((row.queue_key for row in rows.values()), default=0)
    for one in affected:
        booking = rows[one.held.booking_id]
        if not one.ends:
            head -= 1
            booking.queue_key = head
        state = "cancelled" if one.ends else "waitlisted"
        await change_state(session, booking, state, by=by, reason=one.finding.code)


async def _tell(
    session: AsyncSession,
    rows: dict[UUID, Booking],
    before: ShiftFacts,
    after: ShiftFacts,
    people: dict[UUID, Person],
    affected: Sequence[Affected],
) -> None:
    outcomes = {one.held.booking_id: ("ended" if one.ends else "waitlisted", one.finding.title) for one in affected}
    moved = before.times != after.times or before.site_id != after.site_id
    for booking in rows.values():
        if booking.id in outcomes or moved:
            standing = "queued" if booking.state == "waitlisted" else "kept"
            outcome, why = outcomes.get(booking.id, (standing, ""))
            await mails.changed(session, booking, before, after, people[booking.volunteer_id], outcome, why)
