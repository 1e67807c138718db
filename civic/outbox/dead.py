"""Mails that were given up after their last try, and how to send them again."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.errors import NotFound
from civic.outbox.models import OutboxMail

SHOWN = 100


async def count_dead(session: AsyncSession) -> int:
    return await session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.dead_at.is_not(None))) or 0


async def dead_mails(session: AsyncSession) -> list[OutboxMail]:
    """The last ones given up, newest first."""
    chosen = select(OutboxMail).where(OutboxMail.dead_at.is_not(None))
    return list(await session.scalars(chosen.order_by(OutboxMail.dead_at.desc(), OutboxMail.id).limit(SHOWN)))


async def retry(session: AsyncSession, mail_id: UUID) -> OutboxMail:
    """Put a dead mail back in the queue with all its tries; one that is not dead stays as it is. Raises NotFound."""
    mail = await session.get(OutboxMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound
    if mail.dead_at is not None:
        mail.dead_at, mail.attempts, mail.next_try_at = None, 0, now()
    return mail
