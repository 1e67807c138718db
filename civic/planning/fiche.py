"""One shift as its coordinator sees it: who is on it, who could be, what happened. A constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import incidents, rules
from civic.bookings import queries as bookings
from civic.bookings.incidents import Kept
from civic.bookings.models import SEATED
from civic.bookings.people import people_of
from civic.bookings.values import Company, Crowd, Held, Person, ShiftFacts
from civic.bookings.wishes import wishes_among
from civic.errors import Finding
from civic.planning import queries
from civic.planning.candidates import Candidate, contract_hours, rank, week_hours
from civic.planning.history import Step, history_of

FIRST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody on the shift or in its queue; `visible` says that their page may be opened, `conflict` why their place
    no longer holds, `warnings` what to think of twice.
    """

    booking_id: UUID
    volunteer_id: UUID
    name: str
    phone: str
    state: str
    hours: float
    weekly_hours: float | None
    attendance: str | None
    served: float | None
    visible: bool
    conflict: Finding | None = None
    # Until when an offered place waits for an answer.
    until: datetime | None = None
    arrived_at: datetime | None = None
    warnings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Fiche:
    shift: ShiftFacts
    seats: list[Seat]
    waiting: list[Seat]
    candidates: list[Candidate]
    history: list[Step]
    started: bool
    ended: bool
    closed: str
    walk_ins: list[Seat] = field(default_factory=list)
    incidents: list[Kept] = field(default_factory=list)

    @property
    def to_note(self) -> list[Seat]:
        """Whose presence is noted: the confirmed places, then those who came without one."""
        return [*(one for one in self.seats if one.state == "confirmed"), *self.walk_ins]

    @property
    def free(self) -> int:
        return max(0, self.shift.capacity - len(self.seats))

    @property
    def eligible(self) -> list[Candidate]:
        return [one for one in self.candidates if one.eligible]

    @property
    def impossible(self) -> list[Candidate]:
        return [one for one in self.candidates if not one.eligible]

    @property
    def level(self) -> str:
        """cancelled, draft, empty, short (below the minimum), part or full."""
        if self.shift.state != "published":
            return self.shift.state
        if len(self.seats) >= self.shift.capacity:
            return "full"
        if not self.seats:
            return "empty"
        return "short" if len(self.seats) < self.shift.min_staff else "part"


async def fiche_of(session: AsyncSession, user: User, shift: ShiftFacts) -> Fiche:
    """Ten queries beside those that found the shift; `user` may plan it."""
    monday, now = clock.monday(shift.times.day), clock.now()
    staffing = shift.state == "published" and shift.times.starts_at > now
    visible = set(await queries.visible_ids(session, user))
    since = min(shift.times.starts_at - rules.HORIZON, clock.midnight(monday))
    wanted = visible if staffing else set[UUID]()
    held = await bookings.live_bookings(session, shift_ids=[shift.id], volunteer_ids=wanted, since=since)
    crowd = bookings.crowds(one for one in held if one.shift_id == shift.id)[shift.id]
    here = {one.volunteer_id for one in (*crowd.seated, *crowd.waiting, *crowd.walk_ins)}
    if here - wanted:
        # People from elsewhere, and everybody on a shift that nobody joins any more: their week is shown too.
        held = held + await bookings.live_bookings(session, volunteer_ids=here - wanted, since=since)
        held = list({one.booking_id: one for one in held}.values())
    people = await people_of(session, wanted | here)
    noted = await queries.noted_of(session, set(people), since)
    holdings: dict[UUID, list[Held]] = {}
    for one in held:
        holdings.setdefault(one.volunteer_id, []).append(one)
    beside = Company(crowd.seated, await wishes_among(session, people) if staffing else {})
    candidates = (
        rank(people.values(), shift, holdings, noted, monday=monday, now=now, without=here, beside=beside)
        if staffing
        else []
    )
    arrivals = await queries.arrivals_of(session, shift.id)
    closure = next((one for one in shift.closures if one.touches(shift.times)), None)
    return Fiche(
        shift=shift,
        seats=[_seat(one, people, holdings, noted, shift, visible, arrivals, beside) for one in crowd.seated],
        waiting=[_seat(one, people, holdings, noted, shift, visible, arrivals, beside) for one in crowd.waiting],
        walk_ins=[_seat(one, people, holdings, noted, shift, visible, arrivals, beside) for one in crowd.walk_ins],
        incidents=await incidents.of_shifts(session, [shift.id]) if crowd.walk_ins else [],
        candidates=[one for one in candidates if one.person.volunteer_id in visible],
        history=await history_of(session, shift.id),
        started=shift.times.starts_at <= now,
        ended=shift.times.ends_at <= now,
        closed=closure.reason if closure else "",
    )


def _seat(
    held: Held,
    people: Mapping[UUID, Person],
    holdings: Mapping[UUID, Sequence[Held]],
    noted: Mapping[UUID, tuple[str, float]],
    shift: ShiftFacts,
    visible: set[UUID],
    arrivals: Mapping[UUID, datetime],
    beside: Company,
) -> Seat:
    person = people[held.volunteer_id]
    attendance, served = noted.get(held.booking_id, (None, None))
    return Seat(
        booking_id=held.booking_id,
        volunteer_id=held.volunteer_id,
        name=person.name,
        phone=person.phone,
        state=held.state,
        hours=week_hours(holdings[held.volunteer_id], noted, clock.monday(shift.times.day)),
        weekly_hours=contract_hours(person, shift.times.day),
        attendance=attendance,
        served=served,
        visible=held.volunteer_id in visible,
        conflict=_conflict(held, person, holdings, shift),
        until=held.offer_expires_at,
        arrived_at=arrivals.get(held.booking_id),
        warnings=rules.advise(person, shift, holdings[held.volunteer_id], beside) if _to_come(held, shift) else (),
    )


def _conflict(held: Held, person: Person, holdings: Mapping[UUID, Sequence[Held]], shift: ShiftFacts) -> Finding | None:
    """The first rule that a seat on a coming shift breaks by now; what is served is served."""
    if not _to_come(held, shift):
        return None
    return next(iter(rules.fitness(person, shift, holdings[held.volunteer_id])), None)


def _to_come(held: Held, shift: ShiftFacts) -> bool:
    return held.state in SEATED and shift.state == "published" and shift.times.starts_at > clock.now()


def told(crowd: Crowd) -> list[str]:
    """Whom a change of the shift is told, in order."""
    return [one.volunteer_name for one in (*crowd.seated, *crowd.waiting)]
