"""What a mission and an application must be."""

from collections.abc import Collection
from datetime import date

from civic.errors import Refusal
from civic.i18n import _

MOTIVATION_MAX = 1000
NOTE_MAX = 500


def refuse_wrong_decision(state: str, wanted: str) -> None:
    """Only a submitted application is decided; the same decision again is no decision (see actions.decide)."""
    if state == "withdrawn":
        raise Refusal("application_withdrawn", _("Cette candidature a été retirée."))
    if state not in ("submitted", wanted):
        raise Refusal("application_decided", _("Cette candidature a déjà reçu une réponse."))


def refuse_wrong_days(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on and ends_on and ends_on < starts_on:
        raise Refusal("days_in_order", _("Le dernier jour vient avant le premier."), field="ends_on")


def refuse_foreign_sites(chosen: Collection[str], allowed: Collection[str]) -> None:
    """A mission has sites, all of them within its author's intermunicipalities."""
    if not chosen:
        raise Refusal("sites_missing", _("Choisissez au moins un lieu."), field="sites")
    if not set(chosen) <= set(allowed):
        raise Refusal("site_out_of_scope", _("Un de ces lieux n’est pas dans votre périmètre."), field="sites")
