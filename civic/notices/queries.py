"""Announcements as their readers find them, and who has read one. A constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.notices.models import Announcement, AnnouncementReceipt
from civic.notices.rules import Reader, shown_on

HOME_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """An announcement as one of its readers has it."""

    id: UUID
    kind: str
    audience: str
    title: str
    body: str
    created_at: datetime
    shown_until: date | None
    withdrawn_at: datetime | None
    read_at: datetime | None
    author: str | None

    def shown_on(self, day: date) -> bool:
        return shown_on(day, self.shown_until, self.withdrawn_at is not None)


_OF_READER: Select[Any] = (
    select(
        Announcement.id,
        Announcement.kind,
        Announcement.audience,
        Announcement.title,
        Announcement.body,
        Announcement.created_at,
        Announcement.shown_until,
        Announcement.withdrawn_at,
        AnnouncementReceipt.read_at,
        User.name.label("author"),
    )
    .join(AnnouncementReceipt, AnnouncementReceipt.announcement_id == Announcement.id)
    .outerjoin(User, User.id == Announcement.created_by_id)
)


def shown(day: date) -> ColumnElement[bool]:
    """What the app still shows on a local day."""
    lasting = or_(Announcement.shown_until.is_(None), Announcement.shown_until >= day)
    return and_(Announcement.withdrawn_at.is_(None), lasting)


async def waiting_for(session: AsyncSession, user_id: UUID, day: date) -> list[Notice]:
    """What somebody has not read and the app still shows, safety first, newest first (one query)."""
    chosen = _OF_READER.where(AnnouncementReceipt.user_id == user_id, AnnouncementReceipt.read_at.is_(None), shown(day))
    rows = await session.execute(chosen.order_by(Announcement.kind.desc(), Announcement.created_at.desc()))
    return [Notice(*row) for row in rows]


async def notices_of(session: AsyncSession, user_id: UUID, *, offset: int, limit: int) -> tuple[list[Notice], int]:
    """A page of all that was sent to somebody, newest first, and how many there are."""
    mine = AnnouncementReceipt.user_id == user_id
    total = await session.scalar(select(func.count()).select_from(AnnouncementReceipt).where(mine)) or 0
    chosen = _OF_READER.where(mine).order_by(Announcement.created_at.desc(), Announcement.id)
    return [Notice(*row) for row in await session.execute(chosen.offset(offset).limit(limit))], total


async def notice_of(session: AsyncSession, user_id: UUID, announcement_id: UUID) -> Notice | None:
    """One that was sent to somebody; a stranger's is not found."""
    chosen = _OF_READER.where(AnnouncementReceipt.user_id == user_id, Announcement.id == announcement_id)
    row = (await session.execute(chosen)).first()
    return Notice(*row) if row else None


async def about_shift(session: AsyncSession, shift_id: UUID, day: date) -> Sequence[Announcement]:
    """What is still shown about a shift, newest first: for those on it, whenever they joined."""
    chosen = select(Announcement).where(Announcement.shift_id == shift_id, shown(day))
    return (await session.scalars(chosen.order_by(Announcement.created_at.desc()))).all()


async def unread_readers(session: AsyncSession, announcement_id: UUID) -> list[Reader]:
    """Those with an open account who have not said that they read it."""
    chosen = (
        select(User.id, User.name, User.email, User.is_verified)
        .join(AnnouncementReceipt, AnnouncementReceipt.user_id == User.id)
        .where(AnnouncementReceipt.announcement_id == announcement_id, AnnouncementReceipt.read_at.is_(None))
        .where(User.is_active)
        .order_by(User.name, User.id)
    )
    return [Reader(*row) for row in await session.execute(chosen)]


async def last_reminder(session: AsyncSession, announcement_id: UUID) -> datetime | None:
    found: datetime | None = await session.scalar(
        select(AuditEvent.at)
        .where(AuditEvent.subject_kind == "announcements", AuditEvent.subject_id == str(announcement_id))
        .where(AuditEvent.verb == "announcement.reminded")
        .order_by(AuditEvent.at.desc())
        .limit(1)
    )
    return found


async def sent(
    session: AsyncSession, scope: frozenset[str], *, kind: str, state: str, day: date, offset: int, limit: int
) -> tuple[list[Row[Any]], int]:
    """A page of the announcements of a scope (empty: all), newest first, with `readers` and `read` counted."""
    wanted = [in_scope(scope)]
    if kind:
        wanted.append(Announcement.kind == kind)
    if state:
        wanted.append(shown(day) if state == "affichees" else ~shown(day))
    total = await session.scalar(select(func.count(Announcement.id)).where(*wanted)) or 0
    chosen = (
        select(
            Announcement,
            User.name.label("author"),
            func.count(AnnouncementReceipt.user_id).label("readers"),
            func.count(AnnouncementReceipt.read_at).label("read"),
        )
        .outerjoin(AnnouncementReceipt, AnnouncementReceipt.announcement_id == Announcement.id)
        .outerjoin(User, User.id == Announcement.created_by_id)
        .where(*wanted)
        .group_by(Announcement.id, User.name)
        .order_by(Announcement.created_at.desc(), Announcement.id)
        .offset(offset)
        .limit(limit)
    )
    return list((await session.execute(chosen)).all()), total


def in_scope(scope: frozenset[str]) -> ColumnElement[bool]:
    """Those that a coordinator answers for; what was sent to every intermunicipality is theirs who cover all."""
    return Announcement.intermunicipality_code.in_(scope) if scope else Announcement.id.is_not(None)
