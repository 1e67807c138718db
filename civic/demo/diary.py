"""What each volunteer already holds, and whether one more shift fits within the rules of an engagement."""

from collections import defaultdict
from datetime import date, timedelta
from math import cos, hypot, radians
from uuid import UUID

from civic import clock
from civic.demo.people import Person
from civic.demo.shifts import Planned

# Hours that the demo gives somebody in a week: coming weeks stay light, so that there is something left to book.
WEEK_HOURS = {"past": 24.0, "coming": 13.0}
WEEK_HOURS_MINOR = {"past": 18.0, "coming": 8.0}
WEEK_DAYS, WEEK_DAYS_MINOR = 5, 4
DAY_HOURS = 7.0
REST = timedelta(hours=12)
TRAVEL = timedelta(minutes=60)
STAND_HOURS_MINOR = 2.0


class Week:
    """What somebody serves from a Monday to a Sunday."""

    def __init__(self) -> None:
        self.hours = 0.0
        self.days: dict[date, float] = {}


class Diary:
    """The shifts that everybody holds; asked before each booking of the demo."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.weeks: defaultdict[tuple[UUID, date], Week] = defaultdict(Week)
        self.held: defaultdict[tuple[UUID, date], list[Planned]] = defaultdict(list)

    def note(self, person: Person, shift: Planned) -> None:
        week = self._week(person, shift.day)
        week.hours += shift.hours
        week.days[shift.day] = week.days.get(shift.day, 0.0) + shift.hours
        self.held[person.volunteer_id, shift.day].append(shift)

    def week_hours(self, person: Person, day: date) -> float:
        return self._week(person, day).hours

    def _week(self, person: Person, day: date) -> Week:
        return self.weeks[person.volunteer_id, clock.monday(day)]

    def fits(self, person: Person, shift: Planned) -> bool:
        """Whether the shift breaks nothing for somebody; stricter than the rules, to stay clear of their edges."""
        if not person.starts_on + timedelta(days=2) <= shift.day <= person.ends_on:
            return False
        if clock.age_on(person.birth_date, shift.day) < shift.plan.min_age:
            return False
        if person.minor and not self._suits_a_minor(person, shift):
            return False
        return self._time_left(person, shift) and self._apart(person, shift)

    def _time_left(self, person: Person, shift: Planned) -> bool:
        hours = (WEEK_HOURS_MINOR if person.minor else WEEK_HOURS)["past" if shift.day < self.today else "coming"]
        week = self._week(person, shift.day)
        busy = {*week.days, shift.day}
        return (
            week.hours + shift.hours <= hours
            and week.days.get(shift.day, 0.0) + shift.hours <= DAY_HOURS
            and len(busy) <= (WEEK_DAYS_MINOR if person.minor else WEEK_DAYS)
            and (not person.minor or _two_days_of_rest(busy))
        )

    def _apart(self, person: Person, shift: Planned) -> bool:
        for offset in (-1, 0, 1):
            gap = REST if offset else TRAVEL
            for one in self.held.get((person.volunteer_id, shift.day + timedelta(days=offset)), ()):
                if one.starts_at < shift.ends_at + gap and shift.starts_at < one.ends_at + gap:
                    return False
        return True

    def _suits_a_minor(self, person: Person, shift: Planned) -> bool:
        tags = shift.plan.tags
        evening = clock.local(shift.ends_at).hour >= 21
        long_stand = "stand_duty" in tags and shift.hours > STAND_HOURS_MINOR
        return shift.capacity > 1 and not evening and not long_stand and "vulnerable_public" not in tags


def _two_days_of_rest(busy: set[date]) -> bool:
    monday = clock.monday(min(busy))
    free = [monday + timedelta(days=offset) not in busy for offset in range(7)]
    return any(free[day] and free[day + 1] for day in range(6))


def distance_km(person: Person, shift: Planned) -> float:
    """From the home commune's centre to the site, as the crow flies."""
    east = (shift.site.lon - person.lon) * cos(radians(person.lat)) * 111.3
    return hypot(east, (shift.site.lat - person.lat) * 111.3)
