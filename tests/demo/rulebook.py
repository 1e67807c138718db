"""The blocking rules of rules.json for a booking, written a second time and plainly, to judge what the demo made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Stretch:
    """A shift as the rules see it."""

    id: UUID
    site: str
    starts_at: datetime
    ends_at: datetime
    pause: int
    capacity: int
    min_age: int
    tags: frozenset[str]
    trainings: frozenset[str]

    @cached_property
    def day(self) -> date:
        return self.starts_at.astimezone(PARIS).date()

    @cached_property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600 - self.pause / 60

    @cached_property
    def monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())


@dataclass(frozen=True)
class Somebody:
    birth: date
    starts_on: date
    ends_on: date
    conform: bool
    medical: bool
    parental: bool
    tutor: bool
    minor_tutoring: bool
    trainings: frozenset[str]
    held: list[Stretch] = field(default_factory=list)
    # Approved leave, both days included.
    leaves: list[tuple[date, date]] = field(default_factory=list)

    def age(self, day: date) -> int:
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


def broken(who: Somebody, shift: Stretch, closed: set[tuple[str, date]], holidays: set[date]) -> list[str]:
    """The codes that refuse `shift` to somebody who holds `held` beside it."""
    minor = who.age(shift.day) < 18
    held = [one for one in who.held if one.id != shift.id]
    found = {
        "site_closed": (shift.site, shift.day) in closed,
        "contract_ready": not (who.conform and who.starts_on <= shift.day <= who.ends_on),
        "medical": not who.medical,
        "parental_auth": minor and not who.parental,
        "tutor_assigned": not who.tutor,
        "tutor_minor": minor and not who.minor_tutoring,
        "mission_age": who.age(shift.day) < shift.min_age,
        "training_missing": not shift.trainings <= who.trainings,
        "leave_conflict": any(first <= shift.day <= last for first, last in who.leaves),
        "overlap": any(one.starts_at < shift.ends_at and shift.starts_at < one.ends_at for one in held),
    }
    week = [one for one in held if one.monday == shift.monday]
    hours = sum(one.hours for one in week) + shift.hours
    days = {one.day for one in week} | {shift.day}
    found["week_max"] = hours > (35 if minor else 48)
    found["week_days"] = len(days) > (5 if minor else 6)
    if minor:
        found |= _of_minors(shift, week, days, holidays)
    return [code for code, is_broken in found.items() if is_broken]


def _of_minors(shift: Stretch, week: Sequence[Stretch], days: set[date], holidays: set[date]) -> dict[str, bool]:
    start, end = shift.starts_at.astimezone(PARIS), shift.ends_at.astimezone(PARIS)
    free = [shift.monday + timedelta(days=offset) not in days for offset in range(7)]
    return {
        "day_max_minor": sum(one.hours for one in week if one.day == shift.day) + shift.hours > 7,
        "break_minor": _in_a_row(shift, week) >= timedelta(hours=4, minutes=30),
        "night_minor": start.hour < 6 or end.date() != start.date() or (end.hour, end.minute) > (22, 0),
        "weekly_rest_minor": not any(free[day] and free[day + 1] for day in range(6)),
        "holiday_minor": shift.day in holidays,
        "risk_minor": "regulated_risk" in shift.tags,
        "lone_minor": shift.capacity < 2,
    }


def _in_a_row(shift: Stretch, week: Sequence[Stretch]) -> timedelta:
    """The longest time without half an hour of rest that day; a planned break is one block in the middle."""
    served: list[tuple[datetime, datetime]] = []
    for one in (shift, *(other for other in week if other.day == shift.day)):
        half = (one.ends_at - one.starts_at - timedelta(minutes=one.pause)) / 2
        served += [(one.starts_at, one.starts_at + half), (one.ends_at - half, one.ends_at)]
    longest, begun, ended = timedelta(), datetime.min.replace(tzinfo=PARIS), datetime.min.replace(tzinfo=PARIS)
    for start, end in sorted(served):
        begun = begun if start - ended < timedelta(minutes=30) else start
        ended = max(ended, end)
        longest = max(longest, ended - begun)
    return longest
