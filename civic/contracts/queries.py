"""Named selects on contracts."""

from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from civic.accounts.models import User
from civic.contracts.models import EngagementContract
from civic.contracts.rules import ContractFacts


async def current_contract(session: AsyncSession, volunteer_id: UUID) -> EngagementContract | None:
    """A volunteer's last contract, with its trainings and its tutor."""
    chosen = (
        select(EngagementContract)
        .where(EngagementContract.volunteer_id == volunteer_id)
        .options(selectinload(EngagementContract.trainings), joinedload(EngagementContract.tutor))
        .order_by(EngagementContract.starts_on.desc(), EngagementContract.id)
        .limit(1)
    )
    found: EngagementContract | None = await session.scalar(chosen)
    return found


async def possible_tutors(session: AsyncSession, present: UUID | None = None) -> list[User]:
    """Active coordinators, and whoever is named already (`present`)."""
    chosen = select(User).where(or_(and_(User.role == "coordinator", User.is_active), User.id == present))
    return list(await session.scalars(chosen.order_by(User.name, User.id)))


def facts_of(contract: EngagementContract) -> ContractFacts:
    """The values that the rules judge (`trainings` loaded)."""
    return ContractFacts(
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        ended_on=contract.ended_on,
        weekly_hours=contract.weekly_hours,
        tutor_id=contract.tutor_id,
        conformity_checked_on=contract.conformity_checked_on,
        medical_cleared_on=contract.medical_cleared_on,
        parental_authorised_on=contract.parental_authorised_on,
        parental_holders=contract.parental_holders,
        minor_tutoring_on=contract.minor_tutoring_on,
        age_limit_30=contract.age_limit_30,
        trainings={training.kind: training.done_on for training in contract.trainings},
    )
