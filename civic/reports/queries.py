"""Counts from the rows themselves, for the days that no roll-up tells: sums of whole numbers only, on both engines."""

from typing import Any

from sqlalchemy import Date, Integer, Select, and_, case, cast, distinct, func, null, select
from sqlalchemy.sql.elements import ColumnElement

from civic.bookings.models import Attendance, Booking
from civic.encounters.codes import AGES
from civic.encounters.models import Encounter, EncounterTopic, Outing, Topic
from civic.reports.conditions import Conditions, held_by, of_encounters, of_outings, of_shifts, served_by
from civic.reports.filters import Filters
from civic.reports.rollup_models import FACET_COLUMNS
from civic.reports.spans import Cut
from civic.shifts.models import Shift


def ones(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def seats(*conditions: ColumnElement[bool]) -> Any:
    """The published shifts under some conditions, each with its seats and its presences.

    Who came without a place serves like anybody, but fills none: the rates of places leave them out.
    """
    there = Attendance.state == "present"
    hours = cast(func.round(Attendance.hours * 100), Integer)
    return (
        select(
            Shift.site_id,
            Shift.mission_id,
            Shift.starts_at,
            Shift.ends_at,
            Shift.capacity,
            func.coalesce(ones(held_by()), 0).label("confirmed"),
            func.coalesce(ones(and_(held_by(), there)), 0).label("present"),
            func.coalesce(ones(there), 0).label("there"),
            func.coalesce(func.sum(case((there, hours), else_=0)), 0).label("hundredths"),
        )
        .outerjoin(Booking, and_(Booking.shift_id == Shift.id, served_by()))
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(*conditions, Shift.state == "published")
        .group_by(Shift.id, Shift.site_id, Shift.mission_id, Shift.starts_at, Shift.ends_at, Shift.capacity)
        .subquery()
    )


def seat_sums(shifts: Any) -> list[ColumnElement[int]]:
    """In the order of SHIFT_COUNTS, over what `seats` found."""
    sums = [func.sum(shifts.c[name]) for name in ("capacity", "confirmed", "present")]
    held = [ones(shifts.c.there >= 1), ones(shifts.c.there >= 2)]
    return [func.count(), *sums, *held, func.sum(shifts.c.hundredths)]


def shifts(filters: Filters, cut: Cut, cut_off: Any) -> Select[Any]:
    """By start and site: no day (only Python knows where a local one ends), start, site, then SHIFT_COUNTS."""
    found = seats(*of_shifts(filters, cut), Shift.ends_at <= cut_off)
    place = (found.c.starts_at, found.c.site_id)
    return select(cast(null(), Date), *place, *seat_sums(found)).group_by(*place)


def people(filters: Filters) -> Any:
    """Whom an encounter counts: everybody, or under an age those of the bracket."""
    return getattr(Encounter, filters.age) if filters.age else Encounter.people_count


def brackets() -> list[ColumnElement[int]]:
    """The encounters with each age bracket, then the people of it."""
    ages = [getattr(Encounter, code) for code in AGES]
    return [*(ones(age > 0) for age in ages), *(func.sum(age) for age in ages)]


def by_site(filters: Filters, cut: Cut) -> Select[Any]:
    """Encounters, people, the brackets, and without an age the facets."""
    counts = (func.count(), func.sum(people(filters)), *brackets(), *(() if filters.age else facet_sums()))
    return select(Encounter.site_id, *counts).where(*of_encounters(filters, cut)).group_by(Encounter.site_id)


def by_day(filters: Filters, cut: Cut) -> Select[Any]:
    counts = (func.count(), func.sum(people(filters)))
    return select(Encounter.date, *counts).where(*of_encounters(filters, cut)).group_by(Encounter.date)


def by_topic(filters: Filters, cut: Cut) -> Select[Any]:
    """Each topic's slice, with its encounters and its people."""
    return (
        select("t:" + EncounterTopic.topic_code, func.count(), func.sum(people(filters)))
        .join(Encounter, Encounter.id == EncounterTopic.encounter_id)
        .where(*of_encounters(filters, cut))
        .group_by(EncounterTopic.topic_code)
    )


def by_pillar(filters: Filters, cut: Cut) -> Select[Any]:
    """The same by pillar: an encounter counts once for one, however many of its topics are named."""
    named = of_pillars(people(filters).label("people"), conditions=of_encounters(filters, cut))
    return select("p:" + named.c.pillar, func.count(), func.sum(named.c.people)).group_by(named.c.pillar)


def of_pillars(*columns: ColumnElement[Any], conditions: Conditions) -> Any:
    """Encounters once for each pillar that their topics name."""
    return (
        select(distinct(Encounter.id).label("id"), Topic.pillar, *columns)
        .join(EncounterTopic, EncounterTopic.encounter_id == Encounter.id)
        .join(Topic, Topic.code == EncounterTopic.topic_code)
        .where(*conditions, Topic.pillar.is_not(None))
        .subquery()
    )


def facets(filters: Filters, cut: Cut) -> Select[Any]:
    """One row of sums, in the order of FACET_COLUMNS."""
    return select(*facet_sums()).where(*of_encounters(filters, cut))


def facet_sums() -> list[ColumnElement[int]]:
    return [func.coalesce(ones(getattr(Encounter, facet) == value), 0) for facet, value in FACET_COLUMNS]


def outings(filters: Filters, cut: Cut) -> Select[Any]:
    """By day, in the order of OUTING_COUNTS."""
    return select(Outing.date, *outing_sums()).where(*of_outings(filters, cut)).group_by(Outing.date)


def outing_sums() -> list[ColumnElement[int]]:
    """Outings, people approached, then approached and refused where both were given."""
    both = and_(Outing.approached_count.is_not(None), Outing.refused_count.is_not(None))
    given = [
        func.sum(Outing.approached_count),
        func.sum(case((both, Outing.approached_count))),
        func.sum(case((both, Outing.refused_count))),
    ]
    return [func.count(), *(func.coalesce(one, 0) for one in given)]
