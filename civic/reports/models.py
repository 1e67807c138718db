"""What people add to a report (texts, quotes), what was published, and files that take a while."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from civic.clock import now
from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.sites.models import PILLARS

INTRODUCTION = "introduction"
SLOTS = (INTRODUCTION, *PILLARS)
AUDIENCES = ("interne", "diffusion")
STATES = ("waiting", "writing", "done", "failed")
_WRITER = "users.id"


class ReportText(Base):
    """A manager's own words for a period: the introduction, or the comment of a pillar."""

    __tablename__ = "report_texts"
    __table_args__ = (one_of("slot", SLOTS),)

    first_day: Mapped[date] = mapped_column(primary_key=True)
    last_day: Mapped[date] = mapped_column(primary_key=True)
    slot: Mapped[Code] = mapped_column(primary_key=True)
    text: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=now)
    updated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(_WRITER, ondelete="SET NULL"))


class Quote(Base):
    """Words heard, rewritten so that nobody can be recognised; in no report before a manager approves them.

    It points to no encounter, no site and no day: the month alone places it.
    """

    __tablename__ = "report_quotes"
    __table_args__ = (one_of("pillar", PILLARS), CheckConstraint("text <> ''", name="text"), Index(None, "month"))

    id: Mapped[Id]
    month: Mapped[date]
    pillar: Mapped[Code | None]
    text: Mapped[str] = mapped_column(String(280))
    written_at: Mapped[CreatedAt]
    written_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(_WRITER, ondelete="SET NULL"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(_WRITER, ondelete="SET NULL"))
    withdrawn_at: Mapped[datetime | None]


class Snapshot(Base):
    """A published report: `content` is all that its paper says, `sha256` that of its canonical JSON. The paper is
    kept too: a later layout never changes what was published.
    """

    __tablename__ = "report_snapshots"
    __table_args__ = (one_of("audience", AUDIENCES),)

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    audience: Mapped[Code]
    cut_off: Mapped[datetime]
    row_count: Mapped[int]
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    paper: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    published_at: Mapped[CreatedAt]
    published_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(_WRITER, ondelete="SET NULL"))


class ReportFile(Base):
    """A file that the worker writes: a long export, or the report of a month or quarter (`occasion`, once each)."""

    __tablename__ = "report_files"
    __table_args__ = (one_of("state", STATES), Index(None, "state"), Index(None, "created_by_id"))

    id: Mapped[Id]
    kind: Mapped[Code]
    format: Mapped[Code]
    filters: Mapped[dict[str, Any]]
    occasion: Mapped[str | None] = mapped_column(String(40), unique=True)
    state: Mapped[Code] = mapped_column(default="waiting")
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(_WRITER, ondelete="CASCADE"))
    alive_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
