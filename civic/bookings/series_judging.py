"""What an edit of a whole series would do, for whom: the dry run, and the sum that says whether it is still true."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import changes, queries, rules, supposing
from civic.bookings.changes import Judged
from civic.bookings.people import people_of
from civic.bookings.queries import crowds
from civic.bookings.values import Crowd, Held, Person, ShiftFacts
from civic.errors import Invalid
from civic.shifts import recurrence, series, series_plan, series_rows
from civic.shifts.actions import check_place
from civic.shifts.models import ShiftSeries
from civic.shifts.series import SeriesValues
from civic.shifts.series_plan import ADDED, DROPPED, FOLLOWS, Step
from civic.shifts.values import ShiftValues

FOLLOWING, ALL = "following", "all"


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants a series to be, from the day `since` of its rule on; `edit_id` was drawn with the form.

    `publish` is about the shifts that are made, `take_apart` takes those changed by themselves along.
    """

    edit_id: UUID
    scope: str
    since: date
    values: SeriesValues
    publish: bool = True
    take_apart: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One day of the series: `judged` where its shift changes, `crowd` whoever has or waits for a place there."""

    step: Step
    values: ShiftValues | None = None
    before: ShiftFacts | None = None
    judged: Judged | None = None
    crowd: Crowd = field(default_factory=Crowd)

    @property
    def changes(self) -> bool:
        return self.judged is not None or self.step.kind in (ADDED, DROPPED)

    @property
    def people(self) -> list[Held]:
        """Whoever has or waits for a place."""
        return [*self.crowd.seated, *self.crowd.waiting]


@dataclass(frozen=True, slots=True)
class DryRun:
    """Everything that a confirmation is shown for; `digest` names it."""

    outcomes: list[Outcome]
    people: dict[UUID, Person]
    values: SeriesValues
    digest: str

    def of_kind(self, kind: str) -> list[Outcome]:
        return [one for one in self.outcomes if one.step.kind == kind]

    @property
    def edited(self) -> list[Outcome]:
        """The shifts that stay and become something else."""
        return [one for one in self.outcomes if one.judged is not None]

    @property
    def changes(self) -> bool:
        return any(one.changes for one in self.outcomes)

    @property
    def told(self) -> list[Person]:
        """Who gets a mail, by name."""
        ids = {held.volunteer_id for one in self.edited for held in _hearing(one)}
        ids |= {held.volunteer_id for one in self.of_kind(DROPPED) for held in one.people}
        return sorted((self.people[one] for one in ids), key=lambda person: person.name)


def _hearing(outcome: Outcome) -> list[Held]:
    judged = outcome.judged
    assert judged is not None
    if judged.before.times != judged.after.times or judged.before.site_id != judged.after.site_id:
        return outcome.people
    return [one.held for one in judged.affected]


async def dry_run(session: AsyncSession, *, by: User, row: ShiftSeries, edit: Edit) -> DryRun:
    """What the edit does to each day, without changing anything: nine queries, whatever the length.

    Raises Invalid (fields) and Forbidden (site out of scope).
    """
    values = _bounded(row, edit)
    days = series_plan.days_within(values.rhythm, values.first_day)
    since = edit.since if edit.scope == FOLLOWING else clock.today()
    wanted = [one for one in await series.occurrences_of(session, values, days) if one.day >= _reach(since, values)]
    placed = await series_rows.placed(session, row.id, edit.since if edit.scope == FOLLOWING else row.first_day)
    steps = series_plan.lay_over(
        placed,
        wanted,
        since=max(since, values.first_day),
        now=clock.now(),
        monthly=values.rhythm.monthly,
        take_apart=edit.take_apart,
    )
    steps = series_plan.beside(steps, await series.starts_there(session, values, wanted) if wanted else ())
    steps = [one for one in steps if one.at > clock.now() or one.kind in (FOLLOWS, DROPPED)]
    made = [one for one in steps if one.kind in (FOLLOWS, ADDED) and one.occurrence]
    for step in made[:1]:
        assert step.occurrence is not None
        await check_place(session, by=by, values=values.on(step.occurrence))
    outcomes, people = await _judged(session, steps, values)
    return DryRun(outcomes, people, values, _digest(row, edit, outcomes))


def _reach(since: date, values: SeriesValues) -> date:
    """A shift may move to a day of its own week (or month) before `since`."""
    return since.replace(day=1) if values.rhythm.monthly else clock.monday(since)


def _bounded(row: ShiftSeries, edit: Edit) -> SeriesValues:
    """The values with the first day that the edit has, and an end that is a day. Raises Invalid."""
    first = edit.since if edit.scope == FOLLOWING else row.first_day
    values = replace(edit.values, first_day=first)
    values = replace(values, rhythm=replace(values.rhythm, weekdays=tuple(sorted(values.rhythm.weekdays))))
    found = recurrence.problems(values.rhythm, first)
    if found:
        raise Invalid(found)
    return replace(values, rhythm=series_plan.ended(values.rhythm, first))


async def _judged(
    session: AsyncSession, steps: Sequence[Step], values: SeriesValues
) -> tuple[list[Outcome], dict[UUID, Person]]:
    """Each shift weighed against what everybody on it will hold when the whole edit is done."""
    following = {one.placed.shift_id: one for one in steps if one.kind == FOLLOWS and one.placed}
    dropped = {one.placed.shift_id: one for one in steps if one.kind == DROPPED and one.placed}
    ids = [*following, *dropped]
    before = await queries.shift_facts(session, ids)
    crowd = crowds(await queries.live_bookings(session, shift_ids=ids) if ids else [])
    new = {one: values.on(step.occurrence) for one, step in following.items() if step.occurrence}
    changed = {one: given for one, given in new.items() if _differs(before[one], given)}
    listed = [(_own(before[one]), given) for one, given in changed.items()]
    after = {one.id: one for one in await supposing.facts_with(session, listed)}
    touched = [*after, *dropped]
    who = {held.volunteer_id for one in touched for held in (*crowd[one].seated, *crowd[one].waiting)}
    people = await people_of(session, list(who))
    had = await _holdings(session, list(who), [before[one] for one in touched], list(after.values()))
    weighed = _weigh(before, after, dropped, crowd, people, had)
    outcomes = []
    for step in steps:
        shift_id = step.placed.shift_id if step.placed else None
        if shift_id in new:
            outcomes.append(Outcome(step, new[shift_id], before[shift_id], weighed.get(shift_id), crowd[shift_id]))
        elif shift_id in dropped:
            outcomes.append(Outcome(step, None, before[shift_id], None, crowd[shift_id]))
        else:
            given = values.on(step.occurrence) if step.kind == ADDED and step.occurrence else None
            outcomes.append(Outcome(step, given))
    return outcomes, people


def _weigh(
    before: dict[UUID, ShiftFacts],
    after: dict[UUID, ShiftFacts],
    dropped: Iterable[UUID],
    crowd: defaultdict[UUID, Crowd],
    people: dict[UUID, Person],
    had: dict[UUID, list[Held]],
) -> dict[UUID, Judged]:
    """In the order of time, each beside what stays of those before: where two would break a rule, the first stays."""
    touched = {*after, *dropped}
    have = {one: [held for held in theirs if held.shift_id not in touched] for one, theirs in had.items()}
    weighed = {}
    for facts in sorted(after.values(), key=lambda one: (one.times.starts_at, one.id)):
        judged = changes.weigh(before[facts.id], facts, crowd[facts.id], people, had, have)
        weighed[facts.id] = judged
        lost = {one.held.booking_id for one in judged.affected}
        for held in crowd[facts.id].seated:
            if held.booking_id not in lost:
                have[held.volunteer_id].append(_then(held, facts))
    return weighed


def _then(held: Held, facts: ShiftFacts) -> Held:
    """A seat as it will be."""
    return replace(
        held,
        times=facts.times,
        site_id=facts.site_id,
        site_name=facts.site_name,
        lat=facts.lat,
        lon=facts.lon,
        stand_duty="stand_duty" in facts.tags,
    )


async def _holdings(
    session: AsyncSession, volunteer_ids: list[UUID], before: list[ShiftFacts], after: list[ShiftFacts]
) -> dict[UUID, list[Held]]:
    found: dict[UUID, list[Held]] = {one: [] for one in volunteer_ids}
    if volunteer_ids:
        since = min(one.times.starts_at for one in (*before, *after)) - rules.HORIZON
        for held in await queries.live_bookings(session, volunteer_ids=volunteer_ids, since=since):
            found[held.volunteer_id].append(held)
    return found


def _differs(before: ShiftFacts, values: ShiftValues) -> bool:
    return any(getattr(_values_of(before), name) != getattr(values, name) for name in ShiftValues.__slots__)


def _values_of(shift: ShiftFacts) -> ShiftValues:
    times = shift.times
    return ShiftValues(
        shift.mission_id,
        shift.site_id,
        times.starts_at,
        times.ends_at,
        shift.capacity,
        shift.min_staff,
        times.break_minutes,
    )


def _own(shift: ShiftFacts) -> dict[str, Any]:
    """What a shift is by itself, whatever its values become."""
    names = ("id", "state", "version", "cancel_reason", "created_by_id", "series_id", "stand_in")
    return {name: getattr(shift, name) for name in names}


def _digest(row: ShiftSeries, edit: Edit, outcomes: Iterable[Outcome]) -> str:
    """Changes whenever anything of what was shown does: a shift, who is on it, or what becomes of them."""
    told: list[object] = [row.version, edit.scope, edit.since, edit.values, edit.take_apart]
    for one in outcomes:
        told += [one.step.kind, one.step.at, one.values, one.step.placed, one.before.version if one.before else 0]
        told += [(held.booking_id, held.state) for held in one.people]
        if one.judged:
            told += [(each.held.booking_id, each.finding.code) for each in one.judged.affected]
            told += [(each.held.booking_id, each.finding.title) for each in one.judged.notices]
    return hashlib.sha256("\n".join(map(repr, told)).encode()).hexdigest()
