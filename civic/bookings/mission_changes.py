"""Change a mission under the people booked for it: a higher age, a new training or a new risk may end their places.

Who waits is judged again at the offer, and stays; what the change opens is offered to them at once.
"""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import breaks, queries, rules, waitlist
from civic.bookings.breaks import Broken
from civic.bookings.closing import waited
from civic.bookings.models import LIVE, Booking
from civic.bookings.people import people_of
from civic.bookings.steps import hold
from civic.errors import Refusal
from civic.formats import day_short
from civic.i18n import ngettext
from civic.missions import actions as missions
from civic.missions.actions import MissionFacts
from civic.missions.models import Mission
from civic.shifts import retiring
from civic.shifts.models import Shift


def demands_changed(mission: Mission, facts: MissionFacts) -> bool:
    """Whether what is asked of people changes (`tags` and `trainings` loaded)."""
    before = (mission.min_age, mission.tag_codes, mission.training_codes)
    return before != (facts.min_age, frozenset(facts.tags), frozenset(facts.trainings))


async def broken_by(session: AsyncSession, mission: Mission, facts: MissionFacts) -> list[Broken]:
    """The seats and offers of coming shifts that hold as the mission is, and not as it would be; soonest first."""
    if not demands_changed(mission, facts):
        return []
    shifts = await queries.shift_facts(session, await _peopled(session, mission))
    crowds = queries.crowds(await queries.live_bookings(session, shift_ids=shifts)) if shifts else {}
    people = await people_of(session, {one.volunteer_id for crowd in crowds.values() for one in crowd.seated})
    asked = {"min_age": facts.min_age, "tags": frozenset(facts.tags), "trainings": frozenset(facts.trainings)}
    found = []
    for shift in sorted(shifts.values(), key=lambda one: (one.times.starts_at, one.id)):
        after = replace(shift, **asked)  # type: ignore[arg-type]
        for held in crowds[shift.id].seated if shift.id in crowds else ():
            person = people[held.volunteer_id]
            # What else somebody holds says the same before and after.
            known = {verdict.code for verdict in rules.fitness(person, shift, [])}
            new = [verdict for verdict in rules.fitness(person, after, []) if verdict.code not in known]
            if new:
                found.append(Broken(held, shift, new[0]))
    return found


async def change_mission(
    session: AsyncSession, *, by: User, mission: Mission, facts: MissionFacts, accepted: Collection[UUID] = ()
) -> int:
    """Change a mission (`sites`, `tags`, `trainings` loaded); returns how many places ended.

    Raises Refusal: at a field when coming shifts would fall outside the period or the sites, those of
    `missions.update_mission`, and `breaks_bookings` for a place that was not accepted.
    """
    await _refuse_left_out(session, mission, facts)
    if not demands_changed(mission, facts):
        await missions.update_mission(session, mission, facts, by=by)
        return 0
    shift_ids = await _peopled(session, mission)
    people = {one.held.volunteer_id for one in await broken_by(session, mission, facts)}
    await hold(session, shift_ids | await waited(session, people), people)
    broken = await broken_by(session, mission, facts)
    breaks.refuse_unseen(broken, accepted)
    await missions.update_mission(session, mission, facts, by=by)
    ended = await breaks.end_all(session, by=by, broken=broken)
    await waitlist.replay(session, shift_ids)
    return ended


async def _peopled(session: AsyncSession, mission: Mission) -> set[UUID]:
    """Coming published shifts of a mission that somebody is on."""
    chosen = (
        select(Shift.id)
        .join(Booking, Booking.shift_id == Shift.id)
        .where(Shift.mission_id == mission.id, Shift.state == "published", Shift.starts_at > clock.now())
        .where(Booking.state.in_(LIVE))
    )
    return set(await session.scalars(chosen))


async def _refuse_left_out(session: AsyncSession, mission: Mission, facts: MissionFacts) -> None:
    """A shift stays within its mission: it is moved or called off first, with a word to whoever is on it."""
    found = await retiring.left_out(session, mission, set(facts.site_ids), facts.starts_on, facts.ends_on)
    for field, shifts in found.items():
        days = ", ".join(sorted({day_short(clock.local_day(one.starts_at)) for one in shifts[:3]}))
        text = ngettext(
            "%(n)s créneau à venir resterait en dehors (%(days)s) : déplacez-le ou annulez-le d’abord.",
            "%(n)s créneaux à venir resteraient en dehors (%(days)s…) : déplacez-les ou annulez-les d’abord.",
            len(shifts),
        )
        raise Refusal("shifts_left_out", text % {"n": len(shifts), "days": days}, field=field)
