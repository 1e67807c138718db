"""Where a rule comes from, in the words a screen may use: an article only where it was verified."""

import json
from functools import lru_cache
from typing import Any

from civic.i18n import _
from civic.paths import DATA


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
        return str(rule["source"])
    return _("source à confirmer")
