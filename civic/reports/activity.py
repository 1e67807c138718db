"""A report in full: figures with the year before, and the lists by site, topic, pillar, age and month."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock, formats
from civic.encounters.codes import AGES
from civic.encounters.models import Topic
from civic.i18n import _
from civic.reports import topic_notes
from civic.reports.counting import first_day, tallies, topics_of
from civic.reports.figures import BY_CODE, FIGURES, SERVICE, Value, ratio
from civic.reports.filters import Filters
from civic.reports.labels import AGE_LABELS, PILLAR_LABELS
from civic.reports.rollup_models import FACETS
from civic.reports.spans import Span, cuts
from civic.reports.tally import Tally
from civic.reports.topic_notes import TopicChange
from civic.sites.models import PILLARS, Intermunicipality, Site

# Past ten years only the months that hold something are listed.
MANY_MONTHS = 120
# The key of the encounters of which a form's optional value was not given.
UNSAID = "none"


class Pair(NamedTuple):
    """A figure and the same one a year before; None: no data."""

    value: Value
    previous: Value


class Line(NamedTuple):
    """One line of a `by_*` list; `share` is of the encounters, of the people in by_age."""

    key: str
    label: str
    encounters: int
    people_met: int
    share: float | None


class Part(NamedTuple):
    """The encounters of which a value was said; `share` is of all the encounters."""

    key: str
    label: str
    encounters: int
    share: float | None


class Month(NamedTuple):
    """What volunteers did in a month of the period, by the codes of SERVICE, beside the same month a year before."""

    key: str
    label: str
    figures: dict[str, Pair]


class Place(NamedTuple):
    """A site's name, and the short name of its intermunicipality."""

    name: str
    area: str


class Known(NamedTuple):
    """What the counts speak of, loaded once."""

    topics: Sequence[Topic]
    places: dict[str, Place]


@dataclass(frozen=True)
class Activity:
    """`before` is None where the data do not cover the same period a year earlier; `changes` are those of topics."""

    filters: Filters
    cut_off: datetime
    data_from: date | None
    now: Tally
    before: Tally | None
    places: dict[str, Place]
    changes: Sequence[TopicChange] = ()

    @property
    def topic_notes(self) -> list[str]:
        """The topics that changed since the first day that the report compares with."""
        first = year_before(self.filters)[0] if self.before else self.filters.from_
        return topic_notes.notes(self.changes, first, self.filters.to, self.filters.topic)

    @property
    def figures(self) -> dict[str, Pair]:
        met_only = self.filters.met_only
        return {f.code: Pair(f.of(self.now, met_only), f.of(self.before, met_only)) for f in FIGURES}

    def lists(self, rows: Tally | None = None) -> dict[str, list[Line]]:
        """The `by_*` lists by name, of this period unless another one's rows are given."""
        rows = rows or self.now
        by_site = [
            self._line(rows, key, self.places[key].name, s.encounters, s.people) for key, s in rows.sites.items()
        ]
        return {
            "by_site": sorted(by_site, key=lambda line: (-line.encounters, line.label)),
            "by_topic": [self._line(rows, t.code, t.label, t.encounters, t.people) for t in rows.topics],
            "by_pillar": [
                self._line(rows, key, _(PILLAR_LABELS[key]), *rows.pillars.get(key, (0, 0))) for key in PILLARS
            ],
            "by_age": [self._age(rows, key) for key in ([self.filters.age] if self.filters.age else AGES)],
            "by_month": self._months(rows),
        }

    def breakdowns(self, rows: Tally | None = None) -> dict[str, list[Part]]:
        """by_feeling, by_contact_origin, by_origin_zone and by_half_day; what was not said is a part of its own."""
        rows = rows or self.now
        return {f"by_{facet}": list(_parts(rows, facet)) for facet in FACETS}

    def service(self) -> list[Month]:
        """The figures of shifts and outings by month; none under filters that they can't follow."""
        if self.filters.met_only:
            return []
        now = self.now.by_month()
        before = self.before.by_month() if self.before else None
        days = list(month_starts(self.filters.from_, self.filters.to))
        found = []
        for day in days if len(days) <= MANY_MONTHS else sorted(now):
            old = before.get(day.replace(year=day.year - 1), Tally()) if before is not None else None
            pairs = {
                code: Pair(BY_CODE[code].of(now.get(day, Tally()), False), BY_CODE[code].of(old, False))
                for code in SERVICE
            }
            found.append(Month(f"{day:%Y-%m}", formats.month(day), pairs))
        return found

    def _line(self, rows: Tally, key: str, label: str, encounters: int, people: int) -> Line:
        return Line(key, label, encounters, people, ratio(encounters, rows.encounters))

    def _age(self, rows: Tally, key: str) -> Line:
        met, people = rows.bracket(key)
        return Line(key, _(AGE_LABELS[key]), met, people, ratio(people, rows.people))

    def _months(self, rows: Tally) -> list[Line]:
        first, last = (self.filters.from_, self.filters.to) if rows is self.now else year_before(self.filters)
        found = {day: [0, 0] for day in month_starts(first, last)}
        if len(found) > MANY_MONTHS:
            found = {}
        for one in rows.days:
            sums = found.setdefault(one.day.replace(day=1), [0, 0])
            sums[0] += one.encounters
            sums[1] += one.people
        return [self._line(rows, f"{day:%Y-%m}", formats.month(day), *sums) for day, sums in found.items()]


async def everything(session: AsyncSession) -> Known:
    """The topics and the sites of today."""
    places = select(Site.id, Site.name, Intermunicipality.short_name).join(
        Intermunicipality, Intermunicipality.code == Site.intermunicipality_code
    )
    found = {id: Place(name, area) for id, name, area in await session.execute(places)}
    return Known(await topics_of(session), found)


async def activity(
    session: AsyncSession, filters: Filters, cut_off: datetime | None = None, known: Known | None = None
) -> Activity:
    """The report of checked filters; shifts count once ended by the cut-off (now, unless told)."""
    moment = cut_off or clock.now()
    start = await first_day(session)
    first, last = year_before(filters)
    # The year before is whole when the data began by its first day and its last day is over.
    whole = start is not None and start <= first and last < clock.local(moment).date()
    asked = [filters, *([_moved(filters, first, last)] if whole else [])]
    made = await cuts(session, [Span(one.from_, one.to) for one in asked], moment)
    known = known or await everything(session)
    now, *past = await tallies(session, asked, made, moment, known.topics)
    return Activity(
        filters=filters,
        cut_off=moment,
        data_from=start if start and filters.from_ < start <= filters.to else None,
        now=now,
        changes=topic_notes.changes(known.topics),
        before=past[0] if past else None,
        places=known.places,
    )


def _parts(rows: Tally, facet: str) -> Iterator[Part]:
    counts = rows.facets.get(facet, {})
    for value, label in FACETS[facet].items():
        yield Part(value, _(label), counts.get(value, 0), ratio(counts.get(value, 0), rows.encounters))
    if silent := rows.encounters - sum(counts.values()):
        yield Part(UNSAID, _("Non précisé"), silent, ratio(silent, rows.encounters))


def year_before(filters: Filters) -> tuple[date, date]:
    """The first and the last day of the same period a year earlier."""
    return clock.year_before(filters.from_), clock.year_before(filters.to)


def month_starts(first: date, last: date) -> Iterator[date]:
    """The first day of each month that a period touches."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)


def _moved(filters: Filters, first: date, last: date) -> Filters:
    return Filters(**{**vars(filters), "from_": first, "to": last})
