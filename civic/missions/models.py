"""What volunteers may serve for, where, and who asked to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.contracts.models import TRAININGS
from civic.db import Base, Code
from civic.sites.models import PILLARS, Site
from civic.volunteers.models import Volunteer

TAGS = ("outdoor", "stand_duty", "vulnerable_public", "regulated_risk")
APPLICATION_STATES = ("submitted", "accepted", "rejected", "withdrawn")


class Mission(Base):
    __tablename__ = "missions"
    __table_args__ = (one_of("pillar", PILLARS), CheckConstraint("min_age BETWEEN 16 AND 30", name="min_age"))

    id: Mapped[Id]
    title: Mapped[str]
    pillar: Mapped[Code]
    activity: Mapped[str] = mapped_column(String(60), default="")
    description: Mapped[str] = mapped_column(default="")
    tasks: Mapped[str] = mapped_column(default="")
    min_age: Mapped[int] = mapped_column(default=16)
    approval_number: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    archived_at: Mapped[datetime | None]

    sites: Mapped[list[Site]] = relationship(secondary="mission_sites", lazy="raise", order_by="Site.name")
    tags: Mapped[list["MissionTag"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    trainings: Mapped[list["MissionTraining"]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @property
    def tag_codes(self) -> frozenset[str]:
        return frozenset(tag.tag for tag in self.tags)

    @property
    def training_codes(self) -> frozenset[str]:
        """Trainings that a volunteer must have done to serve here."""
        return frozenset(training.kind for training in self.trainings)


class MissionSite(Base):
    __tablename__ = "mission_sites"

    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)


class MissionTag(Base):
    __tablename__ = "mission_tags"
    __table_args__ = (one_of("tag", TAGS),)

    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[Code] = mapped_column(primary_key=True)


class MissionTraining(Base):
    __tablename__ = "mission_trainings"
    __table_args__ = (one_of("kind", TRAININGS),)

    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Code] = mapped_column(primary_key=True)


class Application(Base):
    """A volunteer's wish to join a mission; at most one open or accepted per mission."""

    __tablename__ = "applications"
    __table_args__ = (
        one_of("state", APPLICATION_STATES),
        Index(
            "uq_applications_live",
            "mission_id",
            "volunteer_id",
            unique=True,
            postgresql_where=text("state IN ('submitted', 'accepted')"),
            sqlite_where=text("state IN ('submitted', 'accepted')"),
        ),
        Index(None, "volunteer_id"),
    )

    id: Mapped[Id]
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"))
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"))
    motivation: Mapped[str] = mapped_column(default="")
    state: Mapped[Code] = mapped_column(default="submitted")
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decision_note: Mapped[str] = mapped_column(default="")

    mission: Mapped[Mission] = relationship(lazy="raise")
    volunteer: Mapped[Volunteer] = relationship(lazy="raise")
