"""A time at a site for a mission, with places to fill."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.missions.models import Mission
from civic.sites.models import Site

STATES = ("draft", "published", "cancelled")
MAX_CAPACITY = 50


class Shift(Base):
    """`version` grows with each edit and makes the ETag; bookings never change it."""

    __tablename__ = "shifts"
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint("ends_at > starts_at", name="times_in_order"),
        CheckConstraint(f"capacity BETWEEN 1 AND {MAX_CAPACITY}", name="capacity"),
        CheckConstraint("min_staff BETWEEN 1 AND capacity", name="min_staff"),
        CheckConstraint("break_minutes >= 0", name="break_minutes"),
        # Bookings copy these times through a foreign key that cascades: see bookings.models.
        UniqueConstraint("id", "starts_at", "ends_at", name="uq_shifts_times"),
        Index(None, "starts_at", "id"),
        Index(None, "site_id", "starts_at"),
        Index(None, "mission_id"),
    )

    id: Mapped[Id]
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"))
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    break_minutes: Mapped[int] = mapped_column(default=0)
    capacity: Mapped[int] = mapped_column(default=2)
    min_staff: Mapped[int] = mapped_column(default=2)
    state: Mapped[Code] = mapped_column(default="draft")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    published_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    cancel_reason: Mapped[str] = mapped_column(default="")

    mission: Mapped[Mission] = relationship(lazy="raise")
    site: Mapped[Site] = relationship(lazy="raise")

    @property
    def served(self) -> timedelta:
        """Time that counts: from start to end, less the planned break."""
        return self.ends_at - self.starts_at - timedelta(minutes=self.break_minutes)

    @property
    def hours(self) -> float:
        return self.served.total_seconds() / 3600


class IdempotencyKey(Base):
    """A key that a client sent with a creating request, and what it made: a replay answers the same."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[CreatedAt]
