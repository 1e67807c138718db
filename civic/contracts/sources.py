"""Where a rule comes from, in the words a screen may use: an article only where it was verified."""

import json
from functools import lru_cache
from typing import Any

from civic.i18n import N_, _
from civic.paths import DATA

# The data file speaks English where it comments; a screen does not.
_IN_FRENCH = {
    "age_max": N_("L120-1 II (25 ans) ; service-public.fr (30 ans)"),
    "one_only": N_("service-public.fr, fiche F13278"),
    "leave_accrual": N_("R121-17 ; service-public.fr, fiche F15547 (mineur)"),
    "contract_ready": N_("R121-13 (décret n° 2025-530 du 10 juin 2025)"),
    "parental_auth": N_("L120-5, R121-11"),
    "stand_minor": N_("service-public.fr, fiche F15547 (2014)"),
    "minor_public": N_("service-civique.gouv.fr"),
    "fcc_half": N_("service-civique.gouv.fr, étape 4"),
    "psc_done": N_("R121-15, arrêté du 15 juin 2024"),
}


@lru_cache
def _rules() -> dict[str, dict[str, Any]]:
    listed = json.loads((DATA / "rules.json").read_text(encoding="utf-8"))["rules"]
    return {rule["id"].lower(): rule for rule in listed}


def source_of(code: str) -> str:
    """The article of a verified rule, « règle locale » for our own policy, else « source à confirmer »."""
    rule = _rules().get(code)
    if rule is None or rule["certainty"].startswith("policy"):
        return _("règle locale")
    if rule["certainty"].startswith("verified"):
        return _(_IN_FRENCH[code]) if code in _IN_FRENCH else str(rule["source"])
    return _("source à confirmer")
