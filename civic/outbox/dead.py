"""Mails that did not leave: those given up, how to send them again, and those that still wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.columns import ago
from civic.errors import NotFound
from civic.outbox.models import OutboxMail

SHOWN = 100
# A refused address stays refused: after this long a dead mail asks for nobody's attention any more.
KEPT = timedelta(days=30)
# A mail leaves within seconds: one that still waits after this long is worth a look.
LATE = timedelta(minutes=10)


def given_up() -> ColumnElement[bool]:
    """A mail that was tried to the end, within the last month."""
    return OutboxMail.dead_at > ago(KEPT)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has not left: how many were given up, how many wait, and since when the oldest does."""

    dead: int
    waiting: int
    oldest: datetime | None

    @property
    def late(self) -> bool:
        return self.oldest is not None and self.oldest < now() - LATE


async def count_dead(session: AsyncSession) -> int:
    """Given up within the last month."""
    return await session.scalar(select(func.count(OutboxMail.id)).where(given_up())) or 0


async def dead_mails(session: AsyncSession) -> list[OutboxMail]:
    """The last ones given up, newest first."""
    chosen = select(OutboxMail).where(given_up())
    return list(await session.scalars(chosen.order_by(OutboxMail.dead_at.desc(), OutboxMail.id).limit(SHOWN)))


async def backlog(session: AsyncSession) -> Backlog:
    """In one query."""
    waits = and_(OutboxMail.sent_at.is_(None), OutboxMail.dead_at.is_(None))
    figures = select(
        func.count(OutboxMail.id).filter(given_up()),
        func.count(OutboxMail.id).filter(waits),
        func.min(OutboxMail.created_at).filter(waits),
    )
    dead, waiting, oldest = (await session.execute(figures.where(OutboxMail.sent_at.is_(None)))).one()
    return Backlog(dead, waiting, oldest)


async def failing_mails(session: AsyncSession) -> list[OutboxMail]:
    """Those that wait because the last try did not succeed, oldest first."""
    waits = (OutboxMail.sent_at.is_(None), OutboxMail.dead_at.is_(None), OutboxMail.last_error.is_not(None))
    chosen = select(OutboxMail).where(*waits).order_by(OutboxMail.created_at, OutboxMail.id)
    return list(await session.scalars(chosen.limit(SHOWN)))


async def retry(session: AsyncSession, mail_id: UUID) -> OutboxMail:
    """Put a dead mail back in the queue with all its tries; one that is not dead stays as it is. Raises NotFound."""
    mail = await session.get(OutboxMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound
    if mail.dead_at is not None:
        mail.dead_at, mail.attempts, mail.next_try_at = None, 0, now()
    return mail


async def retry_all(session: AsyncSession) -> list[OutboxMail]:
    """Put every dead mail of the last month back in the queue; returns them."""
    mails = list(await session.scalars(select(OutboxMail).where(given_up()).order_by(OutboxMail.id).with_for_update()))
    for mail in mails:
        mail.dead_at, mail.attempts, mail.next_try_at = None, 0, now()
    return mails
