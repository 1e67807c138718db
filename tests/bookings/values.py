"""People, shifts and places as plain values, for the tests of the rules: a week of June 2027 without a holiday."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from civic import clock
from civic.bookings import rules
from civic.bookings.values import ContractFacts, Held, Person, ShiftFacts, Times
from civic.contracts.limits import Limits

MONDAY = date(2027, 6, 7)
NOW = clock.at(date(2026, 8, 1), time(9))
CONTRACT = ContractFacts(
    starts_on=date(2026, 9, 1),
    last_day=date(2027, 8, 31),
    conform=True,
    medical=True,
    parental_auth=True,
    tutor=True,
    minor_tutoring=True,
    weekly_hours=40,
)
ADULT = Person(
    volunteer_id=uuid4(),
    user_id=uuid4(),
    name="Inès Leroy",
    email="ines@example.test",
    birth_date=date(2005, 3, 1),
    verified=True,
    contracts=(CONTRACT,),
)
MINOR = replace(ADULT, name="Lou Petit", birth_date=date(2010, 1, 15))
BLANK = ShiftFacts(
    id=uuid4(),
    mission_id=uuid4(),
    mission_title="Aller vers",
    activity="balade",
    pillar="archipel_vert",
    site_id="parc-iles",
    site_name="Parc des Îles",
    commune="Hénin-Beaumont",
    intermunicipality="CAHC",
    lat=50.4,
    lon=2.9,
    times=Times(NOW, NOW),
    capacity=2,
    min_staff=2,
    state="published",
    version=1,
)


def local(day: date, hour: float) -> datetime:
    """A clock hour of a day, 9.5 for half past nine; 26 is two o’clock in the next night."""
    return clock.oclock(day, hour)


def shift(day: date, start: float, end: float, pause: int = 0, **changes: object) -> ShiftFacts:
    """From one clock hour to another."""
    times = Times(local(day, start), local(day, end), pause)
    return replace(BLANK, id=uuid4(), times=times, **changes)  # type: ignore[arg-type]


def on(offset: int, start: float, end: float, pause: int = 0, **changes: object) -> ShiftFacts:
    """The same, some days after the Monday of the ordinary week."""
    return shift(MONDAY + timedelta(days=offset), start, end, pause, **changes)


def limited(facts: ShiftFacts, **limits: float | None) -> ShiftFacts:
    return replace(facts, limits=Limits(**limits))  # type: ignore[arg-type]


def seat(facts: ShiftFacts, state: str = "confirmed", **changes: object) -> Held:
    """Somebody's place on a shift."""
    held = Held(
        booking_id=uuid4(),
        shift_id=facts.id,
        volunteer_id=ADULT.volunteer_id,
        state=state,
        queue_key=1,
        times=facts.times,
        site_name=facts.site_name,
        site_id=facts.site_id,
        lat=facts.lat,
        lon=facts.lon,
        stand_duty="stand_duty" in facts.tags,
    )
    return replace(held, **changes)  # type: ignore[arg-type]


def under(weekly_hours: float, person: Person = ADULT) -> Person:
    """Somebody whose contract says other hours a week."""
    return replace(person, contracts=(replace(CONTRACT, weekly_hours=weekly_hours),))


def codes(person: Person, facts: ShiftFacts, *held: ShiftFacts, now: datetime = NOW) -> list[str]:
    """What refuses a shift to somebody who is seated on others."""
    return [one.code for one in rules.judge(person, facts, [seat(other) for other in held], now)]


def warned(person: Person, facts: ShiftFacts, *held: ShiftFacts) -> list[str]:
    return [one.code for one in rules.advise(person, facts, [seat(other) for other in held])]


def told(code: str, person: Person, facts: ShiftFacts, *held: ShiftFacts) -> str:
    """The sentence of one finding, its no-break spaces made plain."""
    seats = [seat(other) for other in held]
    found = [*rules.judge(person, facts, seats, NOW), *rules.advise(person, facts, seats)]
    title = next(one.title for one in found if one.code == code)
    return title.replace("\u00a0", " ").replace("\u202f", " ")


def source(code: str, person: Person, facts: ShiftFacts, *held: ShiftFacts) -> str:
    seats = [seat(other) for other in held]
    found = [*rules.judge(person, facts, seats, NOW), *rules.advise(person, facts, seats)]
    return next(one.source for one in found if one.code == code)
