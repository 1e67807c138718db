"""The verbs of a contract: write one down, correct it."""

from dataclasses import fields

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.contracts.models import EngagementContract, Training
from civic.contracts.rules import ContractFacts, judge
from civic.contracts.sources import source_of
from civic.errors import Finding, Refusal
from civic.i18n import _
from civic.volunteers.models import Volunteer

COLUMNS = tuple(one.name for one in fields(ContractFacts) if one.name != "trainings")


async def create_contract(
    session: AsyncSession, volunteer: Volunteer, facts: ContractFacts, *, by: User
) -> EngagementContract:
    """A volunteer's only contract. Raises Refusal: `one_only` for a second one, else the rules that the facts break."""
    await _lock(session, volunteer)
    held = await session.scalar(
        select(EngagementContract.id).where(EngagementContract.volunteer_id == volunteer.id).limit(1)
    )
    if held is not None:
        title = _("Un engagement de service civique est déjà enregistré : on n’en fait qu’un.")
        raise Refusal.of([Finding("one_only", title, source_of("one_only"))])
    _refuse_unlawful(facts, volunteer)
    contract = EngagementContract(volunteer_id=volunteer.id, trainings=[])
    _write(contract, facts)
    session.add(contract)
    await session.flush()
    audit.record(session, by=by, verb="contract.created", subject=contract)
    return contract


async def update_contract(
    session: AsyncSession, contract: EngagementContract, volunteer: Volunteer, facts: ContractFacts, *, by: User
) -> None:
    """Correct a contract (`trainings` loaded). Raises Refusal for facts that break a rule."""
    _refuse_unlawful(facts, volunteer)
    changed = [name for name in COLUMNS if getattr(contract, name) != getattr(facts, name)]
    if {training.kind: training.done_on for training in contract.trainings} != facts.trainings:
        changed.append("trainings")
    _write(contract, facts)
    if changed:
        audit.record(session, by=by, verb="contract.updated", subject=contract, detail={"fields": changed})
    await session.flush()


async def _lock(session: AsyncSession, volunteer: Volunteer) -> None:
    """Two coordinators who write the first contract at once: the second waits, then sees it."""
    await session.execute(select(Volunteer.id).where(Volunteer.id == volunteer.id).with_for_update())


def _refuse_unlawful(facts: ContractFacts, volunteer: Volunteer) -> None:
    broken = judge(facts, volunteer.birth_date)
    if broken:
        raise Refusal.of([one.finding for one in broken])


def _write(contract: EngagementContract, facts: ContractFacts) -> None:
    for name in COLUMNS:
        setattr(contract, name, getattr(facts, name))
    kept = [training for training in contract.trainings if training.kind in facts.trainings]
    for training in kept:
        training.done_on = facts.trainings[training.kind]
    known = {training.kind for training in kept}
    added = [Training(kind=kind, done_on=day) for kind, day in facts.trainings.items() if kind not in known]
    contract.trainings = [*kept, *added]
