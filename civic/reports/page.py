"""What the page of a report shows, made from the report: written figures, cones, bars and rows of tables."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from civic import clock, formats
from civic.i18n import N_, _, ngettext
from civic.reports.activity import Activity, Line, year_before
from civic.reports.figures import FIGURES, Figure, Value
from civic.reports.links import Links
from civic.reports.periods import Grain, grain, step_end, step_of, steps, year_after
from civic.sites.models import PILLARS

# The short names that the rest of the screens use.
PILLAR_NAMES = {"rev3": N_("Énergie"), "archipel_vert": N_("Archipel vert"), "resilience": N_("Résilience")}
KPIS = ("encounters", "people_met", "volunteer_hours", "pair_rate", "refusal_rate")


@dataclass(frozen=True)
class Told:
    """A figure in words; `change` is empty where there is nothing to compare with, `parts` are a rate's two counts,
    `href` leads to the rows behind it ("": none).
    """

    code: str
    label: str
    known: bool
    value: str
    previous: str
    change: str
    direction: str
    parts: str
    definition: str
    href: str


class Cone(NamedTuple):
    """One week, month or year; `previous` is None without data for the year before."""

    key: date
    label: str
    name: str
    value: int
    previous: int | None


class Topics(NamedTuple):
    """A pillar (None: cross-cutting), its encounters, and bars of (label, value, text, address of the rows)."""

    pillar: str | None
    total: int
    href: str
    bars: list[tuple[str, int, str, str]]


def written(kind: str, value: Value) -> str:
    """A figure as people read it, « pas de données » for none."""
    if value is None:
        return _("pas de données")
    if kind == "hours":
        return formats.duration(value)
    if kind == "rate":
        return formats.percent(value)
    if kind == "balance":
        return ("+" if value > 0 else "") + formats.decimal(value, 2)
    return formats.number(value)


def told(report: Activity, links: Links | None = None) -> dict[str, Told]:
    """Every figure by its code."""
    return {figure.code: _told(report, figure, links) for figure in FIGURES}


def _told(report: Activity, figure: Figure, links: Links | None) -> Told:
    value, previous = report.figures[figure.code]
    parts = figure.parts(report.now) if value is not None and figure.kind == "rate" else None
    return Told(
        code=figure.code,
        label=_(figure.label),
        known=value is not None,
        value=written(figure.kind, value),
        previous=written(figure.kind, previous),
        change=change(figure.kind, value, previous),
        direction=_direction(value, previous),
        parts=_("%(part)s sur %(whole)s") % _numbers(*parts) if parts else "",
        definition=_(figure.definition),
        href=links.figure(figure.code) if links and value is not None else "",
    )


def _numbers(part: int, whole: int) -> dict[str, str]:
    return {"part": formats.number(part), "whole": formats.number(whole)}


def change(kind: str, value: Value, previous: Value) -> str:
    """« +7,4 % » for a count, « +3 pts » for a rate; "" where it can't be said."""
    if value is None or previous is None:
        return ""
    if kind == "rate":
        return formats.delta_points(value, previous)
    if kind == "balance":
        step = value - previous
        return ("+" if step > 0 else "") + formats.decimal(step, 2)
    return formats.delta(value, previous) if previous else ""


def _direction(value: Value, previous: Value) -> str:
    if value is None or previous is None or value == previous:
        return "minus"
    return "arrow-up-right" if value > previous else "arrow-down-right"


def cones(report: Activity) -> tuple[Grain, list[Cone]]:
    """Encounters by week (by month or year for a long period), each beside the same dates of the year before."""
    first, last = report.filters.from_, report.filters.to
    if report.now.days and (last - first).days > 3660:
        # A huge period: only the years that hold something.
        first, last = report.now.days[0].day, report.now.days[-1].day
    size = grain(first, last)
    now: Counter[date] = Counter()
    for one in report.now.days:
        now[step_of(one.day, size)] += one.encounters
    before = _before(report, size)
    return size, [
        Cone(day, _short(day, size), _long(day, size), now[day], before[day] if before is not None else None)
        for day in steps(first, last, size)
    ]


def _before(report: Activity, size: Grain) -> Counter[date] | None:
    """Last year's encounters under this year's steps, so that their sum is last year's figure."""
    if report.before is None:
        return None
    found: Counter[date] = Counter()
    for one in report.before.days:
        found[step_of(min(year_after(one.day), report.filters.to), size)] += one.encounters
    return found


def _short(day: date, size: Grain) -> str:
    if size == "week":
        return _("S%(number)s") % {"number": day.isocalendar().week}
    return formats.day_month(day).split(formats.NBSP)[1] if size == "month" else str(day.year)


def _long(day: date, size: Grain) -> str:
    if size == "week":
        return formats.week_range(day)
    return formats.month(day) if size == "month" else str(day.year)


def chart_title(report: Activity, rows: list[Cone]) -> str:
    """What the chart says, for those who don't see it."""
    days = formats.day_range(report.filters.from_, report.filters.to)
    values = [row.value for row in rows] or [0]
    words = {"days": days, "low": formats.number(min(values)), "high": formats.number(max(values))}
    return _("Rencontres, %(days)s : de %(low)s à %(high)s. Les mêmes chiffres sont dans le tableau.") % words


def topics(report: Activity, links: Links) -> list[Topics]:
    """By pillar, the most named first; the total of a pillar counts encounters, not mentions."""
    groups = []
    for pillar in (*PILLARS, None):
        found = sorted((t for t in report.now.topics if t.pillar == pillar), key=lambda t: (-t.encounters, t.label))
        total = report.now.pillars.get(pillar, (0, 0))[0] if pillar else 0
        bars = [(t.label, t.encounters, formats.number(t.encounters), links.encounters(topic=t.code)) for t in found]
        if found:
            groups.append(Topics(pillar, total, links.encounters(pillar=pillar) if pillar else "", bars))
    return sorted(groups, key=lambda group: (group.pillar is None, -group.total))


def site_rows(report: Activity, links: Links) -> Iterator[list[Any]]:
    """Site, intermunicipality, encounters, share, people, under 18; then last year and the change, if there was one.

    A name leads to the site's own report, its encounters to their list.
    """
    for line in report.lists()["by_site"]:
        brackets = report.now.sites[line.key].brackets
        young = brackets["age_lt12"][1] + brackets["age_12_17"][1]
        met, *counts = _counts(line)
        href = links.encounters(site=line.key)
        name = (line.label, links.report(site=line.key))
        cells: list[Any] = [name, report.places[line.key].area, (met, href) if href else met, *counts]
        cells.append(formats.number(young))
        if report.before:
            old = report.before.sites[line.key].encounters if line.key in report.before.sites else 0
            cells += [formats.number(old), change("count", line.encounters, old) or _("nouveau")]
        yield cells


def site_foot(report: Activity) -> list[str]:
    now, before = report.now, report.before
    young = now.bracket("age_lt12")[1] + now.bracket("age_12_17")[1]
    cells = [_("Total"), "", formats.number(now.encounters), formats.percent(1), formats.number(now.people)]
    cells.append(formats.number(young))
    if before:
        cells += [formats.number(before.encounters), change("count", now.encounters, before.encounters) or "–"]
    return cells


def key_before(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"


def _counts(line: Line) -> list[str]:
    share = "–" if line.share is None else formats.percent(line.share, 1)
    return [formats.number(line.encounters), share, formats.number(line.people_met)]


def notes(report: Activity) -> list[str]:
    """What must be known before comparing."""
    said = []
    if report.data_from:
        said.append(_("Chiffres depuis le %(day)s.") % {"day": formats.day_long(report.data_from)})
    if report.before is None:
        first, last = year_before(report.filters)
        said.append(_("Pas de données pour %(days)s : rien à comparer.") % {"days": formats.day_range(first, last)})
    if report.filters.topic:
        said.append(_("Sous un thème, seules les rencontres ont des chiffres : un créneau n’a pas de thème."))
    return said + report.topic_notes


def line_count(report: Activity) -> str:
    count = report.now.encounters
    text = ngettext("%(num)s ligne, une par rencontre", "%(num)s lignes, une par rencontre", count)
    return text % {"num": formats.number(count)}


def is_empty(report: Activity) -> bool:
    now = report.now
    return not (now.encounters or now.shifts or now.outings)


def context(report: Activity, links: Links) -> dict[str, Any]:
    """What the first half of templates/reports/show.html shows of a report."""
    size, rows = cones(report)
    groups = topics(report, links)
    figures = told(report, links)
    return {
        "report": report,
        "empty": is_empty(report),
        "notes": notes(report),
        "kpis": [figures[code] for code in KPIS],
        "figures": figures.values(),
        "grain": size,
        "cones": [(row, links.encounters((row.key, step_end(row.key, size)))) for row in rows],
        "chart_title": chart_title(report, rows),
        "topics": groups,
        "most_topic": max((bar[1] for group in groups for bar in group.bars), default=0),
        "site_rows": list(site_rows(report, links)),
        "site_foot": site_foot(report),
        "lines": line_count(report),
        "now_label": _years(report.filters.from_, report.filters.to),
        "before_label": _years(*year_before(report.filters)),
        "cut_off": clock.local(report.cut_off),
    }


def _years(first: date, last: date) -> str:
    return str(first.year) if first.year == last.year else f"{first.year}–{last.year}"
