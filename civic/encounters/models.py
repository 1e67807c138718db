"""Encounters with residents, anonymous by design, the outings that hold them, their topics and every kept version."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.clock import now
from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.encounters import codes
from civic.shifts.models import Shift
from civic.sites.models import PILLARS, Site


class Topic(Base):
    """Topics are data: old reports keep the meaning they had through the dates of validity."""

    __tablename__ = "topics"
    __table_args__ = (one_of("pillar", PILLARS),)

    code: Mapped[Code] = mapped_column(primary_key=True)
    label: Mapped[str]
    pillar: Mapped[Code | None]
    sensitive: Mapped[bool] = mapped_column(default=False)
    rank: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    merged_into: Mapped[Code | None] = mapped_column(ForeignKey("topics.code"))

    @property
    def id(self) -> str:
        """What the audit log calls it by."""
        return self.code

    @property
    def gone_from(self) -> date | None:
        """The first day on which it is no longer chosen, or counts as another."""
        return self.valid_to + timedelta(days=1) if self.valid_to else None


class Outing(Base):
    """What a pair did on one shift or half-day; an outing without an encounter is a result too."""

    __tablename__ = "outings"
    __table_args__ = (
        one_of("half_day", codes.HALF_DAYS),
        one_of("weather", codes.WEATHERS),
        one_of("crowd", codes.CROWDS),
        one_of("ambience", codes.AMBIENCES),
        CheckConstraint("approached_count >= 0", name="approached_count"),
        CheckConstraint("refused_count >= 0", name="refused_count"),
        Index(None, "date", "site_id"),
        Index(None, "shift_id"),
        Index(None, "author_id", "date"),
    )

    # The phone's own UUID (client_uuid in the interface).
    id: Mapped[UUID] = mapped_column(primary_key=True)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    shift_id: Mapped[UUID | None] = mapped_column(ForeignKey("shifts.id"))
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"))
    date: Mapped[date]
    half_day: Mapped[Code]
    approached_count: Mapped[int | None]
    refused_count: Mapped[int | None]
    weather: Mapped[Code | None]
    crowd: Mapped[Code | None]
    ambience: Mapped[Code | None]
    version: Mapped[int]
    voided_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None] = mapped_column(default=now)

    site: Mapped[Site] = relationship(lazy="raise")
    shift: Mapped[Shift | None] = relationship(lazy="raise")


class OutingVersion(Base):
    __tablename__ = "outing_versions"

    outing_id: Mapped[UUID] = mapped_column(ForeignKey("outings.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    at: Mapped[CreatedAt]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class Encounter(Base):
    """One conversation. No name, contact, photo, exact age, point or minute is ever kept."""

    __tablename__ = "encounters"
    __table_args__ = (
        one_of("half_day", codes.HALF_DAYS),
        one_of("feeling", codes.FEELINGS),
        one_of("status", codes.STATUSES),
        *(one_of(name, options) for name, options in codes.DETAILS.items()),
        *(CheckConstraint(f"{name} BETWEEN 0 AND 200", name=name) for name in codes.AGES),
        CheckConstraint("people_count BETWEEN 1 AND 200", name="people_count"),
        CheckConstraint("people_count = " + " + ".join(codes.AGES), name="people_sum"),
        CheckConstraint("version >= 1", name="version"),
        Index(None, "date", "site_id"),
        Index(None, "shift_id"),
        Index(None, "author_id", "date"),
        Index(None, "outing_id"),
    )

    # The phone's own UUID (client_uuid in the interface): a replay does nothing.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # No foreign key: an encounter may come before its outing.
    outing_id: Mapped[UUID | None]
    shift_id: Mapped[UUID | None] = mapped_column(ForeignKey("shifts.id"))
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"))
    date: Mapped[date]
    half_day: Mapped[Code]
    age_lt12: Mapped[int] = mapped_column(default=0)
    age_12_17: Mapped[int] = mapped_column(default=0)
    age_18_24: Mapped[int] = mapped_column(default=0)
    age_25_59: Mapped[int] = mapped_column(default=0)
    age_60p: Mapped[int] = mapped_column(default=0)
    age_nc: Mapped[int] = mapped_column(default=0)
    people_count: Mapped[int]
    feeling: Mapped[Code]
    contact_origin: Mapped[Code | None]
    duration_band: Mapped[Code | None]
    group_kind: Mapped[Code | None]
    origin_zone: Mapped[Code | None]
    visit_habit: Mapped[Code | None]
    transport: Mapped[Code | None]
    spot: Mapped[Code | None]
    purpose: Mapped[Code | None]
    partner_venue: Mapped[Code | None]
    referral: Mapped[Code | None]
    comment: Mapped[str | None] = mapped_column(String(280))
    # What the detector noticed in the comment waits for a reader.
    held: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[Code] = mapped_column(default="sent")
    version: Mapped[int]
    # Technical: erased after 30 days by the worker.
    received_at: Mapped[datetime | None] = mapped_column(default=now)

    site: Mapped[Site] = relationship(lazy="raise")
    shift: Mapped[Shift | None] = relationship(lazy="raise")
    topics: Mapped[list["EncounterTopic"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="EncounterTopic.rank"
    )

    @property
    def topic_codes(self) -> list[str]:
        return [row.topic_code for row in self.topics]


class EncounterTopic(Base):
    __tablename__ = "encounter_topics"

    encounter_id: Mapped[UUID] = mapped_column(ForeignKey("encounters.id", ondelete="CASCADE"), primary_key=True)
    topic_code: Mapped[Code] = mapped_column(ForeignKey("topics.code"), primary_key=True, index=True)
    rank: Mapped[int] = mapped_column(default=0)


class EncounterVersion(Base):
    """Every content an encounter ever had; `version` is the number its writer gave it."""

    __tablename__ = "encounter_versions"

    encounter_id: Mapped[UUID] = mapped_column(ForeignKey("encounters.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    at: Mapped[CreatedAt]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(default="")


class ClosedPeriod(Base):
    """Days whose encounters and outings are frozen, until somebody says why they are opened again.

    Triggers on both engines refuse what would change a figure; a comment may still be erased when its time has come.
    """

    __tablename__ = "closed_periods"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days_in_order"),
        CheckConstraint("reopened_at IS NULL OR reason <> ''", name="reason"),
        Index(None, "first_day"),
    )

    id: Mapped[Id]
    first_day: Mapped[date]
    last_day: Mapped[date]
    closed_at: Mapped[CreatedAt]
    closed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reopened_at: Mapped[datetime | None]
    reopened_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(default="")
