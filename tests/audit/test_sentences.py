"""Every verb of the audit log is told in French."""

import re
from pathlib import Path

import pytest

from civic.audit.sentences import FAMILIES, SENTENCES, sentence
from civic.bookings.models import ENDED

CODE = Path(__file__).parent.parent.parent / "civic"


def verbs() -> set[str]:
    """Those that the code names; f-strings are spelled out below."""
    sources = [file.read_text() for file in CODE.rglob("*.py")]
    return {
        verb
        for source in sources
        for verb in re.findall(r'"([a-z]+\.[a-z_]+)"', source)
        if verb.split(".")[0] in FAMILIES
    }


def test_every_verb_has_its_sentence() -> None:
    built = {f"booking.{state}" for state in ENDED}
    built |= {f"application.{state}" for state in ("accepted", "rejected")}
    built |= {f"{noun}.corrected" for noun in ("encounter", "outing")}
    missing = {
        verb
        for verb in verbs() | built
        if verb not in SENTENCES and not (verb.endswith((".html", ".css", ".csv", ".db")))
    }
    assert not missing


def test_every_sentence_belongs_to_a_family() -> None:
    assert {verb.split(".")[0] for verb in SENTENCES} <= set(FAMILIES)


@pytest.mark.parametrize(
    ("verb", "detail", "text"),
    [
        ("shift.published", {}, "Créneau publié"),
        ("shift.cancelled", {"reason": "Neige", "told": 2}, "Créneau annulé : Neige, 2 personnes prévenues"),
        ("shift.cancelled", {"reason": "Neige", "told": 0}, "Créneau annulé : Neige, 0 personne prévenue"),
        ("shift.edited", {"changed": ["starts_at", "odd"]}, "Créneau modifié : début, odd"),
        ("booking.made", {"state": "waitlisted"}, "Réservation faite : liste d’attente"),
        (
            "account.rights_changed",
            {"role": "coordinator", "scopes": []},
            "Droits changés : coordination, toutes les agglomérations",
        ),
        ("account.rights_changed", {"role": "manager"}, "Droits changés : direction"),
        ("comet.seen", {"reason": "x"}, "comet.seen"),
        ("shift.edited", {"changed": None, "told": "x", "reason": 3}, "Créneau modifié"),
        ("shift.edited", None, "Créneau modifié"),
    ],
)
def test_details_follow_the_sentence(verb: str, detail: dict[str, object] | None, text: str) -> None:
    assert sentence(verb, detail).replace("\u00a0", " ") == text
