"""Named selects of the planning: places, what needs a hand, hours noted, and a shift's history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    Select,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.bookings.models import SEATED, Attendance, AttendanceEvent, Booking, BookingEvent, StandInCall
from civic.bookings.values import Closure
from civic.missions.models import Application, Mission, MissionTag
from civic.missions.queries import in_scope as mission_in_scope
from civic.shifts.models import Shift
from civic.sites.models import Commune, Intermunicipality, Site, SiteClosure
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to

URGENT = timedelta(hours=48)
NOTABLE = timedelta(days=14)
HISTORY_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A site as a row of the week; `group` names its intermunicipality, `archived` says that nothing new is planned."""

    id: str
    name: str
    commune: str
    intermunicipality: str
    group: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A coming shift with fewer people than its minimum, or a past one whose attendance nobody noted.

    `called` says that somebody can't come any more, `born` is the birth date of the youngest on it.
    """

    id: UUID
    starts_at: datetime
    ends_at: datetime
    site_name: str
    seated: int
    called: bool = False
    born: date | None = None

    @property
    def lone_minor(self) -> bool:
        if self.seated != 1 or self.born is None:
            return False
        return clock.age_on(self.born, clock.local(self.starts_at).date()) < 18


def _in_scope(user: User) -> ColumnElement[bool]:
    return Site.intermunicipality_code.in_(user.scope_codes) if user.scopes else true()


async def places(session: AsyncSession, user: User) -> list[Place]:
    """The sites in use that a coordinator plans, by intermunicipality and name."""
    return [Place(*row) for row in await session.execute(_places(user))]


async def places_and_closures(
    session: AsyncSession, user: User, first: date, last: date
) -> tuple[list[Place], dict[str, list[Closure]]]:
    """The same and the archived sites that had shifts then, and the closures that touch some days, in one query."""
    touching = and_(SiteClosure.site_id == Site.id, SiteClosure.starts_on <= last, SiteClosure.ends_on >= first)
    begins, ends = clock.day_bounds(first, last)
    served = select(Shift.site_id).where(Shift.starts_at >= begins, Shift.starts_at < ends)
    in_use = or_(Site.archived_at.is_(None), Site.id.in_(served))
    chosen = _every_place(user).where(in_use).outerjoin(SiteClosure, touching).order_by(SiteClosure.starts_on)
    places: dict[str, Place] = {}
    closures: dict[str, list[Closure]] = {}
    added = (SiteClosure.starts_on, SiteClosure.ends_on, SiteClosure.reason)
    for *own, starts_on, ends_on, reason in await session.execute(chosen.add_columns(*added)):
        places.setdefault(own[0], Place(*own))
        if starts_on is not None:
            closures.setdefault(own[0], []).append(Closure(own[0], starts_on, ends_on, reason))
    return list(places.values()), closures


def _places(user: User) -> Select[Any]:
    return _every_place(user).where(Site.archived_at.is_(None))


def _every_place(user: User) -> Select[Any]:
    archived = Site.archived_at.is_not(None).label("archived")
    return (
        select(Site.id, Site.name, Commune.name, Site.intermunicipality_code, Intermunicipality.short_name, archived)
        .join(Commune, Commune.insee == Site.commune_insee)
        .join(Intermunicipality, Intermunicipality.code == Site.intermunicipality_code)
        .where(_in_scope(user))
        .order_by(Intermunicipality.short_name, Site.name, Site.id)
    )


async def short_staffed(session: AsyncSession, user: User, now: datetime) -> list[Due]:
    """Published shifts that begin within 48 hours without their minimum, with one person alone outdoors, or with a
    place that somebody can't keep, soonest first."""
    return [Due(*row) for row in await session.execute(_short(user, now).order_by(Shift.starts_at, Shift.id))]


async def pressing_shifts(session: AsyncSession, user: User, now: datetime) -> tuple[list[Due], list[Due]]:
    """Those of `short_staffed` and of `to_note`, in one query."""
    both = union_all(
        _short(user, now).add_columns(literal("short").label("part")),
        _unnoted(user, now).add_columns(literal("unnoted").label("part")),
    ).subquery()
    short: list[Due] = []
    unnoted: list[Due] = []
    for *values, part in await session.execute(select(both).order_by(both.c.starts_at, both.c.id)):
        (short if part == "short" else unnoted).append(Due(*values))
    return short, unnoted


def _short(user: User, now: datetime) -> Select[Any]:
    here = select(Booking.id).where(Booking.shift_id == Shift.id, Booking.state.in_(SEATED)).correlate(Shift)
    seated = here.with_only_columns(func.count(Booking.id)).scalar_subquery()
    youngest = here.join(Volunteer, Volunteer.id == Booking.volunteer_id)
    born = youngest.with_only_columns(func.max(Volunteer.birth_date)).scalar_subquery()
    called = and_(exists().where(StandInCall.shift_id == Shift.id), seated < Shift.capacity)
    outdoor = exists().where(MissionTag.mission_id == Shift.mission_id, MissionTag.tag == "outdoor")
    return (
        select(
            Shift.id,
            Shift.starts_at,
            Shift.ends_at,
            Site.name,
            seated.label("seated"),
            called.label("called"),
            born.label("born"),
        )
        .join(Site, Site.id == Shift.site_id)
        .where(Shift.state == "published", Shift.starts_at > now, Shift.starts_at <= now + URGENT)
        .where(or_(seated < Shift.min_staff, and_(seated == 1, outdoor), called), _in_scope(user))
    )


async def to_note(session: AsyncSession, user: User, now: datetime) -> list[Due]:
    """Shifts that ended within two weeks and still lack somebody's attendance, oldest first."""
    return [Due(*row) for row in await session.execute(_unnoted(user, now).order_by(Shift.starts_at, Shift.id))]


def _unnoted(user: User, now: datetime) -> Select[Any]:
    return (
        select(
            Shift.id,
            Shift.starts_at,
            Shift.ends_at,
            Site.name,
            func.count(Booking.id).label("seated"),
            false().label("called"),
            cast(null(), Date).label("born"),
        )
        .join(Site, Site.id == Shift.site_id)
        .join(Booking, Booking.shift_id == Shift.id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(Shift.state == "published", Shift.ends_at <= now, Shift.ends_at > now - NOTABLE)
        .where(Booking.state == "confirmed", Attendance.id.is_(None), _in_scope(user))
        .group_by(Shift.id, Shift.starts_at, Shift.ends_at, Site.name)
    )


async def waiting_applications(session: AsyncSession, user: User) -> int:
    """How many applications wait for an answer of this coordinator."""
    chosen = (
        select(func.count(Application.id))
        .join(Mission, Mission.id == Application.mission_id)
        .where(Application.state == "submitted", mission_in_scope(user))
    )
    return await session.scalar(chosen) or 0


async def visible_ids(session: AsyncSession, user: User) -> list[UUID]:
    """The volunteers with an open account whom somebody may see."""
    chosen = visible_to(user).join(User, User.id == Volunteer.user_id).where(User.is_active)
    return list(await session.scalars(chosen.with_only_columns(Volunteer.id)))


async def visible_names(session: AsyncSession, user: User) -> list[tuple[UUID, str]]:
    """The same volunteers with their names, in their order."""
    chosen = visible_to(user).join(User, User.id == Volunteer.user_id).where(User.is_active).order_by(User.name)
    return [(row[0], row[1]) for row in await session.execute(chosen.with_only_columns(Volunteer.id, User.name))]


async def noted_of(
    session: AsyncSession, volunteer_ids: Collection[UUID], since: datetime
) -> dict[UUID, tuple[str, float]]:
    """Attendance (state, hours) by booking, for some people from a moment on."""
    chosen = (
        select(Attendance.booking_id, Attendance.state, Attendance.hours)
        .join(Booking, Booking.id == Attendance.booking_id)
        .where(Booking.volunteer_id.in_(volunteer_ids), Booking.ends_at > since)
    )
    return {row.booking_id: (row.state, float(row.hours)) for row in await session.execute(chosen)}


async def arrivals_of(session: AsyncSession, shift_id: UUID) -> dict[UUID, datetime]:
    """When people noted their own arrival on a shift, by booking."""
    chosen = (
        select(Attendance.booking_id, Attendance.arrived_at)
        .join(Booking, Booking.id == Attendance.booking_id)
        .where(Booking.shift_id == shift_id, Attendance.arrived_at.is_not(None))
    )
    return {row.booking_id: row.arrived_at for row in await session.execute(chosen)}


async def shift_events(session: AsyncSession, shift_id: UUID) -> Sequence[Row[Any]]:
    """What was done to a shift itself: at, verb, detail, author; newest first."""
    chosen = (
        select(AuditEvent.at, AuditEvent.verb, AuditEvent.detail, User.name.label("author"))
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject_kind == "shifts", AuditEvent.subject_id == str(shift_id))
        .order_by(AuditEvent.at.desc(), AuditEvent.id)
        .limit(HISTORY_SHOWN)
    )
    return (await session.execute(chosen)).all()


async def attendance_events(session: AsyncSession, shift_id: UUID) -> Sequence[Row[Any]]:
    """What was noted of the presences on a shift, oldest first, with whose (`holder`) and by whom (`author`)."""
    holder = select(User.id, User.name).subquery()
    chosen = (
        select(
            AttendanceEvent.booking_id,
            AttendanceEvent.at,
            AttendanceEvent.state,
            AttendanceEvent.hours,
            AttendanceEvent.source,
            AttendanceEvent.reason,
            holder.c.name.label("holder"),
            User.name.label("author"),
        )
        .join(Booking, Booking.id == AttendanceEvent.booking_id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(holder, holder.c.id == Volunteer.user_id)
        .outerjoin(User, User.id == AttendanceEvent.by_id)
        .where(Booking.shift_id == shift_id)
        .order_by(AttendanceEvent.at, AttendanceEvent.id)
    )
    return (await session.execute(chosen)).all()


async def seat_events(session: AsyncSession, shift_id: UUID) -> Sequence[Row[Any]]:
    """What became of the places of a shift: at, state, reason, whose place, author; newest first."""
    holder = select(User.id, User.name).subquery()
    chosen = (
        select(
            BookingEvent.at,
            BookingEvent.state,
            BookingEvent.reason,
            holder.c.name.label("holder"),
            holder.c.id.label("holder_id"),
            User.id.label("author_id"),
            User.name.label("author"),
        )
        .join(Booking, Booking.id == BookingEvent.booking_id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(holder, holder.c.id == Volunteer.user_id)
        .outerjoin(User, User.id == BookingEvent.by_id)
        .where(Booking.shift_id == shift_id)
        .order_by(BookingEvent.at.desc(), BookingEvent.id)
        .limit(HISTORY_SHOWN)
    )
    return (await session.execute(chosen)).all()
