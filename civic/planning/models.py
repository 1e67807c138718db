"""Drafts of an assignment (« Proposer un remplissage »): what was asked, how far the solver is, what it would do."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code

PROPOSAL_STATES = ("waiting", "solving", "done", "failed", "stopped")
LINE_STATES = ("proposed", "accepted", "discarded", "refused")


class FillProposal(Base):
    """One run of the solver over a period. `seed` and the same facts give the same answer.

    `progress` is {places, bound, seconds} while it runs; `outcome` sums up what it fills, what stays empty and why, and
    who is above or below the contract.
    """

    __tablename__ = "fill_proposals"
    __table_args__ = (
        one_of("state", PROPOSAL_STATES),
        CheckConstraint("last_day >= first_day", name="days_in_order"),
        Index(None, "created_at"),
    )

    id: Mapped[Id]
    first_day: Mapped[date]
    last_day: Mapped[date]
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seed: Mapped[int] = mapped_column(default=1)
    state: Mapped[Code] = mapped_column(default="waiting")
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None]
    # Renewed by the process that solves: a run whose sign of life is old has lost its process.
    alive_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # The draft that this one keeps as much as it can of, after an absence.
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("fill_proposals.id", ondelete="SET NULL"))

    lines: Mapped[list["FillLine"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class FillLine(Base):
    """One person on one shift, proposed; `code` and `title` say why it was refused when it was accepted too late."""

    __tablename__ = "fill_lines"
    __table_args__ = (one_of("state", LINE_STATES), UniqueConstraint("proposal_id", "shift_id", "volunteer_id"))

    id: Mapped[Id]
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("fill_proposals.id", ondelete="CASCADE"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id", ondelete="CASCADE"), index=True)
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"), index=True)
    state: Mapped[Code] = mapped_column(default="proposed")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    code: Mapped[Code] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
