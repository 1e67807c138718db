"""Announcements in the app and by mail, and who has read those that matter for safety."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from civic.columns import CreatedAt, Id, one_of
from civic.db import Base, Code

KINDS = ("info", "safety")
AUDIENCES = ("shift", "site", "everyone")


class Announcement(Base):
    """A message to the pair of a shift, to a site's volunteers or to everyone (of an intermunicipality when given).

    Its readers are written down when it is sent: who joins later is not told of what is past.
    """

    __tablename__ = "announcements"
    __table_args__ = (one_of("kind", KINDS), one_of("audience", AUDIENCES), Index(None, "created_at"))

    id: Mapped[Id]
    kind: Mapped[Code] = mapped_column(default="info")
    audience: Mapped[Code]
    shift_id: Mapped[UUID | None] = mapped_column(ForeignKey("shifts.id", ondelete="SET NULL"), index=True)
    site_id: Mapped[Code | None] = mapped_column(ForeignKey("sites.id"), index=True)
    intermunicipality_code: Mapped[Code | None] = mapped_column(ForeignKey("intermunicipalities.code"))
    title: Mapped[str]
    body: Mapped[str]
    # The last day on which it is shown in the app.
    shown_until: Mapped[date | None]
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    withdrawn_at: Mapped[datetime | None]

    receipts: Mapped[list["AnnouncementReceipt"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class AnnouncementReceipt(Base):
    """One person whom an announcement was sent to, and when they said that they read it."""

    __tablename__ = "announcement_receipts"

    announcement_id: Mapped[UUID] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    read_at: Mapped[datetime | None]
