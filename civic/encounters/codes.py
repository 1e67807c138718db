"""The closed lists of the encounter and outing forms, with their French labels. Codes are stable once shipped."""

from civic.i18n import N_
from civic.sites.kinds import SPOTS

HALF_DAYS = {"matin": N_("Matin"), "midi": N_("Midi"), "apres_midi": N_("Après-midi"), "soir": N_("Soir")}
AGES = {
    "age_lt12": N_("Moins de 12 ans"),
    "age_12_17": N_("12 à 17 ans"),
    "age_18_24": N_("18 à 24 ans"),
    "age_25_59": N_("25 à 59 ans"),
    "age_60p": N_("60 ans et plus"),
    "age_nc": N_("Je ne sais pas"),
}
FEELINGS = {"positif": N_("Positif"), "neutre": N_("Neutre"), "negatif": N_("Négatif"), "nc": N_("Non dit")}
CONTACT_ORIGINS = {
    "aller_vers": N_("Nous"),
    "venue_spontanee": N_("Eux"),
    "stand_animation": N_("Stand ou animation"),
    "groupe_prevu": N_("Groupe prévu"),
    "partenaire": N_("Partenaire"),
}
DURATION_BANDS = {
    "lt5": N_("Moins de 5 min"),
    "5_15": N_("5 à 15 min"),
    "15_30": N_("15 à 30 min"),
    "gt30": N_("Plus de 30 min"),
}
GROUP_KINDS = {
    "seul": N_("Seul"),
    "couple": N_("Couple"),
    "famille": N_("Famille"),
    "amis": N_("Amis"),
    "scolaire": N_("Scolaire"),
    "groupe_encadre": N_("Groupe encadré"),
    "club": N_("Club"),
    "inconnu": N_("Inconnu"),
}
ORIGIN_ZONES = {
    "commune_site": N_("La commune du lieu"),
    "call": N_("Lens-Liévin"),
    "cahc": N_("Hénin-Carvin"),
    "cabbalr": N_("Béthune-Bruay"),
    "autre_62_59": N_("Ailleurs dans le 62 ou le 59"),
    "ailleurs_fr": N_("Ailleurs en France"),
    "etranger": N_("Étranger"),
    "nc": N_("Non dit"),
}
VISIT_HABITS = {
    "premiere": N_("Première fois"),
    "parfois": N_("Parfois"),
    "souvent": N_("Souvent"),
    "nc": N_("Non dit"),
}
TRANSPORTS = {
    "pied": N_("À pied"),
    "velo": N_("À vélo"),
    "bus": N_("En bus"),
    "voiture": N_("En voiture"),
    "autre": N_("Autre"),
    "nc": N_("Non dit"),
}
PURPOSES = {
    "information": N_("Demande d’information"),
    "question": N_("Question"),
    "idee": N_("Idée"),
    "envie_participer": N_("Envie de participer"),
    "signalement": N_("Signalement"),
    "memoire_temoignage": N_("Mémoire, témoignage"),
    "critique": N_("Critique"),
}
PARTNER_VENUES = {
    "louvre_lens": N_("Louvre-Lens"),
    "comedie_bethune": N_("Comédie de Béthune"),
    "culture_commune": N_("Culture Commune"),
    "arc_en_ciel": N_("Arc en Ciel"),
    "mac": N_("MAC de Sallaumines"),
    "autre": N_("Autre"),
    "aucun": N_("Aucun"),
}
REFERRALS = {
    "aucune": N_("Nulle part"),
    "office_tourisme": N_("Office de tourisme"),
    "mairie_agglo": N_("Mairie ou agglomération"),
    "lieu_culturel": N_("Lieu culturel"),
    "mission_locale": N_("Mission locale"),
    "france_services_ccas": N_("France services, CCAS"),
    "acces_soins": N_("Accès aux soins"),
    "association": N_("Association"),
    "evenement": N_("Événement"),
    "autre": N_("Autre"),
}
STATUSES = {"sent": N_("Envoyée"), "validated": N_("Validée"), "voided": N_("Annulée")}
WEATHERS = {
    "soleil": N_("Soleil"),
    "nuages": N_("Nuages"),
    "pluie": N_("Pluie"),
    "vent": N_("Vent"),
    "froid": N_("Froid"),
    "chaleur": N_("Chaleur"),
}
CROWDS = {"vide": N_("Vide"), "calme": N_("Calme"), "moyen": N_("Moyen"), "dense": N_("Dense")}
AMBIENCES = {"bonne": N_("Bonne"), "neutre": N_("Neutre"), "tendue": N_("Tendue")}

# Optional fields of an encounter with a closed list, in the order of the form.
DETAILS = {
    "contact_origin": CONTACT_ORIGINS,
    "duration_band": DURATION_BANDS,
    "group_kind": GROUP_KINDS,
    "origin_zone": ORIGIN_ZONES,
    "visit_habit": VISIT_HABITS,
    "transport": TRANSPORTS,
    "spot": SPOTS,
    "purpose": PURPOSES,
    "partner_venue": PARTNER_VENUES,
    "referral": REFERRALS,
}
# code: (label, pillar or None for cross-cutting, sensitive)
TOPICS = {
    "energy": (N_("Énergie"), "rev3", False),
    "renewables": (N_("Renouvelables"), "rev3", False),
    "digital": (N_("Numérique"), "rev3", False),
    "economy": (N_("Emploi et économie"), "rev3", False),
    "parks": (N_("Parcs"), "archipel_vert", False),
    "green_blue": (N_("Nature et terrils"), "archipel_vert", False),
    "cavaliers": (N_("Cavaliers"), "archipel_vert", False),
    "water": (N_("Eau, canaux"), "archipel_vert", False),
    "mobility": (N_("Mobilité"), "archipel_vert", False),
    "mining_housing": (N_("Cités minières"), "archipel_vert", False),
    "land_use": (N_("Aménagement, travaux"), "archipel_vert", False),
    "culture": (N_("Culture"), "resilience", False),
    "health_access": (N_("Accès aux soins"), "resilience", True),
    "youth_training": (N_("Formation des jeunes"), "resilience", False),
    "youth_mobility": (N_("Jeunes et transports"), "resilience", False),
    "tourism": (N_("Tourisme"), "resilience", False),
    "site_state": (N_("État du lieu"), None, False),
    "service_civique": (N_("Service civique"), None, False),
    "other": (N_("Autre sujet"), None, False),
}
