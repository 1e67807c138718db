"""The tables at the end of a report on paper: the lists of the interface, as written values."""

from typing import Any

from civic import formats
from civic.i18n import _
from civic.reports.activity import Activity
from civic.reports.figures import BY_CODE, Value
from civic.reports.labels import FACET_TITLES
from civic.reports.page import written

Content = dict[str, Any]
NONE = "–"
PRESENCE = ("shifts_held", "volunteer_hours", "fill_rate", "attendance_rate", "pair_rate")
CONTACTS = ("outings", "approached", "refusal_rate")


def tables(report: Activity) -> list[Content]:
    """By site, age and month, what was said, what volunteers did; the year before where there is one."""
    return [*_lists(report), *_facets(report), *_service(report)]


def _lists(report: Activity) -> list[Content]:
    lists, before = report.lists(), report.lists(report.before) if report.before else {}
    titles = {
        "by_site": (_("Par site"), _("Site")),
        "by_age": (_("Par âge"), _("Âge estimé")),
        "by_month": (_("Par mois"), _("Mois")),
    }
    made = []
    for name, (title, of) in titles.items():
        old = {line.key: line.encounters for line in before.get(name, [])}
        head = [of, _("Rencontres"), _("Part"), _("Personnes")]
        compared = bool(before) and name != "by_month"
        rows = []
        for line in lists[name]:
            share = NONE if line.share is None else formats.percent(line.share, 1)
            cells = [line.label, formats.number(line.encounters), share, formats.number(line.people_met)]
            rows.append([*cells, formats.number(old.get(line.key, 0))] if compared else cells)
        made.append({"title": title, "head": [*head, _("Année précédente")] if compared else head, "rows": rows})
    return made


def _facets(report: Activity) -> list[Content]:
    before = report.breakdowns(report.before) if report.before else {}
    made = []
    for name, parts in report.breakdowns().items():
        old = {part.key: part.encounters for part in before.get(name, [])}
        rows = []
        for part in parts:
            share = NONE if part.share is None else formats.percent(part.share, 1)
            cells = [part.label, formats.number(part.encounters), share]
            rows.append([*cells, formats.number(old.get(part.key, 0))] if before else cells)
        title = _(FACET_TITLES[name])
        head = [title, _("Rencontres"), _("Part"), *([_("Année précédente")] if before else [])]
        made.append({"title": title, "head": head, "rows": rows})
    return made


def _service(report: Activity) -> list[Content]:
    months = report.service()
    titles = {_("Heures et présence par mois"): PRESENCE, _("Sorties et refus par mois"): CONTACTS}
    made = []
    for title, codes in titles.items() if months else ():
        rows = [[month.label, *(_said(code, month.figures[code].value) for code in codes)] for month in months]
        made.append({"title": title, "head": [_("Mois"), *(_(BY_CODE[code].label) for code in codes)], "rows": rows})
    return made


def _said(code: str, value: Value) -> str:
    return NONE if value is None else written(BY_CODE[code].kind, value)
