"""Files that were read to create or change many rows at once: a dry run first, then all of it or nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code

KINDS = ("sites", "volunteers", "shifts")
STATES = ("checked", "applied", "dropped")


class ImportRun(Base):
    """One file. Its bytes lie under CIVIC_FILES/imports until it is applied, dropped or a day old."""

    __tablename__ = "import_runs"
    __table_args__ = (one_of("kind", KINDS), one_of("state", STATES), Index(None, "created_at"))

    id: Mapped[Id]
    kind: Mapped[Code]
    file_name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[Code] = mapped_column(default="checked")
    # How many rows are created, changed, the same, refused.
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    applied_at: Mapped[datetime | None]
