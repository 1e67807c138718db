"""The verbs of a contract: write one down, correct it. What they cost in booked places is settled in bookings."""

from dataclasses import fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.contracts import queries
from civic.contracts.models import Declaration, EngagementContract, Review, Training
from civic.contracts.notice import problems
from civic.contracts.rules import ContractFacts, FieldFinding, judge
from civic.errors import Refusal
from civic.volunteers.models import Volunteer

LISTS = ("trainings", "reviews", "declarations")
COLUMNS = tuple(one.name for one in fields(ContractFacts) if one.name not in LISTS)


async def judged(
    session: AsyncSession, volunteer: Volunteer, facts: ContractFacts, contract: EngagementContract | None
) -> list[FieldFinding]:
    """Every reason why these facts can't be saved, by the limits of the contract's first day."""
    limits = await queries.limits_for(session, facts.starts_on)
    others = await queries.other_engagements(session, volunteer.id, contract)
    before = queries.facts_of(contract) if contract else None
    return [*judge(facts, volunteer.birth_date, limits, before=before, others=others), *problems(facts)]


async def create_contract(
    session: AsyncSession, volunteer: Volunteer, facts: ContractFacts, *, by: User
) -> EngagementContract:
    """A volunteer's only contract. Raises Refusal: `one_only` for a second one, or the rules that the facts break."""
    await _lock(session, volunteer)
    await _refuse_unlawful(session, volunteer, facts, None)
    contract = EngagementContract(volunteer_id=volunteer.id, trainings=[], reviews=[], declarations=[])
    _write(contract, facts, by)
    session.add(contract)
    await session.flush()
    audit.record(session, by=by, verb="contract.created", subject=contract)
    return contract


async def update_contract(
    session: AsyncSession, contract: EngagementContract, volunteer: Volunteer, facts: ContractFacts, *, by: User
) -> bool:
    """Correct a contract (loaded whole); tells whether anything changed. Raises Refusal for facts that break a rule."""
    await _refuse_unlawful(session, volunteer, facts, contract)
    before = queries.facts_of(contract)
    changed = [name for name in (*COLUMNS, *LISTS) if getattr(before, name) != getattr(facts, name)]
    if not changed:
        return False
    _write(contract, facts, by)
    detail: dict[str, Any] = {"fields": changed}
    ended = "ended_on" in changed
    if ended:
        detail["ended_on"] = facts.ended_on.isoformat() if facts.ended_on else None
    verb = "contract.updated" if not ended else "contract.ended" if facts.ended_on else "contract.resumed"
    audit.record(session, by=by, verb=verb, subject=contract, detail=detail)
    await session.flush()
    return True


async def _lock(session: AsyncSession, volunteer: Volunteer) -> None:
    """Two coordinators who write the first contract at once: the second waits, then sees it."""
    await session.execute(select(Volunteer.id).where(Volunteer.id == volunteer.id).with_for_update())


async def _refuse_unlawful(
    session: AsyncSession, volunteer: Volunteer, facts: ContractFacts, contract: EngagementContract | None
) -> None:
    broken = await judged(session, volunteer, facts, contract)
    if broken:
        raise Refusal.of([one.finding for one in broken])


def _write(contract: EngagementContract, facts: ContractFacts, by: User) -> None:
    """Rows that stay keep their own history: who declared, since when."""
    for name in COLUMNS:
        setattr(contract, name, getattr(facts, name))
    trainings = {one.kind: one for one in contract.trainings if one.kind in facts.trainings}
    for kind, day in facts.trainings.items():
        training = trainings.setdefault(kind, Training(kind=kind))
        training.done_on = day
    contract.trainings = list(trainings.values())
    reviews = {one.kind: one for one in contract.reviews if one.kind in facts.reviews}
    for kind, days in facts.reviews.items():
        review = reviews.setdefault(kind, Review(kind=kind))
        review.planned_on, review.held_on = days.planned_on, days.held_on
    contract.reviews = list(reviews.values())
    declarations = {one.code: one for one in contract.declarations if one.code in facts.declarations}
    for code, declared in facts.declarations.items():
        row = declarations.setdefault(code, Declaration(code=code, by_id=by.id))
        row.declared_on, row.name = declared.on, declared.name
    contract.declarations = list(declarations.values())
