"""What the public may read: quarters that are over, cut in a few fixed ways, suppressed. No filters, no crossing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import formats
from civic.encounters.codes import AGES, DETAILS, FEELINGS
from civic.encounters.models import Topic
from civic.i18n import N_, _
from civic.reports.labels import AGE_LABELS, PILLAR_LABELS
from civic.reports.shared_counts import NOT_SAID, Counts, counts
from civic.reports.suppression import SENSITIVE, Node, Seen, Shown, leaves, suppress, topics
from civic.sites.models import PILLARS, Intermunicipality, Site

# A pair may still write for 7 days after the last day of a quarter.
SETTLED = timedelta(days=8)
FEELING_LABELS = {
    "positif": N_("Positif"),
    "neutre": N_("Neutre"),
    "negatif": N_("Négatif"),
    "nc": N_("Non dit"),
}


class Places(NamedTuple):
    """Names of sites and of intermunicipalities, and which site lies where."""

    sites: dict[str, str]
    areas: dict[str, str]
    area_of: dict[str, str]


@dataclass(frozen=True)
class Quarter:
    """`encounters` cut by intermunicipality (then site), month, feeling and referral; `people` by age alone."""

    first: date
    last: date
    encounters: Seen
    people: Seen
    topics: Shown
    pillars: Shown

    @property
    def name(self) -> str:
        return f"{self.first.year}-T{(self.first.month + 2) // 3}"


class Published(NamedTuple):
    quarters: list[Quarter]
    places: Places
    topic_labels: dict[str, str]
    topic_pillars: dict[str, str | None]


class Row(NamedTuple):
    """A line of the open data; `value` is None where it is hidden."""

    period: str
    first_day: date
    last_day: date
    measure: str
    breakdown: str
    key: str
    label: str
    value: int | None


def quarter_end(first: date) -> date:
    following = first.replace(day=28) + timedelta(days=80)
    return following.replace(day=1) - timedelta(days=1)


def ended(first: date, today: date) -> bool:
    return quarter_end(first) + SETTLED <= today


async def published(session: AsyncSession, today: date) -> Published:
    """Every quarter that has settled, from the first one with data."""
    places = await _places(session)
    found = list(await session.scalars(select(Topic).order_by(Topic.rank, Topic.code)))
    met = await counts(session, today)
    quarters = []
    if met.months:
        first = _quarter(*min(met.months))
        while ended(first, today):
            quarters.append(_made(first, met, places, found))
            first = quarter_end(first) + timedelta(days=1)
    labels, pillars = ({topic.code: getattr(topic, name) for topic in found} for name in ("label", "pillar"))
    return Published(quarters, places, labels, pillars)


def _quarter(year: int, month: int) -> date:
    return date(year, (month - 1) // 3 * 3 + 1, 1)


def _made(first: date, counts: Counts, places: Places, found: Sequence[Topic]) -> Quarter:
    """Every possible key is there, with nought: what is missing would say as much as a number."""
    months = [(first.year, first.month + n) for n in range(3)]
    sites = _sum(counts.months, months, places.sites)
    inside: dict[str, dict[str, int]] = {area: {} for area in places.areas}
    for site, met in sites.items():
        inside[places.area_of[site]][site] = met
    total = sum(sites.values())
    encounters = Node(
        total,
        {
            "intermunicipality": {area: Node(sum(its.values()), {"site": leaves(its)}) for area, its in inside.items()},
            "month": leaves({f"{year}-{month:02}": counts.months[year, month].total() for year, month in months}),
            "feeling": leaves(_sum(counts.feelings, months, FEELINGS)),
            "referral": leaves(_sum(counts.referrals, months, (*DETAILS["referral"], NOT_SAID))),
        },
    )
    ages = _sum(counts.ages, months, AGES)
    seen = suppress(encounters)
    # As many people as encounters are met at least: one hidden, the other is.
    people = suppress(Node(sum(ages.values()) if seen.value is not None else 0, {"age": leaves(ages)}))
    # A topic of other days is none of this quarter's: with its nought it would hide its pillar for good.
    then = [topic for topic in found if _of_quarter(topic, first)]
    pillar_of = {topic.code: topic.pillar for topic in then}
    sensitive = SENSITIVE | {topic.code for topic in then if topic.sensitive}
    named = _sum(counts.topics, months, pillar_of)
    pillars = _sum(counts.pillars, months, PILLARS)
    return Quarter(first, quarter_end(first), seen, people, *topics(total, named, pillar_of, pillars, sensitive))


def _of_quarter(topic: Topic, first: date) -> bool:
    """Whether a topic could be chosen on any day of a quarter."""
    begun = topic.valid_from is None or topic.valid_from <= quarter_end(first)
    return begun and (topic.valid_to is None or topic.valid_to >= first)


def _sum(
    counts: Mapping[tuple[int, int], Counter[str]], months: Iterable[tuple[int, int]], keys: Iterable[str]
) -> dict[str, int]:
    held = [counts.get(month, Counter()) for month in months]
    return {key: sum(one[key] for one in held) for key in keys}


async def _places(session: AsyncSession) -> Places:
    sites = (await session.execute(select(Site.id, Site.name, Site.intermunicipality_code).order_by(Site.name))).all()
    areas = await session.execute(select(Intermunicipality.code, Intermunicipality.short_name))
    names: dict[str, str] = {row.code: row.short_name for row in areas}
    return Places({id: name for id, name, _a in sites}, names, {id: area for id, _name, area in sites})


def rows(found: Published) -> Iterator[Row]:
    """The open data, line by line: the total of a quarter, then each cut of it."""
    for quarter in found.quarters:
        head = (quarter.name, quarter.first, quarter.last)
        for measure, key, label, value in _lines(quarter, found):
            breakdown, _slash, what = measure.partition("/")
            yield Row(*head, breakdown, what, key, label, value)


def _lines(quarter: Quarter, found: Published) -> Iterator[tuple[str, str, str, int | None]]:
    met, people = quarter.encounters, quarter.people
    yield "encounters/total", "total", _("Ensemble"), met.value
    for cut in ("month", "intermunicipality", "feeling", "referral"):
        for key, seen in met.cuts[cut].items():
            yield f"encounters/{cut}", key, label(cut, key, found), seen.value
    for area in met.cuts["intermunicipality"].values():
        for key, seen in area.cuts["site"].items():
            yield "encounters/site", key, label("site", key, found), seen.value
    for key, value in quarter.pillars.items():
        yield "encounters/pillar", key, label("pillar", key, found), value
    for key, value in quarter.topics.items():
        yield "encounters/topic", key, label("topic", key, found), value
    yield "people/total", "total", _("Ensemble"), people.value
    for key, seen in people.cuts["age"].items():
        yield "people/age", key, label("age", key, found), seen.value


def label(cut: str, key: str, found: Published) -> str:
    """The French name of a line."""
    if cut == "month":
        return formats.month(date(int(key[:4]), int(key[5:]), 1))
    if cut == "referral":
        return _(REFERRALS[key])
    names: dict[str, Mapping[str, str]] = {
        "intermunicipality": found.places.areas,
        "site": found.places.sites,
        "topic": found.topic_labels,
        "feeling": FEELING_LABELS,
        "pillar": PILLAR_LABELS,
        "age": AGE_LABELS,
    }
    return _(names[cut][key]) if cut in ("feeling", "pillar", "age") else names[cut][key]


REFERRALS = {
    "aucune": N_("Aucune"),
    "office_tourisme": N_("Office de tourisme"),
    "mairie_agglo": N_("Mairie ou agglomération"),
    "lieu_culturel": N_("Lieu culturel"),
    "mission_locale": N_("Mission locale"),
    "france_services_ccas": N_("France services ou CCAS"),
    "acces_soins": N_("Accès aux soins"),
    "association": N_("Association"),
    "evenement": N_("Événement"),
    "autre": N_("Autre"),
    NOT_SAID: N_("Non dit"),
}
