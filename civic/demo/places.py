"""What the demo tells about the real sites: how much they are walked, where to meet, whom to call, when they close."""

from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from civic import clock
from civic.demo.chance import Chance
from civic.demo.names import landline
from civic.demo.rows import Rows
from civic.sites.models import ClosureRule, Site, SiteClosure
from civic.sites.recurrence import Recurrence

# Shifts in an ordinary week; places that are not named have FEW.
WEEKLY = {
    "louvre-lens": 4.6,
    "parc-olhain": 4.2,
    "terril-74": 4.0,
    "loisinord": 3.6,
    "base-11-19": 3.2,
    "9-9bis": 3.2,
    "parc-iles": 3.2,
    "parc-glissoire": 3.2,
    "terril-74a": 2.6,
    "parc-wingles": 2.6,
    "calonnix": 2.6,
    "berges-souchez-loison": 2.6,
    "cite-electriciens": 2.6,
    "gare-eau-bethune": 2.6,
    "parc-lawe": 2.2,
    "val-souchez": 2.2,
    "berges-souchez-leo-lagrange": 2.2,
    "geotopia": 2.0,
    "bellenville": 2.0,
    "lorette": 2.0,
    "culture-commune": 1.7,
    "comedie-bethune": 1.7,
    "arc-en-ciel-lievin": 1.7,
    "mac-sallaumines": 1.7,
    "lumiwatt": 1.7,
    "marais-galance": 1.3,
    "lagunage-harnes": 1.3,
    "terril-75": 1.3,
    "pays-a-part": 1.3,
    "parc-fossette": 1.3,
    "terril-110": 1.0,
    "terril-2": 0.9,
    "terril-3": 0.9,
    "terril-101": 0.9,
}
FEW = 0.65

MEETING = {
    "terril": ("Au panneau d’entrée, au pied du terril", "À la barrière du sentier, côté parking"),
    "park": ("À l’entrée principale, sous le plan du parc", "Près de l’aire de jeux, côté parking"),
    "leisure_park": ("Devant l’accueil", "Au kiosque d’information"),
    "mining_heritage": ("Devant la salle des pendus", "À l’accueil, sous le porche"),
    "culture_venue": ("Dans le hall, à l’accueil", "Sur le parvis"),
    "waterway": ("Sur le quai, près de la passerelle",),
    "energy_site": ("Au portail du champ solaire",),
    "memorial": ("Devant la maison des guides",),
}
ACCESS = {
    "terril": "Montée raide par endroits : chaussures fermées.",
    "park": "Chemins plats, accessibles à vélo et en poussette.",
    "leisure_park": "Parking gratuit, arrêt de bus à moins de 500 m.",
    "culture_venue": "Entrée de plain-pied.",
    "waterway": "Chemin de halage, prudence avec les vélos.",
}
SAFETY = {
    "terril": "Restez sur le sentier balisé. Certaines zones du terril sont encore chaudes.",
    "waterway": "Gardez vos distances avec le bord de l’eau.",
    "park": "Ne vous approchez pas de l’eau sans votre binôme.",
}
HUNTING_SITES = ("terril-74", "terril-74a", "parc-olhain", "terril-75", "terril-116")
HUNTING = "chasse autorisée sur le site ce dimanche"
RETURNING = ("lagunage-harnes", "faucardage des bassins")
WORKS = (
    ("terril-87", 10, 6, "entretien du sentier après les pluies"),
    ("terril-98", -40, 12, "travaux sur la passerelle"),
)


def describe(chance: Chance, sites: list[Site]) -> list[dict[str, Any]]:
    """Meeting place, notes and on-call number of every site; one number per intermunicipality."""
    numbers = {code: landline(chance) for code in sorted({site.intermunicipality_code for site in sites})}
    return [
        {
            "site": site.id,
            "meeting_place": chance.choice(MEETING[site.kind]),
            "access_notes": ACCESS.get(site.kind, ""),
            "safety_notes": SAFETY.get(site.kind, ""),
            "on_call_number": numbers[site.intermunicipality_code],
        }
        for site in sites
    ]


def closures(chance: Chance, today: date, by: UUID, rows: Rows) -> set[tuple[str, date]]:
    """Hunting Sundays of the season and a few works; returns the closed days of each site."""
    closed: set[tuple[str, date]] = set()
    # A rule comes before the rows that name it.
    rows.tables.setdefault(ClosureRule, [])
    first = clock.monday(today) - timedelta(weeks=12)
    for sunday in (first + timedelta(days=6 + 7 * week) for week in range(18)):
        in_season = sunday.month in (10, 11, 12, 1, 2) or (sunday.month == 9 and sunday.day > 20)
        # Two sites in turn: the others stay open to walkers.
        turn = sunday.toordinal() // 7
        for rank, site in enumerate(HUNTING_SITES):
            if in_season and (turn + rank) % 3 == 0:
                _close(chance, site, sunday, sunday, HUNTING, today, by, rows, closed)
    for site, offset, length, reason in WORKS:
        starts = today + timedelta(days=offset)
        _close(chance, site, starts, starts + timedelta(days=length - 1), reason, today, by, rows, closed)
    return closed | _returning(today, by, rows)


def _returning(today: date, by: UUID, rows: Rows) -> set[tuple[str, date]]:
    """A closure that comes back, written out as a coordinator's would be."""
    site, reason = RETURNING
    recurrence = Recurrence("month_1", (0,), today, today + timedelta(days=180))
    rule_id = uuid5(NAMESPACE_URL, f"{site}/{today}")
    told = {"created_at": clock.midnight(today - timedelta(days=3)), "created_by_id": by}
    kept = {"id": rule_id, "site_id": site, "rule": recurrence.rule, "starts_on": today, "reason": reason}
    rows.add(ClosureRule, kept | told)
    for day in recurrence.days():
        row = {"id": uuid5(rule_id, day.isoformat()), "site_id": site, "starts_on": day, "ends_on": day}
        rows.add(SiteClosure, row | told | {"reason": reason, "rule_id": rule_id})
    return {(site, day) for day in recurrence.days()}


def _close(
    chance: Chance,
    site: str,
    first: date,
    last: date,
    reason: str,
    today: date,
    by: UUID,
    rows: Rows,
    closed: set[tuple[str, date]],
) -> None:
    closed.update((site, day) for day in clock.days(first, last))
    told = clock.midnight(min(first, today) - timedelta(days=chance.randint(20, 40)))
    row = {"id": chance.uuid(), "site_id": site, "starts_on": first, "ends_on": last, "reason": reason}
    rows.add(SiteClosure, row | {"created_at": told, "created_by_id": by, "rule_id": None})
