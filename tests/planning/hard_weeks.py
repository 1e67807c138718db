"""A generator of hard weeks, and a checker that knows the rules from the domain's text alone: no code of the product's
rules or solver is asked, only its plain values."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from civic.bookings.values import Closure, ContractFacts, Crowd, DaysOff, Held, Person, ShiftFacts, Times
from civic.planning.fill_facts import Facts

PARIS = ZoneInfo("Europe/Paris")
# A quiet one, one with a public holiday (11 November), and the Sundays of both clock changes.
MONDAYS = (date(2026, 11, 30), date(2026, 11, 9), date(2027, 3, 22), date(2027, 10, 25))
HOLIDAYS = {date(2026, 11, 11), date(2027, 11, 1)}


def uid(kind: int, number: int) -> UUID:
    return UUID(int=kind * 1_000_000 + number)


def at(day: date, hour: float) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=PARIS) + timedelta(hours=hour)


def hard_week(seed: int, people: int = 10, shifts: int = 30) -> Facts:
    """Closures, leave, minors and nights, birthdays in the week, contracts that end, seats held, one-place shifts."""
    chance = random.Random(seed)
    monday = MONDAYS[seed % len(MONDAYS)]
    everybody = [_person(chance, number, monday) for number in range(people)]
    listed = sorted((_shift(chance, n, monday) for n in range(shifts)), key=lambda one: (one.times.starts_at, one.id))
    holdings: dict[UUID, list[Held]] = {one.volunteer_id: [] for one in everybody}
    crowds = {one.id: Crowd() for one in listed}
    facts = Facts(tuple(listed), crowds, {one.volunteer_id: one for one in everybody}, holdings, at(monday, -48))
    for shift in chance.sample(listed, shifts // 5):
        person = chance.choice(everybody)
        if not broken(facts, [(shift.id, person.volunteer_id)]):
            seat = Held(uid(9, shift.id.int), shift.id, person.volunteer_id, "confirmed", 0, shift.times)
            holdings[person.volunteer_id].append(seat)
            crowds[shift.id] = Crowd((seat,))
    pairs = [chance.sample(everybody, 2) for _ in range(3)]
    wishes = {frozenset(one.volunteer_id for one in pair): chance.choice(("apart", "together")) for pair in pairs}
    still = tuple(one for one in listed if facts.free(one) > 0)
    return replace(facts, shifts=still, wishes=wishes)


def _person(chance: random.Random, number: int, monday: date) -> Person:
    born = date(2004, 5, 5)
    if number % 3 == 0:
        # Eighteen in the middle of the week, or not for a while.
        turns = monday + timedelta(days=chance.choice((2, 3, 200)))
        born = date(turns.year - 18, turns.month, turns.day)
    last = monday + timedelta(days=chance.choice((3, 100, 100, 100)))
    contract = ContractFacts(
        monday - timedelta(days=60), last, chance.random() < 0.95, True, True, True, True, chance.choice((24, 30, 35))
    )
    off = (DaysOff(monday + timedelta(days=1), monday + timedelta(days=3)),) if chance.random() < 0.2 else ()
    return Person(
        volunteer_id=uid(1, number),
        user_id=uid(2, number),
        name=f"Personne {number:02}",
        email="",
        birth_date=born,
        verified=chance.random() < 0.95,
        contracts=(contract,),
        lat=50.4,
        lon=2.8,
        leaves=off,
    )


def _shift(chance: random.Random, number: int, monday: date) -> ShiftFacts:
    day = monday + timedelta(days=chance.randrange(7))
    start = at(day, chance.choice((7, 9, 9, 11, 13, 14, 14.5, 16, 18, 20, 22)))
    times = Times(start, start + timedelta(hours=chance.choice((2, 3, 4, 4, 5, 7))), chance.choice((0, 0, 30)))
    site = f"site-{number % 5}"
    closed = (Closure(site, day, day, "chasse"),) if chance.random() < 0.1 else ()
    return ShiftFacts(
        id=uid(3, number),
        mission_id=uid(4, 1),
        mission_title="",
        activity="",
        pillar="rev3",
        site_id=site,
        site_name=site,
        commune="",
        intermunicipality="CALL",
        lat=50.4,
        lon=2.8 + (number % 5) / 50,
        times=times,
        capacity=chance.choice((1, 2, 2, 3)),
        min_staff=1,
        state="published",
        version=1,
        min_age=chance.choice((16, 16, 16, 18)),
        tags=frozenset({"regulated_risk"}) if chance.random() < 0.1 else frozenset(),
        trainings=frozenset({"civic_half"}) if chance.random() < 0.1 else frozenset(),
        closures=closed,
    )


def served(times: Times) -> list[tuple[datetime, datetime]]:
    """The stretches that count, in local time: the break is one block in the middle."""
    middle, half = times.starts_at + (times.ends_at - times.starts_at) / 2, timedelta(minutes=times.break_minutes) / 2
    return (
        [(times.starts_at, middle - half), (middle + half, times.ends_at)]
        if half
        else [(times.starts_at, times.ends_at)]
    )


def hours_by_day(stretches: list[Times]) -> dict[date, float]:
    """Minute by minute, so that midnight and the clock change need no thought."""
    found: dict[date, float] = {}
    for times in stretches:
        for start, end in served(times):
            moment = start.astimezone(ZoneInfo("UTC"))
            while moment < end:
                day = moment.astimezone(PARIS).date()
                found[day] = found.get(day, 0.0) + 0.25
                moment += timedelta(minutes=15)
    return found


def broken(facts: Facts, proposed: list[tuple[UUID, UUID]]) -> list[str]:
    """Every promise of the rules that the seats held and proposed together would break."""
    shifts = {one.id: one for one in facts.shifts}
    found = []
    for shift_id in {one for one, _who in proposed}:
        seats = [who for one, who in proposed if one == shift_id]
        if len(seats) + len(facts.crowds[shift_id].seated) > shifts[shift_id].capacity or len(set(seats)) < len(seats):
            found.append("too many on a shift")
    for who in {who for _one, who in proposed}:
        mine = [shifts[one] for one, holder in proposed if holder == who]
        found += _broken_by(facts, facts.people[who], mine)
    return found


def _age(person: Person, day: date) -> int:
    born = person.birth_date
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _broken_by(facts: Facts, person: Person, mine: list[ShiftFacts]) -> list[str]:
    found = []
    held = [one.times for one in facts.holdings[person.volunteer_id]]
    everything = sorted([*held, *(one.times for one in mine)], key=lambda one: one.starts_at)
    for before, after in pairwise(everything):
        if after.starts_at < before.ends_at:
            found.append("overlap")
    by_day = hours_by_day(everything)
    for shift in mine:
        found += _alone(person, shift, facts)
        minor = _age(person, shift.times.starts_at.astimezone(PARIS).date()) < 18
        for day in hours_by_day([shift.times]):
            monday = day - timedelta(days=day.weekday())
            week = [monday + timedelta(days=n) for n in range(7)]
            busy = [by_day.get(one, 0) > 0 for one in week]
            if sum(by_day.get(one, 0) for one in week) > (35 if minor else 48):
                found.append("week hours")
            if sum(busy) > (5 if minor else 6):
                found.append("week days")
            if minor and by_day[day] > 7:
                found.append("day hours")
            if minor and not any(not a and not b for a, b in pairwise(busy)):
                found.append("weekly rest")
        if minor and _longest(shift.times, everything) >= 4.5:
            found.append("break")
    return found


def _longest(mine: Times, everything: list[Times]) -> float:
    """Hours in a row around a shift; a gap of less than half an hour is none."""
    parts = sorted(part for times in everything for part in served(times))
    groups = [[parts[0]]]
    for part in parts[1:]:
        if (part[0] - groups[-1][-1][1]).total_seconds() < 1800:
            groups[-1].append(part)
        else:
            groups.append([part])
    own = set(served(mine))
    return max((g[-1][1] - g[0][0]).total_seconds() / 3600 for g in groups if own & set(g))


def _alone(person: Person, shift: ShiftFacts, facts: Facts) -> list[str]:
    """What one person may not take, whatever else they hold."""
    start, end = shift.times.starts_at.astimezone(PARIS), shift.times.ends_at.astimezone(PARIS)
    day, last = start.date(), (end - timedelta(minutes=1)).date()
    [contract] = person.contracts
    age = _age(person, day)
    wrong = {
        "started": shift.times.starts_at <= facts.now,
        "unverified": not person.verified,
        "closed": any(one.starts_on <= last and day <= one.ends_on for one in shift.closures),
        "contract": not contract.starts_on <= day <= contract.last_day or not contract.conform,
        "age": age < shift.min_age,
        "training": bool(shift.trainings - contract.trainings),
        "leave": any(one.starts_on <= last and day <= one.ends_on for one in person.leaves),
    }
    if age < 18:
        minutes = [start + timedelta(minutes=15 * n) for n in range(int((end - start).total_seconds() // 900))]
        wrong |= {
            "night": any(one.hour >= 22 or one.hour < 6 for one in minutes),
            "holiday": bool({day, last} & HOLIDAYS),
            "risk": "regulated_risk" in shift.tags,
            "one place": shift.capacity == 1,
        }
    return [name for name, is_so in wrong.items() if is_so]
