"""The volunteer behind an account: birth date, home commune, phone and emergency contact; and what they wish for."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.accounts.models import User
from civic.clock import age_on
from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.sites.models import Commune

PAIR_WISHES = ("together", "apart")


class Volunteer(Base):
    """Contact details are shown to coordinators in scope only, and the phone to the partner during a shift."""

    __tablename__ = "volunteers"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    birth_date: Mapped[date]
    commune_insee: Mapped[Code | None] = mapped_column(ForeignKey("communes.insee"), index=True)
    phone: Mapped[str] = mapped_column(default="")
    emergency_name: Mapped[str] = mapped_column(default="")
    emergency_phone: Mapped[str] = mapped_column(default="")
    created_at: Mapped[CreatedAt]

    user: Mapped[User] = relationship(lazy="raise")
    commune: Mapped[Commune | None] = relationship(lazy="raise")

    def minor_on(self, day: date) -> bool:
        """Under 18 on a local day."""
        return age_on(self.birth_date, day) < 18


class WeeklyUnavailability(Base):
    """A stretch of every week in which somebody would rather not serve; minutes of the local day, Monday is 0."""

    __tablename__ = "weekly_unavailabilities"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts_minute >= 0 AND ends_minute <= 1440 AND ends_minute > starts_minute", name="minutes"),
        UniqueConstraint("volunteer_id", "weekday", "starts_minute"),
    )

    id: Mapped[Id]
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    starts_minute: Mapped[int]
    ends_minute: Mapped[int]
    created_at: Mapped[CreatedAt]


class PreferredSite(Base):
    """A site where somebody likes to serve."""

    __tablename__ = "preferred_sites"

    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)


class PairWish(Base):
    """Two people to put on one shift, or never. Kept by coordinators and never shown to volunteers; first < second."""

    __tablename__ = "pair_wishes"
    __table_args__ = (
        one_of("kind", PAIR_WISHES),
        CheckConstraint("first_id < second_id", name="in_order"),
        UniqueConstraint("first_id", "second_id"),
        Index(None, "second_id"),
    )

    id: Mapped[Id]
    first_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"))
    second_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"))
    kind: Mapped[Code]
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
