"""Write a contract down, with what it costs: places that it no longer allows end, queues that it opens are settled."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings import breaks, waitlist
from civic.bookings.breaks import Broken
from civic.bookings.people import people_of
from civic.bookings.steps import hold
from civic.bookings.values import ContractFacts as Engaged
from civic.contracts import actions
from civic.contracts.models import EngagementContract
from civic.contracts.queries import facts_of
from civic.contracts.rules import ContractFacts
from civic.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class Saved:
    """What stands now, and how many places ended with it."""

    contract: EngagementContract
    ended: int


async def preview(
    session: AsyncSession, volunteer: Volunteer, before: ContractFacts, after: ContractFacts
) -> list[Broken]:
    """The places that the contract would no longer allow, without changing anything."""
    person = (await people_of(session, [volunteer.id]))[volunteer.id]
    first = before.starts_on
    others = [one for one in person.contracts if (one.starts_on, one.last_day) != (first, before.last_day)]
    contracts = sorted([*others, _engaged(after)], key=lambda one: one.starts_on)
    return await breaks.of_person(session, person, replace(person, contracts=tuple(contracts)))


async def save_contract(
    session: AsyncSession,
    *,
    by: User,
    volunteer: Volunteer,
    contract: EngagementContract | None,
    facts: ContractFacts,
    accepted: Collection[UUID] = (),
) -> Saved:
    """Write a contract (loaded whole; None: the first one). `accepted` are the bookings that were seen to end.

    Raises Refusal: the contract's own rules, or `breaks_bookings` when a place would end that was not accepted.
    """
    held = await breaks.coming(session, volunteer.id)
    shift_ids = {one.shift_id for one in held}
    await hold(session, shift_ids, [volunteer.id])
    if contract is None:
        made = await actions.create_contract(session, volunteer, facts, by=by)
        await waitlist.replay(session, shift_ids)
        return Saved(made, 0)
    broken = await preview(session, volunteer, facts_of(contract), facts)
    breaks.refuse_unseen(broken, accepted)
    changed = await actions.update_contract(session, contract, volunteer, facts, by=by)
    ended = await breaks.end_all(session, by=by, broken=broken)
    if changed:
        await waitlist.replay(session, shift_ids)
    return Saved(contract, ended)


def _engaged(facts: ContractFacts) -> Engaged:
    """The contract as a booking judges it (as bookings.people reads a row)."""
    return Engaged(
        starts_on=facts.starts_on,
        last_day=facts.last_day,
        conform=facts.conformity_checked_on is not None,
        medical=facts.medical_cleared_on is not None,
        parental_auth=facts.parental_authorised_on is not None and bool(facts.parental_holders),
        tutor=facts.tutor_id is not None,
        minor_tutoring=facts.minor_tutoring_on is not None,
        weekly_hours=float(facts.weekly_hours),
        trainings=frozenset(facts.trainings),
    )
