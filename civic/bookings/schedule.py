"""A volunteer's own time: what comes, what passed, this week against the contract."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries
from civic.bookings.hours import WeekSummary, missing_hours, week_summary
from civic.bookings.listing import Seen, see
from civic.bookings.models import Attendance
from civic.bookings.values import Held, Person, ShiftFacts
from civic.missions.models import Mission
from civic.sites.models import Site
from civic.volunteers.models import Volunteer

PAST = timedelta(weeks=12)


@dataclass(frozen=True, slots=True)
class Past:
    """A shift that is over; `attendance` is None until a coordinator noted it, `hours` the served or planned ones."""

    shift: ShiftFacts
    attendance: str | None
    hours: float


@dataclass(frozen=True, slots=True)
class Schedule:
    coming: list[Seen]
    past: list[Past]
    week: WeekSummary
    weekly_hours: float | None
    person: Person | None


async def schedule_of(session: AsyncSession, user: User) -> Schedule:
    """Everything a volunteer holds from twelve weeks ago on, in a constant number of queries."""
    held = await _own(session, user)
    noted = await _noted(session, held)
    facts = await queries.shift_facts(session, {one.shift_id for one in held})
    now, monday = clock.now(), clock.monday(clock.today())
    ahead = [facts[one.shift_id] for one in held if one.times.ends_at > now]
    view = await see(session, user, sorted(ahead, key=lambda one: (one.times.starts_at, one.id)))
    week = week_summary(held, {key: hours for key, (_state, hours) in noted.items()}, monday)
    over = [one for one in held if one.times.ends_at <= now and one.state in ("confirmed", "walk_in")]
    return Schedule(
        coming=view.seen,
        past=[_past(one, facts[one.shift_id], noted) for one in sorted(over, key=lambda o: o.times.starts_at)[::-1]],
        week=week,
        weekly_hours=_weekly_hours(view.person),
        person=view.person,
    )


def _past(held: Held, shift: ShiftFacts, noted: dict[Any, tuple[str, float]]) -> Past:
    state, hours = noted.get(held.booking_id, (None, held.times.hours))
    return Past(shift, state, hours)


def _weekly_hours(person: Person | None) -> float | None:
    contract = person.contract_on(clock.today()) if person else None
    return contract.weekly_hours if contract and contract.covers(clock.today()) else None


def missing_this_week(person: Person | None, own: list[Held]) -> float | None:
    """Hours that this week still lacks against the contract; None without a running contract."""
    weekly = _weekly_hours(person)
    return None if weekly is None else missing_hours(own, weekly, clock.monday(clock.today()))


async def _own(session: AsyncSession, user: User) -> list[Held]:
    mine = select(Volunteer.id).where(Volunteer.user_id == user.id)
    volunteer_ids = list(await session.scalars(mine))
    held = await queries.live_bookings(session, volunteer_ids=volunteer_ids, since=clock.now() - PAST)
    return [one for one in held if one.state != "walk_in" or one.counts]


async def _noted(session: AsyncSession, held: list[Held]) -> dict[Any, tuple[str, float]]:
    chosen = select(Attendance).where(Attendance.booking_id.in_([one.booking_id for one in held]))
    return {one.booking_id: (one.state, float(one.hours)) for one in await session.scalars(chosen)}


async def notes_of(session: AsyncSession, shift: ShiftFacts) -> dict[str, Any]:
    """What only the shift's own page says of its site and mission."""
    site = await session.get_one(Site, shift.site_id)
    mission = await session.get_one(Mission, shift.mission_id)
    return {"site": site, "mission": mission}
