"""What the public figures are made of, by month: from the roll-ups, and the rows of the days that they don't tell."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.encounters.codes import AGES, FEELINGS
from civic.encounters.models import Encounter, EncounterTopic, Topic
from civic.reports.conditions import counted
from civic.reports.queries import ones
from civic.reports.rollup_models import PEOPLE, encounter_days, encounter_pairs
from civic.reports.spans import Cut, Day, Span, cuts

NOT_SAID = "non_dit"
Month = tuple[int, int]
Monthly = defaultdict[Month, Counter[str]]


def _monthly() -> Monthly:
    return defaultdict(Counter)


@dataclass
class Counts:
    """By (year, month): encounters by site, feeling, referral, topic and pillar, people by age."""

    months: Monthly = field(default_factory=_monthly)
    feelings: Monthly = field(default_factory=_monthly)
    ages: Monthly = field(default_factory=_monthly)
    referrals: Monthly = field(default_factory=_monthly)
    topics: Monthly = field(default_factory=_monthly)
    pillars: Monthly = field(default_factory=_monthly)


async def counts(session: AsyncSession, today: date) -> Counts:
    """Of every encounter up to a day."""
    (kinds,) = await cuts(session, [Span(date.min, today)], clock.now())
    found, cut = Counts(), kinds["encounters"]
    for query in _of_sites(cut):
        for year, month, site, met, *sums in await session.execute(query):
            at = int(year), int(month)
            found.months[at][site] += int(met)
            found.ages[at].update(_whole(AGES, sums))
            found.feelings[at].update(_whole(FEELINGS, sums[len(AGES) :]))
    for query in _of_names(cut):
        for year, month, name, met in await session.execute(query):
            kept = found.topics if name.startswith("t:") else found.pillars
            kept[int(year), int(month)][name[2:]] += int(met)
    for day, referral, met in await session.execute(_of_referrals(today)):
        found.referrals[day.year, day.month][referral or NOT_SAID] += met
    return found


def _whole(keys: Iterable[str], sums: Iterable[Any]) -> dict[str, int]:
    return {key: int(value) for key, value in zip(keys, sums, strict=False)}


def _month(day: Day) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.extract("year", day), func.extract("month", day)


def _of_sites(cut: Cut) -> Iterator[Select[Any]]:
    """Year, month, site, encounters, the people of each age, the encounters of each feeling."""
    table, rows = encounter_days.c, Encounter
    names = (*(PEOPLE[age] for age in AGES), *(f"feeling_{one}" for one in FEELINGS))
    kept = (cut.in_rollups(table.day), table.slice == "")
    yield _by(
        _month(table.day), table.site_id, func.sum(table.encounters), *(func.sum(table[one]) for one in names)
    ).where(*kept)
    if cut.rows:
        ages = (func.sum(getattr(rows, age)) for age in AGES)
        met = _by(
            _month(rows.date), rows.site_id, func.count(), *ages, *(ones(rows.feeling == one) for one in FEELINGS)
        )
        yield met.where(cut.in_rows(rows.date), counted())


def _of_names(cut: Cut) -> Iterator[Select[Any]]:
    """Year, month, slice of a topic or pillar, encounters: each once for a pillar, however many of its topics."""
    table = encounter_pairs.c
    kept = (cut.in_rollups(table.day), table.slice == "", or_(table.other.like("t:%"), table.other.like("p:%")))
    yield _by(_month(table.day), table.other, func.sum(table.encounters)).where(*kept)
    if cut.rows:
        where = (cut.in_rows(Encounter.date), counted())
        named = _by(_month(Encounter.date), "t:" + EncounterTopic.topic_code, func.count())
        yield named.join(EncounterTopic, EncounterTopic.encounter_id == Encounter.id).where(*where)
        named = _by(_month(Encounter.date), "p:" + Topic.pillar, func.count(distinct(Encounter.id)))
        named = named.join(EncounterTopic, EncounterTopic.encounter_id == Encounter.id)
        yield named.join(Topic, Topic.code == EncounterTopic.topic_code).where(*where, Topic.pillar.is_not(None))


def _of_referrals(today: date) -> Select[Any]:
    """Day, referral, encounters: no roll-up keeps them."""
    chosen = select(Encounter.date, Encounter.referral, func.count()).where(counted(), Encounter.date <= today)
    return chosen.group_by(Encounter.date, Encounter.referral)


def _by(month: tuple[ColumnElement[int], ColumnElement[int]], key: Any, *sums: ColumnElement[Any]) -> Select[Any]:
    named = key.label("key")
    return select(*month, named, *sums).group_by(*month, named)
