"""Which rows a report's filters keep, said once for the figures and the exports."""

from typing import Any

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.elements import ColumnElement

from civic import clock
from civic.bookings.models import WALK_IN, Booking
from civic.encounters.models import Encounter, EncounterTopic, Outing, Topic
from civic.missions.models import Mission
from civic.reports.filters import Filters
from civic.reports.spans import Cut
from civic.shifts.models import Shift
from civic.sites.models import Site

Conditions = list[ColumnElement[bool]]
Column = InstrumentedAttribute[Any] | ColumnElement[Any]
# A period of more days than this is long.
SHORT = 62

# Under their own names: a query that itself joins these tables must not lend its rows to the subqueries below.
_site = aliased(Site)
_mission = aliased(Mission)
_shift = aliased(Shift)
_topic = aliased(Topic)
_named = aliased(EncounterTopic)


def counted() -> ColumnElement[bool]:
    """A voided encounter counts nowhere."""
    return Encounter.status != "voided"


def held_by() -> ColumnElement[bool]:
    """The seats that count are those of confirmed bookings."""
    return Booking.state == "confirmed"


def served_by() -> ColumnElement[bool]:
    """Who may have served: the confirmed, and those who came without a place."""
    return Booking.state.in_(("confirmed", WALK_IN))


def of_shifts(filters: Filters, cut: Cut | None = None) -> Conditions:
    """A shift belongs to the local day on which it starts; its pillar is its mission's. Of a cut, only its rows."""
    days = cut.rows if cut else [(filters.from_, filters.to)]
    within = (clock.day_bounds(first, last) for first, last in days)
    kept: Conditions = [or_(false(), *(and_(Shift.starts_at >= begin, Shift.starts_at < end) for begin, end in within))]
    kept += there(filters, Shift.site_id)
    if filters.mission:
        kept.append(Shift.mission_id == filters.mission)
    if filters.pillar:
        kept.append(of_pillar(filters, Shift.mission_id))
    return kept


def of_pillar(filters: Filters, mission: Column) -> ColumnElement[bool]:
    """Of a mission of the pillar."""
    return mission.in_(select(_mission.id).where(_mission.pillar == filters.pillar))


def of_encounters(filters: Filters, cut: Cut | None = None) -> Conditions:
    """An encounter's pillars are those of its topics; its mission is that of its shift."""
    days = cut.in_rows(Encounter.date) if cut else Encounter.date.between(filters.from_, filters.to)
    kept: Conditions = [days, counted(), *there(filters, Encounter.site_id)]
    if filters.age:
        kept.append(getattr(Encounter, filters.age) > 0)
    if filters.mission:
        kept.append(Encounter.shift_id.in_(select(_shift.id).where(_shift.mission_id == filters.mission)))
    long = _days(filters, cut) > SHORT
    if filters.topic:
        kept.append(_naming(_named.topic_code == filters.topic, long=long))
    if filters.pillar:
        topics = select(_topic.code).where(_topic.pillar == filters.pillar)
        kept.append(_naming(_named.topic_code.in_(topics), long=long))
    return kept


def _days(filters: Filters, cut: Cut | None) -> int:
    spans = cut.rows if cut else [(filters.from_, filters.to)]
    return sum((last - first).days + 1 for first, last in spans)


def _naming(topic: ColumnElement[bool], *, long: bool) -> ColumnElement[bool]:
    """The encounters that name a topic: over a long period SQLite finds them three times as fast from the topic's side,
    over a few days from the encounters'. PostgreSQL sees by itself that both say the same.
    """
    named = select(_named.encounter_id).where(topic)
    if long:
        return Encounter.id.in_(named)
    return named.where(_named.encounter_id == Encounter.id).exists()


def of_outings(filters: Filters, cut: Cut) -> Conditions:
    """An outing has no topic: like a shift it follows the mission's pillar, so an unplanned one has none."""
    kept: Conditions = [cut.in_rows(Outing.date), Outing.voided_at.is_(None)]
    kept += there(filters, Outing.site_id)
    shifts = select(_shift.id).join(_mission, _mission.id == _shift.mission_id)
    if filters.mission:
        kept.append(Outing.shift_id.in_(shifts.where(_mission.id == filters.mission)))
    if filters.pillar:
        kept.append(Outing.shift_id.in_(shifts.where(_mission.pillar == filters.pillar)))
    return kept


def there(filters: Filters, column: Column) -> Conditions:
    """At the site, or within the intermunicipalities."""
    kept: Conditions = []
    if filters.site:
        kept.append(column == filters.site)
    if filters.areas:
        kept.append(column.in_(select(_site.id).where(_site.intermunicipality_code.in_(sorted(filters.areas)))))
    return kept
