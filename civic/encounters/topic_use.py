"""Which topics come up most, so that the form shows them first; the counts themselves are shown to nobody."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from civic.encounters.models import Encounter, EncounterTopic, Topic

SPAN = timedelta(days=90)
# Everybody's use is read from so many of the latest encounters: the query costs the same in a large base.
SAMPLE = 1000


async def most_used_first(
    session: AsyncSession, topics: Sequence[Topic], user_id: UUID, today: date
) -> Sequence[Topic]:
    """By the person's own use of the last 90 days, then everybody's, then the order of the list.

    Today's own encounters don't count yet, so that the order stays what it was all day, whatever is noted meanwhile.
    """
    counted = (Encounter.date >= today - SPAN, Encounter.date < today, Encounter.status != "voided")
    latest = select(Encounter.id).where(*counted).order_by(Encounter.date.desc(), Encounter.id).limit(SAMPLE).subquery()
    chosen = union_all(
        select(Encounter.id.label("id"), literal(1).label("own")).where(Encounter.author_id == user_id, *counted),
        select(latest.c.id, literal(0)),
    ).subquery()
    use = (
        select(EncounterTopic.topic_code, func.sum(chosen.c.own), func.count())
        .join(chosen, chosen.c.id == EncounterTopic.encounter_id)
        .group_by(EncounterTopic.topic_code)
    )
    counts = {code: (own, every) for code, own, every in await session.execute(use)}
    return sorted(topics, key=lambda topic: tuple(-n for n in counts.get(topic.code, (0, 0))))
