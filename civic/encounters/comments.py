"""A look at comments for what could point to somebody. It hints, it never forbids. Pure."""

import re

from civic.i18n import N_, _

_PATTERNS = (
    (re.compile(r"(?:\+33|\b0)[ .\-/]?[1-9](?:[ .\-/]?\d{2}){2,4}\b"), N_("un numéro de téléphone")),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]{2,}"), N_("une adresse e-mail")),
    (re.compile(r"\b[A-Z]{2}[ -]?\d{3}[ -]?[A-Z]{2}\b|\b\d{2,4}[ -]?[A-Z]{2,3}[ -]?(?:59|62)\b"), N_("une plaque")),
    (
        re.compile(r"\b(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Monsieur|Madame|Mademoiselle) [A-Z\u00c0-\u00dd][\w\u2019'-]+"),
        N_("un nom"),
    ),
)


def hints(comment: str | None) -> list[str]:
    """What a comment seems to hold, in words."""
    return [_(word) for pattern, word in _PATTERNS if comment and pattern.search(comment)]
