"""The small steps that every verb of a booking is made of. Each expects the shift to be locked already."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import queries, rules
from civic.bookings.models import LIVE, SEATED, Attendance, Booking, BookingEvent
from civic.bookings.values import Held, ShiftFacts
from civic.columns import among
from civic.errors import NotFound
from civic.shifts.actions import lock
from civic.shifts.bulk import lock_many
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer

# A seat given back may free somebody for what they wait for in the same week, or beside it.
REACH = timedelta(days=8)

# Selects that every booking runs, built once: building one costs more than running it.
_live_here = and_(Booking.shift_id == bindparam("shift"), Booking.state.in_(LIVE))
_CROWD = select(Booking.volunteer_id, Booking.state, Booking.offer_expires_at).where(_live_here)
_LAST_KEY = select(func.max(Booking.queue_key)).where(_live_here)
_LIVE_OF = (
    select(Booking)
    .where(_live_here, Booking.volunteer_id == bindparam("volunteer"), queries.STILL_HELD)
    .execution_options(populate_existing=True)
)
_TAKEN = select(func.count(Booking.id)).where(
    Booking.shift_id == bindparam("shift"), Booking.state.in_(SEATED), queries.STILL_HELD
)
_PEOPLE_HELD = (
    select(Volunteer.id).where(Volunteer.id.in_(among("ids"))).order_by(Volunteer.id).with_for_update(key_share=True)
)


async def change_state(
    session: AsyncSession,
    booking: Booking,
    state: str,
    *,
    by: User | None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Move a booking on and keep the step in its history."""
    booking.state = state
    if state != "offered":
        booking.offer_expires_at = None
    event = BookingEvent(booking_id=booking.id, state=state, by_id=by.id if by else None, reason=reason)
    event.detail = detail or {}
    session.add(event)
    await session.flush()


async def end(session: AsyncSession, booking: Booking, state: str, *, by: User | None, reason: str = "") -> None:
    """Close a booking for good, and say so in the audit log."""
    await change_state(session, booking, state, by=by, reason=reason)
    audit.record(session, by=by, verb=f"booking.{state}", subject=booking, detail={"reason": reason} if reason else {})


async def lock_people(session: AsyncSession, volunteer_ids: Collection[UUID]) -> None:
    """Hold people's time until the commit, so that two shifts cannot take the same hour of theirs at once."""
    if not volunteer_ids or session.get_bind().dialect.name == "sqlite":
        # A writing transaction of SQLite is alone anyhow.
        return
    await session.execute(_PEOPLE_HELD, {"ids": list(volunteer_ids)})


async def lock_shifts(session: AsyncSession, shift_ids: Iterable[UUID]) -> None:
    """Several shifts, always in the same order. Raises NotFound."""
    ids = set(shift_ids)
    if len(ids) == 1:
        await lock(session, *ids)
    elif len(await lock_many(session, ids)) < len(ids):
        raise NotFound


async def hold(
    session: AsyncSession, shift_ids: Iterable[UUID], volunteer_ids: Iterable[UUID] = (), *, whole: UUID | None = None
) -> None:
    """Lock all that settling some shifts may touch: the shifts, then in one go their queues and `volunteer_ids`, and
    everybody with a seat on the shift `whole`.

    What changes bookings locks like this and nothing afterwards: no two requests wait for one another in a circle.
    """
    ids = set(shift_ids)
    await lock_shifts(session, ids)
    moving = or_(Booking.state.in_(("offered", "waitlisted")), Booking.shift_id == whole)
    chosen = select(Booking.volunteer_id).where(Booking.shift_id.in_(ids), Booking.state.in_(LIVE), moving)
    await lock_people(session, {*volunteer_ids, *await session.scalars(chosen)})


async def unsettled_on(session: AsyncSession, shift: Shift) -> list[UUID]:
    """Whom settling a locked shift would touch: those with a past offer, and the queue beside a free place."""
    rows = [tuple(row) for row in await session.execute(_CROWD, {"shift": shift.id})]
    late = [who for who, state, until in rows if state == "offered" and rules.overdue(until, clock.now())]
    seats = sum(state in SEATED for _who, state, _until in rows) - len(late)
    waiting = [who for who, state, _until in rows if state == "waitlisted"]
    return [*late, *(waiting if seats < shift.capacity else ())]


async def next_key(session: AsyncSession, shift_id: UUID) -> int:
    """The end of a locked shift's queue: now, and after everybody there even if the clock stepped back."""
    last = await session.scalar(_LAST_KEY, {"shift": shift_id})
    return max(int(clock.now().timestamp() * 1_000_000), (last or 0) + 1)


async def live_on(session: AsyncSession, shift_id: UUID, volunteer_id: UUID) -> Booking | None:
    """Somebody's seat, offer or place in the queue of a shift."""
    found: Booking | None = await session.scalar(_LIVE_OF, {"shift": shift_id, "volunteer": volunteer_id})
    return found


async def live_rows(session: AsyncSession, *shift_ids: UUID) -> list[Booking]:
    """Everybody on some shifts, in queue order."""
    chosen = select(Booking).where(Booking.shift_id.in_(shift_ids), Booking.state.in_(LIVE), queries.STILL_HELD)
    chosen = chosen.order_by(Booking.queue_key, Booking.id).execution_options(populate_existing=True)
    return list(await session.scalars(chosen))


async def holdings_of(
    session: AsyncSession, volunteer_ids: Collection[UUID], shift: ShiftFacts
) -> dict[UUID, list[Held]]:
    """What people hold near a shift, by person."""
    since = shift.times.starts_at - rules.HORIZON
    found: dict[UUID, list[Held]] = {one: [] for one in volunteer_ids}
    for held in await queries.live_bookings(session, volunteer_ids=volunteer_ids, since=since):
        found[held.volunteer_id].append(held)
    return found


async def situation_of(session: AsyncSession, volunteer_id: UUID, shift: ShiftFacts) -> tuple[list[Held], list[Held]]:
    """What somebody holds near a shift, and who is seated on it: the one select that both come from."""
    since = shift.times.starts_at - rules.HORIZON
    found = await queries.live_bookings(session, shift_ids=[shift.id], volunteer_ids=[volunteer_id], since=since)
    own = [one for one in found if one.volunteer_id == volunteer_id]
    return own, [one for one in found if one.shift_id == shift.id and one.state in SEATED]


async def waiting_on(session: AsyncSession, shift_id: UUID) -> list[Held]:
    """The queue of a shift, in order."""
    crowd = queries.crowds(await queries.live_bookings(session, shift_ids=[shift_id]))[shift_id]
    return list(crowd.waiting)


async def noted_on(session: AsyncSession, shift_id: UUID, booking_id: UUID | None = None) -> bool:
    """Whether a presence is noted on a shift, or for one of its bookings: hours that were served are never dropped."""
    chosen = (
        select(Attendance.id).join(Booking, Booking.id == Attendance.booking_id).where(Booking.shift_id == shift_id)
    )
    if booking_id is not None:
        chosen = chosen.where(Booking.id == booking_id)
    return await session.scalar(chosen.where(Attendance.state == "present").limit(1)) is not None


async def position(session: AsyncSession, booking: Booking) -> int | None:
    """The place in the queue, from 1; None for a seat."""
    if booking.state != "waitlisted":
        return None
    ahead = select(func.count(Booking.id)).where(
        Booking.shift_id == booking.shift_id,
        Booking.state == "waitlisted",
        tuple_(Booking.queue_key, Booking.id) <= tuple_(literal(booking.queue_key), literal(booking.id, Uuid)),
    )
    return int(await session.scalar(ahead) or 0)


async def free_seats(session: AsyncSession, shift: ShiftFacts) -> int:
    """Places that nobody holds, an offer being held until its deadline."""
    return shift.capacity - (await session.scalar(_TAKEN, {"shift": shift.id}) or 0)


async def waited_near(session: AsyncSession, volunteer_ids: Collection[UUID], shift: ShiftFacts) -> list[UUID]:
    """Other shifts that some people wait for around this one: a seat given back may open them."""
    return sorted(await waited_around(session, [(shift, volunteer_ids)]))


async def waited_around(session: AsyncSession, seats: Collection[tuple[ShiftFacts, Collection[UUID]]]) -> set[UUID]:
    """The same for the people of several shifts at once: what each waits for around the shift that they are on."""
    chosen = (
        select(Booking.volunteer_id, Booking.shift_id, Booking.starts_at, Booking.ends_at)
        .join(Shift, Shift.id == Booking.shift_id)
        .where(Booking.volunteer_id.in_(set[UUID]().union(*(who for _shift, who in seats))))
        .where(Booking.state == "waitlisted", Booking.starts_at > clock.now(), Shift.state == "published")
    )
    waits: defaultdict[UUID, list[tuple[UUID, datetime, datetime]]] = defaultdict(list)
    for who, *waited in await session.execute(chosen):
        waits[who].append((waited[0], waited[1], waited[2]))
    return {
        shift_id
        for shift, people in seats
        for who in people
        for shift_id, starts_at, ends_at in waits[who]
        if shift_id != shift.id and starts_at < shift.times.ends_at + REACH and ends_at > shift.times.starts_at - REACH
    }
