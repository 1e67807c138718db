"""Named selects of outings: whose somebody may see, a page of them, and how many encounters each one held."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic.accounts.models import User
from civic.encounters import codes
from civic.encounters.models import Encounter, Outing
from civic.encounters.pairs import in_sight
from civic.sites.models import Site

Key = tuple[Any, ...]


def visible_to(user: User) -> Select[tuple[Outing]]:
    """The outings that somebody may see, with their site."""
    return select(Outing).join(Site, Site.id == Outing.site_id).where(in_sight(Outing, user))


def narrowed(
    chosen: Select[tuple[Outing]], first: date | None, last: date | None, site: str | None
) -> Select[tuple[Outing]]:
    if first:
        chosen = chosen.where(Outing.date >= first)
    if last:
        chosen = chosen.where(Outing.date <= last)
    return chosen.where(Outing.site_id == site) if site else chosen


async def page(
    session: AsyncSession, chosen: Select[tuple[Outing]], *, number: int, size: int
) -> tuple[Sequence[Outing], int]:
    """A page of a list, latest first, with the sites, and how many there are in all."""
    total = await session.scalar(select(func.count()).select_from(chosen.with_only_columns(Outing.id).subquery()))
    in_the_day = case({code: rank for rank, code in enumerate(codes.HALF_DAYS)}, value=Outing.half_day)
    chosen = chosen.order_by(Outing.date.desc(), in_the_day.desc(), Outing.id)
    chosen = chosen.offset((number - 1) * size).limit(size).options(joinedload(Outing.site))
    return (await session.scalars(chosen)).all(), total or 0


async def met(session: AsyncSession, outings: Sequence[Outing]) -> dict[UUID, int]:
    """How many encounters each outing held: those that name it; of the others, those of its shift; off shift, those of
    its author at the same place and half-day.
    """
    if not outings:
        return {}
    shifts = [one.shift_id for one in outings if one.shift_id]
    alone = [one for one in outings if not one.shift_id]
    around = and_(
        Encounter.shift_id.is_(None),
        Encounter.author_id.in_([one.author_id for one in alone if one.author_id]),
        Encounter.date.in_([one.date for one in alone]),
    )
    columns = (Encounter.outing_id, Encounter.shift_id, Encounter.author_id, Encounter.site_id, Encounter.date)
    chosen = select(*columns, Encounter.half_day).where(
        Encounter.status != "voided",
        or_(
            Encounter.outing_id.in_([one.id for one in outings]),
            and_(Encounter.outing_id.is_(None), or_(Encounter.shift_id.in_(shifts), around)),
        ),
    )
    found: dict[Key, int] = {}
    for outing, shift, *place in await session.execute(chosen):
        key = (outing,) if outing else (shift,) if shift else tuple(place)
        found[key] = found.get(key, 0) + 1
    return {one.id: found.get((one.id,), 0) + found.get(_place(one), 0) for one in outings}


def _place(outing: Outing) -> Key:
    if outing.shift_id:
        return (outing.shift_id,)
    return (outing.author_id, outing.site_id, outing.date, outing.half_day)
