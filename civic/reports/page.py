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
from civic.reports.periods import Grain, grain, step_of, steps
from civic.sites.models import PILLARS

# The short names that the rest of the screens use.
PILLAR_NAMES = {"rev3": N_("Énergie"), "archipel_vert": N_("Archipel vert"), "resilience": N_("Résilience")}
KPIS = ("encounters", "people_met", "volunteer_hours", "pair_rate", "refusal_rate")


@dataclass(frozen=True)
class Told:
    """A figure in words; `change` is empty where there is nothing to compare with, `parts` are a rate's two counts."""

    code: str
    label: str
    known: bool
    value: str
    previous: str
    change: str
    direction: str
    parts: str
    definition: str


class Cone(NamedTuple):
    """One week, month or year; `previous` is None without data for the year before."""

    key: date
    label: str
    name: str
    value: int
    previous: int | None


class Topics(NamedTuple):
    """A pillar (None: cross-cutting), its encounters, and bars of (label, value, text)."""

    pillar: str | None
    total: int
    bars: list[tuple[str, int, str]]


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


def told(report: Activity) -> dict[str, Told]:
    """Every figure by its code."""
    return {figure.code: _told(report, figure) for figure in FIGURES}


def _told(report: Activity, figure: Figure) -> Told:
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


def kpis(report: Activity) -> list[Told]:
    figures = told(report)
    return [figures[code] for code in KPIS]


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
        found[step_of(min(_year_after(one.day), report.filters.to), size)] += one.encounters
    return found


def _year_after(day: date) -> date:
    moved = date(day.year + 1, day.month, 1)
    return min(date.fromordinal(moved.toordinal() + day.day - 1), _month_end(moved))


def _month_end(first: date) -> date:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


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


def topics(report: Activity) -> list[Topics]:
    """By pillar, the most named first; the total of a pillar counts encounters, not mentions."""
    groups = []
    for pillar in (*PILLARS, None):
        found = sorted((t for t in report.now.topics if t.pillar == pillar), key=lambda t: (-t.encounters, t.label))
        total = report.now.pillars.get(pillar, (0, 0))[0] if pillar else 0
        if found:
            groups.append(Topics(pillar, total, [(t.label, t.encounters, formats.number(t.encounters)) for t in found]))
    return sorted(groups, key=lambda group: (group.pillar is None, -group.total))


def figure_rows(report: Activity) -> list[list[str]]:
    """Name, value, the counts of a rate, last year, change."""
    return [[f.label, f.value, f.parts or "–", f.previous, f.change or "–"] for f in told(report).values()]


def site_rows(report: Activity) -> Iterator[list[str]]:
    """Site, intermunicipality, encounters, share, people, under 18; then last year and the change, if there was one."""
    for line in report.lists()["by_site"]:
        brackets = report.now.sites[line.key].brackets
        young = brackets["age_lt12"][1] + brackets["age_12_17"][1]
        cells = [line.label, report.places[line.key].area, *_counts(line), formats.number(young)]
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


def rows_of(report: Activity, name: str) -> list[list[str]]:
    """Label, encounters, share, people, and last year's encounters where there are data, of any list."""
    before = {line.key: line for line in report.lists(report.before)[name]} if report.before else {}
    rows = []
    for line in report.lists()[name]:
        cells = [_(PILLAR_NAMES.get(line.key, line.label)), *_counts(line)]
        if report.before:
            old = before.get(_key_before(line.key) if name == "by_month" else line.key)
            cells.append(formats.number(old.encounters if old else 0))
        rows.append(cells)
    return rows


def _key_before(month: str) -> str:
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


def context(report: Activity) -> dict[str, Any]:
    """Everything that templates/reports/show.html shows of a report."""
    size, rows = cones(report)
    groups = topics(report)
    return {
        "report": report,
        "empty": is_empty(report),
        "notes": notes(report),
        "kpis": kpis(report),
        "figures": told(report).values(),
        "grain": size,
        "cones": rows,
        "chart_title": chart_title(report, rows),
        "topics": groups,
        "most_topic": max((bar[1] for group in groups for bar in group.bars), default=0),
        "site_rows": list(site_rows(report)),
        "site_foot": site_foot(report),
        "lists": {name: rows_of(report, name) for name in ("by_pillar", "by_age", "by_month")},
        "figure_rows": figure_rows(report),
        "lines": line_count(report),
        "now_label": _years(report.filters.from_, report.filters.to),
        "before_label": _years(*year_before(report.filters)),
        "cut_off": clock.local(report.cut_off),
    }


def _years(first: date, last: date) -> str:
    return str(first.year) if first.year == last.year else f"{first.year}–{last.year}"
