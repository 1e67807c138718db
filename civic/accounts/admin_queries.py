"""What an administrator reads: accounts, and the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.audit.sentences import sentence
from civic.formats import plain

PAGE = 50
MOST_PEOPLE = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, written for people; `account` is the account it was done to, when it was one."""

    at: datetime
    author: str
    author_id: UUID | None
    text: str
    kind: str
    subject_id: str
    account: str


async def search_accounts(session: AsyncSession, words: str, role: str, state: str) -> list[User]:
    """Accounts by name, with their scopes; names are compared without accents, so here and not in the database."""
    chosen: Select[tuple[User]] = select(User).options(selectinload(User.scopes)).order_by(User.name, User.id)
    if role:
        chosen = chosen.where(User.role == role)
    if state:
        chosen = chosen.where(User.is_active.is_(state == "ouvert"))
    wanted = plain(words).split()
    found = await session.scalars(chosen)
    return [one for one in found if all(word in plain(f"{one.name} {one.email}") for word in wanted)]


async def people_named(session: AsyncSession, words: str) -> list[UUID]:
    """Accounts whose name or address holds every word."""
    wanted = plain(words).split()
    rows = await session.execute(select(User.id, User.name, User.email).order_by(User.name))
    found = [row.id for row in rows if all(word in plain(f"{row.name} {row.email}") for word in wanted)]
    return found[:MOST_PEOPLE]


async def log_page(
    session: AsyncSession, *, verb: str, people: Sequence[UUID] | None, page: int
) -> tuple[list[Entry], bool]:
    """A page of events, newest first, and whether there is another.

    `verb` is a whole one, or a family (« shift »); `people` did it or had it done to their account.
    """
    chosen = (
        select(AuditEvent, User.name.label("author"))
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .order_by(AuditEvent.at.desc(), AuditEvent.id)
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    )
    if verb:
        chosen = chosen.where(
            AuditEvent.verb == verb if "." in verb else AuditEvent.verb.startswith(f"{verb}.", autoescape=True)
        )
    if people is not None:
        theirs = and_(AuditEvent.subject_kind == "users", AuditEvent.subject_id.in_([str(one) for one in people]))
        chosen = chosen.where(or_(AuditEvent.actor_id.in_(people), theirs))
    rows = (await session.execute(chosen)).all()
    names = await _account_names(session, rows)
    return [_entry(row, names) for row in rows[:PAGE]], len(rows) > PAGE


async def _account_names(session: AsyncSession, rows: Sequence[Row[Any]]) -> dict[str, str]:
    ids = {UUID(row.AuditEvent.subject_id) for row in rows if row.AuditEvent.subject_kind == "users"}
    found = await session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {str(row.id): row.name for row in found}


def _entry(row: Row[Any], names: dict[str, str]) -> Entry:
    event: AuditEvent = row.AuditEvent
    return Entry(
        at=event.at,
        author=row.author or "",
        author_id=event.actor_id,
        text=sentence(event.verb, event.detail),
        kind=event.subject_kind,
        subject_id=event.subject_id,
        account=names.get(event.subject_id, "") if event.subject_kind == "users" else "",
    )
