"""Whom coordinators wish to put together, or never: asked for their pages and their assignments, for nobody else."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.bookings.values import Company, Held, Wishes
from civic.columns import among
from civic.volunteers.models import PairWish

_AMONG = select(PairWish.first_id, PairWish.second_id, PairWish.kind).where(
    PairWish.first_id.in_(among("ids")), PairWish.second_id.in_(among("ids"))
)


async def wishes_among(session: AsyncSession, volunteer_ids: Collection[UUID]) -> Wishes:
    """The wishes between some people, by pair (one query, none below two people)."""
    ids = set(volunteer_ids)
    if len(ids) < 2:
        return {}
    rows = await session.execute(_AMONG, {"ids": list(ids)})
    return {frozenset((first, second)): kind for first, second, kind in rows}


async def company_for(session: AsyncSession, volunteer_id: UUID, seated: Collection[Held]) -> Company:
    """Who is seated, with what a coordinator who puts this person beside them is to think of."""
    wishes = await wishes_among(session, {volunteer_id, *(one.volunteer_id for one in seated)})
    return Company(tuple(seated), wishes)
