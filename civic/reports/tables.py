"""The tables that leave as files: for each its name, its columns, one streaming query, and a row made of what it read.

Columns are only ever added, at the end. Cells hold codes. An encounter's comment is not read at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import String, and_, case, cast, func, or_, select
from sqlalchemy.sql.selectable import Select

from civic.accounts.models import User
from civic.bookings.models import Attendance, Booking
from civic.clock import local
from civic.encounters.codes import AGES, DETAILS
from civic.encounters.models import Encounter, EncounterTopic, Topic
from civic.i18n import N_
from civic.missions.models import Mission
from civic.reports.conditions import held_by, of_encounters, of_shifts, served_by
from civic.reports.csv_text import Column
from civic.reports.filters import Filters
from civic.reports.labels import AGE_LABELS
from civic.shifts.models import Shift
from civic.sites.models import PILLARS, Commune, Site
from civic.volunteers.models import Volunteer

Row = Sequence[Any]


@dataclass(frozen=True)
class Table:
    """`name` begins the file's name; `select` takes filters and the cut-off; `row` turns what was read into cells.

    `by_topic`: whether a topic filter means something here.
    """

    name: str
    columns: tuple[Column, ...]
    select: Callable[[Filters, datetime], Select[Any]]
    row: Callable[[Row], Row]
    by_topic: bool = False


_PLACE = (
    Column("site_id", N_("Code du lieu")),
    Column("site", N_("Lieu")),
    Column("commune", N_("Commune")),
    Column("intermunicipality", N_("Agglomération")),
    Column("mission", N_("Mission")),
)
_DETAILS = {
    "contact_origin": N_("Prise de contact"),
    "duration_band": N_("Durée"),
    "group_kind": N_("Composition"),
    "origin_zone": N_("Provenance"),
    "visit_habit": N_("Fréquentation"),
    "transport": N_("Venue"),
    "spot": N_("Endroit"),
    "purpose": N_("Nature"),
    "partner_venue": N_("Lieu culturel"),
    "referral": N_("Orientation"),
}


def encounters(filters: Filters) -> Select[Any]:
    """In the order of date and identifier. Topics come as « rank:code:pillar » in any order: engines differ there."""
    piece = cast(EncounterTopic.rank, String) + ":" + EncounterTopic.topic_code + ":" + func.coalesce(Topic.pillar, "")
    topics = (
        select(func.aggregate_strings(piece, "|"))
        .join(Topic, Topic.code == EncounterTopic.topic_code)
        .where(EncounterTopic.encounter_id == Encounter.id)
        .correlate(Encounter)
        .scalar_subquery()
    )
    return (
        select(
            Encounter.id,
            Encounter.date,
            Encounter.half_day,
            Encounter.site_id,
            Site.name,
            Commune.name,
            Site.intermunicipality_code,
            Mission.title,
            Encounter.people_count,
            *(getattr(Encounter, code) for code in AGES),
            topics,
            Encounter.feeling,
            *(getattr(Encounter, code) for code in DETAILS),
            Encounter.status,
        )
        .join(Site, Site.id == Encounter.site_id)
        .join(Commune, Commune.insee == Site.commune_insee)
        .outerjoin(Shift, Shift.id == Encounter.shift_id)
        .outerjoin(Mission, Mission.id == Shift.mission_id)
        .where(*of_encounters(filters))
        .order_by(Encounter.date, Encounter.id)
    )


_TOPICS_AT = 9 + len(AGES)


def _encounter_row(read: Row) -> Row:
    topics, pillars = in_order(read[_TOPICS_AT])
    return (*read[:_TOPICS_AT], topics, pillars, *read[_TOPICS_AT + 1 :])


# Remembered: many encounters name the same ones.
@lru_cache(maxsize=16_384)
def in_order(pieces: str | None) -> tuple[str, str]:
    """The topics in the order in which they were chosen, and their pillars in the order of the project."""
    found = sorted(
        (int(rank), code, pillar) for rank, code, pillar in (p.split(":") for p in (pieces or "").split("|") if p)
    )
    pillars = {pillar for _rank, _code, pillar in found}
    return "|".join(code for _rank, code, _pillar in found), "|".join(p for p in PILLARS if p in pillars)


def _shifts(filters: Filters, _cut_off: datetime) -> Select[Any]:
    """Every shift of the days, whatever its state: the state is a column."""
    return (
        select(
            Shift.id,
            Shift.starts_at,
            Shift.ends_at,
            Shift.break_minutes,
            Shift.site_id,
            Site.name,
            Commune.name,
            Site.intermunicipality_code,
            Mission.title,
            Mission.pillar,
            Shift.state,
            Shift.capacity,
            Shift.min_staff,
            func.count(case((held_by(), 1))),
            func.count(case((and_(served_by(), Attendance.state == "present"), 1))),
            func.count(case((Booking.state == "waitlisted", 1))),
        )
        .join(Site, Site.id == Shift.site_id)
        .join(Commune, Commune.insee == Site.commune_insee)
        .join(Mission, Mission.id == Shift.mission_id)
        .outerjoin(Booking, Booking.shift_id == Shift.id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(*of_shifts(filters))
        .group_by(Shift.id, Site.id, Commune.insee, Mission.id)
        .order_by(Shift.starts_at, Shift.id)
    )


def _shift_row(read: Row) -> Row:
    id, starts_at, ends_at, *rest = read
    start, end = local(starts_at), local(ends_at)
    return (id, start.date(), start.isoformat(), end.isoformat(), *rest)


def _hours(filters: Filters, cut_off: datetime) -> Select[Any]:
    """A line per confirmed place of the shifts that volunteer_hours counts, and per person who came without one."""
    return (
        select(
            Booking.volunteer_id,
            User.name,
            Shift.starts_at,
            Shift.ends_at,
            Shift.break_minutes,
            Shift.site_id,
            Shift.id,
            Attendance.state,
            Attendance.hours,
        )
        .join(Booking, and_(Booking.shift_id == Shift.id, served_by()))
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(User, User.id == Volunteer.user_id)
        .outerjoin(Attendance, Attendance.booking_id == Booking.id)
        .where(*of_shifts(filters), Shift.state == "published", Shift.ends_at <= cut_off)
        .where(or_(held_by(), Attendance.state == "present"))
        .order_by(Shift.starts_at, Shift.id, Booking.volunteer_id)
    )


def _hours_row(read: Row) -> Row:
    """Nothing noted yet leaves both cells of the presence empty; somebody absent served 0 hours."""
    volunteer, name, starts_at, ends_at, pause, site, shift, state, hours = read
    planned = (ends_at - starts_at - timedelta(minutes=pause)).total_seconds() / 3600
    served = None if state is None else hours if state == "present" else 0
    return (volunteer, name, local(starts_at).date(), site, shift, state, round(planned, 2), served)


TABLES = {
    "encounters": Table(
        "civic_rencontres",
        (
            Column("client_uuid", N_("Identifiant")),
            Column("date", N_("Date")),
            Column("half_day", N_("Demi-journée")),
            *_PLACE,
            Column("people_count", N_("Personnes")),
            *(Column(code, AGE_LABELS[code]) for code in AGES),
            Column("topics", N_("Thèmes")),
            Column("pillars", N_("Piliers")),
            Column("feeling", N_("Ressenti")),
            *(Column(code, _DETAILS[code]) for code in DETAILS),
            Column("status", N_("État")),
        ),
        lambda filters, _cut_off: encounters(filters),
        _encounter_row,
        by_topic=True,
    ),
    "shifts": Table(
        "civic_creneaux",
        (
            Column("id", N_("Identifiant")),
            Column("date", N_("Date")),
            Column("starts_at", N_("Début")),
            Column("ends_at", N_("Fin")),
            Column("break_minutes", N_("Pause")),
            *_PLACE,
            Column("pillar", N_("Pilier")),
            Column("state", N_("État")),
            Column("capacity", N_("Places")),
            Column("min_staff", N_("Minimum")),
            Column("confirmed", N_("Inscrits")),
            Column("present", N_("Présents")),
            Column("waitlisted", N_("Liste d'attente")),
        ),
        _shifts,
        _shift_row,
    ),
    "hours": Table(
        "civic_heures",
        (
            Column("volunteer_id", N_("Identifiant")),
            Column("name", N_("Nom")),
            Column("date", N_("Date")),
            Column("site_id", N_("Code du lieu")),
            Column("shift_id", N_("Créneau")),
            Column("state", N_("Présence")),
            Column("hours_planned", N_("Heures prévues")),
            Column("hours_served", N_("Heures faites")),
        ),
        _hours,
        _hours_row,
    ),
}


def file_name(start: str, filters: Filters, ending: str = "csv") -> str:
    """civic_rencontres_2026-01-01_2026-03-31.csv."""
    return f"{start}_{filters.from_}_{filters.to}.{ending}"
