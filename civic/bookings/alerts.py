"""What coordinators are told near a start, or at once: a pair that lacks somebody, a minor left alone.

A lone volunteer is never a reason to refuse a place (rule LONE_VOLUNTEER): the pair may still come together. A lone
minor is told the moment it happens, in the transaction that makes it so (rule LONE_MINOR).
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.coordinators import coordinators_for
from civic.accounts.models import User
from civic.bookings import alert_mails, queries
from civic.bookings.alert_mails import Seat
from civic.bookings.models import Booking, BookingEvent, StandInCall
from civic.bookings.values import ShiftFacts
from civic.contracts.limits import PARAMETERS
from civic.contracts.models import EngagementContract
from civic.errors import Finding
from civic.missions.models import MissionTag
from civic.outbox.preferences import told, wishes_of
from civic.shifts.actions import lock
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer


async def present_on(session: AsyncSession, shift: ShiftFacts) -> list[Seat]:
    """Who is expected on a shift at this moment; places that are only offered are not anybody's yet."""
    chosen = (
        select(Booking.id, Booking.volunteer_id, User.name, User.email, Volunteer.birth_date)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(User, User.id == Volunteer.user_id)
        .where(Booking.shift_id == shift.id, _expected())
        .order_by(Booking.queue_key, Booking.id)
    )
    day = shift.times.day
    rows = await session.execute(chosen)
    return [Seat(one.id, one.volunteer_id, one.name, one.email, clock.age_on(one.birth_date, day) < 18) for one in rows]


def _expected() -> ColumnElement[bool]:
    return and_(Booking.state == "confirmed", ~exists().where(StandInCall.booking_id == Booking.id))


async def left_alone(session: AsyncSession, shift: ShiftFacts, left: Collection[UUID]) -> None:
    """Tell coordinators and tutor when the bookings that have just ended leave a minor alone on a locked shift.

    `left` are the bookings that ended; places in a queue among them change nothing.
    """
    if not left or shift.state != "published" or shift.times.ends_at <= clock.now():
        return
    seats = await present_on(session, shift)
    if len(seats) != 1 or not seats[0].minor or not await _were_seats(session, left):
        return
    alone = seats[0]
    users = await coordinators_for(session, shift.intermunicipality, shift.created_by_id)
    tutor = await _tutor_of(session, alone.volunteer_id, shift)
    if tutor is not None and tutor.id not in {one.id for one in users}:
        users.append(tutor)
    for user in users:
        await alert_mails.lone_minor(session, user, shift, alone.name, f"{alone.booking_id}:{min(left)}")


async def tell_tutor(session: AsyncSession, booking: Booking, shift: ShiftFacts, warnings: Iterable[Finding]) -> None:
    """A minor's seat with a vulnerable public is said to their tutor, as the warning promises."""
    if booking.state != "confirmed" or "minor_public" not in {one.code for one in warnings}:
        return
    tutor = await _tutor_of(session, booking.volunteer_id, shift)
    name = await session.scalar(select(User.name).join(Volunteer).where(Volunteer.id == booking.volunteer_id))
    if tutor is not None and name is not None:
        await alert_mails.fragile_public(session, tutor, shift, booking.id, name)


async def _were_seats(session: AsyncSession, left: Collection[UUID]) -> bool:
    """Whether one of some ended bookings held a seat before: a place in the queue leaves nobody alone."""
    chosen = select(BookingEvent.booking_id, BookingEvent.state).where(BookingEvent.booking_id.in_(left))
    states: dict[UUID, set[str]] = {one: set() for one in left}
    for booking_id, state in await session.execute(chosen):
        states[booking_id].add(state)
    return any("confirmed" in one or not one & {"waitlisted", "offered"} for one in states.values())


async def _tutor_of(session: AsyncSession, volunteer_id: UUID, shift: ShiftFacts) -> User | None:
    last_day = func.coalesce(EngagementContract.ended_on, EngagementContract.ends_on)
    found: User | None = await session.scalar(
        select(User)
        .join(EngagementContract, EngagementContract.tutor_id == User.id)
        .where(EngagementContract.volunteer_id == volunteer_id, User.is_active)
        .where(EngagementContract.starts_on <= shift.times.day, last_day >= shift.times.day)
        .limit(1)
    )
    return found


# An alert can't be set further from the start than this.
FARTHEST = timedelta(hours=PARAMETERS["pair_alert_hours"]["highest"])


async def short_pairs(session: AsyncSession) -> list[UUID]:
    """Coming shifts near their start with fewer people than their minimum, or with one person alone outdoors."""
    seated = (
        select(func.count(Booking.id))
        .where(Booking.shift_id == Shift.id, _expected())
        .correlate(Shift)
        .scalar_subquery()
    )
    outdoor = exists().where(MissionTag.mission_id == Shift.mission_id, MissionTag.tag == "outdoor")
    now = clock.now()
    chosen = (
        select(Shift.id)
        .where(Shift.state == "published", Shift.starts_at > now, Shift.starts_at <= now + FARTHEST)
        .where(or_(seated < Shift.min_staff, and_(seated == 1, outdoor)))
        .order_by(Shift.starts_at, Shift.id)
    )
    facts = await queries.shift_facts(session, list(await session.scalars(chosen)))
    near = [one for one in sorted(facts.values(), key=_start) if step_of(one, now)]
    keys = await _keys(session, near, now)
    known = await told(session, [key for listed in keys.values() for key in listed])
    return [one.id for one in near if not known & keys[one.id]]


async def _keys(session: AsyncSession, shifts: Iterable[ShiftFacts], now: datetime) -> dict[UUID, set[str]]:
    """How the mails about each shift would be known, so that a shift told once is not looked at again."""
    users: dict[str, list[User]] = {}
    found = {}
    for one in shifts:
        if one.intermunicipality not in users:
            users[one.intermunicipality] = await coordinators_for(session, one.intermunicipality)
        step = step_of(one, now)
        found[one.id] = {alert_mails.pair_key(one, step, user) for user in users[one.intermunicipality]}
    return found


def _start(shift: ShiftFacts) -> tuple[datetime, UUID]:
    return shift.times.starts_at, shift.id


def step_of(shift: ShiftFacts, now: datetime) -> str:
    """Which of the two alerts of a shift is due: "last" within 24 h, "first" within 48 h, "" before."""
    left = shift.times.starts_at - now
    if left <= timedelta(hours=shift.limits.pair_alert_last):
        return "last"
    return "first" if left <= timedelta(hours=shift.limits.pair_alert_hours) else ""


async def warn_pair(session: AsyncSession, shift_id: UUID) -> int:
    """Tell the coordinators in scope of a short pair, once per step; returns how many there are."""
    await lock(session, shift_id)
    shift = (await queries.shift_facts(session, [shift_id]))[shift_id]
    seats = await present_on(session, shift)
    step = step_of(shift, clock.now())
    outdoor = "outdoor" in shift.tags
    enough = len(seats) >= shift.min_staff and not (outdoor and len(seats) == 1)
    if enough or not step or shift.state != "published" or shift.times.starts_at <= clock.now():
        return 0
    users = await _wanting(session, await coordinators_for(session, shift.intermunicipality, shift.created_by_id))
    for user in users:
        await alert_mails.short_pair(session, user, shift, seats, step)
    return len(users)


async def _wanting(session: AsyncSession, users: Iterable[User]) -> list[User]:
    listed = list(users)
    wishes = await wishes_of(session, [one.id for one in listed])
    return [one for one in listed if wishes[one.id].wants("alerts")]
