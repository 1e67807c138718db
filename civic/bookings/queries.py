"""Named selects: shifts as values, and who holds what. A constant number of queries for any list."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, and_, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings.models import LIVE, SEATED, WALK_IN, Attendance, Booking, StandInCall
from civic.bookings.surroundings import surroundings
from civic.bookings.values import Crowd, Held, ShiftFacts, Times, times_of
from civic.columns import NOW, among
from civic.db import Rows, UtcDateTime, plain_rows
from civic.missions.models import Mission, MissionTag
from civic.shifts.models import Shift
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
_TIMES = (Shift.starts_at, Shift.ends_at, Shift.break_minutes)
OWN = (
    Shift.id,
    Shift.capacity,
    Shift.min_staff,
    Shift.state,
    Shift.version,
    Shift.cancel_reason,
    Shift.created_by_id,
    Shift.series_id,
)
PLACE = (
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
    select(*_TIMES, *OWN, *PLACE, exists().where(StandInCall.shift_id == Shift.id).label("stand_in"))
    .select_from(Shift)
    .join(Mission, Mission.id == Shift.mission_id)
    .join(Site, Site.id == Shift.site_id)
    .join(Commune, Commune.insee == Site.commune_insee)
)
# Of what follows the times; a row's own dict asks for each name again.
_NAMES = tuple(_SHIFTS.selected_columns.keys())[len(_TIMES) :]
_SHIFTS_BY_ID = _SHIFTS.where(Shift.id.in_(among("ids")))
_BETWEEN = and_(
    Shift.starts_at >= bindparam("start"), Shift.starts_at < bindparam("end"), Shift.state.in_(among("states"))
)
# What each filter asks; its value is given at execution.
_ASKED = {
    "site": Shift.site_id == bindparam("site"),
    "intermunicipality": Site.intermunicipality_code == bindparam("intermunicipality"),
    "scope": Site.intermunicipality_code.in_(among("scope")),
    "pillar": Mission.pillar == bindparam("pillar"),
    "mission": Shift.mission_id == bindparam("mission"),
}
_AFTER = tuple_(Shift.starts_at, Shift.id) > tuple_(
    bindparam("after_at", type_=UtcDateTime), bindparam("after_id", type_=Uuid)
)


@cache
def _listed(asked: frozenset[str]) -> Select[Any]:
    """The list under some of the filters, once for each mix of them."""
    wanted = and_(_BETWEEN, *(condition for name, condition in _ASKED.items() if name in asked))
    chosen = _SHIFTS.where(or_(wanted, Shift.id.in_(among("also"))) if "also" in asked else wanted)
    if "after_id" in asked:
        chosen = chosen.where(_AFTER)
    chosen = chosen.order_by(Shift.starts_at, Shift.id)
    return chosen.limit(bindparam("most", type_=Integer)) if "most" in asked else chosen


async def list_shifts(
    session: AsyncSession,
    filters: ShiftFilters,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int | None = None,
) -> list[ShiftFacts]:
    """Shifts that start within the days, by start then id, as values with all that rules need (2 queries)."""
    start, end = clock.day_bounds(filters.first, filters.last)
    after_at, after_id = after or (None, None)
    optional = {
        "site": filters.site,
        "intermunicipality": filters.intermunicipality,
        "scope": sorted(filters.scope),
        "pillar": filters.pillar,
        "mission": filters.mission,
        "also": list(filters.also),
        "after_at": after_at,
        "after_id": after_id,
        "most": limit,
    }
    given = {name: value for name, value in optional.items() if value}
    values = {"start": start, "end": end, "states": filters.states, **given}
    return await _facts_of(session, await plain_rows(session, _listed(frozenset(given)), values))


async def shift_facts(session: AsyncSession, shift_ids: Collection[UUID]) -> dict[UUID, ShiftFacts]:
    """Some shifts as values, whatever their state."""
    if not shift_ids:
        return {}
    rows = await plain_rows(session, _SHIFTS_BY_ID, {"ids": list(shift_ids)})
    return {facts.id: facts for facts in await _facts_of(session, rows)}


async def _facts_of(session: AsyncSession, rows: Rows) -> list[ShiftFacts]:
    """From the columns of `_SHIFTS`."""
    listed = [(times_of(*row[:3]), dict(zip(_NAMES, row[3:], strict=True))) for row in rows]
    return await facts_around(session, listed)


async def facts_around(session: AsyncSession, listed: Sequence[tuple[Times, dict[str, Any]]]) -> list[ShiftFacts]:
    """From what is known of each shift itself, with what stands around all of them."""
    if not listed:
        return []
    around = await surroundings(session, [(times, one["mission_id"], one["site_id"]) for times, one in listed])
    return [
        ShiftFacts(
            **known,
            times=times,
            closures=around.closures[known["site_id"]],
            tags=around.tags[known["mission_id"]],
            trainings=around.trainings[known["mission_id"]],
            limits=around.limits_on(times.day),
        )
        for times, known in listed
    ]


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
            times=times_of(starts_at, ends_at, pause),
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
        ) in await plain_rows(session, _HELD, given)
    ]


def crowds(held: Iterable[Held]) -> defaultdict[UUID, Crowd]:
    """Seats and queue of each shift, and who came without a seat."""
    found: dict[UUID, tuple[list[Held], list[Held], list[Held]]] = {}
    for one in held:
        seated, waiting, walk_ins = found.get(one.shift_id) or found.setdefault(one.shift_id, ([], [], []))
        (seated if one.state in SEATED else walk_ins if one.state == WALK_IN else waiting).append(one)
    listed = {key: Crowd(*map(tuple, parts)) for key, parts in found.items()}
    return defaultdict(Crowd, listed)


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
