"""An edit of a whole series laid over the shifts that it has: what becomes of each day. Values in, values out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from civic import clock
from civic.shifts import recurrence
from civic.shifts.recurrence import Occurrence, Rhythm

# A day of the rule and the shift that it has: "follows" takes the new values, on its day or on another one; the rest
# of the kinds say why nothing is done, or that a shift is made or called off.
FOLLOWS, ADDED, DROPPED = "follows", "added", "dropped"
APART, OFF, BEGUN, LATE, SKIPPED, THERE = "apart", "off", "begun", "late", "skipped", "there"


@dataclass(frozen=True, slots=True)
class Placed:
    """One shift of a series as it stands; `day` is the day of the rule that made it."""

    shift_id: UUID
    day: date
    starts_at: datetime
    state: str
    detached: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one day: `placed` is the shift that is there, `occurrence` what the rule gives now."""

    kind: str
    placed: Placed | None = None
    occurrence: Occurrence | None = None

    @property
    def at(self) -> datetime:
        """When it is, or was."""
        found = self.occurrence or self.placed
        assert found is not None
        return found.starts_at

    @property
    def moved(self) -> bool:
        """Whether the shift changes its day."""
        return bool(self.kind == FOLLOWS and self.placed and self.occurrence and self.placed.day != self.occurrence.day)

    @property
    def why(self) -> str:
        """Why the rule makes no shift on that day, where something skips it."""
        return self.occurrence.skipped if self.occurrence else ""


def days_within(rhythm: Rhythm, since: date) -> list[date]:
    """The days of a rhythm from the week (or the month) of `since` on: those before it may only take a shift that
    moves there."""
    first = since.replace(day=1) if rhythm.monthly else clock.monday(since)
    return recurrence.days_of(recurrence.to_rule(rhythm), first)


def ended(rhythm: Rhythm, since: date) -> Rhythm:
    """The same rhythm with its last day instead of a count, which would be counted again from wherever it is cut."""
    if rhythm.count is None:
        return rhythm
    days = recurrence.days_of(recurrence.to_rule(rhythm), since)
    return replace(rhythm, count=None, until=days[-1])


def stopped(rhythm: Rhythm, before: date) -> Rhythm:
    """The same rhythm, ended the day before."""
    return replace(rhythm, count=None, until=before - timedelta(days=1))


def lay_over(
    placed: Iterable[Placed],
    wanted: Sequence[Occurrence],
    *,
    since: date,
    now: datetime,
    monthly: bool = False,
    take_apart: bool = False,
) -> list[Step]:
    """Each shift and each day of the rule once, in the order of time.

    A shift keeps its day where the rule still gives it. What is left over moves to a day that is left over in the
    same week (or month), in order; then shifts without a day are called off, and days without a shift get one.
    Nothing is done to what has begun, is off, or was changed by itself (unless `take_apart`).
    """
    there = sorted(placed, key=lambda one: (one.day, one.starts_at))
    steps = [Step(kind, one) for one in there if (kind := left_alone(one, now, take_apart))]
    free = {one.day: one for one in there if not left_alone(one, now, take_apart)}
    taken = {one.day for one in there}
    open_days = []
    for one in wanted:
        if one.day in free and not one.skipped:
            steps.append(Step(FOLLOWS if one.starts_at > now else LATE, free.pop(one.day), one))
        elif one.day in free:
            steps.append(Step(DROPPED, free.pop(one.day), one))
        elif one.day not in taken:
            open_days.append(one)
    steps += _matched(list(free.values()), open_days, since, now, monthly=monthly)
    return sorted(steps, key=lambda step: (step.at, step.kind))


def beside(steps: Iterable[Step], starts: Collection[datetime]) -> list[Step]:
    """The same steps, but no shift is made at a start where its mission has one at that site already."""
    return [replace(one, kind=THERE) if one.kind == ADDED and one.at in starts else one for one in steps]


def left_alone(one: Placed, now: datetime, take_apart: bool) -> str:
    """Why an edit of the whole does nothing to this shift; "" when it does."""
    if one.state == "cancelled":
        return OFF
    if one.starts_at <= now:
        return BEGUN
    return APART if one.detached and not take_apart else ""


def _matched(
    left: list[Placed], open_days: list[Occurrence], since: date, now: datetime, *, monthly: bool
) -> list[Step]:
    """Shifts whose day is gone, with the days that have no shift, period by period."""
    homes: defaultdict[date, list[Occurrence]] = defaultdict(list)
    for one in open_days:
        if not one.skipped and one.starts_at > now:
            homes[_period(one.day, monthly)].append(one)
    steps, used = [], set()
    for shift in left:
        nearest = homes[_period(shift.day, monthly)]
        if nearest:
            home = nearest.pop(0)
            used.add(home.day)
            steps.append(Step(FOLLOWS, shift, home))
        else:
            steps.append(Step(DROPPED, shift))
    for one in open_days:
        if one.day not in used and one.day >= since:
            steps.append(Step(SKIPPED if one.skipped else (ADDED if one.starts_at > now else LATE), None, one))
    return steps


def _period(day: date, monthly: bool) -> date:
    return day.replace(day=1) if monthly else clock.monday(day)
