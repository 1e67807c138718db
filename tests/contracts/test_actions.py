import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.contracts.actions import create_contract, update_contract
from civic.contracts.models import EngagementContract
from civic.contracts.queries import current_contract, facts_of
from civic.contracts.rules import ContractFacts, longest_end
from civic.db import Database
from civic.errors import Refusal
from tests.factories.accounts import make_user
from tests.factories.volunteers import born, make_volunteer


def facts(**changes: object) -> ContractFacts:
    first = clock.today()
    return replace(ContractFacts(first, longest_end(first), Decimal("24.50")), **changes)  # type: ignore[arg-type]


async def test_a_contract_is_written_and_corrected(session: AsyncSession) -> None:
    volunteer = await make_volunteer(session, ready=False)
    by = await make_user(session, "coordinator")
    day = clock.today()
    await create_contract(session, volunteer, facts(trainings={"first_aid": day, "site_safety": day}), by=by)
    await session.commit()
    session.expunge_all()
    contract = await current_contract(session, volunteer.id)
    assert contract is not None
    assert facts_of(contract).trainings == {"first_aid": day, "site_safety": day}
    new = facts(medical_cleared_on=day, trainings={"first_aid": day - timedelta(days=1), "civic_half": day})
    await update_contract(session, contract, volunteer, new, by=by)
    await session.commit()
    session.expunge_all()
    again = await current_contract(session, volunteer.id)
    assert again is not None
    assert facts_of(again) == new
    details = (await session.scalars(select(AuditEvent.detail).where(AuditEvent.verb == "contract.updated"))).all()
    assert details == [{"fields": ["medical_cleared_on", "trainings"]}]


async def test_an_unlawful_contract_is_not_saved(session: AsyncSession) -> None:
    volunteer = await make_volunteer(session, birth_date=born(28), ready=False)
    by = await make_user(session, "coordinator")
    with pytest.raises(Refusal) as refused:
        await create_contract(session, volunteer, facts(ends_on=date(2100, 1, 1)), by=by)
    assert [one.code for one in refused.value.findings] == ["age_max", "contract_length"]
    assert await session.scalar(select(EngagementContract.id)) is None


async def test_one_contract_whoever_writes_it_at_once(session: AsyncSession, db: Database) -> None:
    volunteer = await make_volunteer(session, ready=False)
    by = await make_user(session, "coordinator")
    await session.commit()

    async def write() -> str:
        async with db.writing() as writing:
            try:
                await create_contract(writing, volunteer, facts(), by=by)
            except Refusal as refusal:
                return refusal.code
        return "written"

    answers = await asyncio.gather(*(write() for _ in range(4)))
    assert sorted(answers) == ["one_only"] * 3 + ["written"]
    async with db.reading() as looking:
        assert await looking.scalar(select(func.count()).select_from(EngagementContract)) == 1
