"""Mails that did not leave: those given up, how to send them again, and those that still wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.errors import NotFound
from civic.outbox.models import OutboxMail

SHOWN = 100
# A refused address stays refused: after this long a dead mail asks for nobody's attention any more.
KEPT = timedelta(days=30)
# A mail leaves within seconds: one that still waits after this long is worth a look.
LATE = timedelta(minutes=10)


def _dead() -> ColumnElement[bool]:
    return OutboxMail.dead_at > now() - KEPT


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has not left yet: how many, since when the oldest, and the last ones that a server did not take."""

    count: int
    oldest: datetime | None
    failing: list[OutboxMail]

    @property
    def late(self) -> bool:
        return self.oldest is not None and self.oldest < now() - LATE


async def count_dead(session: AsyncSession) -> int:
    """Given up within the last month."""
    return await session.scalar(select(func.count(OutboxMail.id)).where(_dead())) or 0


async def dead_mails(session: AsyncSession) -> list[OutboxMail]:
    """The last ones given up, newest first."""
    chosen = select(OutboxMail).where(_dead())
    return list(await session.scalars(chosen.order_by(OutboxMail.dead_at.desc(), OutboxMail.id).limit(SHOWN)))


async def waiting_mails(session: AsyncSession) -> Waiting:
    """Those that have not left and were not given up (two queries)."""
    waits = (OutboxMail.sent_at.is_(None), OutboxMail.dead_at.is_(None))
    count, oldest = (
        await session.execute(select(func.count(OutboxMail.id), func.min(OutboxMail.created_at)).where(*waits))
    ).one()
    failing = select(OutboxMail).where(*waits, OutboxMail.last_error.is_not(None))
    listed = await session.scalars(failing.order_by(OutboxMail.created_at, OutboxMail.id).limit(SHOWN))
    return Waiting(count, oldest, list(listed))


async def retry(session: AsyncSession, mail_id: UUID) -> OutboxMail:
    """Put a dead mail back in the queue with all its tries; one that is not dead stays as it is. Raises NotFound."""
    mail = await session.get(OutboxMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound
    if mail.dead_at is not None:
        mail.dead_at, mail.attempts, mail.next_try_at = None, 0, now()
    return mail


async def retry_all(session: AsyncSession) -> list[UUID]:
    """Put every dead mail of the last month back in the queue; returns them."""
    again = {"dead_at": None, "attempts": 0, "next_try_at": now()}
    done = await session.scalars(update(OutboxMail).where(_dead()).values(again).returning(OutboxMail.id))
    return list(done)
