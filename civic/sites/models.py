"""Where volunteers serve: intermunicipalities, communes, sites and their closures."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code

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
