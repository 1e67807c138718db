"""Shifts that press: too few people within two days, and those that are over and lack somebody's attendance."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Date,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings.models import SEATED, Attendance, Booking, StandInCall
from civic.db import UtcDateTime
from civic.missions.models import MissionTag
from civic.planning.queries import in_scope
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer

URGENT = timedelta(hours=48)
NOTABLE = timedelta(days=14)


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


async def short_staffed(session: AsyncSession, user: User, now: datetime) -> list[Due]:
    """Published shifts that begin within 48 hours without their minimum, with one person alone outdoors, or with a
    place that somebody can't keep, soonest first."""
    chosen = _short(user.scope_codes).order_by(Shift.starts_at, Shift.id)
    return [Due(*row) for row in await session.execute(chosen, _moments(now))]


async def pressing_shifts(session: AsyncSession, user: User, now: datetime) -> tuple[list[Due], list[Due]]:
    """Those of `short_staffed` and of `to_note`, in one query."""
    short: list[Due] = []
    unnoted: list[Due] = []
    for *values, part in await session.execute(_pressing(user.scope_codes), _moments(now)):
        (short if part == "short" else unnoted).append(Due(*values))
    return short, unnoted


@cache
def _pressing(scope: frozenset[str]) -> Select[Any]:
    both = union_all(
        _short(scope).add_columns(literal("short").label("part")),
        _unnoted(scope).add_columns(literal("unnoted").label("part")),
    ).subquery()
    return select(both).order_by(both.c.starts_at, both.c.id)


def _moments(now: datetime) -> dict[str, datetime]:
    return {"now": now, "urgent": now + URGENT, "notable": now - NOTABLE}


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime)


def _short(scope: frozenset[str]) -> Select[Any]:
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
        .where(Shift.state == "published", Shift.starts_at > _moment("now"), Shift.starts_at <= _moment("urgent"))
        .where(or_(seated < Shift.min_staff, and_(seated == 1, outdoor), called), in_scope(scope))
    )


async def to_note(session: AsyncSession, user: User, now: datetime) -> list[Due]:
    """Shifts that ended within two weeks and still lack somebody's attendance, oldest first."""
    chosen = _unnoted(user.scope_codes).order_by(Shift.starts_at, Shift.id)
    return [Due(*row) for row in await session.execute(chosen, _moments(now))]


def _unnoted(scope: frozenset[str]) -> Select[Any]:
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
        .where(Shift.state == "published", Shift.ends_at <= _moment("now"), Shift.ends_at > _moment("notable"))
        .where(Booking.state == "confirmed", Attendance.id.is_(None), in_scope(scope))
        .group_by(Shift.id, Shift.starts_at, Shift.ends_at, Site.name)
    )
