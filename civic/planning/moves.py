"""Where somebody could go instead: the shifts of a week before and after theirs, judged as if they did not hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import moving, queries, rules
from civic.bookings.agenda import Agenda
from civic.bookings.listing import distance
from civic.bookings.models import Booking
from civic.bookings.people import people_of
from civic.bookings.queries import ShiftFilters
from civic.bookings.values import Company, Crowd, Person, ShiftFacts
from civic.bookings.wishes import wishes_among
from civic.errors import Finding

REACH = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Target:
    """One shift that somebody might go to."""

    shift: ShiftFacts
    crowd: Crowd
    refusals: Sequence[Finding]
    warnings: Sequence[Finding]
    distance_km: float | None
    liked: bool

    @property
    def possible(self) -> bool:
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Targets:
    """`days` are those with a shift to go to, the closest to the old one first; `impossible` come by start."""

    person: Person
    days: list[tuple[date, list[Target]]]
    impossible: list[Target]

    @property
    def count(self) -> int:
        return sum(len(targets) for _day, targets in self.days)


async def targets_of(session: AsyncSession, user: User, booking: Booking, old: ShiftFacts) -> Targets:
    """Six queries, whatever the number of shifts."""
    now = clock.now()
    first, last = old.times.day - REACH, old.times.day + REACH
    shifts = await queries.list_shifts(session, ShiftFilters(first=first, last=last, scope=user.scope_codes))
    coming = [one for one in shifts if one.times.starts_at > now and one.id != old.id]
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    since = min((one.times.starts_at for one in coming), default=now) - rules.HORIZON
    found = await queries.live_bookings(
        session, shift_ids=[one.id for one in coming], volunteer_ids=[person.volunteer_id], since=since
    )
    crowds = queries.crowds(found)
    own = moving.without((one for one in found if one.volunteer_id == person.volunteer_id), booking.id)
    wishes = await wishes_among(session, {person.volunteer_id, *(one.volunteer_id for one in found)})
    agenda, here = Agenda(own), {one.shift_id for one in own}
    judged = [
        _judged(one, person, agenda, Company(crowds[one.id].seated, wishes), crowds[one.id], one.id in here)
        for one in coming
    ]
    return Targets(person, _days(judged, old), [one for one in judged if not one.possible])


def _judged(shift: ShiftFacts, person: Person, agenda: Agenda, beside: Company, crowd: Crowd, here: bool) -> Target:
    refusals = list(rules.judge(person, shift, agenda, clock.now()))
    if here:
        refusals = [moving.there()]
    elif len(crowd.seated) >= shift.capacity:
        refusals.append(moving.full())
    warnings = [] if refusals else rules.advise(person, shift, agenda, beside)
    return Target(shift, crowd, refusals, warnings, distance(person, shift), shift.site_id in person.preferred_sites)


def _days(judged: Sequence[Target], old: ShiftFacts) -> list[tuple[date, list[Target]]]:
    """Within a day those without a warning first, then the same site, liked ones, the near ones."""
    found: dict[date, list[Target]] = {}
    for one in judged:
        if one.possible:
            found.setdefault(one.shift.times.day, []).append(one)
    for targets in found.values():
        targets.sort(key=lambda one: _order(one, old))
    return sorted(found.items(), key=lambda item: (abs((item[0] - old.times.day).days), item[0]))


def _order(one: Target, old: ShiftFacts) -> tuple[bool, bool, bool, float, float]:
    away = one.distance_km if one.distance_km is not None else 1_000.0
    gap = abs((one.shift.times.starts_at - old.times.starts_at).total_seconds())
    return (bool(one.warnings), one.shift.site_id != old.site_id, not one.liked, away, gap)
