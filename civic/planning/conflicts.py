"""Places that no longer hold: somebody seated on a coming shift whom a blocking rule would refuse by now.

A closure, the end of a contract or a mission's new demand comes after the booking. Nobody loses a place by it on their
own: the coordinator sees the person, the shift and the reason, and decides.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Date, Select, and_, bindparam, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import rules
from civic.bookings.models import SEATED, Booking
from civic.bookings.values import Crowd, Held, Person, ShiftFacts
from civic.contracts.models import EngagementContract, Training
from civic.db import UtcDateTime
from civic.errors import Finding
from civic.missions.models import Mission, MissionTag, MissionTraining
from civic.shifts.models import Shift
from civic.sites.models import Site, SiteClosure
from civic.volunteers.models import Volunteer

AHEAD = timedelta(days=28)
ADULT = timedelta(days=366 * 18)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place, and the first rule that it breaks."""

    shift: ShiftFacts
    held: Held
    finding: Finding


async def suspects(session: AsyncSession, user: User, now: datetime) -> dict[UUID, set[UUID]]:
    """Volunteers whose place may have become a conflict, by coming shift, in one query.

    A wide sieve, so that a page judges few people; what it lets through is judged by the rules of any booking. The
    database itself keeps somebody from having two places at a time.
    """
    today = clock.local(now).date()
    given = {
        "now": now,
        "until": now + AHEAD,
        "today": today,
        "covered": today + AHEAD + timedelta(days=1),
        "adult": today - ADULT,
    }
    found: dict[UUID, set[UUID]] = {}
    for shift_id, volunteer_id in await session.execute(_suspects(user.scope_codes), given):
        found.setdefault(shift_id, set()).add(volunteer_id)
    return found


@cache
def _suspects(scope: frozenset[str]) -> Select[tuple[UUID, UUID]]:
    """Built once for each scope: building it takes longer than running it."""
    begins, ends = bindparam("now", type_=UtcDateTime), bindparam("until", type_=UtcDateTime)
    return (
        select(Booking.shift_id, Booking.volunteer_id)
        .join(Shift, Shift.id == Booking.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .join(Mission, Mission.id == Shift.mission_id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .where(Booking.state.in_(SEATED), Shift.state == "published")
        .where(Shift.starts_at > begins, Shift.starts_at <= ends)
        .where(Site.intermunicipality_code.in_(scope) if scope else true())
        .where(or_(_closing(), ~_engaged(), _demanding()))
    )


def _day(name: str) -> BindParameter[date]:
    return bindparam(name, type_=Date)


def _closing() -> ColumnElement[bool]:
    """The site closes on some coming day."""
    return exists().where(SiteClosure.site_id == Shift.site_id, SiteClosure.ends_on >= _day("today"))


def _engaged() -> ColumnElement[bool]:
    """One contract covers all the days to come and lacks nothing, whatever the age."""
    last_day = func.coalesce(EngagementContract.ended_on, EngagementContract.ends_on)
    authorised = and_(
        EngagementContract.parental_authorised_on.is_not(None),
        EngagementContract.parental_holders != "",
        EngagementContract.minor_tutoring_on.is_not(None),
    )
    return exists().where(
        EngagementContract.volunteer_id == Booking.volunteer_id,
        EngagementContract.starts_on <= _day("today"),
        last_day >= _day("covered"),
        EngagementContract.conformity_checked_on.is_not(None),
        EngagementContract.medical_cleared_on.is_not(None),
        EngagementContract.tutor_id.is_not(None),
        or_(authorised, Volunteer.birth_date <= _day("adult")),
    )


def _demanding() -> ColumnElement[bool]:
    """The mission asks for an age that a minor lacks, holds a risk that is closed to them, or asks for a training that
    was not done."""
    trained = (
        exists()
        .where(EngagementContract.volunteer_id == Booking.volunteer_id)
        .where(Training.contract_id == EngagementContract.id, Training.kind == MissionTraining.kind)
        .correlate(Booking, MissionTraining)
    )
    untrained = exists().where(MissionTraining.mission_id == Mission.id, ~trained)
    young = Volunteer.birth_date > _day("adult")
    risky = exists().where(MissionTag.mission_id == Mission.id, MissionTag.tag == "regulated_risk")
    return or_(untrained, Mission.min_age > 18, and_(Mission.min_age > 16, young), and_(risky, young))


def find(
    shifts: Iterable[ShiftFacts],
    wanted: Mapping[UUID, Collection[UUID]],
    crowds: Mapping[UUID, Crowd],
    people: Mapping[UUID, Person],
    held: Iterable[Held],
) -> list[Conflict]:
    """Judge the suspects, in the order of the shifts."""
    holdings: dict[UUID, list[Held]] = {}
    for one in held:
        holdings.setdefault(one.volunteer_id, []).append(one)
    found = []
    for shift in shifts:
        for seat in crowds[shift.id].seated if shift.id in wanted and shift.id in crowds else ():
            if seat.volunteer_id not in wanted[shift.id]:
                continue
            broken = rules.fitness(people[seat.volunteer_id], shift, holdings[seat.volunteer_id])
            if broken:
                found.append(Conflict(shift, seat, broken[0]))
    return found
