"""Somebody came without a place: added once the shift has begun, judged like anybody, kept with what it broke."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import attendance, queries, rules, steps
from civic.bookings.models import LIVE, WALK_IN, Attendance, Booking, BookingEvent, Incident
from civic.bookings.people import people_of
from civic.bookings.values import Held, Person, ShiftFacts
from civic.errors import Finding, Invalid, NotFound, Refusal
from civic.i18n import _
from civic.shifts.actions import lock
from civic.shifts.models import Shift

# How long after its end a shift still takes somebody who came.
OPEN_FOR = timedelta(days=14)
# What a walk-in always is, and what is refused apart.
BESIDE = frozenset({"shift_started", "shift_not_open"})


@dataclass(frozen=True, slots=True)
class Added:
    """`made` is false when the person was on the shift already; `broken` are the rules kept as incidents."""

    booking: Booking
    made: bool
    broken: tuple[Finding, ...] = ()


async def add(
    session: AsyncSession,
    *,
    by: User,
    shift_id: UUID,
    volunteer_id: UUID,
    reason: str = "",
    replaces: UUID | None = None,
    replaced: str = "absent",
) -> Added:
    """Note that somebody was there without a place; the same person again finds the same booking, present.

    A broken rule or a warning takes a `reason`; broken rules are then kept as incidents. `replaces` is a confirmed
    booking of this shift, noted `replaced` (absent or excused). Raises NotFound, Refusal (`shift_not_open`,
    `shift_not_started`, `walk_in_closed`, or every broken rule), Invalid (`reason`, `replaces`).
    """
    row = await lock(session, shift_id)
    await steps.lock_people(session, [volunteer_id])
    shift = (await queries.shift_facts(session, [shift_id]))[shift_id]
    people = await people_of(session, [volunteer_id])
    if volunteer_id not in people:
        raise NotFound
    _check_open(shift)
    missing = await _replaced(session, shift_id, volunteer_id, replaces)
    held = await _present_row(session, shift_id, volunteer_id)
    made, broken = held is None or held.state not in ("confirmed", WALK_IN), tuple[Finding, ...]()
    if held is None or made:
        holdings = (await steps.holdings_of(session, [volunteer_id], shift))[volunteer_id]
        broken = _accepted(people[volunteer_id], shift, holdings, reason)
        held = await _come(session, held, by, row, volunteer_id, reason)
        _keep(session, held, by, people[volunteer_id].name, broken, reason)
    if not await _noted_present(session, held.id):
        await attendance.note(session, by=by, booking_id=held.id, state="present")
    if missing is not None:
        text = _("Remplacement par %(name)s.") % {"name": people[volunteer_id].name}
        await attendance.note(session, by=by, booking_id=missing.id, state=replaced, reason=text)
    return Added(held, made, broken)


def _accepted(person: Person, shift: ShiftFacts, holdings: list[Held], reason: str) -> tuple[Finding, ...]:
    """The rules that a coming breaks. Without a reason they are told instead, and so are the warnings."""
    broken, warnings = findings(person, shift, holdings)
    if broken and not reason:
        raise Refusal.of(broken)
    if warnings and not reason:
        listed = " ".join(one.title for one in warnings)
        text = _("Dites pourquoi malgré cet avertissement : %(warnings)s") % {"warnings": listed}
        raise Invalid({"reason": text}, text)
    return tuple(broken)


def findings(person: Person, shift: ShiftFacts, holdings: list[Held]) -> tuple[list[Finding], list[Finding]]:
    """Blocking rules and warnings of somebody who is there already."""
    broken = [one for one in rules.judge(person, shift, holdings, clock.now()) if one.code not in BESIDE]
    # With whom they came, and that they had said otherwise, is no question any more.
    return broken, [one for one in rules.advise(person, shift, holdings) if one.code != "unavailable"]


def _check_open(shift: ShiftFacts) -> None:
    now = clock.now()
    if shift.state != "published":
        raise Refusal("shift_not_open", _("Ce créneau n’est pas publié, ou il est annulé : personne n’y est ajouté."))
    if now < shift.times.starts_at:
        text = _("Le créneau n’a pas commencé : donnez plutôt une place. Ajoutez qui est venu dès son début.")
        raise Refusal("shift_not_started", text)
    if now > shift.times.ends_at + OPEN_FOR:
        raise Refusal("walk_in_closed", _("Ce créneau est fini depuis plus de deux semaines : il ne change plus."))


async def _replaced(
    session: AsyncSession, shift_id: UUID, volunteer_id: UUID, booking_id: UUID | None
) -> Booking | None:
    """The place of whom they replace: confirmed on this shift, somebody else's."""
    if booking_id is None:
        return None
    found = await session.get(Booking, booking_id)
    if found is None or found.shift_id != shift_id or found.state != "confirmed" or found.volunteer_id == volunteer_id:
        raise Invalid({"replaces": _("Cette personne n’a pas de place ici. Choisissez dans la liste.")})
    return found


async def _present_row(session: AsyncSession, shift_id: UUID, volunteer_id: UUID) -> Booking | None:
    """What somebody has on the shift already: a place, a place in its queue, or an earlier walk-in."""
    chosen = (
        select(Booking)
        .where(Booking.shift_id == shift_id, Booking.volunteer_id == volunteer_id)
        .where(Booking.state.in_((*LIVE, WALK_IN)))
        .with_for_update()
    )
    rows = sorted(await session.scalars(chosen), key=lambda one: ("confirmed", WALK_IN, *LIVE).index(one.state))
    return rows[0] if rows else None


async def _come(
    session: AsyncSession, held: Booking | None, by: User, shift: Shift, volunteer_id: UUID, reason: str
) -> Booking:
    """A new row outside the seats; whoever was waiting or had been offered a seat keeps theirs, as a walk-in."""
    if held is not None:
        await steps.change_state(session, held, WALK_IN, by=by, reason=reason)
        return held
    booking = Booking(
        shift_id=shift.id,
        volunteer_id=volunteer_id,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        state=WALK_IN,
        queue_key=int(clock.now().timestamp() * 1_000_000),
        reason=reason,
        created_by_id=by.id,
    )
    session.add(booking)
    await session.flush()
    session.add(BookingEvent(booking_id=booking.id, state=WALK_IN, by_id=by.id, reason=reason))
    return booking


def _keep(
    session: AsyncSession, booking: Booking, by: User, name: str, broken: tuple[Finding, ...], reason: str
) -> None:
    session.add_all(
        Incident(booking_id=booking.id, by_id=by.id, code=one.code, title=one.title, reason=reason) for one in broken
    )
    detail: dict[str, object] = {"name": name, "incidents": [one.code for one in broken]}
    if reason:
        detail["reason"] = reason
    audit.record(session, by=by, verb="booking.walked_in", subject=booking, detail=detail)


async def _noted_present(session: AsyncSession, booking_id: UUID) -> bool:
    """Hours that were corrected meanwhile stay."""
    chosen = select(Attendance.id).where(Attendance.booking_id == booking_id, Attendance.state == "present")
    return await session.scalar(chosen) is not None
