"""Named selects of the planning: places, what needs a hand, hours noted, and a shift's history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.bookings.models import Attendance, AttendanceEvent, Booking, BookingEvent
from civic.bookings.values import Closure
from civic.db import UtcDateTime
from civic.missions.models import Application, Mission
from civic.missions.queries import in_scope as mission_in_scope
from civic.shifts.models import Shift
from civic.sites.models import Commune, Intermunicipality, Site, SiteClosure
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to

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


def in_scope(scope: frozenset[str]) -> ColumnElement[bool]:
    """`scope` holds the codes of a coordinator's intermunicipalities; none means all."""
    return Site.intermunicipality_code.in_(scope) if scope else true()


async def places(session: AsyncSession, user: User) -> list[Place]:
    """The sites in use that a coordinator plans, by intermunicipality and name."""
    return [Place(*row) for row in await session.execute(_places(user.scope_codes))]


async def places_and_closures(
    session: AsyncSession, user: User, first: date, last: date
) -> tuple[list[Place], dict[str, list[Closure]]]:
    """The same and the archived sites that had shifts then, and the closures that touch some days, in one query."""
    begins, ends = clock.day_bounds(first, last)
    given = {"first": first, "last": last, "begins": begins, "ends": ends}
    places: dict[str, Place] = {}
    closures: dict[str, list[Closure]] = {}
    for *own, starts_on, ends_on, reason in await session.execute(_closing(user.scope_codes), given):
        places.setdefault(own[0], Place(*own))
        if starts_on is not None:
            closures.setdefault(own[0], []).append(Closure(own[0], starts_on, ends_on, reason))
    return list(places.values()), closures


# The selects of the board are built once for each scope: building one takes longer than running it.
@cache
def _closing(scope: frozenset[str]) -> Select[Any]:
    first, last = bindparam("first", type_=Date), bindparam("last", type_=Date)
    begins, ends = bindparam("begins", type_=UtcDateTime), bindparam("ends", type_=UtcDateTime)
    touching = and_(SiteClosure.site_id == Site.id, SiteClosure.starts_on <= last, SiteClosure.ends_on >= first)
    served = select(Shift.site_id).where(Shift.starts_at >= begins, Shift.starts_at < ends)
    in_use = or_(Site.archived_at.is_(None), Site.id.in_(served))
    chosen = _every_place(scope).where(in_use).outerjoin(SiteClosure, touching).order_by(SiteClosure.starts_on)
    return chosen.add_columns(SiteClosure.starts_on, SiteClosure.ends_on, SiteClosure.reason)


def _places(scope: frozenset[str]) -> Select[Any]:
    return _every_place(scope).where(Site.archived_at.is_(None))


def _every_place(scope: frozenset[str]) -> Select[Any]:
    archived = Site.archived_at.is_not(None).label("archived")
    return (
        select(Site.id, Site.name, Commune.name, Site.intermunicipality_code, Intermunicipality.short_name, archived)
        .join(Commune, Commune.insee == Site.commune_insee)
        .join(Intermunicipality, Intermunicipality.code == Site.intermunicipality_code)
        .where(in_scope(scope))
        .order_by(Intermunicipality.short_name, Site.name, Site.id)
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
