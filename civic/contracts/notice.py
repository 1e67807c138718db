"""NOTICE: an engagement that stops before its day, and the earliest day on which it lawfully may (L120-16).

Information, never a refusal: a shorter notice is saved, and the page says so.
"""

from collections.abc import Iterable
from datetime import date

from civic.contracts.limits import DEFAULT, Limits
from civic.contracts.rules import ContractFacts, FieldFinding, plus_months
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.formats import day_long
from civic.i18n import N_, _

END_REASON_NAMES = {
    "permanent_job": N_("Emploi en CDI"),
    "fixed_term_job": N_("Emploi en CDD de 6 mois ou plus"),
    "serious_fault": N_("Faute grave"),
    "force_majeure": N_("Force majeure"),
    "agreement": N_("Accord entre les parties"),
    "volunteer": N_("Décision du volontaire"),
    "host": N_("Décision de l’organisme"),
}
WITHOUT_NOTICE = frozenset({"permanent_job", "fixed_term_job", "serious_fault", "force_majeure"})


def earliest_last_day(reason: str, given_on: date, limits: Limits = DEFAULT) -> date:
    """The first day that may be the last one: a month after the notice, or the day itself for the four reasons."""
    return given_on if reason in WITHOUT_NOTICE else plus_months(given_on, int(limits.notice_months))


def proposed_end(facts: ContractFacts, reason: str, given_on: date, limits: Limits = DEFAULT) -> date:
    """What the form proposes: the earliest lawful day, within the agreed days."""
    return min(max(earliest_last_day(reason, given_on, limits), facts.starts_on), facts.ends_on)


def notice(reason: str, given_on: date, ended_on: date, limits: Limits = DEFAULT) -> Finding | None:
    """NOTICE: one month, none for a permanent job, a fixed-term one of six months, a serious fault, force majeure."""
    earliest = earliest_last_day(reason, given_on, limits)
    if ended_on >= earliest:
        return None
    title = _("Le préavis court jusqu’au %(earliest)s : cette fin vient avant.") % {"earliest": day_long(earliest)}
    return Finding("notice", title, source_of("notice"))


def problems(facts: ContractFacts) -> Iterable[FieldFinding]:
    """What is impossible about an early end: days out of order."""
    if facts.ended_on is None:
        return
    if facts.ended_on < facts.starts_on:
        yield _at("ended_on", _("La fin réelle vient avant le début."))
    if facts.ended_on > facts.ends_on:
        yield _at("ended_on", _("La fin réelle vient après la fin prévue."))
    if facts.notice_given_on and facts.notice_given_on > facts.ended_on:
        yield _at("notice_given_on", _("Le préavis est donné avant le dernier jour."))


def _at(field: str, title: str) -> FieldFinding:
    return FieldFinding(field, Finding("days_in_order", title, source_of("days_in_order")))
