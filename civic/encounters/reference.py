"""The topics of the form, from codes.py into the database."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.encounters import codes
from civic.encounters.models import Topic


async def load(session: AsyncSession) -> None:
    """Insert the topics that are missing; one that is there already is left as it is."""
    known = set(await session.scalars(select(Topic.code)))
    missing = [
        {"code": code, "label": label, "pillar": pillar, "sensitive": sensitive, "rank": rank}
        for rank, (code, (label, pillar, sensitive)) in enumerate(codes.TOPICS.items())
        if code not in known
    ]
    if missing:
        await session.execute(insert(Topic), missing)
