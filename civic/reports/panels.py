"""The panels of the page: breakdowns as tables with bars, what volunteers did by month, the map. All are tables too."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from civic import formats
from civic.i18n import _
from civic.reports.activity import UNSAID, Activity, Line, Month
from civic.reports.drawing import Column, Drawing
from civic.reports.figures import BY_CODE, Value
from civic.reports.labels import FACET_TITLES
from civic.reports.links import Links
from civic.reports.page import PILLAR_NAMES, key_before, written
from civic.reports.paper_draw import Dot, dots
from civic.reports.periods import month_end, month_of
from civic.sites.chart import Chart

# What is drawn by month, by panel; past so many months a drawing says nothing, the table remains.
PRESENCE = ("volunteer_hours", "fill_rate", "attendance_rate", "pair_rate")
REFUSALS = ("refusal_rate",)
MOST_COLUMNS = 30


class Bar(NamedTuple):
    """A row: what the bar measures, and the cells beside its label; `href` leads to the rows behind it, if any."""

    label: str
    href: str
    value: float
    cells: list[str]


class Bars(NamedTuple):
    """`most` is the longest bar; the first two cells of a row are its count and its share."""

    rows: list[Bar]
    most: float


def lists(report: Activity, links: Links) -> dict[str, Bars]:
    """By pillar, age and month: encounters, share, people, and last year's encounters where there are data."""
    before = report.lists(report.before) if report.before else {}
    made = {}
    for name, found in report.lists().items():
        if name not in ("by_pillar", "by_age", "by_month"):
            continue
        old = {line.key: line for line in before.get(name, [])}
        rows = []
        for line in found:
            past = old.get(key_before(line.key) if name == "by_month" else line.key)
            cells = [*_counts(line), *([formats.number(past.encounters if past else 0)] if report.before else [])]
            measured = line.people_met if name == "by_age" else line.encounters
            label = _(PILLAR_NAMES.get(line.key, line.label))
            rows.append(Bar(label, _rows_behind(name, line.key, links), measured, cells))
        made[name] = _bars(rows)
    return made


def _rows_behind(name: str, key: str, links: Links) -> str:
    if name == "by_month":
        first = month_of(key)
        return links.encounters((first, month_end(first)))
    return links.encounters(**{name.removeprefix("by_"): key})


def _counts(line: Line) -> list[str]:
    share = "–" if line.share is None else formats.percent(line.share, 1)
    return [formats.number(line.encounters), share, formats.number(line.people_met)]


def _bars(rows: list[Bar]) -> Bars:
    return Bars(rows, max((row.value for row in rows), default=0))


def facets(report: Activity, links: Links) -> dict[str, tuple[str, Bars]]:
    """Feelings, first steps, origins and half-days: their title, then encounters, share, last year's encounters."""
    before = report.breakdowns(report.before) if report.before else {}
    made = {}
    for name, parts in report.breakdowns().items():
        old = {part.key: part.encounters for part in before.get(name, [])}
        rows = []
        for part in parts:
            share = "–" if part.share is None else formats.percent(part.share, 1)
            cells = [formats.number(part.encounters), share]
            if report.before:
                cells.append(formats.number(old.get(part.key, 0)))
            href = links.encounters(**{name.removeprefix("by_"): part.key})
            rows.append(Bar(part.label, href, part.encounters, cells))
        # What nobody said last year has no line this year; what nobody said this year may have had one.
        if report.before and UNSAID in old and all(part.key != UNSAID for part in parts):
            rows.append(
                Bar(_("Non précisé"), "", 0, [formats.number(0), formats.percent(0, 1), formats.number(old[UNSAID])])
            )
        made[name] = (_(FACET_TITLES[name]), _bars(rows))
    return made


def drawings(months: Sequence[Month], codes: tuple[str, ...]) -> list[Drawing]:
    """Some figures by month."""
    return [_drawing(months, code) for code in codes]


def _drawing(months: Sequence[Month], code: str) -> Drawing:
    figure = BY_CODE[code]
    columns = []
    for month in months:
        value, previous = month.figures[code]
        short = formats.day_month(month_of(month.key)).split(formats.NBSP)[1]
        columns.append(Column(short, month.label, value, previous, written(figure.kind, value)))
    values = [v for one in columns for v in (one.value, one.previous) if v is not None]
    top = 1.0 if figure.kind == "rate" else float(formats.scale_step(max(values, default=1) or 1) * 3)
    marks = [(part * top, written(figure.kind, part * top)) for part in (0.5, 1)]
    said = ", ".join(f"{one.name} {one.text}" for one in columns)
    label = _(figure.label)
    return Drawing(
        code, label, top, marks, columns if len(columns) <= MOST_COLUMNS else [], f"{label}{formats.NBSP}: {said}."
    )


def service_rows(months: Sequence[Month], codes: tuple[str, ...], compared: bool) -> list[list[str]]:
    """Month by month, each figure and, where there are data, the same month a year before."""
    rows = []
    for month in months:
        cells = [month.label]
        for code in codes:
            value, previous = month.figures[code]
            cells.append(_said(code, value))
            if compared:
                cells.append(_said(code, previous))
        rows.append(cells)
    return rows


def _said(code: str, value: Value) -> str:
    return "–" if value is None else written(BY_CODE[code].kind, value)


def service_head(report: Activity, codes: tuple[str, ...], before: str) -> list[tuple[str, str]]:
    heads = [(_("Mois"), "")]
    for code in codes:
        heads.append((_(BY_CODE[code].label), "n"))
        if report.before:
            heads.append((before, "n"))
    return heads


def map_dots(report: Activity, chart: Chart) -> list[Dot]:
    """A circle per site, the large ones first; its name and its count for who points at it."""
    return dots(chart, {key: count.encounters for key, count in report.now.sites.items()})


def names_of(chart: Chart, areas: Mapping[str, str]) -> Iterator[tuple[float, float, str]]:
    """Where each intermunicipality's name stands on the map."""
    for area in chart.areas:
        yield area.label[0], max(area.label[1] - 12, 30), areas.get(area.code, area.code)


def panels(report: Activity, links: Links, before: str) -> dict[str, Any]:
    """What templates/reports/_panels.html shows."""
    months, compared = report.service(), report.before is not None
    table = ("shifts_held", *PRESENCE)
    refusals = ("outings", "approached", *REFUSALS)
    return {
        "lists": lists(report, links),
        "facets": facets(report, links),
        "presence": drawings(months, PRESENCE),
        "presence_rows": service_rows(months, table, compared),
        "presence_head": service_head(report, table, before),
        "refusals": drawings(months, REFUSALS),
        "refusal_rows": service_rows(months, refusals, compared),
        "refusal_head": service_head(report, refusals, before),
    }
