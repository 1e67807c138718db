"""The dated values of the rules with who wrote them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.contracts.limits import PARAMETERS, Setting
from civic.contracts.models import RuleSetting
from civic.contracts.rulebook import DatedValue


async def dated_values(session: AsyncSession) -> list[DatedValue]:
    """Every row of a parameter that still exists, by the day from which it holds."""
    chosen = (
        select(RuleSetting, User.name)
        .outerjoin(User, User.id == RuleSetting.created_by_id)
        .where(RuleSetting.parameter.in_(list(PARAMETERS)))
        .order_by(RuleSetting.valid_from, RuleSetting.parameter)
    )
    return [
        DatedValue(
            Setting(row.parameter, None if row.value is None else float(row.value), row.valid_from),
            name or "",
            row.created_at,
        )
        for row, name in await session.execute(chosen)
    ]
