"""Twelve past weeks and four to come: which site, which day, which hours, for how many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from civic import clock
from civic.demo import calendar, places, series
from civic.demo.chance import Chance
from civic.demo.missions import Plan
from civic.demo.people import People
from civic.demo.rows import Rows
from civic.shifts.models import Shift
from civic.sites.models import Site

PAST_WEEKS = 12
COMING_DAYS = 28
DRAFTS_AFTER = 15
WEEKDAYS = (0.5, 0.8, 1.4, 0.8, 0.9, 1.9, 1.6)
SEASONS = {"hiver": 0.94, "printemps": 1.05, "ete": 1.12, "automne": 1.0}
CAPACITIES = {2: 58, 3: 34, 4: 8}
# (start, end, minutes of break)
MORNING = (("09:30", "12:00", 0), ("10:00", "12:30", 0), ("09:00", "12:00", 0))
AFTERNOON = (("14:00", "17:00", 0), ("13:30", "16:30", 0), ("14:30", "17:30", 0), ("13:30", "17:30", 0))
WINTER_AFTERNOON = (("13:30", "16:30", 0), ("14:00", "16:30", 0), ("13:00", "16:00", 0))
SUMMER_EVENING = (("16:30", "19:30", 0), ("17:00", "20:00", 0))
WHOLE_DAY = (("10:00", "17:00", 60), ("09:30", "16:30", 45), ("10:00", "17:30", 60))
STAND = (("10:00", "12:00", 0), ("14:00", "16:00", 0), ("15:00", "17:00", 0))
INDOORS = (("10:00", "13:00", 0), ("14:00", "18:00", 0), ("13:30", "17:30", 0), ("14:00", "17:00", 0))
EVENING = (("18:30", "21:30", 0), ("19:00", "21:30", 0))
CANCELLED_BY = {
    "pluie": "Fortes pluies annoncées, sentiers détrempés.",
    "vent": "Avis de tempête : parcs fermés par précaution.",
}
LATER_REASONS = (
    "Travaux sur le sentier : le site n’est pas accessible.",
    "Animation reportée par la commune.",
    "Regroupement de tous les volontaires ce jour-là.",
)


@dataclass(frozen=True)
class Planned:
    """A shift of the demo with what staffing and encounters need to know about it."""

    id: UUID
    mission_id: UUID
    plan: Plan
    site: Site
    day: date
    starts_at: datetime
    ends_at: datetime
    break_minutes: int
    capacity: int
    state: str
    created_by: UUID
    published_at: datetime
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    series_id: UUID | None = None

    @cached_property
    def hours(self) -> float:
        """Those that count: without the break."""
        return (self.ends_at - self.starts_at).total_seconds() / 3600 - self.break_minutes / 60


@dataclass(frozen=True)
class Ground:
    """What the planning stands on."""

    today: date
    sites: Sequence[Site]
    missions: Mapping[UUID, Plan]
    people: People
    closed: set[tuple[str, date]]
    weather: Mapping[date, str]


def plan(chance: Chance, ground: Ground, rows: Rows) -> list[Planned]:
    """Every shift, by start."""
    first = clock.monday(ground.today) - timedelta(weeks=PAST_WEEKS)
    last = ground.today + timedelta(days=COMING_DAYS)
    made: list[Planned] = []
    for monday in (first + timedelta(weeks=week) for week in range(PAST_WEEKS + 6)):
        for site in ground.sites:
            made += _week_of(chance, ground, site, monday, last)
    made += _lone_stand(chance, ground)
    made += series.add(ground, last, _planned, rows)
    made.sort(key=lambda shift: (shift.starts_at, shift.id))
    made = _cancel_some_later(chance, ground, made)
    for shift in made:
        rows.add(Shift, _row(shift))
    return made


def past(chance: Chance, ground: Ground, mondays: Sequence[date], last: date, rounds: int, rows: Rows) -> list[Planned]:
    """The shifts of some weeks up to a last day, by start: each site's week as many times as there are rounds."""
    made = [
        shift
        for monday in mondays
        for site in ground.sites
        for _round in range(rounds)
        for shift in _week_of(chance, ground, site, monday, last)
    ]
    made.sort(key=lambda shift: (shift.starts_at, shift.id))
    for shift in made:
        rows.add(Shift, _row(shift))
    return made


def _week_of(chance: Chance, ground: Ground, site: Site, monday: date, last: date) -> list[Planned]:
    """A site's shifts of one week, on different days; closed days and public holidays stay empty."""
    free = calendar.school_holiday(monday + timedelta(days=2))
    usual = places.WEEKLY.get(site.id, places.FEW)
    count = min(7, chance.rounded(usual * SEASONS[calendar.season(monday)] * (1.12 if free else 1.0)))
    options = {
        day: WEEKDAYS[day.weekday()] * (1.3 if free and day.weekday() < 5 else 1.0)
        for day in clock.days(monday, monday + timedelta(days=6))
        if (site.id, day) not in ground.closed and not clock.public_holiday(day)
    }
    made = []
    for _number in range(min(count, len(options))):
        day = chance.pick(options)
        del options[day]
        shift = _shift(chance, ground, site, day)
        if day <= last:
            made.append(shift)
    return made


def _shift(chance: Chance, ground: Ground, site: Site, day: date) -> Planned:
    missions = {mission_id: plan.weight for mission_id, plan in ground.missions.items() if site.id in plan.sites}
    mission_id = chance.pick(missions)
    start, end, pause = chance.choice(_hours(chance, ground.missions[mission_id], day))
    return _planned(chance, ground, mission_id, site, day, (start, end, pause), chance.pick(CAPACITIES))


def _hours(chance: Chance, plan: Plan, day: date) -> Sequence[tuple[str, str, int]]:
    """Hours that suit the mission and the light of the season."""
    if plan.key == "soirees":
        return EVENING
    if "stand_duty" in plan.tags:
        return STAND
    if "outdoor" not in plan.tags:
        return INDOORS
    if chance.happens(0.07):
        return WHOLE_DAY
    if chance.happens(0.36):
        return MORNING
    if day.month in (11, 12, 1, 2):
        return WINTER_AFTERNOON
    if day.month in (6, 7, 8) and chance.happens(0.25):
        return SUMMER_EVENING
    return AFTERNOON


def _planned(
    chance: Chance, ground: Ground, mission_id: UUID, site: Site, day: date, hours: tuple[str, str, int], capacity: int
) -> Planned:
    plan = ground.missions[mission_id]
    ceiling = clock.midnight(ground.today)
    # Published four weeks ahead, on the Monday.
    opened = clock.at(clock.monday(day) - timedelta(weeks=4), time(9)) + timedelta(minutes=chance.randrange(180))
    published_at = min(opened, ceiling - timedelta(hours=12, minutes=chance.randrange(180)))
    state, cancelled_at, reason = "published", None, ""
    sky = ground.weather.get(day, "")
    if day < ground.today:
        if "outdoor" in plan.tags and sky in CANCELLED_BY and chance.happens(0.09):
            state, reason = "cancelled", CANCELLED_BY[sky]
            cancelled_at = clock.at(day - timedelta(days=1), time(16)) + timedelta(minutes=chance.randrange(120))
    elif (day - ground.today).days >= DRAFTS_AFTER and chance.happens(0.09):
        state = "draft"
    return Planned(
        id=chance.uuid(),
        mission_id=mission_id,
        plan=plan,
        site=site,
        day=day,
        starts_at=clock.at(day, time.fromisoformat(hours[0])),
        ends_at=clock.at(day, time.fromisoformat(hours[1])),
        break_minutes=hours[2],
        capacity=capacity,
        state=state,
        created_by=ground.people.coordinator_of(chance, site.intermunicipality_code),
        published_at=published_at,
        cancelled_at=cancelled_at,
        cancel_reason=reason,
    )


def _lone_stand(chance: Chance, ground: Ground) -> list[Planned]:
    """One stand for a single adult: the only shift where a minor is refused for want of a second place."""
    mission_id = next(one for one, plan in ground.missions.items() if plan.key == "stand")
    site = next(site for site in ground.sites if site.id == "parc-glissoire")
    usable = (ground.today + timedelta(days=offset) for offset in range(9, 20))
    day = next(day for day in usable if (site.id, day) not in ground.closed and not clock.public_holiday(day))
    made = _planned(chance, ground, mission_id, site, day, STAND[1], 1)
    return [replace(made, state="published")]


def _cancel_some_later(chance: Chance, ground: Ground, shifts: list[Planned]) -> list[Planned]:
    later = [n for n, shift in enumerate(shifts) if 4 <= (shift.day - ground.today).days < DRAFTS_AFTER]
    wide = [n for n in later if shifts[n].capacity > 1]
    for place, reason in zip(chance.sample(wide, len(LATER_REASONS)), LATER_REASONS, strict=True):
        at = clock.midnight(ground.today) - timedelta(hours=chance.randint(7, 14))
        shifts[place] = replace(shifts[place], state="cancelled", cancelled_at=at, cancel_reason=reason)
    return shifts


def _row(shift: Planned) -> dict[str, object]:
    version = 1 + (shift.state != "draft") + (shift.state == "cancelled")
    return {
        "id": shift.id,
        "mission_id": shift.mission_id,
        "site_id": shift.site.id,
        "starts_at": shift.starts_at,
        "ends_at": shift.ends_at,
        "break_minutes": shift.break_minutes,
        "capacity": shift.capacity,
        "min_staff": min(2, shift.capacity),
        "state": shift.state,
        "version": version,
        "created_at": shift.published_at - timedelta(minutes=45),
        "created_by_id": shift.created_by,
        "published_at": None if shift.state == "draft" else shift.published_at,
        "cancelled_at": shift.cancelled_at,
        "cancelled_by_id": shift.created_by if shift.cancelled_at else None,
        "cancel_reason": shift.cancel_reason,
        "series_id": shift.series_id,
        "series_day": shift.day if shift.series_id else None,
    }
