"""Who may open a volunteer's account. The engagement's own ages are judged on the contract (see contracts.rules)."""

from datetime import date

from civic.clock import age_on
from civic.i18n import _

MIN_AGE = 16
MAX_AGE = 30


def problem_with_birth_date(birth: date, today: date) -> str | None:
    """A kind sentence for somebody who can't do a service civique yet, or any more; None otherwise."""
    if birth > today:
        return _("Cette date est dans le futur. Vérifiez l’année.")
    age = age_on(birth, today)
    if age < MIN_AGE:
        return _("Le service civique commence à %(n)s ans. Revenez nous voir à votre anniversaire !") % {"n": MIN_AGE}
    if age > MAX_AGE:
        return _("Le service civique s’arrête à 25 ans, ou 30 ans en situation de handicap. Vérifiez l’année.")
    return None
