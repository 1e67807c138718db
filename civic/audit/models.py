"""What happened, to what, by whom: append-only."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from civic.columns import CreatedAt, Id
from civic.db import Base, Code


class AuditEvent(Base):
    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "subject_kind", "subject_id"),
        Index(None, "at"),
    )

    id: Mapped[Id]
    at: Mapped[CreatedAt]
    # No foreign key: an event outlives the account that caused it.
    actor_id: Mapped[UUID | None] = mapped_column()
    verb: Mapped[Code]
    subject_kind: Mapped[Code]
    subject_id: Mapped[Code]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
