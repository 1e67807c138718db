"""Engagement contracts and the facts that open the right to serve. States follow from these facts."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.accounts.models import User
from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.volunteers.models import Volunteer

TRAININGS = ("civic_half", "civic_training", "first_aid", "site_safety")
REVIEWS = ("entry", "middle", "end")
DECLARATIONS = ("no_substitution", "not_indispensable", "fcc_attest")
# Why an engagement ended before its day; the first four need no notice (NOTICE, L120-16).
END_REASONS = ("permanent_job", "fixed_term_job", "serious_fault", "force_majeure", "agreement", "volunteer", "host")
LEAVE_KINDS = ("annual", "family_event", "death", "sick", "accident", "maternity", "other")
LEAVE_STATES = ("requested", "approved", "refused", "withdrawn")
WORKING_WEEK = "12345"


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
    # A yes blocks: one engagement in a life (ONE_ONLY).
    earlier_engagement: Mapped[bool] = mapped_column(default=False)
    # ISO numbers of the usual mission days, "12345" for Monday to Friday: only these count in a leave (LEAVE_COUNT).
    usual_days: Mapped[Code] = mapped_column(default=WORKING_WEEK)
    notice_given_on: Mapped[date | None]
    end_reason: Mapped[Code] = mapped_column(default="")
    created_at: Mapped[CreatedAt]

    volunteer: Mapped[Volunteer] = relationship(lazy="raise")
    tutor: Mapped[User | None] = relationship(lazy="raise")
    trainings: Mapped[list["Training"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    reviews: Mapped[list["Review"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    declarations: Mapped[list["Declaration"]] = relationship(lazy="raise", cascade="all, delete-orphan")

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


class Review(Base):
    """One of the three interviews of an engagement: planned for a day, then held on one."""

    __tablename__ = "reviews"
    __table_args__ = (one_of("kind", REVIEWS), UniqueConstraint("contract_id", "kind"))

    id: Mapped[Id]
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("engagement_contracts.id", ondelete="CASCADE"))
    kind: Mapped[Code]
    planned_on: Mapped[date | None]
    held_on: Mapped[date | None]
    created_at: Mapped[CreatedAt]


class Declaration(Base):
    """Somebody's dated word for a rule that no figure can prove; `name` is theirs as they signed it."""

    __tablename__ = "declarations"
    __table_args__ = (one_of("code", DECLARATIONS), UniqueConstraint("contract_id", "code"))

    id: Mapped[Id]
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("engagement_contracts.id", ondelete="CASCADE"))
    code: Mapped[Code]
    declared_on: Mapped[date]
    name: Mapped[str]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]


class Leave(Base):
    """Days off that a volunteer asked for; both days are included, and of the reason only its class is kept."""

    __tablename__ = "leaves"
    __table_args__ = (
        one_of("kind", LEAVE_KINDS),
        one_of("state", LEAVE_STATES),
        CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        Index(None, "volunteer_id", "starts_on"),
        Index(None, "state"),
    )

    id: Mapped[Id]
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"))
    kind: Mapped[Code]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[Code] = mapped_column(default="requested")
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decision_reason: Mapped[str] = mapped_column(default="")

    volunteer: Mapped[Volunteer] = relationship(lazy="raise")


class RuleSetting(Base):
    """A dated value of a rule's parameter (contracts.limits); rows are added, never changed, so that the past stays."""

    __tablename__ = "rule_settings"
    __table_args__ = (UniqueConstraint("parameter", "valid_from"),)

    id: Mapped[Id]
    parameter: Mapped[Code]
    value: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    valid_from: Mapped[date]
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
