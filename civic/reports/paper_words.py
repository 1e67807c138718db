"""The summary of a report in sentences, from its figures: rounded as one says it, silent where there is too little."""

from civic import formats
from civic.i18n import _, ngettext
from civic.reports.activity import Activity

# Under so many, a share says more than is known.
ENOUGH = 20
ALIKE = 0.03


def about(value: float) -> str:
    """Two figures that count: 3 214 is « environ 3 200 », 48 is 48."""
    if value < 100:
        return formats.number(round(value))
    step = 10 ** (len(str(int(value))) - 2)
    return _("environ %(number)s") % {"number": formats.number(round(value / step) * step)}


def summary(report: Activity) -> list[str]:
    """The sentences, in order; none without data."""
    figures = report.figures
    met, people = figures["encounters"], figures["people_met"]
    if not met.value:
        return [_("Aucune rencontre n’a été notée sur cette période.")]
    sites = int(figures["sites_covered"].value or 0)
    words = {
        "encounters": about(met.value),
        "people": about(people.value or 0),
        "sites": ngettext("%(num)s site", "%(num)s sites", sites) % {"num": formats.number(sites)},
    }
    said = [_("Les volontaires ont noté %(encounters)s rencontres avec %(people)s personnes, sur %(sites)s.") % words]
    return said + [one for one in (_compared(report), _topic(report), _mood(report), _pairs(report)) if one]


def _compared(report: Activity) -> str:
    value, previous = report.figures["encounters"]
    if not value or not previous or previous < ENOUGH:
        return ""
    step = value / previous - 1
    if abs(step) < ALIKE:
        return _("C’est à peu près autant que l’année précédente.")
    words = {"share": formats.percent(abs(step))}
    if step > 0:
        return _("C’est %(share)s de plus que sur les mêmes dates de l’année précédente.") % words
    return _("C’est %(share)s de moins que sur les mêmes dates de l’année précédente.") % words


def _topic(report: Activity) -> str:
    topics = sorted(report.now.topics, key=lambda one: -one.encounters)
    if not topics or report.now.encounters < ENOUGH or report.filters.topic:
        return ""
    return _("Le thème le plus évoqué est « %(topic)s », dans %(tenths)s.") % {
        "topic": topics[0].label,
        "tenths": _tenths(topics[0].encounters / report.now.encounters),
    }


def _tenths(share: float) -> str:
    tenths = max(1, round(10 * share))
    return ngettext("une rencontre sur dix", "%(num)s rencontres sur dix", tenths) % {"num": tenths}


def _mood(report: Activity) -> str:
    positive, neutral, negative = report.now.feelings
    said = positive + neutral + negative
    if said < ENOUGH:
        return ""
    return _("Quand le ressenti est dit, il est positif dans %(tenths)s.") % {"tenths": _tenths(positive / said)}


def _pairs(report: Activity) -> str:
    rate = report.figures["pair_rate"].value
    if rate is None or report.now.held < ENOUGH:
        return ""
    tenths = round(10 * rate)
    return ngettext(
        "%(num)s créneau tenu sur dix l’a été à deux ou plus.",
        "%(num)s créneaux tenus sur dix l’ont été à deux ou plus.",
        tenths,
    ) % {"num": tenths}
