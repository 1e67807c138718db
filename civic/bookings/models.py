"""A volunteer's place on a shift or in its queue, its history, and the attendance noted for it.

The database itself keeps three promises on both engines, whatever the code does: a shift never holds more live seats
than its capacity, a volunteer is on a shift at most once, and never on two shifts that overlap. The first and third are
triggers on SQLite; on PostgreSQL a trigger and an exclusion constraint (see the first migration).
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer

SEATED = ("confirmed", "offered")
LIVE = ("confirmed", "offered", "waitlisted")
ENDED = ("withdrawn", "removed", "cancelled", "declined", "expired")
# Somebody who came without a seat: noted after the fact, outside the guards of capacity and overlap.
WALK_IN = "walk_in"
ATTENDANCE = ("present", "absent", "excused")
ATTENDANCE_SOURCES = ("coordinator", "check_in")
ABSENCE_REASONS = ("health", "family", "transport", "school", "other")
_LIVE = text("state IN ('confirmed', 'offered', 'waitlisted')")


class Booking(Base):
    """A row per try: booking again after a withdrawal makes a new one. The times follow the shift's by cascade."""

    __tablename__ = "bookings"
    __table_args__ = (
        one_of("state", (*LIVE, *ENDED, WALK_IN)),
        ForeignKeyConstraint(
            ["shift_id", "starts_at", "ends_at"],
            ["shifts.id", "shifts.starts_at", "shifts.ends_at"],
            name="fk_bookings_shift",
            onupdate="CASCADE",
        ),
        Index(
            "uq_bookings_live",
            "shift_id",
            "volunteer_id",
            unique=True,
            postgresql_where=_LIVE,
            sqlite_where=_LIVE,
        ),
        Index(None, "volunteer_id", "starts_at"),
        Index(None, "shift_id", "state"),
        Index(
            None, "offer_expires_at", postgresql_where=text("state = 'offered'"), sqlite_where=text("state = 'offered'")
        ),
    )

    id: Mapped[Id]
    shift_id: Mapped[UUID]
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[Code]
    # Order in the waitlist, in microseconds since 1970; going to the head takes one less than the smallest.
    queue_key: Mapped[int] = mapped_column(BigInteger)
    offer_expires_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    shift: Mapped[Shift] = relationship(lazy="raise")
    volunteer: Mapped[Volunteer] = relationship(lazy="raise")
    attendance: Mapped["Attendance | None"] = relationship(lazy="raise", back_populates="booking")


class BookingEvent(Base):
    """Each change of a booking's state: what, when, by whom, why."""

    __tablename__ = "booking_events"

    id: Mapped[Id]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), index=True)
    at: Mapped[CreatedAt]
    state: Mapped[Code]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Attendance(Base):
    """Whether the person came, and the hours they served (the shift's own when nothing else was noted)."""

    __tablename__ = "attendances"
    __table_args__ = (one_of("state", ATTENDANCE),)

    id: Mapped[Id]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), unique=True)
    state: Mapped[Code]
    hours: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    noted_at: Mapped[CreatedAt]
    noted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # "check_in" when the volunteer noted it with the site's code; arrived_at is then the moment of it.
    source: Mapped[Code] = mapped_column(default="coordinator")
    arrived_at: Mapped[datetime | None]

    booking: Mapped[Booking] = relationship(lazy="raise", back_populates="attendance")


class AttendanceEvent(Base):
    """Each thing that was noted of a presence, so that a correction keeps what stood before."""

    __tablename__ = "attendance_events"

    id: Mapped[Id]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), index=True)
    at: Mapped[CreatedAt]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    state: Mapped[Code]
    hours: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    source: Mapped[Code]
    reason: Mapped[str] = mapped_column(default="")


class Incident(Base):
    """A rule that a walk-in broke: it could no longer be refused, so it is kept with its sentence."""

    __tablename__ = "incidents"

    id: Mapped[Id]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), index=True)
    at: Mapped[CreatedAt]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    code: Mapped[Code]
    title: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class StandInCall(Base):
    """« Je ne peux pas venir », after the deadline: a seat to fill at once. Only the class of the reason is kept."""

    __tablename__ = "stand_in_calls"
    __table_args__ = (one_of("reason", ABSENCE_REASONS),)

    id: Mapped[Id]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"), unique=True)
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id", ondelete="CASCADE"), index=True)
    reason: Mapped[Code]
    opened_at: Mapped[CreatedAt]
    opened_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # When the call went out to everybody; before, the queue had the first word.
    called_at: Mapped[datetime | None]


class CheckInCode(Base):
    """The word posted at a site (and in its QR code) with which people note their arrival; the last one holds."""

    __tablename__ = "check_in_codes"
    __table_args__ = (Index(None, "site_id", "revoked_at"),)

    id: Mapped[Id]
    site_id: Mapped[Code] = mapped_column(ForeignKey("sites.id"))
    code: Mapped[Code] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """A personal calendar's secret address, kept as a digest only; revoking makes it unknown."""

    __tablename__ = "calendar_feeds"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]
