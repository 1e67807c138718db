"""Named selects: shifts as values, and who holds what. A constant number of queries for any list."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, and_, bindparam, exists, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings.models import LIVE, SEATED, WALK_IN, Attendance, Booking, StandInCall
from civic.bookings.surroundings import surroundings
from civic.bookings.values import Crowd, Held, ShiftFacts, Times
from civic.columns import NOW, among
from civic.db import UtcDateTime
from civic.missions.models import Mission, MissionTag
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.sites.models import Commune, Site
from civic.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class ShiftFilters:
    """What a list of shifts is narrowed by; days are local and included. `also` names shifts found anyhow."""

    first: date
    last: date
    site: str | None = None
    intermunicipality: str | None = None
    pillar: str | None = None
    mission: UUID | None = None
    states: tuple[str, ...] = ("published",)
    scope: frozenset[str] = frozenset()
    also: frozenset[UUID] = frozenset()


# Selects that every booking runs are built once: building one costs more than running it.
_OWN = (
    Shift.id,
    Shift.starts_at,
    Shift.ends_at,
    Shift.break_minutes,
    Shift.capacity,
    Shift.min_staff,
    Shift.state,
    Shift.version,
    Shift.cancel_reason,
    Shift.created_by_id,
    Shift.series_id,
)
_TIMES = ("starts_at", "ends_at", "break_minutes")
_PLACE = (
    Mission.id.label("mission_id"),
    Mission.title.label("mission_title"),
    Mission.activity,
    Mission.pillar,
    Mission.min_age,
    Site.id.label("site_id"),
    Site.name.label("site_name"),
    Commune.name.label("commune"),
    Site.intermunicipality_code.label("intermunicipality"),
    Site.lat,
    Site.lon,
    Site.meeting_place,
    Site.on_call_number,
)
_SHIFTS: Select[Any] = (
    select(*_OWN, *_PLACE, exists().where(StandInCall.shift_id == Shift.id).label("stand_in"))
    .select_from(Shift)
    .join(Mission, Mission.id == Shift.mission_id)
    .join(Site, Site.id == Shift.site_id)
    .join(Commune, Commune.insee == Site.commune_insee)
)
# A row's own dict asks for each name again.
_NAMES = tuple(_SHIFTS.selected_columns.keys())
_SHIFTS_BY_ID = _SHIFTS.where(Shift.id.in_(among("ids")))


async def list_shifts(
    session: AsyncSession,
    filters: ShiftFilters,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int | None = None,
) -> list[ShiftFacts]:
    """Shifts that start within the days, by start then id, as values with all that rules need (2 queries)."""
    start, end = clock.day_bounds(filters.first, filters.last)
    wanted = [Shift.starts_at >= start, Shift.starts_at < end, Shift.state.in_(filters.states)]
    if filters.site:
        wanted.append(Shift.site_id == filters.site)
    if filters.intermunicipality:
        wanted.append(Site.intermunicipality_code == filters.intermunicipality)
    if filters.scope:
        wanted.append(Site.intermunicipality_code.in_(filters.scope))
    if filters.pillar:
        wanted.append(Mission.pillar == filters.pillar)
    if filters.mission:
        wanted.append(Shift.mission_id == filters.mission)
    passes = or_(and_(*wanted), Shift.id.in_(filters.also)) if filters.also else and_(*wanted)
    chosen = _SHIFTS.where(passes).order_by(Shift.starts_at, Shift.id)
    if after:
        chosen = chosen.where(
            tuple_(Shift.starts_at, Shift.id) > tuple_(literal(after[0], UtcDateTime), literal(after[1], Uuid))
        )
    if limit:
        chosen = chosen.limit(limit)
    return await _facts(session, [_known(row) for row in await session.execute(chosen)])


async def shift_facts(session: AsyncSession, shift_ids: Collection[UUID]) -> dict[UUID, ShiftFacts]:
    """Some shifts as values, whatever their state."""
    if not shift_ids:
        return {}
    rows = await session.execute(_SHIFTS_BY_ID, {"ids": list(shift_ids)})
    return {facts.id: facts for facts in await _facts(session, [_known(row) for row in rows])}


async def _facts(session: AsyncSession, listed: Sequence[dict[str, Any]]) -> list[ShiftFacts]:
    """From what is known of each shift itself, with what stands around all of them."""
    if not listed:
        return []
    around = await surroundings(session, listed)
    return [
        ShiftFacts(
            **known,
            closures=tuple(around.closures.get(known["site_id"], ())),
            tags=around.tags[known["mission_id"]],
            trainings=around.trainings[known["mission_id"]],
            limits=around.limits_on(known["times"].day),
        )
        for known in listed
    ]


def _known(row: Row[Any]) -> dict[str, Any]:
    """The columns of `_OWN` and `_PLACE`, the times as one value."""
    known = dict(zip(_NAMES, row, strict=True))
    known["times"] = Times(*(known.pop(name) for name in _TIMES))
    return known


async def facts_if(session: AsyncSession, shift: Shift, values: ShiftValues) -> ShiftFacts:
    """The shift as it would be with other values; the mission and the site must exist."""
    own = {column.key: getattr(shift, column.key) for column in _OWN if column.key not in _TIMES}
    return (await facts_with(session, [(own, values)]))[0]


async def facts_with(session: AsyncSession, listed: Sequence[tuple[dict[str, Any], ShiftValues]]) -> list[ShiftFacts]:
    """Shifts of one mission and site as they would be: what each is by itself, and its values (2 queries)."""
    if not listed:
        return []
    values = listed[0][1]
    chosen = (
        select(*_PLACE)
        .select_from(Mission)
        .join(Site, Site.id == values.site_id)
        .join(Commune, Commune.insee == Site.commune_insee)
        .where(Mission.id == values.mission_id)
    )
    place = (await session.execute(chosen)).one()._asdict()
    return await _facts(session, [own | place | _as_values(one) for own, one in listed])


def _as_values(values: ShiftValues) -> dict[str, Any]:
    times = Times(values.starts_at, values.ends_at, values.break_minutes)
    return {"times": times, "capacity": values.capacity, "min_staff": values.min_staff}


# An offer is past at its deadline, whether or not somebody has written it down yet.
STILL_HELD = or_(Booking.state != "offered", Booking.offer_expires_at > NOW)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
_HELD: Select[Any] = (
    # Columns rather than rows of Booking: a week holds hundreds, and nobody changes them here.
    select(
        Booking.id,
        Booking.shift_id,
        Booking.volunteer_id,
        Booking.state,
        Booking.queue_key,
        Booking.starts_at,
        Booking.ends_at,
        Booking.offer_expires_at,
        Booking.created_by_id,
        User.id.label("user_id"),
        User.name.label("volunteer_name"),
        Site.id.label("site_id"),
        Site.name.label("site_name"),
        Site.lat,
        Site.lon,
        Shift.break_minutes,
        exists().where(MissionTag.mission_id == Shift.mission_id, MissionTag.tag == "stand_duty").label("stand_duty"),
        exists().where(Attendance.booking_id == Booking.id, Attendance.state != "present").label("missed"),
    )
    .join(Volunteer, Volunteer.id == Booking.volunteer_id)
    .join(User, User.id == Volunteer.user_id)
    .join(Shift, Shift.id == Booking.shift_id)
    .join(Site, Site.id == Shift.site_id)
    .where(Booking.state.in_((*LIVE, WALK_IN)), STILL_HELD)
    .where(
        or_(
            Booking.shift_id.in_(among("shifts")),
            and_(Booking.volunteer_id.in_(among("volunteers")), Booking.ends_at > bindparam("since")),
        )
    )
    .order_by(Booking.queue_key, Booking.id)
)


async def live_bookings(
    session: AsyncSession,
    *,
    shift_ids: Collection[UUID] = (),
    volunteer_ids: Collection[UUID] = (),
    since: datetime | None = None,
) -> list[Held]:
    """Seats, queue places and walk-ins of some shifts, and of some people from `since` on: one query, queue order."""
    given = {"shifts": list(shift_ids), "volunteers": list(volunteer_ids), "since": since or EVER}
    return [
        Held(
            booking_id=booking_id,
            shift_id=shift_id,
            volunteer_id=volunteer_id,
            state=state,
            queue_key=queue_key,
            times=Times(starts_at, ends_at, pause),
            site_name=site_name,
            volunteer_name=volunteer_name,
            offer_expires_at=offer_expires_at,
            site_id=site_id,
            lat=lat,
            lon=lon,
            stand_duty=stand_duty,
            own_choice=author_id == user_id,
            missed=missed,
        )
        for (
            booking_id,
            shift_id,
            volunteer_id,
            state,
            queue_key,
            starts_at,
            ends_at,
            offer_expires_at,
            author_id,
            user_id,
            volunteer_name,
            site_id,
            site_name,
            lat,
            lon,
            pause,
            stand_duty,
            missed,
        ) in await session.execute(_HELD, given)
    ]


def crowds(held: Iterable[Held]) -> defaultdict[UUID, Crowd]:
    """Seats and queue of each shift, and who came without a seat."""
    found: defaultdict[UUID, Crowd] = defaultdict(Crowd)
    for one in held:
        crowd = found[one.shift_id]
        if one.state in SEATED:
            found[one.shift_id] = replace(crowd, seated=(*crowd.seated, one))
        elif one.state == WALK_IN:
            found[one.shift_id] = replace(crowd, walk_ins=(*crowd.walk_ins, one))
        else:
            found[one.shift_id] = replace(crowd, waiting=(*crowd.waiting, one))
    return found


async def attendance_of(session: AsyncSession, shift_ids: Collection[UUID]) -> dict[UUID, str]:
    """What was noted for the bookings of some shifts, by booking."""
    chosen = (
        select(Attendance.booking_id, Attendance.state)
        .join(Booking, Booking.id == Attendance.booking_id)
        .where(Booking.shift_id.in_(shift_ids))
    )
    return {row.booking_id: row.state for row in await session.execute(chosen)}


async def free_beside_queue(session: AsyncSession) -> list[UUID]:
    """Coming published shifts that have both a queue and a place that nobody holds."""
    waiting = exists().where(Booking.shift_id == Shift.id, Booking.state == "waitlisted")
    seated = (
        select(func.count(Booking.id))
        .where(Booking.shift_id == Shift.id, Booking.state.in_(SEATED), STILL_HELD)
        .scalar_subquery()
    )
    chosen = select(Shift.id).where(Shift.state == "published", Shift.starts_at > clock.now(), waiting)
    return list(await session.scalars(chosen.where(seated < Shift.capacity)))
