"""Contracts: by default one that opens the right to serve, since two months and for eight more."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.contracts.models import EngagementContract, RuleSetting, Training
from civic.volunteers.models import Volunteer
from tests.factories.accounts import make_tutor


async def make_contract(
    session: AsyncSession,
    volunteer: Volunteer,
    starts_on: date | None = None,
    ends_on: date | None = None,
    trainings: Iterable[str] = (),
    **facts: Any,
) -> EngagementContract:
    """A ready contract; take a fact away by naming it: `medical_cleared_on=None`, `tutor_id=None`."""
    first = starts_on or clock.today() - timedelta(days=60)
    before = first - timedelta(days=10)
    if "tutor_id" not in facts:
        facts["tutor_id"] = (await make_tutor(session)).id
    values: dict[str, Any] = {
        "weekly_hours": Decimal(24),
        "conformity_checked_on": before,
        "medical_cleared_on": before,
        **facts,
    }
    if volunteer.minor_on(first):
        minor = {"parental_authorised_on": before, "parental_holders": "Sacha Parent", "minor_tutoring_on": before}
        values = {**minor, **values}
    contract = EngagementContract(
        id=uuid4(),
        volunteer_id=volunteer.id,
        starts_on=first,
        ends_on=ends_on or first + timedelta(days=300),
        trainings=[Training(kind=kind, done_on=first) for kind in trainings],
        **values,
    )
    session.add(contract)
    return contract


async def without_newcomers(session: AsyncSession) -> None:
    """Switch off the warning of those who never served: everybody in most tests."""
    session.add(RuleSetting(parameter="newcomer_shifts", value=None, valid_from=date(2020, 1, 1)))
    await session.flush()
