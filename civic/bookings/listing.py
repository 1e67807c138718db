"""A list of shifts as one caller sees it: seats, queue, own place, and why each can't be taken. Six queries in all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries, rules
from civic.bookings.advice import kilometres
from civic.bookings.agenda import Agenda
from civic.bookings.people import person_of
from civic.bookings.values import Company, Crowd, Held, Person, ShiftFacts
from civic.clock import now
from civic.errors import Finding


@dataclass(frozen=True, slots=True)
class Seen:
    """A shift through the caller's eyes; `refusals` is empty for their own booking and for whoever does not book."""

    shift: ShiftFacts
    crowd: Crowd
    mine: Held | None
    refusals: list[Finding]
    distance_km: float | None = None
    warnings: list[Finding] = field(default_factory=list)
    # A site that the caller prefers.
    liked: bool = False

    @property
    def free(self) -> int:
        return max(0, self.shift.capacity - len(self.crowd.seated))

    @property
    def bookable(self) -> bool:
        """Whether asking for a place would be granted, be it in the queue."""
        return self.mine is None and not self.refusals and self.shift.state == "published"


@dataclass(frozen=True, slots=True)
class View:
    """A list through the caller's eyes; `own` holds their live bookings from this week's Monday on at least."""

    seen: list[Seen]
    person: Person | None
    own: list[Held]


async def see(session: AsyncSession, user: User, shifts: Sequence[ShiftFacts]) -> View:
    """Judge every shift of a list for the caller, whatever its length, in three queries (one when nobody books)."""
    person = await person_of(session, user) if user.role == "volunteer" else None
    held = await _held(session, shifts, person)
    crowds = queries.crowds(held)
    own = [one for one in held if person and one.volunteer_id == person.volunteer_id]
    agenda, moment = Agenda(own), now()
    return View([_seen(shift, crowds[shift.id], person, agenda, own, moment) for shift in shifts], person, own)


async def _held(session: AsyncSession, shifts: Sequence[ShiftFacts], person: Person | None) -> list[Held]:
    if not shifts and person is None:
        return []
    since = min((one.times.starts_at for one in shifts), default=now()) - rules.HORIZON
    since = min(since, clock.midnight(clock.monday(clock.today())))
    volunteers = [person.volunteer_id] if person else []
    return await queries.live_bookings(
        session, shift_ids=[one.id for one in shifts], volunteer_ids=volunteers, since=since
    )


def _seen(
    shift: ShiftFacts, crowd: Crowd, person: Person | None, agenda: Agenda, own: list[Held], moment: datetime
) -> Seen:
    if person is None:
        return Seen(shift, crowd, None, [])
    mine = next((one for one in own if one.shift_id == shift.id), None)
    # Having come without a seat is no booking: the shift is judged as anybody's.
    seat = mine is not None and mine.state != "walk_in"
    refusals = [] if seat else rules.judge(person, shift, agenda, moment, own=True)
    warnings = rules.advise(person, shift, agenda, Company(crowd.seated))
    return Seen(
        shift, crowd, mine, refusals, distance(person, shift), warnings, shift.site_id in person.preferred_sites
    )


def distance(person: Person | None, shift: ShiftFacts) -> float | None:
    """Kilometres as the crow flies from the centre of the home commune; None when it is not known."""
    if person is None or person.lat is None or person.lon is None:
        return None
    return kilometres(person.lat, person.lon, shift.lat, shift.lon)


def default_days(first: date | None, last: date | None) -> tuple[date, date]:
    """Today to 28 days on, unless told otherwise; a lone end moves the other."""
    start = first or (min(clock.today(), last) if last else clock.today())
    return start, last or max(start, clock.today()) + timedelta(days=28)
