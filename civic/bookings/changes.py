"""Editing a shift under the people booked on it: nobody is dropped without a mail. See `cancelling` for its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import alerts, mails, queries, rules, steps, supposing, waitlist
from civic.bookings.models import LIVE, Booking
from civic.bookings.people import people_of
from civic.bookings.values import Company, Crowd, Held, Person, ShiftFacts
from civic.errors import Answer, Finding, NotFound, Refusal
from civic.i18n import _
from civic.shifts.actions import check_place, check_times, hold_place, lock
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


@dataclass(frozen=True, slots=True)
class Judged:
    """An edit, weighed: what the shift was and would be, whom it breaks, and warnings that it brings to who stays."""

    before: ShiftFacts
    after: ShiftFacts
    people: dict[UUID, Person]
    affected: list[Affected]
    notices: list[Affected]


async def hold(session: AsyncSession, shift_id: UUID) -> tuple[Shift, list[UUID]]:
    """A shift held with everybody on it and the shifts that they wait for nearby: what frees them here may open those.

    Raises NotFound.
    """
    facts = (await queries.shift_facts(session, [shift_id])).get(shift_id)
    if facts is None:
        raise NotFound
    on_it = select(Booking.volunteer_id).where(Booking.shift_id == shift_id, Booking.state.in_(LIVE))
    people = list(await session.scalars(on_it))
    near = await steps.waited_near(session, people, facts) if people else []
    await steps.hold(session, [shift_id, *near], people, whole=shift_id)
    return await lock(session, shift_id), near


async def preview(session: AsyncSession, *, shift: Shift, values: ShiftValues) -> Judged:
    """What an edit of a held shift would do, without changing anything."""
    return await _judge(session, shift, values)


async def edit_shift(
    session: AsyncSession, *, by: User, shift_id: UUID, values: ShiftValues, version: int | None, confirm: bool
) -> Shift:
    """Change a shift. One that would break a booking needs `confirm`; then those bookings end or go back to the queue.

    Raises Answer 412 (somebody changed it since `version`; None skips the check), Invalid, Forbidden, and Refusal
    `breaks_bookings` with `affected`.
    """
    shift, near = await hold(session, shift_id)
    if version is not None and version != shift.version:
        message = _("Quelqu’un a modifié ce créneau entre-temps. Relisez-le puis recommencez.")
        raise Answer(412, "stale", message)
    if shift.state == "cancelled":
        raise Refusal("shift_not_open", _("Ce créneau est annulé : créez-en un autre."))
    await hold_place(session, values.mission_id, values.site_id)
    await check_place(session, by=by, values=values)
    check_times(values)
    if shift.starts_at <= clock.now() and shift.state == "published":
        raise Refusal("shift_started", _("Ce créneau a déjà commencé : il ne se modifie plus."))
    judged = await _judge(session, shift, values)
    if judged.affected and not confirm:
        raise _breaks(judged.affected)
    # The database's guards know states, not deadlines: what is past is written down first.
    await waitlist.expire_on(session, shift_id)
    await waitlist.drop_overdue(session, list(judged.people))
    rows = {booking.id: booking for booking in await steps.live_rows(session, shift_id)}
    await make_room(session, by, rows, judged.affected)
    changed = apply(shift, values)
    if not changed:
        return shift
    await session.flush()
    judged = replace(judged, after=replace(judged.after, version=shift.version))
    shorten_offers(rows, judged)
    await _tell(session, rows, judged)
    audit.record(session, by=by, verb="shift.edited", subject=shift, detail={"changed": changed})
    await waitlist.replay(session, [shift_id, *near])
    await alerts.left_alone(session, judged.after, [one.held.booking_id for one in judged.affected])
    return shift


def _breaks(affected: Sequence[Affected]) -> Refusal:
    listed: list[dict[str, Any]] = [
        {"booking_id": str(a.held.booking_id), "volunteer_id": str(a.held.volunteer_id), "code": a.finding.code}
        for a in affected
    ]
    message = _("Cette modification touche des réservations. Relisez la liste puis confirmez.")
    return Refusal("breaks_bookings", message, extra={"affected": listed})


async def _judge(session: AsyncSession, shift: Shift, values: ShiftValues) -> Judged:
    before = (await queries.shift_facts(session, [shift.id]))[shift.id]
    after = await supposing.facts_if(session, shift, values)
    crowd = queries.crowds(await queries.live_bookings(session, shift_ids=[shift.id]))[shift.id]
    ids = [one.volunteer_id for one in (*crowd.seated, *crowd.waiting)]
    people = await people_of(session, ids)
    holdings = await steps.holdings_of(session, ids, after)
    return weigh(before, after, crowd, people, holdings, holdings)


def weigh(
    before: ShiftFacts,
    after: ShiftFacts,
    crowd: Crowd,
    people: dict[UUID, Person],
    had: Mapping[UUID, Sequence[Held]],
    have: Mapping[UUID, Sequence[Held]],
) -> Judged:
    """Whom an edit breaks; `had` is what each person held elsewhere before it, `have` what they will."""
    affected: list[Affected] = []
    kept: list[Held] = []
    # Nobody is moved into the past unawares: they could neither come nor give the place back.
    past = rules.too_late(after, clock.now()) if after.times.starts_at != before.times.starts_at else []
    for held in crowd.seated:
        found = [*past, *rules.fitness(people[held.volunteer_id], after, have[held.volunteer_id])]
        if found:
            affected.append(Affected(held, found[0]))
            continue
        kept.append(held)
    # The latest to come leave first: who has not answered an offer yet, then by the time at which each one asked.
    kept.sort(key=lambda one: (one.state == "offered", one.queue_key))
    lost = Finding(OVER_CAPACITY, _("Plus assez de places : retour en tête de la liste d’attente."))
    affected.extend(Affected(held, lost) for held in reversed(kept[after.capacity :]))
    # Whoever stays is told what is new for them, and so without what only coordinators know.
    were, stay = Company(crowd.seated), Company(tuple(kept[: after.capacity]))
    notices: list[Affected] = []
    for held in stay.seated:
        person = people[held.volunteer_id]
        known = {one.code for one in rules.advise(person, before, had[held.volunteer_id], were)}
        fresh = [one for one in rules.advise(person, after, have[held.volunteer_id], stay) if one.code not in known]
        notices.extend(Affected(held, one) for one in fresh)
    return Judged(before, after, people, affected, notices)


def apply(shift: Shift, values: ShiftValues, *, apart: bool = True) -> list[str]:
    """Write the values into a held shift; returns what changed. `apart` says that it leaves its series by that."""
    names = [name for name in values.__slots__ if getattr(shift, name) != getattr(values, name)]
    for name in names:
        setattr(shift, name, getattr(values, name))
    shift.version += bool(names)
    # What changes the whole series afterwards leaves this one alone.
    shift.detached = apart and (shift.detached or (bool(names) and shift.series_id is not None))
    return names


async def make_room(session: AsyncSession, by: User, rows: dict[UUID, Booking], affected: Sequence[Affected]) -> None:
    """End or send back the affected before the shift changes: the database's guards never see too many seats."""
    head = min((row.queue_key for row in rows.values()), default=0)
    for one in affected:
        booking = rows[one.held.booking_id]
        if one.ends:
            await steps.end(session, booking, "cancelled", by=by, reason=one.finding.code)
            continue
        head -= 1
        booking.queue_key = head
        await steps.change_state(session, booking, "waitlisted", by=by, reason=one.finding.code)
        audit.record(session, by=by, verb="booking.sent_back", subject=booking)


def shorten_offers(rows: dict[UUID, Booking], judged: Judged) -> None:
    """An offer of a shift that now begins sooner is held for less long."""
    latest = rules.offer_deadline(judged.after, clock.now())
    for booking in rows.values():
        if booking.state == "offered" and booking.offer_expires_at:
            booking.offer_expires_at = min(booking.offer_expires_at, latest)


async def _tell(session: AsyncSession, rows: dict[UUID, Booking], judged: Judged) -> None:
    for one in told_of(rows, judged):
        person = judged.people[one.booking.volunteer_id]
        args = (one.booking, judged.before, judged.after, person, one.outcome, one.why, one.notices)
        await mails.changed(session, *args)


@dataclass(frozen=True, slots=True)
class Told:
    """What a person hears of an edit: `outcome` is kept, offered, queued, waitlisted or ended."""

    booking: Booking
    outcome: str
    why: str
    notices: list[str]


def told_of(rows: dict[UUID, Booking], judged: Judged) -> list[Told]:
    """Who has to hear of an edit: whoever loses something, and everybody when the time or the place is another."""
    before, after = judged.before, judged.after
    outcomes = {
        one.held.booking_id: ("ended" if one.ends else "waitlisted", one.finding.title) for one in judged.affected
    }
    standing = {"waitlisted": "queued", "offered": "offered"}
    moved = before.times != after.times or before.site_id != after.site_id
    found = []
    for booking in rows.values():
        if booking.id in outcomes or moved:
            outcome, why = outcomes.get(booking.id, (standing.get(booking.state, "kept"), ""))
            notices = [one.finding.title for one in judged.notices if one.held.booking_id == booking.id]
            found.append(Told(booking, outcome, why, notices))
    return found
