"""What stands between a volunteer and any shift, point by point, and the state of a contract that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from civic.clock import age_on
from civic.contracts.rulebook import named
from civic.contracts.rules import ContractFacts
from civic.contracts.sources import source_of
from civic.formats import day_long
from civic.i18n import N_, _

# A contract's state is never written down: it follows from its days and from what is missing.
STATE_NAMES = {
    "upcoming": N_("À venir"),
    "running": N_("En cours"),
    "blocked": N_("Bloqué"),
    "over": N_("Fini"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must be there before somebody serves: done or not, and what to do. `code` is the refusal's."""

    code: str
    title: str
    detail: str
    done: bool
    source: str

    @property
    def rule(self) -> str:
        """The rule's title where it has one, and where it comes from."""
        return named(self.code, self.source)


def requirements(
    facts: ContractFacts | None, birth_date: date, day: date, *, verified: bool = True
) -> list[Requirement]:
    """What must be there to serve on a day, in the order in which bookings judge it.

    `verified` tells whether the account's e-mail address is confirmed; the point is listed while it is not.
    """
    found = [] if verified else [_email()]
    if facts is None:
        missing = _("Aucun contrat n’est enregistré.")
        return [*found, Requirement("contract_ready", _("Contrat"), missing, False, source_of("contract_ready"))]
    found += [_engaged(facts, day), _conform(facts), _medical(facts)]
    minor = age_on(birth_date, max(day, facts.starts_on)) < 18
    if minor:
        found.append(_parental(facts))
    found.append(_tutor(facts))
    if minor:
        found.append(_minor_tutoring(facts))
    return found


def state_of(facts: ContractFacts, points: Sequence[Requirement], day: date) -> str:
    """upcoming, running, blocked (running, and something is missing) or over."""
    if day < facts.starts_on:
        return "upcoming"
    if day > facts.last_day:
        return "over"
    return "running" if all(one.done for one in points) else "blocked"


def _email() -> Requirement:
    missing = _("Le lien reçu par e-mail n’a pas encore été ouvert.")
    return Requirement("email_unverified", _("Adresse e-mail confirmée"), missing, False, source_of("email_unverified"))


def _requirement(code: str, title: str, done: bool, since: date | None, missing: str) -> Requirement:
    detail = _("Fait le %(day)s.") % {"day": day_long(since)} if done and since else "" if done else missing
    return Requirement(code, title, detail, done, source_of(code))


def _engaged(facts: ContractFacts, day: date) -> Requirement:
    values = {"first": day_long(facts.starts_on), "last": day_long(facts.last_day)}
    if day < facts.starts_on:
        detail = _("Le contrat commence le %(first)s : rien avant.") % values
    elif day > facts.last_day:
        detail = _("Le contrat a pris fin le %(last)s.") % values
    else:
        detail = _("Du %(first)s au %(last)s.") % values
    running = facts.starts_on <= day <= facts.last_day
    return Requirement("contract_ready", _("Contrat en cours"), detail, running, source_of("contract_ready"))


def _conform(facts: ContractFacts) -> Requirement:
    done = facts.conformity_checked_on is not None
    missing = _("Le jour où la conformité du contrat a été vérifiée n’est pas encore noté.")
    return _requirement("contract_ready", _("Conformité vérifiée"), done, facts.conformity_checked_on, missing)


def _medical(facts: ContractFacts) -> Requirement:
    done = facts.medical_cleared_on is not None
    missing = _("La date du certificat d’aptitude n’est pas encore notée : la date seule suffit.")
    return _requirement("medical", _("Aptitude médicale"), done, facts.medical_cleared_on, missing)


def _parental(facts: ContractFacts) -> Requirement:
    done = facts.parental_authorised_on is not None and bool(facts.parental_holders)
    if facts.parental_authorised_on is not None:
        missing = _("Il manque le nom des titulaires de l’autorité parentale.")
    else:
        missing = _("La date de l’autorisation n’est pas encore notée.")
    return _requirement("parental_auth", _("Autorisation parentale"), done, facts.parental_authorised_on, missing)


def _tutor(facts: ContractFacts) -> Requirement:
    missing = _("Personne n’est encore nommé pour le tutorat.")
    return _requirement("tutor_assigned", _("Tutorat"), facts.tutor_id is not None, None, missing)


def _minor_tutoring(facts: ContractFacts) -> Requirement:
    done = facts.minor_tutoring_on is not None
    missing = _("Le jour où le tutorat renforcé a été mis en place n’est pas encore noté.")
    return _requirement("tutor_minor", _("Tutorat renforcé (mineur)"), done, facts.minor_tutoring_on, missing)
