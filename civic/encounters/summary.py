"""What somebody did in their engagement, for the interview at its end: hours, outings, encounters, topics, places.

For themself and their tutor, nobody else. Encounters are those of their pair, as in their own list: who wrote which is
never told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.statement import NONE, Statement, statement_of
from civic.contracts.models import EngagementContract
from civic.encounters.models import Encounter, EncounterTopic, Outing, Topic
from civic.encounters.pairs import pair_shift_ids
from civic.sites.models import Site


class SiteLine(NamedTuple):
    """A place: shifts served there with their hours, encounters and people."""

    name: str
    shifts: int
    hours: float
    encounters: int
    people: int


class TopicLine(NamedTuple):
    label: str
    pillar: str | None
    encounters: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The days `first` to `last`, both included; hours are those noted."""

    first: date
    last: date
    statement: Statement
    sites: Sequence[SiteLine]
    topics: Sequence[TopicLine]
    outings: int

    @property
    def shifts(self) -> int:
        return self.statement.count("present")

    @property
    def encounters(self) -> int:
        return sum(line.encounters for line in self.sites)

    @property
    def people(self) -> int:
        return sum(line.people for line in self.sites)

    @property
    def visited(self) -> int:
        return len(self.sites)


async def summary_of(
    session: AsyncSession, volunteer_id: UUID, user_id: UUID, contract: EngagementContract | None
) -> Summary:
    """Of the contract's days so far; without a contract, of all there is."""
    today = clock.today()
    first, last = (contract.starts_on, min(contract.last_day, today)) if contract else (date(2000, 1, 1), today)
    statement = await statement_of(session, volunteer_id, first, max(first, last))
    here = _own(Encounter, user_id, first, last)
    met = await session.execute(
        select(Site.name, func.count(), func.sum(Encounter.people_count))
        .join(Site, Site.id == Encounter.site_id)
        .where(*here, Encounter.status != "voided")
        .group_by(Site.name)
    )
    went = select(func.count()).select_from(Outing).where(*_own(Outing, user_id, first, last))
    topics = [TopicLine(*row) for row in await session.execute(_topics(here))]
    outings = await session.scalar(went.where(Outing.voided_at.is_(None))) or 0
    found = {name: (int(count), int(people)) for name, count, people in met}
    return Summary(first, last, statement, _sites(statement, found), topics, outings)


def _own(row: type[Encounter] | type[Outing], user_id: UUID, first: date, last: date) -> list[ColumnElement[bool]]:
    mine = or_(row.author_id == user_id, row.shift_id.in_(pair_shift_ids(user_id)))
    return [mine, row.date.between(first, last)]


def _topics(here: list[ColumnElement[bool]]) -> Select[Any]:
    """The most named first."""
    return (
        select(Topic.label, Topic.pillar, func.count())
        .join(EncounterTopic, EncounterTopic.topic_code == Topic.code)
        .join(Encounter, Encounter.id == EncounterTopic.encounter_id)
        .where(*here, Encounter.status != "voided")
        .group_by(Topic.code, Topic.label, Topic.pillar)
        .order_by(func.count().desc(), Topic.label)
    )


def _sites(statement: Statement, met: dict[str, tuple[int, int]]) -> list[SiteLine]:
    """The places where somebody served or met people, those with the most hours first."""
    served = [line for line in statement.lines if line.state == "present"]
    lines = []
    for name in {line.site for line in served} | met.keys():
        there = [line for line in served if line.site == name]
        hours = sum((line.served or NONE for line in there), NONE)
        lines.append(SiteLine(name, len(there), float(hours), *met.get(name, (0, 0))))
    return sorted(lines, key=lambda line: (-line.hours, -line.encounters, line.name))
