"""What of an encounter or an outing is forgotten in time: the moment of reception after 30 days, a comment after 90."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit import record as note
from civic.encounters.contents import without_comment
from civic.encounters.models import Encounter, EncounterVersion, Outing
from civic.encounters.review import LOOKED_BACK

RECEIPT_KEPT = timedelta(days=30)
COMMENT_KEPT = LOOKED_BACK


@dataclass(frozen=True, slots=True)
class Outdated:
    """Encounters whose comments are to be erased, and the days of the first and last of them."""

    count: int
    first: date | None
    last: date | None


async def forget_receipts(session: AsyncSession) -> int:
    """Erase the moment of reception of everything that came 30 days ago or earlier; returns how many rows it was."""
    last, count = clock.now() - RECEIPT_KEPT, 0
    for row in (Encounter, Outing):
        change = update(row).where(row.received_at <= last).values(received_at=None)
        done = await session.execute(change.execution_options(synchronize_session=False))
        count += done.rowcount  # type: ignore[attr-defined]
    return count


async def outdated(session: AsyncSession) -> Outdated:
    """What the next purge of comments would erase."""
    found = _outdated().with_only_columns(func.count(), func.min(Encounter.date), func.max(Encounter.date))
    return Outdated(*(await session.execute(found)).one())


async def outdated_ids(session: AsyncSession) -> Sequence[UUID]:
    """Their encounters, the oldest first."""
    return (await session.scalars(_outdated().order_by(Encounter.date, Encounter.id))).all()


def _outdated() -> Select[tuple[UUID]]:
    """A comment that was emptied since may still stand in a kept version."""
    kept = select(EncounterVersion.encounter_id).where(EncounterVersion.encounter_id == Encounter.id, _in_version())
    older = Encounter.date < clock.today() - COMMENT_KEPT
    return select(Encounter.id).where(older, or_(Encounter.comment.is_not(None), kept.exists()))


def _in_version() -> Any:
    return EncounterVersion.content["comment"].as_string().is_not(None)


async def erase_comments(session: AsyncSession, ids: Sequence[UUID]) -> int:
    """Erase the comments of some encounters, kept versions included; returns how many encounters it was.

    Nothing of a figure changes, so a closed period does not stand in the way. What is not old enough stays.
    """
    chosen = _outdated().where(Encounter.id.in_(ids)).order_by(Encounter.id)
    rows = (await session.scalars(chosen.with_for_update(of=Encounter))).all()
    if not rows:
        return 0
    change = update(Encounter).where(Encounter.id.in_(rows)).values(comment=None, held=False)
    await session.execute(change.execution_options(synchronize_session=False))
    versions = select(EncounterVersion).where(EncounterVersion.encounter_id.in_(rows), _in_version())
    for version in await session.scalars(versions):
        version.content = without_comment(version.content)
    await session.flush()
    await _note(session, rows)
    return len(rows)


async def _note(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """How many, of which days and by which rule: the line of a disposal list, without a word of what was erased."""
    days = select(func.min(Encounter.date), func.max(Encounter.date)).where(Encounter.id.in_(ids))
    first, last = (await session.execute(days)).one()
    subject = SimpleNamespace(__tablename__=Encounter.__tablename__, id=f"{first}/{last}")
    detail = {"encounters": len(ids), "from": str(first), "to": str(last), "kept_days": COMMENT_KEPT.days}
    note(session, by=None, verb="encounter.comments_erased", subject=subject, detail=detail)
