"""What a proposal is worked out from: shifts with free places, people, what they hold. A constant number of queries."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings import rules
from civic.bookings.people import people_of
from civic.bookings.values import Crowd, Held, Person, ShiftFacts, Wishes
from civic.bookings.wishes import wishes_among
from civic.planning import queries
from civic.planning.models import FillLine, FillProposal

Pair = tuple[UUID, UUID]


# How many drafts back a « no » is remembered.
MOST_BEFORE = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """`shifts` have a free place, by start; `holdings` are those of `people` by person, waiting places among them.

    `kept` are (shift, volunteer) of the draft that this one follows, `aside` those set aside on the way to it.
    """

    shifts: tuple[ShiftFacts, ...]
    crowds: dict[UUID, Crowd]
    people: dict[UUID, Person]
    holdings: dict[UUID, list[Held]]
    now: datetime
    kept: frozenset[Pair] = field(default=frozenset())
    aside: frozenset[Pair] = field(default=frozenset())
    wishes: Wishes = field(default_factory=dict)

    def free(self, shift: ShiftFacts) -> int:
        return shift.capacity - len(self.crowds[shift.id].seated)


async def facts_for(session: AsyncSession, user: User, proposal: FillProposal) -> Facts:
    """Published shifts to come of the period and filters, within the scope of who asked; drafts can't be booked."""
    now = clock.now()
    listed = [
        one
        for one in await bookings.list_shifts(session, filters_of(proposal, user))
        if one.times.starts_at > now and not any(closure.touches(one.times) for closure in one.closures)
    ]
    people = await people_of(session, await queries.visible_ids(session, user))
    people = {key: one for key, one in people.items() if not _over(one, proposal.first_day)}
    since = clock.midnight(proposal.first_day) - rules.HORIZON
    held = await bookings.live_bookings(
        session, shift_ids=[one.id for one in listed], volunteer_ids=list(people), since=since
    )
    crowds = dict(bookings.crowds(held))
    kept, aside = await _followed(session, proposal)
    facts = Facts(
        shifts=tuple(listed),
        crowds={one.id: crowds.get(one.id, Crowd()) for one in listed},
        people=people,
        holdings=_by_person(held, people),
        now=now,
        kept=kept,
        aside=aside,
        wishes=await wishes_among(session, list(people)),
    )
    return replace(facts, shifts=tuple(one for one in listed if facts.free(one) > 0))


def filters_of(proposal: FillProposal, user: User) -> bookings.ShiftFilters:
    asked: dict[str, Any] = proposal.filters
    return bookings.ShiftFilters(
        first=proposal.first_day,
        last=proposal.last_day,
        site=asked.get("site") or None,
        intermunicipality=asked.get("agglo") or None,
        pillar=asked.get("pilier") or None,
        scope=user.scope_codes,
    )


def _over(person: Person, day: date) -> bool:
    """Whether the engagement is over before the period begins: no reason to count them among those who can't."""
    return bool(person.contracts) and all(contract.last_day < day for contract in person.contracts)


def _by_person(held: Collection[Held], people: Collection[UUID]) -> dict[UUID, list[Held]]:
    found: dict[UUID, list[Held]] = {key: [] for key in people}
    for one in held:
        if one.volunteer_id in found:
            found[one.volunteer_id].append(one)
    return found


async def _followed(session: AsyncSession, proposal: FillProposal) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """What to keep of the draft before, and what a coordinator said no to there or in those before it."""
    kept: frozenset[Pair] | None = None
    aside: set[Pair] = set()
    before = proposal.follows_id
    for _step in range(MOST_BEFORE):
        if before is None:
            break
        lines = select(FillLine.shift_id, FillLine.volunteer_id, FillLine.state).where(FillLine.proposal_id == before)
        found = [((row.shift_id, row.volunteer_id), row.state) for row in await session.execute(lines)]
        if kept is None:
            kept = frozenset(pair for pair, state in found if state in ("proposed", "accepted"))
        aside.update(pair for pair, state in found if state == "discarded")
        before = await session.scalar(select(FillProposal.follows_id).where(FillProposal.id == before))
    return kept or frozenset(), frozenset(aside)
