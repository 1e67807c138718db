"""The code of a site, and the arrival that a volunteer notes with it. Nobody's position is ever asked."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import attendance, checkin_rules, queries
from civic.bookings.checkin_rules import ALPHABET, LENGTH, Seat
from civic.bookings.models import WALK_IN, Attendance, Booking, CheckInCode
from civic.bookings.people import person_of
from civic.bookings.values import Person, ShiftFacts
from civic.errors import Refusal
from civic.i18n import _
from civic.shifts.actions import lock
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer

TRIES = 5
REACH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a check-in ended with; `made` is false when somebody was noted present already."""

    booking_id: UUID
    shift_id: UUID
    site_name: str
    at: datetime
    hours: float
    made: bool


async def current_code(session: AsyncSession, site_id: str) -> CheckInCode | None:
    """The code that holds at a site; None before the first was made."""
    chosen = select(CheckInCode).where(CheckInCode.site_id == site_id, CheckInCode.revoked_at.is_(None))
    found: CheckInCode | None = await session.scalar(chosen.order_by(CheckInCode.created_at.desc()).limit(1))
    return found


async def make_code(session: AsyncSession, *, by: User, site: Site, replacing: str = "") -> CheckInCode:
    """The site's first code; or a new one in place of `replacing`, refused from then on.

    The same call again finds the code that holds: nothing is made twice.
    """
    await session.execute(select(Site.id).where(Site.id == site.id).with_for_update())
    held = await current_code(session, site.id)
    if held is not None and held.code != replacing:
        return held
    if held is not None:
        held.revoked_at = clock.now()
    made = await _insert(session, by, site.id)
    verb = "site.code_renewed" if held else "site.code_made"
    audit.record(session, by=by, verb=verb, subject=site)
    return made


async def _insert(session: AsyncSession, by: User, site_id: str) -> CheckInCode:
    for _try in range(TRIES):
        code = "".join(secrets.choice(ALPHABET) for _letter in range(LENGTH))
        made = CheckInCode(site_id=site_id, code=code, created_by_id=by.id)
        try:
            async with session.begin_nested():
                session.add(made)
                await session.flush()
        except IntegrityError:
            continue
        return made
    raise Refusal("conflict", _("Aucun code n’a pu être créé. Recommencez."))


async def site_of(session: AsyncSession, typed: str) -> Site:
    """The site whose code holds. Raises Refusal `code_unknown` or `code_revoked`."""
    code = checkin_rules.normal(typed)
    row = None
    if checkin_rules.plausible(code):
        chosen = select(CheckInCode.revoked_at, Site).join(Site, Site.id == CheckInCode.site_id)
        row = (await session.execute(chosen.where(CheckInCode.code == code))).first()
    if row is None:
        raise checkin_rules.unknown_code()
    revoked_at, site = row
    if revoked_at is not None:
        raise checkin_rules.revoked_code()
    found: Site = site
    return found


async def seats_of(session: AsyncSession, user: User, shift_id: UUID | None = None) -> list[Seat]:
    """Somebody's confirmed places around now (or on one shift), with what is noted of each; at most five queries."""
    now = clock.now()
    near = (Booking.starts_at < now + REACH, Booking.ends_at > now - REACH)
    chosen = (
        select(Booking.id, Booking.shift_id, Attendance.state, Attendance.arrived_at)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(Shift, Shift.id == Booking.shift_id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(Volunteer.user_id == user.id, Booking.state == "confirmed", Shift.state == "published")
        .where(Booking.shift_id == shift_id if shift_id else near[0] & near[1])
    )
    rows = (await session.execute(chosen)).all()
    facts = await queries.shift_facts(session, [row.shift_id for row in rows])
    others = await _others(session, user, list(facts))
    return [
        Seat(
            booking_id=row.id,
            shift=facts[row.shift_id],
            attendance=row.state,
            arrived_at=row.arrived_at,
            there=frozenset(one for one, state, _name, _born in others.get(row.shift_id, []) if state == "present"),
            partners=tuple(
                name for _id, state, name, _born in others.get(row.shift_id, []) if state in (None, "present")
            ),
            awaited=tuple(born for _id, state, _name, born in others.get(row.shift_id, []) if state is None),
        )
        for row in rows
    ]


async def _others(
    session: AsyncSession, user: User, shift_ids: list[UUID]
) -> dict[UUID, list[tuple[UUID, str | None, str, date]]]:
    """Who else is on some shifts: the booking, what is noted of it, the name, the birth date."""
    if not shift_ids:
        return {}
    chosen = (
        select(Booking.shift_id, Booking.id, Attendance.state, User.name, Volunteer.birth_date)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(User, User.id == Volunteer.user_id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(Booking.shift_id.in_(shift_ids), Booking.state.in_(("confirmed", WALK_IN)), User.id != user.id)
        .order_by(User.name)
    )
    found: dict[UUID, list[tuple[UUID, str | None, str, date]]] = {}
    for shift, booking, state, name, born in await session.execute(chosen):
        found.setdefault(shift, []).append((booking, state, name, born))
    return found


async def look(session: AsyncSession, user: User, typed: str) -> tuple[Seat, Person]:
    """The seat that a code means for somebody, before they tap. Raises Refusal with what to do."""
    site = await site_of(session, typed)
    seats = checkin_rules.today_of(await seats_of(session, user), clock.now())
    seat = checkin_rules.pick(seats, site.id, clock.now())
    person = await person_of(session, user)
    if person is None or seat is None:
        raise checkin_rules.nothing_here(site.name, site.on_call_number)
    refused = None if seat.attendance == "present" else checkin_rules.refusal(seat, person, clock.now())
    if refused:
        raise refused
    return seat, person


async def check_in(session: AsyncSession, *, by: User, code: str, shift_id: UUID | None = None) -> Arrival:
    """Note somebody's own arrival with a site's code, on one shift or on the one that the code means; again: the same.

    Raises NotFound (shift), Refusal: code_unknown, code_revoked, code_elsewhere, no_shift_here, not_confirmed,
    noted_absent, too_early, too_late, lone_minor.
    """
    if shift_id is None:
        shift_id = (await look(session, by, code))[0].shift.id
    shift = await lock(session, shift_id)
    booking = await _locked(session, by, shift_id)
    [seat] = await seats_of(session, by, shift_id)
    person = await person_of(session, by)
    site = await site_of(session, code)
    if site.id != shift.site_id:
        raise checkin_rules.elsewhere(seat)
    if seat.attendance == "present":
        return await _arrival(session, seat, made=False)
    refused = checkin_rules.refusal(seat, person, clock.now()) if person else None
    if refused:
        raise refused
    hours = attendance.whole_shift(shift)
    await attendance.put(session, booking, "present", hours, by=by, source="check_in", arrived_at=clock.now())
    return await _arrival(session, seat, made=True)


async def _locked(session: AsyncSession, user: User, shift_id: UUID) -> Booking:
    """Somebody's confirmed place, held until the commit: a coordinator who notes it at once waits, or was first."""
    chosen = (
        select(Booking)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(Shift, Shift.id == Booking.shift_id)
        .where(Volunteer.user_id == user.id, Booking.shift_id == shift_id)
        .where(Booking.state == "confirmed", Shift.state == "published")
        .with_for_update(of=Booking)
    )
    booking: Booking | None = await session.scalar(chosen)
    if booking is None:
        text = _("Pas de place confirmée pour vous sur ce créneau. Venu aider ? La coordination peut vous ajouter.")
        raise Refusal("not_confirmed", text)
    return booking


async def _arrival(session: AsyncSession, seat: Seat, *, made: bool) -> Arrival:
    noted = await session.scalar(select(Attendance).where(Attendance.booking_id == seat.booking_id))
    assert noted is not None
    at = noted.arrived_at or noted.noted_at
    return Arrival(seat.booking_id, seat.shift.id, seat.shift.site_name, at, float(noted.hours), made)


@dataclass(frozen=True, slots=True)
class Own:
    """What a volunteer's pages say of their arrival on a shift: `open` shows « Je suis sur place »."""

    open: bool = False
    arrived_at: datetime | None = None
    attendance: str | None = None


async def own_arrival(session: AsyncSession, booking_id: UUID, shift: ShiftFacts) -> Own:
    """In one query; `open` only where the site has a code to type."""
    posted = exists().where(CheckInCode.site_id == shift.site_id, CheckInCode.revoked_at.is_(None))
    chosen = (
        select(Attendance.state, Attendance.arrived_at, posted)
        .select_from(Booking)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(Booking.id == booking_id, Booking.state == "confirmed")
    )
    row = (await session.execute(chosen)).first()
    if row is None:
        return Own()
    state, arrived_at, code = row
    seat = Seat(booking_id, shift)
    return Own(bool(code) and state is None and seat.open(clock.now()), arrived_at, state)
