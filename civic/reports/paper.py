"""All that a report says on paper, as written values: the layout, a snapshot and its comparison read nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from civic import clock, formats
from civic.i18n import N_, _, ngettext
from civic.reports.activity import Activity
from civic.reports.figures import FIGURES, SHARE, SHARES_PASS_100
from civic.reports.page import PILLAR_NAMES, chart_title, cones, notes, told
from civic.reports.paper_draw import Drawn, draw_map, draw_weeks
from civic.reports.paper_tables import tables
from civic.reports.paper_words import summary
from civic.sites.chart import Chart
from civic.sites.models import PILLARS

Content = dict[str, Any]
HIDDEN = "–"
PAPER_RULE = N_(
    "La version de diffusion porte sur des trimestres terminés. Elle masque tout nombre inférieur à 5 (à 11 pour "
    "un thème sensible, comme l’accès à la santé, et l’orientation vers les soins), et ceux qui "
    "permettraient d’en retrouver un par soustraction. "
    "Elle ne croise jamais les âges avec une autre répartition."
)


@dataclass(frozen=True)
class Voice:
    """What people wrote for the period: the texts by slot, approved quotes by pillar ("" for none)."""

    texts: Mapping[str, str] = field(default_factory=dict)
    quotes: Sequence[tuple[str, str]] = ()


def internal(report: Activity, voice: Voice, chart: Chart, scope: str = "") -> Content:
    """The whole report, for the house: every figure, marked « interne »."""
    found = told(report)
    size, rows = cones(report)
    head = {"week": _("Rencontres par semaine"), "month": _("Rencontres par mois"), "year": _("Rencontres par année")}
    site_counts = {key: count.encounters for key, count in report.now.sites.items()}
    return {
        **frame(report, voice, "interne"),
        "scope": scope,
        "summary": summary(report),
        "notes": notes(report),
        "figures_head": [_("Chiffre"), _("Valeur"), _("Sur"), _("Année précédente"), _("Écart")],
        "figures": [[f.label, f.value, f.parts or HIDDEN, f.previous, f.change or HIDDEN] for f in found.values()],
        "charts": [
            {
                "title": head[size],
                **draw_weeks(rows, chart_title(report, rows), report.before is not None).values,
                "note": _("En plein, cette période. En pointillé, l’année précédente.") if report.before else "",
                "head": [_("Période"), _("Rencontres"), _("Année précédente")][: 3 if report.before else 2],
                "rows": [
                    [c.name, formats.number(c.value), _or_none(c.previous)][: 3 if report.before else 2] for c in rows
                ],
            }
        ],
        "map": drawn_map(draw_map(chart, site_counts)),
        "pillars": [_pillar(report, code, voice) for code in PILLARS],
        "others": _topics(report, None),
        "tables": tables(report),
        "quotes": [list(one) for one in voice.quotes],
        "definitions": [[_(one.label), _(one.definition)] for one in FIGURES] + [[_("Part"), _(SHARE)]],
        "method": [*method(report), _(SHARES_PASS_100)],
    }


def frame(report: Activity, voice: Voice, audience: str) -> Content:
    """What both versions have: cover, texts, rule, the words of the layout."""
    filters = report.filters
    count = report.now.encounters
    rows = ngettext("%(num)s rencontre lue", "%(num)s rencontres lues", count) % {"num": formats.number(count)}
    inside = audience == "interne"
    return {
        "title": _("Bilan d’activité"),
        "subtitle": _("Service civique de la Chaîne des Parcs"),
        "owner": _("Pôle Métropolitain de l’Artois"),
        "period": _("Du %(first)s au %(last)s") % {"first": _day(filters.from_), "last": _day(filters.to)},
        "audience": audience,
        "badge": _("interne") if inside else _("diffusion"),
        "warning": _("Chiffres entiers, à usage interne : ne les diffusez pas tels quels.")
        if inside
        else _("Les petits nombres sont masqués : cette version peut être diffusée."),
        "cut_off": _("Chiffres arrêtés le %(day)s à %(hour)s, %(rows)s")
        % {"day": _day(clock.local(report.cut_off)), "hour": formats.hour(report.cut_off), "rows": rows},
        "introduction": voice.texts.get("introduction", ""),
        "rule": _(PAPER_RULE),
        "words": words(),
    }


def words() -> dict[str, str]:
    """The fixed words of the layout."""
    return {
        "contents": _("Sommaire"),
        "introduction": _("Introduction"),
        "summary": _("En résumé"),
        "figures": _("Chiffres clés"),
        "time": _("Dans le temps"),
        "map": _("Sur le territoire"),
        "pillars": _("Ce que le territoire a dit"),
        "others": _("Autres sujets"),
        "quotes": _("Paroles d’habitants"),
        "quotes_note": _("Textes réécrits par la coordination, pour que personne ne soit reconnu, et approuvés."),
        "tables": _("Tableaux"),
        "overleaf": _("Les chiffres de chaque période sont dans « Tableaux »."),
        "method": _("Méthode et définitions"),
        "suppression": _("Règle de masquage"),
        "topic": _("Thème"),
        "encounters": _("Rencontres"),
        "share": _("Part"),
        "comment": _("Commentaire"),
        "none": _("Pas de données"),
        "empty_quotes": _("Aucune parole approuvée sur cette période."),
        "page": _("Page"),
        "of": _("sur"),
    }


def drawn_map(drawn: Drawn) -> dict[str, str]:
    note = _("Un point par site, d’autant plus grand que les rencontres y sont nombreuses. Sans fond de carte.")
    return {**drawn.values, "note": note}


def _pillar(report: Activity, code: str, voice: Voice) -> Content:
    count = report.now.pillars.get(code, (0, 0))[0]
    text = ngettext("%(num)s rencontre", "%(num)s rencontres", count) % {"num": formats.number(count)}
    rows = _topics(report, code)
    return {
        "code": code,
        "name": _(PILLAR_NAMES[code]),
        "count": text,
        "comment": voice.texts.get(code, ""),
        "rows": rows,
    }


def _topics(report: Activity, pillar: str | None) -> list[list[Any]]:
    """Label, encounters, share as written and as a number of 0 to 1 for the bar; the most named first."""
    total = report.now.encounters
    found = sorted((t for t in report.now.topics if t.pillar == pillar), key=lambda t: (-t.encounters, t.label))
    return [topic_row(one.label, one.encounters, total) for one in found]


def topic_row(label: str, value: int | None, total: int | None) -> list[Any]:
    if value is None or not total:
        return [label, HIDDEN if value is None else formats.number(value), HIDDEN, 0]
    return [label, formats.number(value), formats.percent(value / total), value / total]


def method(report: Activity) -> list[str]:
    said = [
        _("Les rencontres sont notées par les volontaires, en binôme, sans rien qui désigne un habitant."),
        _("Une personne rencontrée deux fois compte deux fois. Les âges sont estimés."),
        _("Les rencontres annulées ne comptent nulle part. Un créneau compte une fois terminé."),
    ]
    shown = [value for value in report.filters.shown.values() if value]
    if shown:
        said.append(_("Filtres : %(filters)s.") % {"filters": ", ".join(shown)})
    return said


def _day(day: Any) -> str:
    return f"{formats.day_month(day)}{formats.NBSP}{day.year}"


def _or_none(value: int | None) -> str:
    return HIDDEN if value is None else formats.number(value)
