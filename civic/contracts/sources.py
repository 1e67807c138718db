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
    "leave_accrual": N_("R121-17 ; service-public.fr, fiche F15547 (mineur)"),
    "contract_ready": N_("R121-13 (décret n° 2025-530 du 10 juin 2025)"),
    "parental_auth": N_("L120-5, R121-11"),
    "tutor_assigned": N_("L120-14, R121-10 6°"),
    "stand_minor": N_("service-public.fr, fiche F15547 (2014)"),
    "minor_public": N_("service-civique.gouv.fr"),
    "fcc_half": N_("service-civique.gouv.fr, étape 4"),
    "psc_done": N_("R121-15, arrêté du 15 juin 2024"),
    "subsistence": N_("service-civique.gouv.fr"),
}
_CERTAINTY = {
    "verified": N_("vérifié dans le texte"),
    "verified for 25 and 30; 'reckoned at contract start' = memory": N_("vérifié ; le jour du calcul est à confirmer"),
    "verified 2014, not re-checked": N_("vérifié en 2014, à relire"),
    "verified; minor article number memory": N_("vérifié ; l’article des mineurs est à confirmer"),
    "verified (secondary + official pages)": N_("vérifié sur des pages officielles et d’autres"),
    "verified (secondary)": N_("vérifié sur une page non officielle"),
    "number_memory": N_("texte lu, numéro d’article à confirmer"),
    "secondary": N_("lu sur une page non officielle"),
    "secondary; document verified (centre-inffo 2010)": N_("lu sur une page non officielle ; attestation vérifiée"),
    "policy": N_("choix local"),
}


@lru_cache
def rules() -> dict[str, dict[str, Any]]:
    """The rules of the data file by their code, in its order."""
    listed = json.loads((DATA / "rules.json").read_text(encoding="utf-8"))["rules"]
    return {rule["id"].lower(): rule for rule in listed}


def source_of(code: str) -> str:
    """The article of a verified rule, « règle locale » for our own policy, else « source à confirmer »."""
    rule = rules().get(code)
    if rule is None or rule["certainty"].startswith("policy"):
        return _("règle locale")
    if rule["certainty"].startswith("verified"):
        return _(_IN_FRENCH[code]) if code in _IN_FRENCH else str(rule["source"])
    return _("source à confirmer")


def certainty_of(code: str) -> str:
    """How far a rule was checked, in words; our own policy is a local choice."""
    rule = rules().get(code)
    return _(_CERTAINTY[rule["certainty"] if rule else "policy"])
