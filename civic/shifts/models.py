"""A time at a site for a mission, with places to fill; the series it may belong to, and weeks kept as templates."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.missions.models import Mission
from civic.sites.models import Site

STATES = ("draft", "published", "cancelled")
MAX_CAPACITY = 50
_IN_SERIES = text("series_id IS NOT NULL")
_NAMED = text("reference IS NOT NULL")


class ShiftSeries(Base):
    """Shifts that come back: an RRULE on local days and a local time, written out as shifts once.

    `ends_time` not after `starts_time` means the next day. `version` grows with each edit of the whole.
    """

    __tablename__ = "shift_series"
    __table_args__ = (
        CheckConstraint(f"capacity BETWEEN 1 AND {MAX_CAPACITY}", name="capacity"),
        CheckConstraint("min_staff BETWEEN 1 AND capacity", name="min_staff"),
        CheckConstraint("break_minutes >= 0", name="break_minutes"),
    )

    id: Mapped[Id]
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"), index=True)
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"), index=True)
    rule: Mapped[str]
    first_day: Mapped[date]
    starts_time: Mapped[time]
    ends_time: Mapped[time]
    break_minutes: Mapped[int] = mapped_column(default=0)
    capacity: Mapped[int] = mapped_column(default=2)
    min_staff: Mapped[int] = mapped_column(default=2)
    skip_closures: Mapped[bool] = mapped_column(default=True)
    skip_holidays: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # The series that this one was split from by « celui-ci et les suivants ».
    split_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("shift_series.id", ondelete="SET NULL"))


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
        Index(
            "uq_shifts_series_day",
            "series_id",
            "series_day",
            unique=True,
            postgresql_where=_IN_SERIES,
            sqlite_where=_IN_SERIES,
        ),
        Index("uq_shifts_reference", "reference", unique=True, postgresql_where=_NAMED, sqlite_where=_NAMED),
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
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("shift_series.id"))
    # The local day that the series' rule gave, which stays when the shift is moved; `detached` once edited by itself.
    series_day: Mapped[date | None]
    detached: Mapped[bool] = mapped_column(default=False)
    # The name that an imported file gives this shift, so that the same file again finds it.
    reference: Mapped[str | None] = mapped_column(String(80))

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


class WeekTemplate(Base):
    """A week to lay out again: its shifts without their dates."""

    __tablename__ = "week_templates"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    archived_at: Mapped[datetime | None]

    lines: Mapped[list["WeekTemplateLine"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class WeekTemplateLine(Base):
    """One shift of a template, on a weekday (Monday is 0); `ends_time` not after `starts_time` means the next day."""

    __tablename__ = "week_template_lines"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(f"capacity BETWEEN 1 AND {MAX_CAPACITY}", name="capacity"),
        CheckConstraint("min_staff BETWEEN 1 AND capacity", name="min_staff"),
        CheckConstraint("break_minutes >= 0", name="break_minutes"),
    )

    id: Mapped[Id]
    template_id: Mapped[UUID] = mapped_column(ForeignKey("week_templates.id", ondelete="CASCADE"), index=True)
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"))
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"))
    weekday: Mapped[int]
    starts_time: Mapped[time]
    ends_time: Mapped[time]
    break_minutes: Mapped[int] = mapped_column(default=0)
    capacity: Mapped[int] = mapped_column(default=2)
    min_staff: Mapped[int] = mapped_column(default=2)
