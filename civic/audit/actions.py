"""The one way an event enters the audit log."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic.audit.models import AuditEvent


class Actor(Protocol):
    """Whoever acts: anything with an id."""

    @property
    def id(self) -> UUID: ...


def record(
    session: AsyncSession, *, by: Actor | None, verb: str, subject: Any, detail: dict[str, Any] | None = None
) -> AuditEvent:
    """Note that `by` (None: the system) did `verb` ("shift.cancelled") to a row; it lands with the caller's commit."""
    event = AuditEvent(
        actor_id=by.id if by else None,
        verb=verb,
        subject_kind=subject.__tablename__,
        subject_id=str(subject.id),
        detail=detail or {},
    )
    session.add(event)
    return event
