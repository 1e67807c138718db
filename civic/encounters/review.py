"""Encounters to look at: a comment that the detector noticed, many people at once, many encounters in one half-day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from civic import clock
from civic.accounts.models import User
from civic.audit import record as note
from civic.encounters.access import may_validate
from civic.encounters.detector import find
from civic.encounters.models import Encounter
from civic.encounters.queries import visible_to
from civic.encounters.rules import MANY_ENCOUNTERS, MANY_PEOPLE, to_look_at
from civic.errors import Forbidden, NotFound, Refusal
from civic.i18n import _

# As long as a comment is kept.
LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Waiting:
    """`comment` cut where the detector found something: [(text, found)], empty for who may not read it."""

    encounter: Encounter
    reasons: list[str]
    comment: list[tuple[str, bool]]


def _crowded() -> Select[tuple[UUID | None, date, str]]:
    """Authors and half-days with very many encounters."""
    return (
        select(Encounter.author_id, Encounter.date, Encounter.half_day)
        .where(Encounter.date >= clock.today() - LOOKED_BACK, Encounter.status != "voided")
        .where(Encounter.author_id.is_not(None))
        .group_by(Encounter.author_id, Encounter.date, Encounter.half_day)
        .having(func.count() >= MANY_ENCOUNTERS)
    )


def _waiting(user: User) -> Select[tuple[Encounter]]:
    """Those of the last 90 days that nobody validated; a manager sees none whose comment is held."""
    half_day = tuple_(Encounter.author_id, Encounter.date, Encounter.half_day)
    odd = or_(Encounter.held, Encounter.people_count >= MANY_PEOPLE, half_day.in_(_crowded()))
    chosen = visible_to(user).where(Encounter.status == "sent", Encounter.date >= clock.today() - LOOKED_BACK, odd)
    return chosen if user.role == "coordinator" else chosen.where(Encounter.held.is_(False))


async def count(session: AsyncSession, user: User) -> int:
    """How many wait for somebody."""
    chosen = _waiting(user).with_only_columns(Encounter.id).subquery()
    return await session.scalar(select(func.count()).select_from(chosen)) or 0


async def page(session: AsyncSession, user: User, *, number: int, size: int) -> Sequence[Waiting]:
    """Held comments first, then the oldest, each with why it is here."""
    order = (Encounter.held.desc(), Encounter.date, Encounter.id)
    chosen = _waiting(user).order_by(*order).offset((number - 1) * size).limit(size)
    chosen = chosen.options(selectinload(Encounter.topics), joinedload(Encounter.site))
    rows = (await session.scalars(chosen)).all()
    crowded = {tuple(row) for row in await session.execute(_crowded())}
    return [_shown(row, (row.author_id, row.date, row.half_day) in crowded) for row in rows]


def _shown(row: Encounter, crowded: bool) -> Waiting:
    comment = cut(row.comment) if row.held else []
    return Waiting(
        row, to_look_at(comment=row.comment, held=row.held, people=row.people_count, crowded=crowded), comment
    )


def cut(text: str | None) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether the detector found it."""
    pieces, at, text = [], 0, text or ""
    for hit in find(text):
        if hit.start < at:
            continue
        pieces += [(text[at : hit.start], False), (text[hit.start : hit.end], True)]
        at = hit.end
    return [(piece, found) for piece, found in (*pieces, (text[at:], False)) if piece]


async def validate(session: AsyncSession, *, by: User, encounter_id: UUID, seen: int) -> None:
    """Say that an encounter was read and may stand as its version `seen`; its comment is then shown like any other.

    Again: nothing more happens.
    """
    chosen = visible_to(by).where(Encounter.id == encounter_id).with_for_update(of=Encounter)
    row = await session.scalar(chosen.execution_options(populate_existing=True))
    if row is None:
        raise NotFound
    if row.status == "voided":
        raise Refusal("encounter_voided", _("Cette rencontre est annulée : elle ne se valide plus."))
    if row.version != seen:
        raise Refusal("changed_meanwhile", _("Cette rencontre a changé entre-temps. Relisez-la, puis validez-la."))
    if row.status == "validated" and by.role in ("coordinator", "manager"):
        return
    if not may_validate(by, row):
        raise Forbidden
    change = update(Encounter).where(Encounter.id == row.id).values(status="validated", held=False)
    await session.execute(change)
    note(session, by=by, verb="encounter.validated", subject=row, detail={"version": seen})
