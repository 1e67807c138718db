"""The team: who may serve, their week against the contract, their next shift. A constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.contract_alerts import alerts_of
from civic.bookings.hours import SEATED, WeekSummary, week_summary
from civic.bookings.people import people_of
from civic.bookings.rules import readiness
from civic.bookings.values import Held, Person, ShiftFacts
from civic.contracts.alerts import Alert
from civic.contracts.queries import current_contract, facts_of
from civic.contracts.readiness import requirements
from civic.errors import Finding
from civic.formats import plain
from civic.missions.queries import own_applications
from civic.planning import queries
from civic.planning.candidates import contract_hours
from civic.sites.models import Commune
from civic.volunteers.models import Volunteer

STATES = ("pret", "a_completer", "fini")
# Not a state: whoever has something late on the contract, or a contract that ends soon.
WATCHED = "a_suivre"
PAGE = 50
PAST = timedelta(weeks=12)
WEEKS_BEFORE, WEEKS_AFTER = 4, 3


@dataclass(frozen=True, slots=True)
class Member:
    """`state` is ready, incomplete or over; `missing` says what keeps them from serving today, `alerts` what to look at
    on the contract."""

    person: Person
    commune: str
    minor: bool
    state: str
    missing: list[Finding]
    week: WeekSummary
    weekly_hours: float | None
    next: Held | None
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class Chosen:
    q: str
    etat: str
    mineurs: bool
    page: int

    @property
    def params(self) -> dict[str, str]:
        page = str(self.page) if self.page > 1 else ""
        return {"q": self.q, "etat": self.etat, "mineurs": "1" if self.mineurs else "", "page": page}


@dataclass(frozen=True, slots=True)
class Team:
    members: list[Member]
    total: int
    counts: Mapping[str, int]
    pages: int


def read(params: Mapping[str, str]) -> Chosen:
    """The filters of an address, known ones only."""
    typed, number = params.get("q", "").strip()[:100], params.get("page", "")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    etat = params.get("etat", "")
    return Chosen(typed, etat if etat in (*STATES, WATCHED) else "", params.get("mineurs") == "1", max(1, page))


def state_of(person: Person, missing: Sequence[Finding], day: date) -> str:
    """Whether somebody may serve on a day; those whose engagement is over are a state of their own."""
    if not missing:
        return "pret"
    over = bool(person.contracts) and all(contract.last_day < day for contract in person.contracts)
    return "fini" if over else "a_completer"


async def team_of(session: AsyncSession, user: User, chosen: Chosen) -> Team:
    """Everybody in sight is judged, since readiness is a matter of facts; the week is read for one page only."""
    today = clock.today()
    people = await people_of(session, await queries.visible_ids(session, user))
    judged = [(person, readiness(person, today)) for person in people.values()]
    states = [(person, missing, state_of(person, missing, today)) for person, missing in judged]
    alerts = await alerts_of(session, list(people), today)
    watched = {key for key, found in alerts.items() if any(one.presses for one in found)}
    counts = {state: sum(one == state for _person, _missing, one in states) for state in STATES}
    counts[WATCHED] = len(watched)
    matching = [one for one in states if _matches(one[0], one[2], chosen, today, watched)]
    pages = max(1, -(-len(matching) // PAGE))
    start = (min(chosen.page, pages) - 1) * PAGE
    shown = matching[start : start + PAGE]
    members = await _members(session, shown, today, alerts)
    return Team(members, len(matching), counts, pages)


def _matches(person: Person, state: str, chosen: Chosen, today: date, watched: set[UUID]) -> bool:
    # Former volunteers are there for whoever asks for them.
    wanted = state == chosen.etat if chosen.etat else state != "fini"
    if chosen.etat == WATCHED:
        wanted = person.volunteer_id in watched
    words = plain(chosen.q).split()
    found = all(word in plain(f"{person.name} {person.email}") for word in words)
    return wanted and found and (not chosen.mineurs or person.minor_on(today))


async def _members(
    session: AsyncSession,
    shown: Sequence[tuple[Person, list[Finding], str]],
    today: date,
    alerts: Mapping[UUID, list[Alert]],
) -> list[Member]:
    ids = [person.volunteer_id for person, _missing, _state in shown]
    monday, now = clock.monday(today), clock.now()
    since = clock.midnight(monday)
    held = await bookings.live_bookings(session, volunteer_ids=ids, since=since)
    noted = await queries.noted_of(session, ids, since)
    hours = {key: value for key, (_state, value) in noted.items()}
    communes = await _communes(session, ids)
    own: dict[UUID, list[Held]] = {one: [] for one in ids}
    for one in held:
        own[one.volunteer_id].append(one)
    return [
        Member(
            person=person,
            commune=communes.get(person.volunteer_id, ""),
            minor=person.minor_on(today),
            state=state,
            missing=missing,
            week=week_summary(own[person.volunteer_id], hours, monday),
            weekly_hours=contract_hours(person, today),
            next=_next(own[person.volunteer_id], now),
            # The hours have their own column.
            alerts=[one for one in alerts.get(person.volunteer_id, []) if one.code != "week_min"],
        )
        for person, missing, state in shown
    ]


def _next(held: Sequence[Held], now: Any) -> Held | None:
    coming = [one for one in held if one.state in SEATED and one.times.ends_at > now]
    return min(coming, key=lambda one: one.times.starts_at, default=None)


async def _communes(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, str]:
    chosen = select(Volunteer.id, Commune.name).join(Commune, Commune.insee == Volunteer.commune_insee)
    return {row.id: row.name for row in await session.execute(chosen.where(Volunteer.id.in_(ids)))}


@dataclass(frozen=True, slots=True)
class Service:
    """One seat of somebody, past or to come; `attendance` None until it is noted."""

    held: Held
    shift: ShiftFacts
    attendance: str | None
    hours: float


@dataclass(frozen=True, slots=True)
class Week:
    monday: date
    done: float
    planned: float
    current: bool


async def record_of(session: AsyncSession, volunteer: Volunteer) -> dict[str, Any]:
    """What templates/planning/volunteer.html shows of somebody (`user`, `commune` loaded)."""
    today, now = clock.today(), clock.now()
    person = (await people_of(session, [volunteer.id]))[volunteer.id]
    since = now - PAST
    held = await bookings.live_bookings(session, volunteer_ids=[volunteer.id], since=since)
    noted = await queries.noted_of(session, [volunteer.id], since)
    facts = await bookings.shift_facts(session, {one.shift_id for one in held})
    services = [_service(one, facts[one.shift_id], noted) for one in held]
    services.sort(key=lambda one: (one.held.times.starts_at, one.held.booking_id))
    contract = await current_contract(session, volunteer.id)
    missing = readiness(person, today)
    engagement = facts_of(contract) if contract else None
    return {
        "person": person,
        "volunteer": volunteer,
        "age": person.age_on(today),
        "minor": person.minor_on(today),
        "state": state_of(person, missing, today),
        "missing": missing,
        "contract": contract,
        "requirements": requirements(engagement, volunteer.birth_date, today, verified=volunteer.user.is_verified),
        "alerts": (await alerts_of(session, [volunteer.id], today)).get(volunteer.id, []),
        "weeks": _weeks(held, {key: hours for key, (_state, hours) in noted.items()}, today),
        "weekly_hours": contract_hours(person, today),
        "coming": [one for one in services if one.held.times.ends_at > now],
        "past": [one for one in services if one.held.times.ends_at <= now and _came(one.held)][::-1],
        "applications": await own_applications(session, volunteer.id),
    }


def _came(held: Held) -> bool:
    """A place that was theirs, or a coming without one."""
    return held.state == "confirmed" or (held.state == "walk_in" and held.counts)


def _service(held: Held, shift: ShiftFacts, noted: Mapping[UUID, tuple[str, float]]) -> Service:
    state, hours = noted.get(held.booking_id, (None, held.times.hours))
    return Service(held, shift, state, hours)


def _weeks(held: Sequence[Held], hours: Mapping[UUID, float], today: date) -> list[Week]:
    monday = clock.monday(today)
    found = []
    for offset in range(-WEEKS_BEFORE, WEEKS_AFTER + 1):
        first = monday + timedelta(weeks=offset)
        summary = week_summary(held, hours, first)
        found.append(Week(first, summary.done, summary.planned, offset == 0))
    return found
