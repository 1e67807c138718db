"""Moving somebody from one shift to another: the old seat ends and the new one is given, both or neither."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import alerts, mails, queries, rules, steps, waitlist
from civic.bookings.actions import insert, unanswered
from civic.bookings.models import Booking, BookingEvent
from civic.bookings.people import people_of
from civic.bookings.values import Held, Person, ShiftFacts
from civic.bookings.wishes import company_for
from civic.errors import Finding, NotFound, Refusal
from civic.formats import moment
from civic.i18n import _


@dataclass(frozen=True, slots=True)
class Moved:
    """The seat that ended, and the one given instead."""

    old: Booking
    new: Booking
    warnings: tuple[Finding, ...] = ()


async def move(
    session: AsyncSession, *, by: User, booking_id: UUID, shift_id: UUID, reason: str = "", message: str = ""
) -> Moved:
    """Seat somebody on another shift instead of theirs, judged as if they did not hold the old seat.

    The same move again gives what it made. `reason` answers warnings and is kept, `message` is told to the person.
    Raises NotFound, Refusal (`not_seated`,
    `already_there`, `shift_full`, or every broken rule) and Invalid (`reason`); then nothing has changed.
    """
    booking, old, new, near = await _held(session, booking_id, shift_id)
    done = await _made_before(session, booking, shift_id)
    if done is not None:
        return Moved(booking, done)
    check_leaves(booking.state, old)
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    holdings, seated = await steps.situation_of(session, person.volunteer_id, new)
    check_free_of(new, holdings)
    holdings = without(holdings, booking.id)
    found = rules.judge(person, new, holdings, clock.now())
    if found:
        raise Refusal.of(found)
    beside = await company_for(session, person.volunteer_id, seated)
    warnings = tuple(rules.advise(person, new, holdings, beside))
    if warnings and not reason:
        raise unanswered(warnings)
    if await _left_by_queue(session, new) <= 0:
        raise Refusal.of([full()])
    made = await _swap(session, by, booking, new, person, reason)
    # The mail and the audit log are read by others than coordinators.
    told = rules.open_to_all(warnings)
    audit.record(session, by=by, verb="booking.moved", subject=made, detail={"warnings": [one.code for one in told]})
    await mails.moved(session, (booking, old), (made, new), person, message=message, warnings=told)
    await alerts.tell_tutor(session, made, new, told)
    await waitlist.replay(session, [old.id, new.id, *near])
    await alerts.left_alone(session, old, [booking.id])
    return Moved(booking, made, warnings)


async def _swap(
    session: AsyncSession, by: User, booking: Booking, new: ShiftFacts, person: Person, reason: str
) -> Booking:
    """The old seat goes first, and what is past with it: the database's guards never see one hour taken twice."""
    where = {"site": new.site_name, "when": moment(new.times.starts_at)}
    # The audit log keeps this one: why against a warning is kept with the new seat, for coordinators.
    await steps.end(session, booking, "removed", by=by, reason=_("Déplacement : %(site)s, %(when)s.") % where)
    await waitlist.drop_overdue(session, [person.volunteer_id])
    await waitlist.expire_on(session, new.id)
    return await insert(session, by, new, person, "confirmed", reason, {"moved_from": str(booking.id)})


async def _made_before(session: AsyncSession, booking: Booking, shift_id: UUID) -> Booking | None:
    """The seat that this very move gave, a double tap ago."""
    if booking.state != "removed":
        return None
    chosen = (
        select(Booking, BookingEvent.detail)
        .join(BookingEvent, BookingEvent.booking_id == Booking.id)
        .where(Booking.shift_id == shift_id, Booking.volunteer_id == booking.volunteer_id, Booking.state == "confirmed")
    )
    rows = await session.execute(chosen)
    return next((made for made, detail in rows if detail.get("moved_from") == str(booking.id)), None)


async def _left_by_queue(session: AsyncSession, shift: ShiftFacts) -> int:
    """Free places that nobody who waits may take: nobody is moved in front of a queue."""
    free = await steps.free_seats(session, shift)
    waiting = await steps.waiting_on(session, shift.id) if free > 0 else []
    ids = [one.volunteer_id for one in waiting]
    if not ids:
        return free
    people, holdings = await people_of(session, ids), await steps.holdings_of(session, ids, shift)
    now = clock.now()
    return free - sum(bool(rules.first_eligible([one], people, holdings, shift, now)) for one in waiting)


def check_leaves(state: str, old: ShiftFacts) -> None:
    """Only a confirmed seat on a shift that has not begun moves. Raises Refusal."""
    if state != "confirmed":
        raise Refusal("not_seated", _("Cette personne n’a pas de place confirmée ici : rien à déplacer."))
    if old.times.starts_at <= clock.now():
        raise Refusal("shift_started", _("Ce créneau a déjà commencé : la place ne se déplace plus."))


def check_free_of(new: ShiftFacts, holdings: Iterable[Held]) -> None:
    """Raises Refusal when the person has something on the new shift already."""
    if any(one.shift_id == new.id for one in holdings):
        raise Refusal.of([there()])


def there() -> Finding:
    return Finding("already_there", _("Cette personne a déjà une place, ou attend, sur ce créneau."))


def without(holdings: Iterable[Held], booking_id: UUID) -> list[Held]:
    """What somebody holds beside the seat that moves."""
    return [one for one in holdings if one.booking_id != booking_id]


def full() -> Finding:
    return Finding("shift_full", _("Plus de place libre sur ce créneau : choisissez-en un autre."))


async def _held(
    session: AsyncSession, booking_id: UUID, shift_id: UUID
) -> tuple[Booking, ShiftFacts, ShiftFacts, list[UUID]]:
    """Both shifts locked, with those that the person waits for near the old one; then whoever settling touches."""
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise NotFound
    if booking.shift_id == shift_id:
        raise Refusal("already_there", _("C’est déjà le créneau de cette personne."))
    ids = [booking.shift_id, shift_id]
    facts = await queries.shift_facts(session, ids)
    if shift_id not in facts:
        raise NotFound
    near = await steps.waited_near(session, [booking.volunteer_id], facts[booking.shift_id])
    await steps.hold(session, [*ids, *near], [booking.volunteer_id])
    await session.refresh(booking, with_for_update=True)
    facts = await queries.shift_facts(session, ids)
    return booking, facts[booking.shift_id], facts[shift_id], near
