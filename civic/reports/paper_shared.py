"""The version of a report that may leave the house: whole quarters, as they are published, and nothing else."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from civic import formats
from civic.errors import Invalid
from civic.i18n import _
from civic.reports.activity import Activity
from civic.reports.figures import FIGURES
from civic.reports.filters import Filters
from civic.reports.page import PILLAR_NAMES, written
from civic.reports.paper import HIDDEN, Content, Voice, drawn_map, frame, method, topic_row
from civic.reports.paper_draw import draw_map, draw_months
from civic.reports.paper_words import about
from civic.reports.shared import Published, Quarter, label
from civic.reports.suppression import THRESHOLD, added
from civic.sites.chart import Chart
from civic.sites.models import PILLARS

# What volunteers did: no count of residents, so none of these can point to one.
OURS = ("shifts_held", "volunteer_hours", "pair_rate", "outings", "sites_covered")


def quarters_of(filters: Filters, found: Published) -> list[Quarter]:
    """The published quarters that make up a period. Raises Invalid when they don't, or when something narrows it."""
    if any(filters.shown.values()) or filters.scope:
        raise Invalid({"version": _("La version de diffusion porte sur tout le territoire : effacez les filtres.")})
    inside = [one for one in found.quarters if one.first >= filters.from_ and one.last <= filters.to]
    if not inside or (inside[0].first, inside[-1].last) != (filters.from_, filters.to):
        raise Invalid(
            {
                "version": _(
                    "La version de diffusion porte sur des trimestres entiers, terminés depuis huit jours : "
                    "choisissez par exemple du 1er juillet au 30 septembre."
                )
            }
        )
    return inside


def diffusion(report: Activity, voice: Voice, chart: Chart, found: Published) -> Content:
    """The same document as the internal one, from published counts alone."""
    quarters = quarters_of(report.filters, found)
    total = added(one.encounters.value for one in quarters)
    people = added(one.people.value for one in quarters)
    sites = _sites(quarters)
    months = [(key, seen.value) for one in quarters for key, seen in one.encounters.cuts["month"].items()]
    topics = _sum(one.topics for one in quarters)
    pillars = _sum(one.pillars for one in quarters)
    content = frame(report, voice, "diffusion")
    content["cut_off"] = _("Chiffres arrêtés le %(day)s") % {"day": _day(report.cut_off.date())}
    return {
        **content,
        "scope": "",
        "summary": _summary(total, people),
        "notes": [
            _("« – » : nombre masqué, trop petit pour être publié, ou pas de données."),
            *report.topic_notes,
        ],
        "figures_head": [_("Chiffre"), _("Valeur")],
        "figures": [
            [_("Rencontres notées"), shown(total)],
            [_("Personnes rencontrées"), shown(people)],
            *_ours(report),
        ],
        "charts": [_month_chart(months, found)],
        "map": drawn_map(draw_map(chart, {key: value for key, value in sites.items() if value})),
        "pillars": [
            {
                "code": code,
                "name": _(PILLAR_NAMES[code]),
                "count": _("%(count)s rencontres") % {"count": shown(pillars[code])},
                "comment": voice.texts.get(code, ""),
                "rows": _topic_rows(report, found, topics, total, code),
            }
            for code in PILLARS
        ],
        "others": _topic_rows(report, found, topics, total, None),
        "tables": [_table(*one, found, quarters) for one in _cuts()],
        "quotes": [list(one) for one in voice.quotes],
        "definitions": [[_(one.label), _(one.definition)] for one in FIGURES if one.code in KEPT],
        "method": method(report),
    }


KEPT = {*OURS, "encounters", "people_met"}


def shown(value: int | None) -> str:
    return HIDDEN if value is None else formats.number(value)


def _summary(total: int | None, people: int | None) -> list[str]:
    if total is None or people is None:
        return [_("Trop peu de rencontres ont été notées pour en publier le nombre.")]
    words = {"encounters": about(total), "people": about(people)}
    return [_("Les volontaires ont noté %(encounters)s rencontres avec %(people)s personnes.") % words]


def _ours(report: Activity) -> list[list[str]]:
    rows = []
    for one in FIGURES:
        if one.code in OURS:
            value = report.figures[one.code].value
            small = one.kind == "count" and (value or 0) < THRESHOLD
            rows.append([_(one.label), HIDDEN if small or value is None else written(one.kind, value)])
    return rows


def _sum(counts: Iterable[dict[str, int | None]]) -> dict[str, int | None]:
    """Key by key; hidden once is hidden. A topic that did not exist yet, or no more, adds nothing."""
    held = list(counts)
    keys = dict.fromkeys(key for one in held for key in one)
    return {key: added(one[key] for one in held if key in one) for key in keys}


def _sites(quarters: list[Quarter]) -> dict[str, int | None]:
    return _sum(
        {
            key: seen.value
            for area in one.encounters.cuts["intermunicipality"].values()
            for key, seen in area.cuts["site"].items()
        }
        for one in quarters
    )


def _month_chart(months: list[tuple[str, int | None]], found: Published) -> Content:
    """A column a month. A hidden one has none, whatever it holds, and the scale is that of what is shown."""
    rows = [[label("month", key, found), shown(value)] for key, value in months]
    head = [_("Mois"), _("Rencontres")]
    title = _("Rencontres par mois")
    drawn = draw_months(
        [(key, name, value, text) for (key, value), (name, text) in zip(months, rows, strict=True)], title
    )
    return {"title": title, **drawn.values, "head": head, "rows": rows}


def _topic_rows(
    report: Activity, found: Published, topics: dict[str, int | None], total: int | None, pillar: str | None
) -> list[list[Any]]:
    pillar_of = found.topic_pillars
    keys = [key for key in topics if pillar_of[key] == pillar]
    keys.sort(key=lambda key: (-(topics[key] or 0), found.topic_labels[key]))
    return [topic_row(found.topic_labels[key], topics[key], total) for key in keys]


def _cuts() -> list[tuple[str, str, str]]:
    return [
        ("intermunicipality", _("Par agglomération"), _("Agglomération")),
        ("site", _("Par site"), _("Site")),
        ("age", _("Par âge (personnes)"), _("Âge estimé")),
        ("feeling", _("Ressenti"), _("Ressenti")),
        ("referral", _("Orientation"), _("Orientation")),
    ]


def _table(cut: str, title: str, of: str, found: Published, quarters: list[Quarter]) -> Content:
    if cut == "site":
        values = _sites(quarters)
    else:
        trees = [one.people if cut == "age" else one.encounters for one in quarters]
        values = _sum({key: seen.value for key, seen in one.cuts[cut].items()} for one in trees)
    rows = [[label(cut, key, found), shown(value)] for key, value in values.items()]
    if cut == "site":
        rows.sort(key=lambda row: row[0])
    return {"title": title, "head": [of, _("Personnes") if cut == "age" else _("Rencontres")], "rows": rows}


def _day(day: date) -> str:
    return f"{formats.day_month(day)}{formats.NBSP}{day.year}"
