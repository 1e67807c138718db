"""« Je ne peux pas venir », too late to withdraw: said with one tap, told at once, and somebody else is looked for.

Only the class of the reason is asked and kept. Before the start the seat ends and goes first to the queue, then to
everybody who may take it; after the start the seat stays, and a coordinator notes the excused absence.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.coordinators import coordinators_for
from civic.accounts.models import User
from civic.bookings import actions, alert_mails, alerts, mails, queries, rules, steps, waitlist
from civic.bookings.listing import distance
from civic.bookings.models import ABSENCE_REASONS, Booking, BookingEvent, StandInCall
from civic.bookings.people import people_of
from civic.bookings.values import Person, ShiftFacts
from civic.contracts.models import EngagementContract
from civic.errors import Invalid, NotFound, Refusal
from civic.i18n import N_, _
from civic.outbox.preferences import wishes_of
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer

REASONS = {
    "health": N_("Santé"),
    "family": N_("Famille"),
    "transport": N_("Transport"),
    "school": N_("École ou formation"),
    "other": N_("Autre raison"),
}
assert tuple(REASONS) == ABSENCE_REASONS
FAR = 1_000_000.0
# So close to the start everybody is asked at once, with the queue.
SHORT = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Said:
    """The booking as it stands now; `call` is None where the place could still be given back in the ordinary way."""

    booking: Booking
    call: StandInCall | None


async def cannot_come(session: AsyncSession, *, by: User, volunteer_id: UUID, shift_id: UUID, reason: str) -> Said:
    """Say that one can't come; saying it again changes nothing.

    Raises NotFound, Invalid (`reason`), and Refusal `no_booking` or `shift_ended`. Before the deadline, and for a
    place in the queue or an offer, it is the ordinary withdrawal.
    """
    if reason not in ABSENCE_REASONS:
        raise Invalid({"reason": _("Choisissez une raison dans la liste.")})
    shift, near = await _locked(session, shift_id, volunteer_id)
    booking = await steps.live_on(session, shift_id, volunteer_id)
    if booking is None:
        return await _said_before(session, shift_id, volunteer_id)
    call = await _call_of(session, booking)
    if call is not None:
        return Said(booking, call)
    if shift.times.ends_at <= clock.now():
        raise Refusal("shift_ended", _("Ce créneau est fini : dites-le à votre coordination."))
    if rules.may_withdraw(booking.state, shift, clock.now()) is None:
        await actions.withdraw(session, by=by, volunteer_id=volunteer_id, shift_id=shift_id)
        return Said(booking, None)
    call = await _open(session, by, booking, shift, reason)
    if booking.state == "withdrawn":
        await mails.withdrawn(session, booking, shift, "confirmed")
        await waitlist.replay(session, [shift.id, *near])
    await _tell(session, call, booking, shift)
    await alerts.left_alone(session, shift, [booking.id])
    await call_others(session, call, shift)
    return Said(booking, call)


async def _locked(session: AsyncSession, shift_id: UUID, volunteer_id: UUID) -> tuple[ShiftFacts, list[UUID]]:
    """The shift, held together with those that the person waits for nearby: their own queues move too."""
    facts = await queries.shift_facts(session, [shift_id])
    if shift_id not in facts:
        raise NotFound
    near = await steps.waited_near(session, [volunteer_id], facts[shift_id])
    await steps.hold(session, [shift_id, *near], [volunteer_id])
    return (await queries.shift_facts(session, [shift_id]))[shift_id], near


async def _said_before(session: AsyncSession, shift_id: UUID, volunteer_id: UUID) -> Said:
    """The last place that the person gave back on this shift."""
    chosen = (
        select(Booking)
        .where(Booking.shift_id == shift_id, Booking.volunteer_id == volunteer_id)
        .where(Booking.state.in_(("withdrawn", "declined")))
        .order_by(Booking.created_at.desc(), Booking.id)
        .limit(1)
    )
    booking = await session.scalar(chosen)
    if booking is None:
        raise Refusal("no_booking", _("Vous n’avez pas de place sur ce créneau."))
    return Said(booking, await _call_of(session, booking))


async def _call_of(session: AsyncSession, booking: Booking) -> StandInCall | None:
    found: StandInCall | None = await session.scalar(select(StandInCall).where(StandInCall.booking_id == booking.id))
    return found


async def call_by(session: AsyncSession, shift_id: UUID, volunteer_id: UUID) -> StandInCall | None:
    """What somebody said of a shift, if they did."""
    chosen = (
        select(StandInCall)
        .join(Booking, Booking.id == StandInCall.booking_id)
        .where(StandInCall.shift_id == shift_id, Booking.volunteer_id == volunteer_id)
        .order_by(StandInCall.opened_at.desc())
        .limit(1)
    )
    found: StandInCall | None = await session.scalar(chosen)
    return found


async def _open(session: AsyncSession, by: User, booking: Booking, shift: ShiftFacts, reason: str) -> StandInCall:
    why = _(REASONS[reason])
    if shift.times.starts_at > clock.now():
        await steps.change_state(session, booking, "withdrawn", by=by, reason=why, detail={"absence": reason})
    else:
        # The seat stays for the attendance to be noted on; its history says what was told and when.
        session.add(BookingEvent(booking_id=booking.id, state="cannot_come", by_id=by.id, reason=why))
    audit.record(session, by=by, verb="booking.cannot_come", subject=booking, detail={"reason": why})
    call = StandInCall(booking_id=booking.id, shift_id=shift.id, reason=reason, opened_by_id=by.id)
    session.add(call)
    await session.flush()
    return call


async def _tell(session: AsyncSession, call: StandInCall, booking: Booking, shift: ShiftFacts) -> None:
    """The coordinators in scope, who planned it first, and whoever was to serve beside them."""
    who = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id].name
    seats = await alerts.present_on(session, shift)
    offered = (await steps.free_seats(session, shift)) <= 0
    for user in await coordinators_for(session, shift.intermunicipality, shift.created_by_id):
        await alert_mails.absence(
            session, user, shift, call.id, who, _(REASONS[call.reason]), others=len(seats), offered=offered
        )
    for seat in seats:
        await alert_mails.partner(session, seat, shift, call.id, who)


async def call_others(session: AsyncSession, call: StandInCall, shift: ShiftFacts) -> int:
    """Once the queue of a locked shift had its turn, ask everybody who may take the free place; returns how many.

    While a place is offered to one of the queue nobody else is asked: the regular task comes back to it.
    """
    if call.called_at is not None or shift.state != "published" or shift.times.starts_at <= clock.now():
        return 0
    if await steps.free_seats(session, shift) <= 0 or await _queue_answers(session, call, shift):
        return 0
    call.called_at = clock.now()
    people = await _who_may(session, shift)
    for person in people:
        await alert_mails.stand_in(session, person, shift, call.id)
    return len(people)


async def _queue_answers(session: AsyncSession, call: StandInCall, shift: ShiftFacts) -> bool:
    """Whether those who wait were told a moment ago that the first of them who answers has the place."""
    now = clock.now()
    if now >= call.opened_at + rules.SHORTEST_OFFER or shift.times.starts_at <= now + SHORT:
        return False
    return await waitlist.may_take(session, await steps.waiting_on(session, shift.id), shift)


async def _who_may(session: AsyncSession, shift: ShiftFacts) -> list[Person]:
    """Volunteers under a contract that day for whom no rule speaks against the shift, nearest first.

    Those on it or in its queue are told otherwise; so were those who gave it back.
    """
    last_day = func.coalesce(EngagementContract.ended_on, EngagementContract.ends_on)
    been = exists().where(Booking.shift_id == shift.id, Booking.volunteer_id == Volunteer.id)
    chosen = (
        select(Volunteer.id)
        .join(User, User.id == Volunteer.user_id)
        .join(EngagementContract, EngagementContract.volunteer_id == Volunteer.id)
        .where(User.is_active, User.is_verified, ~been)
        .where(EngagementContract.starts_on <= shift.times.day, last_day >= shift.times.day)
    )
    ids = set(await session.scalars(chosen))
    people = await people_of(session, ids) if ids else {}
    holdings = await steps.holdings_of(session, list(ids), shift)
    wishes = await wishes_of(session, [one.user_id for one in people.values()])
    now = clock.now()
    able = [
        one
        for one in people.values()
        if wishes[one.user_id].wants("stand_in")
        and not rules.judge(one, shift, holdings[one.volunteer_id], now, own=True)
    ]
    return sorted(able, key=lambda one: _away(one, shift))


def _away(person: Person, shift: ShiftFacts) -> tuple[float, str]:
    far = distance(person, shift)
    return (FAR if far is None else far, person.name)


async def uncalled(session: AsyncSession) -> list[UUID]:
    """Calls of coming shifts that have not gone out to everybody, because the queue came first."""
    chosen = (
        select(StandInCall.id)
        .join(Shift, Shift.id == StandInCall.shift_id)
        .where(StandInCall.called_at.is_(None), Shift.state == "published", Shift.starts_at > clock.now())
        .order_by(StandInCall.opened_at, StandInCall.id)
    )
    return list(await session.scalars(chosen))


async def call_again(session: AsyncSession, call_id: UUID) -> int:
    """Lock a call's shift, give its queue its turn, and ask the others if a place is left; returns how many."""
    call = await session.get_one(StandInCall, call_id)
    await steps.hold(session, [call.shift_id])
    await session.refresh(call)
    shift = (await queries.shift_facts(session, [call.shift_id]))[call.shift_id]
    await waitlist.settle(session, shift)
    return await call_others(session, call, shift)
