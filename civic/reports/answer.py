"""A report as JSON, the same for the interface and the command line."""

from datetime import date

from pydantic import BaseModel, Field

from civic import formats
from civic.i18n import _
from civic.reports.activity import Activity
from civic.reports.figures import FIGURES
from civic.schema import LocalMoment, Shown


class Period(BaseModel):
    """Local days, both included."""

    from_: date = Field(serialization_alias="from")
    to: date


class PairOut(Shown):
    """`previous`: the same period a year before; null where there are no data for it."""

    value: float | int | None
    previous: float | int | None


class LineOut(Shown):
    """`share` is 0–1 of the encounters, in by_age of the people; null when there is none."""

    key: str
    label: str
    encounters: int
    people_met: int
    share: float | None


class PartOut(Shown):
    """`key` is "none" where the optional value was not given; `share` is 0–1 of the encounters."""

    key: str
    label: str
    encounters: int
    share: float | None


class MonthOut(Shown):
    """What volunteers did in a month, by the codes of the figures of shifts and outings."""

    key: str
    label: str
    figures: dict[str, PairOut]


class ActivityOut(BaseModel):
    """An internal report: whole figures, not for publication."""

    filters: dict[str, str | None]
    scope: list[str] = Field(description="A coordinator's intermunicipalities; empty: all of them.")
    period: Period
    cut_off: LocalMoment
    data_from: date | None = Field(description="The first day with data, when it falls inside the period.")
    scope_note: str
    row_count: int = Field(description="Encounters that the figures and the export hold.")
    definitions: dict[str, str]
    figures: dict[str, PairOut]
    by_site: list[LineOut]
    by_topic: list[LineOut]
    by_pillar: list[LineOut]
    by_age: list[LineOut]
    by_month: list[LineOut]
    by_feeling: list[PartOut]
    by_contact_origin: list[PartOut]
    by_origin_zone: list[PartOut]
    by_half_day: list[PartOut]
    service_by_month: list[MonthOut]


def as_json(report: Activity) -> ActivityOut:
    filters = report.filters
    return ActivityOut.model_validate(
        {
            "filters": filters.shown,
            "scope": sorted(filters.scope),
            "period": Period(from_=filters.from_, to=filters.to),
            "cut_off": report.cut_off,
            "data_from": report.data_from,
            "scope_note": scope_note(report),
            "row_count": report.now.encounters,
            "definitions": {figure.code: _(figure.definition) for figure in FIGURES},
            "figures": report.figures,
            **report.lists(),
            **report.breakdowns(),
            "service_by_month": report.service(),
        },
        from_attributes=True,
    )


def scope_note(report: Activity) -> str:
    """What a reader must know before comparing; "" when there is nothing to say."""
    notes = []
    if report.data_from:
        notes.append(_("Chiffres depuis le %(day)s.") % {"day": formats.day_long(report.data_from)})
    if report.filters.scope:
        notes.append(_("Périmètre : %(areas)s.") % {"areas": ", ".join(sorted(report.filters.scope))})
    return " ".join([*notes, *report.topic_notes])
