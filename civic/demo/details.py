"""The folded half of the encounter form: often left empty, as in life."""

from collections.abc import Mapping

from civic.demo.chance import Chance
from civic.demo.shifts import Planned

SPOTS: dict[str, Mapping[str, float]] = {
    "terril": {"terril": 50, "sentier": 30, "entree": 10, "parking": 10},
    "park": {"sentier": 34, "plan_eau": 24, "aire_jeux": 20, "entree": 14, "parking": 8},
    "leisure_park": {"aire_jeux": 28, "plan_eau": 18, "entree": 20, "sentier": 22, "parking": 12},
    "waterway": {"plan_eau": 55, "cavalier": 25, "sentier": 20},
    "mining_heritage": {"entree": 50, "evenement": 20, "sentier": 20, "autre": 10},
}
INDOORS = {"entree": 60, "evenement": 30, "autre": 10}
ORIGINS = {"commune_site": 38, "autre_62_59": 12, "ailleurs_fr": 5, "etranger": 2, "nc": 6}
CONTACTS = {"aller_vers": 66, "venue_spontanee": 25, "partenaire": 5, "stand_animation": 4}
DURATIONS = {"lt5": 34, "5_15": 46, "15_30": 16, "gt30": 4}
HABITS = {"premiere": 24, "parfois": 36, "souvent": 34, "nc": 6}
TRANSPORTS = {"pied": 34, "velo": 16, "bus": 8, "voiture": 36, "autre": 2, "nc": 4}
PURPOSES = {
    "information": 34,
    "question": 20,
    "idee": 12,
    "envie_participer": 9,
    "signalement": 10,
    "memoire_temoignage": 11,
    "critique": 4,
}
VENUES = {
    "louvre_lens": 34,
    "comedie_bethune": 14,
    "culture_commune": 16,
    "arc_en_ciel": 12,
    "mac": 8,
    "autre": 6,
    "aucun": 10,
}
REFERRALS = {
    "aucune": 46,
    "office_tourisme": 16,
    "mairie_agglo": 11,
    "lieu_culturel": 10,
    "association": 6,
    "mission_locale": 4,
    "evenement": 4,
    "autre": 3,
}
HOME = {"CALL": "call", "CAHC": "cahc", "CABBALR": "cabbalr"}
# The site of a venue makes people speak of it.
OWN_VENUE = {
    "louvre-lens": "louvre_lens",
    "comedie-bethune": "comedie_bethune",
    "culture-commune": "culture_commune",
    "arc-en-ciel-lievin": "arc_en_ciel",
    "mac-sallaumines": "mac",
}


def fill(chance: Chance, shift: Planned, group: str, topics: list[str]) -> dict[str, str | None]:
    """A value or None for each optional field."""

    def perhaps(probability: float, options: Mapping[str, float]) -> str | None:
        return chance.pick(options) if chance.happens(probability) else None

    stand = "stand_duty" in shift.plan.tags
    contact: Mapping[str, float] = {"stand_animation": 8, "venue_spontanee": 2} if stand else CONTACTS
    if group in ("scolaire", "groupe_encadre"):
        contact = {"groupe_prevu": 7, "aller_vers": 3}
    origins = {**ORIGINS, **dict.fromkeys(HOME.values(), 5), HOME[shift.site.intermunicipality_code]: 24}
    venue = OWN_VENUE.get(shift.site.id)
    referrals = {**REFERRALS, "acces_soins": 30, "france_services_ccas": 12} if "health_access" in topics else REFERRALS
    return {
        "contact_origin": perhaps(0.8, contact),
        "duration_band": perhaps(0.65, DURATIONS),
        "group_kind": group if chance.happens(0.9) else None,
        "origin_zone": perhaps(0.7, origins),
        "visit_habit": perhaps(0.6, HABITS),
        "transport": perhaps(0.5, TRANSPORTS),
        "spot": perhaps(0.55, SPOTS.get(shift.site.kind, INDOORS)),
        "purpose": perhaps(0.6, PURPOSES),
        "partner_venue": perhaps(0.7, {venue: 1} if venue else VENUES) if "culture" in topics else None,
        "referral": perhaps(0.45, referrals),
    }
