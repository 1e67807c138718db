"""Counts from the database, one query each, the same on SQLite and PostgreSQL: sums of whole numbers only."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, Select, and_, case, cast, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from civic.bookings.models import Attendance, Booking
from civic.clock import local
from civic.encounters.codes import AGES
from civic.encounters.models import Encounter, EncounterTopic, Outing, Topic
from civic.reports.conditions import counted, held_by, of_encounters, of_outings, of_shifts, served_by
from civic.reports.filters import Filters
from civic.reports.tally import DayCount, SiteCount, Tally, TopicCount
from civic.shifts.models import Shift


async def first_day(session: AsyncSession) -> date | None:
    """The day on which the data of the whole database begin: its first published shift or first encounter."""
    shift = select(Shift.starts_at).where(Shift.state == "published").order_by(Shift.starts_at).limit(1)
    met = select(Encounter.date).where(counted()).order_by(Encounter.date).limit(1)
    starts_at, day = (await session.execute(select(shift.scalar_subquery(), met.scalar_subquery()))).one()
    return min((found for found in (local(starts_at).date() if starts_at else None, day) if found), default=None)


async def tally(session: AsyncSession, filters: Filters, cut_off: datetime) -> Tally:
    """Everything that the figures and the lists of a report need, for the days of its filters."""
    rows = Tally()
    for site, count, *sums in await _rows(session, _shifts(filters, cut_off)):
        capacity, confirmed, present, held, paired, hundredths = map(int, sums)
        rows.shifts += count
        rows.capacity += capacity
        rows.confirmed += confirmed
        rows.present += present
        rows.held += held
        rows.paired += paired
        rows.hundredths += hundredths
        # A shift has no topic: under one, only encounters say where somebody was met.
        if held and not filters.topic:
            rows.held_sites.add(site)
    for site, *sums in await _rows(session, _by_site(filters)):
        rows.sites[site] = SiteCount.of([int(value) for value in sums])
    for code, label, pillar, met, people in await _rows(session, _by_topic(filters)):
        rows.topics.append(TopicCount(code, label, pillar, int(met), int(people)))
    rows.pillars = {
        pillar: (int(met), int(people)) for pillar, met, people in await _rows(session, _by_pillar(filters))
    }
    rows.days = [DayCount(day, int(met), int(people)) for day, met, people in await _rows(session, _by_day(filters))]
    ((rows.outings, *gave),) = await _rows(session, _outings(filters))
    rows.approached, rows.approached_both, rows.refused_both = (int(value or 0) for value in gave)
    return rows


async def _rows(session: AsyncSession, query: Select[Any]) -> Sequence[Any]:
    return (await session.execute(query)).all()


def _ones(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _shifts(filters: Filters, cut_off: datetime) -> Select[Any]:
    """By site: shifts, places, confirmed, present of these, held, held by a pair, hundredths of hours.

    Who came without a place serves like anybody, but fills none: the rates of places leave them out.
    """
    there = Attendance.state == "present"
    hours = cast(func.round(Attendance.hours * 100), Integer)
    seats = (
        select(
            Shift.id,
            Shift.site_id,
            Shift.capacity,
            func.coalesce(_ones(held_by()), 0).label("confirmed"),
            func.coalesce(_ones(and_(held_by(), there)), 0).label("present"),
            func.coalesce(_ones(there), 0).label("there"),
            func.coalesce(func.sum(case((there, hours), else_=0)), 0).label("hundredths"),
        )
        .outerjoin(Booking, and_(Booking.shift_id == Shift.id, served_by()))
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(*of_shifts(filters), Shift.state == "published", Shift.ends_at <= cut_off)
        .group_by(Shift.id, Shift.site_id, Shift.capacity)
        .subquery()
    )
    sums = (seats.c.capacity, seats.c.confirmed, seats.c.present)
    return select(
        seats.c.site_id,
        func.count(),
        *(func.sum(column) for column in sums),
        _ones(seats.c.there >= 1),
        _ones(seats.c.there >= 2),
        func.sum(seats.c.hundredths),
    ).group_by(seats.c.site_id)


def _by_site(filters: Filters) -> Select[Any]:
    """Encounters, people, people of each bracket, encounters with each bracket, and the three feelings."""
    ages = [getattr(Encounter, code) for code in AGES]
    return (
        select(
            Encounter.site_id,
            func.count(),
            func.sum(Encounter.people_count),
            *(func.sum(age) for age in ages),
            *(_ones(age > 0) for age in ages),
            *(_ones(Encounter.feeling == feeling) for feeling in ("positif", "neutre", "negatif")),
        )
        .where(*of_encounters(filters))
        .group_by(Encounter.site_id)
    )


def _by_topic(filters: Filters) -> Select[Any]:
    """In the order of the form; a topic that no encounter names is left out."""
    return (
        select(Topic.code, Topic.label, Topic.pillar, func.count(), func.sum(Encounter.people_count))
        .join(EncounterTopic, EncounterTopic.topic_code == Topic.code)
        .join(Encounter, Encounter.id == EncounterTopic.encounter_id)
        .where(*of_encounters(filters))
        .group_by(Topic.code, Topic.label, Topic.pillar, Topic.rank)
        .order_by(Topic.rank, Topic.code)
    )


def _by_pillar(filters: Filters) -> Select[Any]:
    """An encounter counts once for a pillar, however many of its topics are named."""
    named = (
        select(distinct(Encounter.id).label("id"), Encounter.people_count, Topic.pillar)
        .join(EncounterTopic, EncounterTopic.encounter_id == Encounter.id)
        .join(Topic, Topic.code == EncounterTopic.topic_code)
        .where(*of_encounters(filters), Topic.pillar.is_not(None))
        .subquery()
    )
    return select(named.c.pillar, func.count(), func.sum(named.c.people_count)).group_by(named.c.pillar)


def _by_day(filters: Filters) -> Select[Any]:
    return (
        select(Encounter.date, func.count(), func.sum(Encounter.people_count))
        .where(*of_encounters(filters))
        .group_by(Encounter.date)
        .order_by(Encounter.date)
    )


def _outings(filters: Filters) -> Select[Any]:
    """Outings, people approached, then approached and refused where both were given."""
    both = and_(Outing.approached_count.is_not(None), Outing.refused_count.is_not(None))
    return select(
        func.count(),
        func.sum(Outing.approached_count),
        func.sum(case((both, Outing.approached_count))),
        func.sum(case((both, Outing.refused_count))),
    ).where(*of_outings(filters))
