"""Who did something last, for whoever comes second."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.audit.models import AuditEvent


async def last_author(session: AsyncSession, subject: Any) -> str:
    """The name of who caused the newest event of a row; "" where nobody is known."""
    chosen = (
        select(User.name)
        .select_from(AuditEvent)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject_kind == subject.__tablename__, AuditEvent.subject_id == str(subject.id))
        .order_by(AuditEvent.at.desc(), AuditEvent.id)
        .limit(1)
    )
    return await session.scalar(chosen) or ""
