"""The report as a workbook: key figures, breakdowns, sites, months, how to read them, and the rows behind it all."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from civic import clock
from civic.db import Database
from civic.i18n import _
from civic.reports.activity import Activity
from civic.reports.figures import BY_CODE, FIGURES, SERVICE, SHARE, SHARES_PASS_100
from civic.reports.labels import FACET_TITLES
from civic.reports.xlsx import Row, Tab, write_xlsx

UNITS = {"count": "", "hours": "h", "rate": "0–1", "balance": "−1–1"}


async def write_workbook(
    database: Database, report: Activity, file: Path, told: Callable[[int], Awaitable[None]] | None = None
) -> int:
    """Write everything to a file; returns how many rows of encounters it holds."""
    tabs = [_figures(report), _breakdowns(report), _sites(report), _months(report), _help(report)]
    return await write_xlsx(database, "encounters", report.filters, file, tabs, told)


def _figures(report: Activity) -> Tab:
    heads = [_("Chiffre"), _("Code"), _("Valeur"), _("Année précédente"), _("Unité"), _("Part"), _("Sur")]
    rows: list[Row] = []
    for one in FIGURES:
        value, previous = report.figures[one.code]
        part, whole = (one.parts(report.now) if value is not None else None) or (None, None)
        rows.append([_(one.label), one.code, value, previous, UNITS[one.kind], part, whole])
    return Tab(_("Chiffres clés"), heads, rows, [30, 18, 14, 18, 10, 12, 12])


def _breakdowns(report: Activity) -> Tab:
    names = {"by_pillar": _("Pilier"), "by_topic": _("Thème"), "by_age": _("Âge estimé")}
    heads = [
        _("Répartition"),
        _("Code"),
        _("Libellé"),
        _("Rencontres"),
        _("Part"),
        _("Personnes"),
        _("Année précédente"),
    ]
    lists = report.lists()
    before = report.lists(report.before) if report.before else {}
    rows: list[Row] = []
    for name, title in names.items():
        old = {line.key: line.encounters for line in before.get(name, [])}
        for line in lists[name]:
            previous = old.get(line.key, 0) if before else None
            rows.append([title, line.key, line.label, line.encounters, line.share, line.people_met, previous])
    past = report.breakdowns(report.before) if report.before else {}
    for name, parts in report.breakdowns().items():
        gone = {part.key: part.encounters for part in past.get(name, [])}
        for part in parts:
            previous = gone.get(part.key, 0) if past else None
            rows.append([_(FACET_TITLES[name]), part.key, part.label, part.encounters, part.share, None, previous])
    return Tab(_("Répartitions"), heads, rows, [16, 16, 44, 12, 10, 12, 18])


def _sites(report: Activity) -> Tab:
    heads = [
        _("Code du lieu"),
        _("Lieu"),
        _("Agglomération"),
        _("Rencontres"),
        _("Part"),
        _("Personnes"),
        _("Année précédente"),
    ]
    before = report.before
    rows: list[Row] = []
    for line in report.lists()["by_site"]:
        old = (before.sites[line.key].encounters if line.key in before.sites else 0) if before else None
        area = report.places[line.key].area
        rows.append([line.key, line.label, area, line.encounters, line.share, line.people_met, old])
    return Tab(_("Par site"), heads, rows, [24, 44, 20, 12, 10, 12, 18])


def _months(report: Activity) -> Tab:
    """Encounters by month, then what volunteers did in it, each figure under its own name."""
    heads = [_("Code"), _("Mois"), _("Rencontres"), _("Part"), _("Personnes")]
    service = {month.key: month.figures for month in report.service()}
    shown = SERVICE if service else ()
    heads += [_(BY_CODE[code].label) for code in shown]
    met = {one.key: one for one in report.lists()["by_month"]}
    labels = {key: one.label for key, one in met.items()} | {month.key: month.label for month in report.service()}
    rows: list[Row] = []
    for key in sorted(labels):
        one = met.get(key)
        counts: Row = [one.encounters, one.share, one.people_met] if one else [0, None, 0]
        rows.append(
            [key, labels[key], *counts, *(service[key][code].value if key in service else None for code in shown)]
        )
    return Tab(_("Évolution"), heads, rows, [12, 22, 12, 10, 12, *(20 for _code in shown)])


def _help(report: Activity) -> Tab:
    filters = report.filters
    rows: list[Row] = [
        [_("Du"), str(filters.from_)],
        [_("Au"), str(filters.to)],
        [_("Arrêté le"), clock.local(report.cut_off).isoformat(timespec="seconds")],
        [_("Lignes (rencontres)"), report.now.encounters],
        [_("Usage"), _("Chiffres entiers, à usage interne : ne les diffusez pas tels quels.")],
        *([_("Filtre"), f"{name} = {value}"] for name, value in filters.shown.items() if value),
        *([_("Périmètre"), area] for area in sorted(filters.scope)),
        *([_(one.label), _(one.definition)] for one in FIGURES),
        [_("Part"), _(SHARE)],
        [_("Thèmes"), _(SHARES_PASS_100)],
        *([_("Thèmes"), note] for note in report.topic_notes),
    ]
    return Tab(_("Aide à la lecture"), [_("Sujet"), _("Ce qu’il faut savoir")], rows, [28, 110])
