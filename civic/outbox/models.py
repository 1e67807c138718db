"""Mails that wait to leave: written in the same transaction as the fact they tell."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from civic.clock import now
from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code

DIGESTS = ("none", "daily", "weekly")
REMINDERS = (24,)


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
    # Each is a mapping of name, type, params and text, as outbox.send reads it.
    attachments: Mapped[list[Any]] = mapped_column(default=list)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class MailPreferences(Base):
    """What somebody wants to be told by mail; no row means the defaults."""

    __tablename__ = "mail_preferences"
    __table_args__ = (one_of("digest", DIGESTS),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    # Hours before a shift at which a reminder leaves.
    reminders: Mapped[list[Any]] = mapped_column(default=lambda: list(REMINDERS))
    digest: Mapped[Code] = mapped_column(default="none")
    # Families of mail turned off; what concerns a seat that one holds cannot be.
    muted: Mapped[list[Any]] = mapped_column(default=list)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class JobRun(Base):
    """When a regular task last ran, and until when the process that runs it now holds it."""

    __tablename__ = "job_runs"

    name: Mapped[Code] = mapped_column(primary_key=True)
    last_run_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
