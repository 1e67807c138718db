"""The accounts of the demo: staff, volunteers who may serve, and five who each lack one paper."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pwdlib.hashers.argon2 import Argon2Hasher

from civic import clock
from civic.accounts.models import User, UserScope
from civic.contracts.models import Declaration, EngagementContract, Review, Training
from civic.demo import names
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.sites.models import Commune
from civic.volunteers.models import Volunteer

PASSWORD = "demo-chaine-des-parcs"
DOMAIN = "demo.example"
HISTORY = timedelta(weeks=12)
READY = timedelta(weeks=12)
STAFF = (
    ("coordination", "Sylvie Delattre", "coordinator"),
    ("coordination.call", "Karim Benali", "coordinator"),
    ("direction", "Hélène Caron", "manager"),
    ("admin", "Thomas Wojcik", "admin"),
)
READY_LOGINS = ("volontaire", "mineur", *(f"volontaire{n:03}" for n in range(1, 31)))
# The one paper that each of them lacks, named as the refusal that it brings.
LACKING = {
    "volontaire031": "contract_ready",
    "volontaire032": "medical",
    "volontaire033": "tutor_assigned",
    "volontaire034": "parental_auth",
    "volontaire035": "tutor_minor",
}
MINORS = ("mineur", "volontaire034", "volontaire035")


@dataclass(frozen=True)
class Person:
    """A volunteer of the demo; `lat` and `lon` are those of the home commune."""

    login: str
    name: str
    user_id: UUID
    volunteer_id: UUID
    birth_date: date
    starts_on: date
    ends_on: date
    lat: float
    lon: float
    lacks: str = ""

    @property
    def minor(self) -> bool:
        return self.login in MINORS


@dataclass(frozen=True)
class People:
    staff: dict[str, UUID]
    volunteers: list[Person] = field(default_factory=list)

    @property
    def ready(self) -> list[Person]:
        return [person for person in self.volunteers if not person.lacks]

    def coordinator_of(self, chance: Chance, intermunicipality: str) -> UUID:
        """Whoever looks after a site of that intermunicipality."""
        local = intermunicipality == "CALL" and chance.happens(0.6)
        return self.staff["coordination.call" if local else "coordination"]


def make(chance: Chance, today: date, communes: Sequence[Commune], rows: Rows) -> People:
    """Everybody, their contracts and trainings."""
    digest = hashed_password(chance)
    people = People({login: chance.uuid() for login, _name, _role in STAFF})
    opened = clock.at(today - timedelta(days=400), time(9, 30))
    for login, name, role in STAFF:
        rows.add(User, _account(people.staff[login], login, name, role, digest) | {"created_at": opened})
    rows.add(UserScope, {"user_id": people.staff["coordination.call"], "intermunicipality_code": "CALL"})
    logins = (*READY_LOGINS, *LACKING)
    for login, name in zip(logins, names.full_names(chance, len(logins)), strict=True):
        home = chance.choices(communes, [commune.population for commune in communes])[0]
        person = _person(chance, today, login, name, home)
        people.volunteers.append(person)
        add_person(chance, person, home, people, digest, today, rows)
    return people


def hashed_password(chance: Chance) -> str:
    """One hash for all: the password is public, and the salt follows the seed like everything else."""
    hasher = Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    return hasher.hash(PASSWORD, salt=chance.randbytes(16))


def _account(user_id: UUID, login: str, name: str, role: str, digest: str) -> dict[str, Any]:
    return {
        "id": user_id,
        "email": f"{login}@{DOMAIN}",
        "name": name,
        "role": role,
        "theme": "",
        "hashed_password": digest,
        "is_active": True,
        "is_superuser": False,
        "is_verified": True,
    }


def _person(chance: Chance, today: date, login: str, name: str, home: Commune) -> Person:
    starts_on, ends_on = _contract_days(chance, today, newcomer=login in LACKING)
    if login in MINORS:
        # 17 today and past the contract's end.
        birth_date = years_before(today + timedelta(days=chance.randint(330, 350)), 18)
    else:
        birth_date = years_before(starts_on, 18) - timedelta(days=chance.randint(20, 7 * 365))
    return Person(
        login=login,
        name=name,
        user_id=chance.uuid(),
        volunteer_id=chance.uuid(),
        birth_date=birth_date,
        starts_on=starts_on,
        ends_on=ends_on,
        lat=home.lat,
        lon=home.lon,
        lacks=LACKING.get(login, ""),
    )


def _contract_days(chance: Chance, today: date, *, newcomer: bool) -> tuple[date, date]:
    """Whole months, begun early enough for the history and lasting past the promised weeks."""
    if newcomer:
        starts_on, shortest = today - timedelta(days=chance.randint(16, 26)), 7
    else:
        latest = clock.monday(today) - HISTORY - timedelta(days=7)
        starts_on, shortest = latest.replace(day=1), 6
        if chance.happens(0.4):
            starts_on = (starts_on - timedelta(days=1)).replace(day=1)
    enough = today + READY + timedelta(days=14)
    lasting = next(months for months in range(shortest, 13) if months_after(starts_on, months) > enough)
    return starts_on, months_after(starts_on, min(12, lasting + chance.randint(0, 2))) - timedelta(days=1)


def years_before(day: date, years: int) -> date:
    return date(day.year - years, day.month, min(day.day, 28))


def months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))


def add_person(
    chance: Chance, person: Person, home: Commune, people: People, digest: str, today: date, rows: Rows
) -> None:
    """Account, profile, contract, trainings and papers of somebody."""
    opened = clock.at(person.starts_on - timedelta(days=chance.randint(20, 45)), time(17, chance.randrange(60)))
    account = _account(person.user_id, person.login, person.name, "volunteer", digest)
    rows.add(User, account | {"created_at": opened})
    surname = person.name.partition(" ")[2]
    relative, kin = names.parent(chance, surname)
    profile = {
        "id": person.volunteer_id,
        "user_id": person.user_id,
        "birth_date": person.birth_date,
        "commune_insee": home.insee,
        "phone": names.mobile(chance),
        "emergency_name": f"{relative} ({kin})",
        "emergency_phone": names.mobile(chance),
        "created_at": opened,
    }
    rows.add(Volunteer, profile)
    tutor = people.coordinator_of(chance, home.intermunicipality_code)
    contract = _contract(chance, person, tutor, relative) | {"created_at": opened}
    rows.add(EngagementContract, contract)
    _trainings(chance, person, contract["id"], today, rows)
    _papers(person, contract["id"], tutor, today, rows)


def _contract(chance: Chance, person: Person, tutor: UUID, relative: str) -> dict[str, Any]:
    """A whole set of papers, less the one that the person lacks."""

    def before(days: int, lack: str, *, needed: bool = True) -> date | None:
        return person.starts_on - timedelta(days=days) if needed and person.lacks != lack else None

    authorised = before(10, "parental_auth", needed=person.minor)
    return {
        "id": chance.uuid(),
        "volunteer_id": person.volunteer_id,
        "starts_on": person.starts_on,
        "ends_on": person.ends_on,
        "ended_on": None,
        "weekly_hours": Decimal(chance.choice((24, 24, 28, 30, 35))),
        "tutor_id": None if person.lacks == "tutor_assigned" else tutor,
        "conformity_checked_on": before(3, "contract_ready"),
        "medical_cleared_on": before(12, "medical"),
        "parental_authorised_on": authorised,
        "parental_holders": relative if authorised else "",
        "minor_tutoring_on": before(5, "tutor_minor", needed=person.minor),
        "age_limit_30": False,
    }


def _trainings(chance: Chance, person: Person, contract_id: UUID, today: date, rows: Rows) -> None:
    """Site safety at once for all, since a mission asks for it; the others as the contract goes on."""
    plan = {"site_safety": 2, "first_aid": chance.randint(25, 60), "civic_half": chance.randint(40, 80)}
    if chance.happens(0.5):
        plan["civic_training"] = chance.randint(95, 150)
    for kind, offset in plan.items():
        done_on = person.starts_on + timedelta(days=offset)
        if done_on <= today and not (kind == "first_aid" and chance.happens(0.15)):
            noted = clock.at(done_on, time(18))
            training = {"id": chance.uuid(), "contract_id": contract_id, "kind": kind, "done_on": done_on}
            rows.add(Training, training | {"created_at": min(noted, clock.midnight(today))})


def _papers(person: Person, contract_id: UUID, tutor: UUID, today: date, rows: Rows) -> None:
    """What the coordination declared before the start, and the three interviews. A few are late, as in life.

    No chance is drawn here: the number of the contract decides.
    """
    declared_on = person.starts_on - timedelta(days=4)
    author = next(name for login, name, role in STAFF if role == "coordinator")
    declared = {"contract_id": contract_id, "declared_on": declared_on, "name": author, "by_id": tutor}
    for number, code in enumerate(("no_substitution", "not_indispensable"), start=1):
        said = {"id": UUID(int=contract_id.int ^ number), "code": code, "created_at": clock.at(declared_on, time(11))}
        rows.add(Declaration, declared | said)
    length = person.ends_on - person.starts_on
    planned = {
        "entry": person.starts_on + timedelta(days=14 + contract_id.int % 7),
        "middle": _working(person.starts_on + length / 2),
        "end": _working(person.ends_on - timedelta(days=12)),
    }
    for number, (kind, day) in enumerate(planned.items(), start=3):
        if day > today + timedelta(days=60):
            continue
        held = _working(day) if day < today and contract_id.int % 9 else None
        review = {"id": UUID(int=contract_id.int ^ number), "contract_id": contract_id, "kind": kind}
        noted = clock.at(min(day, today) - timedelta(days=7), time(10))
        rows.add(Review, review | {"planned_on": _working(day), "held_on": held, "created_at": noted})


def _working(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))
