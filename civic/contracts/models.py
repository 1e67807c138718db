"""Engagement contracts and the facts that open the right to serve. States follow from these facts."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.accounts.models import User
from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.volunteers.models import Volunteer

TRAININGS = ("civic_half", "civic_training", "first_aid", "site_safety")


class EngagementContract(Base):
    """`ended_on` is the real last day after an early end; `ends_on` the agreed one. No health detail is kept."""

    __tablename__ = "engagement_contracts"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        CheckConstraint("ended_on IS NULL OR ended_on >= starts_on", name="end_after_start"),
        CheckConstraint("weekly_hours > 0 AND weekly_hours <= 48", name="weekly_hours"),
        Index(None, "volunteer_id", "starts_on"),
    )

    id: Mapped[Id]
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    ended_on: Mapped[date | None]
    weekly_hours: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    tutor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    conformity_checked_on: Mapped[date | None]
    medical_cleared_on: Mapped[date | None]
    parental_authorised_on: Mapped[date | None]
    parental_holders: Mapped[str] = mapped_column(default="")
    minor_tutoring_on: Mapped[date | None]
    age_limit_30: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]

    volunteer: Mapped[Volunteer] = relationship(lazy="raise")
    tutor: Mapped[User | None] = relationship(lazy="raise")
    trainings: Mapped[list["Training"]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @property
    def last_day(self) -> date:
        return self.ended_on or self.ends_on

    def covers(self, day: date) -> bool:
        """Whether the volunteer is engaged on a local day."""
        return self.starts_on <= day <= self.last_day


class Training(Base):
    """One training done under a contract, on a day."""

    __tablename__ = "trainings"
    __table_args__ = (one_of("kind", TRAININGS), UniqueConstraint("contract_id", "kind"))

    id: Mapped[Id]
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("engagement_contracts.id", ondelete="CASCADE"))
    kind: Mapped[Code]
    done_on: Mapped[date]
    created_at: Mapped[CreatedAt]
