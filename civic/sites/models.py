"""Where volunteers serve: intermunicipalities, communes, sites, their closures, and what is wrong there."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.sites.kinds import REPORT_KINDS, REPORT_STATES, SPOTS

PILLARS = ("rev3", "archipel_vert", "resilience")


class Intermunicipality(Base):
    __tablename__ = "intermunicipalities"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[str]
    short_name: Mapped[str]
    siren: Mapped[Code]


class Commune(Base):
    __tablename__ = "communes"

    insee: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[str]
    intermunicipality_code: Mapped[Code] = mapped_column(ForeignKey("intermunicipalities.code"), index=True)
    postcodes: Mapped[str]
    population: Mapped[int]
    lat: Mapped[float]
    lon: Mapped[float]


class Site(Base):
    """A park, slag heap or venue; its id is the slug of the reference data."""

    __tablename__ = "sites"
    __table_args__ = (one_of("pillar", PILLARS),)

    id: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[Code]
    pillar: Mapped[Code]
    commune_insee: Mapped[Code] = mapped_column(ForeignKey("communes.insee"), index=True)
    intermunicipality_code: Mapped[Code] = mapped_column(ForeignKey("intermunicipalities.code"), index=True)
    lat: Mapped[float]
    lon: Mapped[float]
    precision_m: Mapped[int | None]
    approximate: Mapped[bool] = mapped_column(default=False)
    coordinates_source: Mapped[str] = mapped_column(default="")
    chain_member: Mapped[Code] = mapped_column(default="no")
    meeting_place: Mapped[str] = mapped_column(default="")
    access_notes: Mapped[str] = mapped_column(default="")
    safety_notes: Mapped[str] = mapped_column(default="")
    on_call_number: Mapped[str] = mapped_column(default="")
    # The name of a file under CIVIC_FILES/sites, re-encoded by us, and what it shows in words.
    photo: Mapped[str] = mapped_column(default="")
    photo_alt: Mapped[str] = mapped_column(default="")
    archived_at: Mapped[datetime | None]

    commune: Mapped[Commune] = relationship(lazy="raise")
    intermunicipality: Mapped[Intermunicipality] = relationship(lazy="raise")


class ClosureRule(Base):
    """A closure that comes back (hunting Sundays): an RRULE on local days, written out as rows of SiteClosure."""

    __tablename__ = "closure_rules"

    id: Mapped[Id]
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"), index=True)
    rule: Mapped[str]
    starts_on: Mapped[date]
    reason: Mapped[str]
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]


class SiteClosure(Base):
    """Local days, both included, on which no shift may be held at a site."""

    __tablename__ = "site_closures"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        Index(None, "site_id", "starts_on"),
    )

    id: Mapped[Id]
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str]
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # The rule that it was written out from, when it comes back.
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("closure_rules.id"), index=True)


class SiteReport(Base):
    """Something wrong at a place, as a volunteer saw it. It names nobody and stands apart from every encounter."""

    __tablename__ = "site_reports"
    __table_args__ = (
        one_of("kind", REPORT_KINDS),
        one_of("spot", SPOTS),
        one_of("state", REPORT_STATES),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(state IN ('solved', 'rejected')) = (closed_at IS NOT NULL)", name="closed_at"),
        Index(None, "site_id", "state"),
        Index(None, "author_id", "date"),
        Index(None, "date"),
        Index(None, "closed_at"),
    )

    # The phone's own UUID (client_uuid in the interface): a replay does nothing.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    # For the answer that a volunteer is owed; no list for others and no export names them.
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[Code]
    spot: Mapped[Code | None]
    date: Mapped[date]
    description: Mapped[str] = mapped_column(String(280), default="")
    # The name of a file under CIVIC_FILES/site_reports, re-encoded by us.
    photo: Mapped[str] = mapped_column(default="")
    # The last of its steps, repeated here for the lists.
    state: Mapped[Code] = mapped_column(default="new")
    handed_on_to: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[CreatedAt]

    site: Mapped[Site] = relationship(lazy="raise")


class SiteReportStep(Base):
    """What became of a report, when, by whom; `note` is the sentence that its author reads."""

    __tablename__ = "site_report_steps"
    __table_args__ = (one_of("state", REPORT_STATES), Index(None, "report_id", "number", unique=True))

    id: Mapped[Id]
    report_id: Mapped[UUID] = mapped_column(ForeignKey("site_reports.id", ondelete="CASCADE"))
    # From 1: two people who follow the same report at once can't both write the next one.
    number: Mapped[int]
    state: Mapped[Code]
    at: Mapped[CreatedAt]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    handed_on_to: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(String(280), default="")
