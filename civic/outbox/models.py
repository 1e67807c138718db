"""Mails that wait to leave: written in the same transaction as the fact they tell."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from civic.clock import now
from civic.columns import CreatedAt, Id
from civic.db import Base, Code


class OutboxMail(Base):
    """One composed mail. `dedupe` is unique, so that one fact is told once however often its verb is repeated."""

    __tablename__ = "outbox_mails"
    __table_args__ = (
        Index(
            "ix_outbox_mails_due",
            "next_try_at",
            postgresql_where=text("sent_at IS NULL AND dead_at IS NULL"),
            sqlite_where=text("sent_at IS NULL AND dead_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    kind: Mapped[Code]
    dedupe: Mapped[str | None] = mapped_column(unique=True)
    recipient: Mapped[str]
    subject: Mapped[str]
    text_body: Mapped[str]
    html_body: Mapped[str]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
