"""Named selects: whose encounters somebody may see, and the filters of a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, case, exists, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from civic.accounts.models import User
from civic.encounters import codes
from civic.encounters.models import Encounter, EncounterTopic, Topic
from civic.encounters.pairs import in_sight
from civic.shifts.models import Shift
from civic.sites.models import Site


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of encounters is narrowed by; days are local and included, a pillar is that of a topic."""

    first: date | None = None
    last: date | None = None
    site: str | None = None
    intermunicipality: str | None = None
    pillar: str | None = None
    topic: str | None = None
    feeling: str | None = None
    status: str | None = None
    # What a report asks more: somebody of an age, a mission, and values of which UNSAID means that none was given.
    age: str | None = None
    mission: UUID | None = None
    half_day: str | None = None
    contact_origin: str | None = None
    origin_zone: str | None = None


# Two words that are no codes: whatever was not cancelled, and what was not said.
COUNTED, UNSAID = "counted", "none"


def visible_to(user: User) -> Select[tuple[Encounter]]:
    """The encounters that somebody may see; joins the site."""
    return select(Encounter).join(Site, Site.id == Encounter.site_id).where(in_sight(Encounter, user))


def narrowed(chosen: Select[tuple[Encounter]], filters: Filters) -> Select[tuple[Encounter]]:
    """The encounters of `visible_to` that the filters keep."""
    if filters.first:
        chosen = chosen.where(Encounter.date >= filters.first)
    if filters.last:
        chosen = chosen.where(Encounter.date <= filters.last)
    named = exists().where(EncounterTopic.encounter_id == Encounter.id)
    if filters.pillar:
        topics = select(Topic.code).where(Topic.pillar == filters.pillar)
        chosen = chosen.where(named.where(EncounterTopic.topic_code.in_(topics)))
    if filters.topic:
        chosen = chosen.where(named.where(EncounterTopic.topic_code == filters.topic))
    if filters.age:
        chosen = chosen.where(getattr(Encounter, filters.age) > 0)
    if filters.mission:
        chosen = chosen.where(Encounter.shift_id.in_(select(Shift.id).where(Shift.mission_id == filters.mission)))
    return chosen.where(*_values(filters))


def _values(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """What the columns must hold, or not."""
    if filters.intermunicipality:
        yield Site.intermunicipality_code == filters.intermunicipality
    columns = {
        "site": Encounter.site_id,
        "feeling": Encounter.feeling,
        "status": Encounter.status,
        "half_day": Encounter.half_day,
        "contact_origin": Encounter.contact_origin,
        "origin_zone": Encounter.origin_zone,
    }
    for name, column in columns.items():
        value = getattr(filters, name)
        if value == COUNTED:
            yield column != "voided"
        elif value == UNSAID:
            yield column.is_(None)
        elif value:
            yield column == value


async def after(
    session: AsyncSession, chosen: Select[tuple[Encounter]], key: tuple[date, UUID] | None, limit: int
) -> Sequence[Encounter]:
    """By day then identifier, from a key on, with their topics."""
    if key:
        chosen = chosen.where(tuple_(Encounter.date, Encounter.id) > tuple_(literal(key[0]), literal(key[1], Uuid())))
    chosen = chosen.order_by(Encounter.date, Encounter.id).limit(limit)
    return (await session.scalars(chosen.options(selectinload(Encounter.topics)))).all()


class Page(NamedTuple):
    """A page of a list, how many encounters and how many people there are in all."""

    rows: Sequence[Encounter]
    total: int
    people: int


async def page(
    session: AsyncSession, chosen: Select[tuple[Encounter]], *, number: int, size: int, age: str | None = None
) -> Page:
    """Latest first, with sites and topics; under an age the people are those of the bracket."""
    people = getattr(Encounter, age) if age else Encounter.people_count
    sums = chosen.with_only_columns(func.count(), func.coalesce(func.sum(people), 0))
    total, met = (await session.execute(sums)).one()
    in_the_day = case({code: rank for rank, code in enumerate(codes.HALF_DAYS)}, value=Encounter.half_day)
    order = (Encounter.date.desc(), in_the_day.desc(), Encounter.id)
    chosen = chosen.order_by(*order).offset((number - 1) * size).limit(size)
    options = (selectinload(Encounter.topics), joinedload(Encounter.site))
    return Page((await session.scalars(chosen.options(*options))).all(), total, int(met))


async def topics_on(session: AsyncSession, day: date | None = None) -> Sequence[Topic]:
    """The topics of a day (every one ever used without it), in the order of the form."""
    chosen = select(Topic).order_by(Topic.rank, Topic.code)
    if day:
        chosen = chosen.where(or_(Topic.valid_from.is_(None), Topic.valid_from <= day))
        chosen = chosen.where(or_(Topic.valid_to.is_(None), Topic.valid_to >= day))
    return (await session.scalars(chosen)).all()
