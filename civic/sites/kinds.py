"""What a place is, its corners, and what can be wrong there: by code and in words. Codes are stable once shipped."""

from civic.i18n import N_

KINDS = {
    "terril": N_("terril"),
    "park": N_("parc"),
    "culture_venue": N_("lieu culturel"),
    "mining_heritage": N_("patrimoine minier"),
    "leisure_park": N_("parc de loisirs"),
    "energy_site": N_("site de l’énergie"),
    "waterway": N_("voie d’eau"),
    "memorial": N_("lieu de mémoire"),
}
PILLAR_NAMES = {"rev3": N_("Énergie"), "archipel_vert": N_("Archipel vert"), "resilience": N_("Résilience")}
SPOTS = {
    "entree": N_("Entrée"),
    "sentier": N_("Sentier"),
    "plan_eau": N_("Plan d’eau"),
    "terril": N_("Terril"),
    "cavalier": N_("Cavalier"),
    "aire_jeux": N_("Aire de jeux"),
    "parking": N_("Parking"),
    "evenement": N_("Événement"),
    "autre": N_("Autre"),
}
REPORT_KINDS = {
    "dechets": N_("Déchets, dépôt sauvage"),
    "banc_mobilier": N_("Banc ou mobilier abîmé"),
    "chemin": N_("Chemin, accès"),
    "signaletique": N_("Panneau, balisage"),
    "vegetation": N_("Arbre, végétation"),
    "eau": N_("Eau : fuite, inondation"),
    "danger": N_("Danger"),
    "autre": N_("Autre chose"),
}
DANGER = "danger"
REPORT_STATES = {
    "new": N_("À lire"),
    "seen": N_("Vu"),
    "handed_on": N_("Transmis"),
    "solved": N_("Résolu"),
    "rejected": N_("Classé sans suite"),
}
# What waits for the coordinator's eye was sent, for who sent it.
_SENT = {"new": N_("Envoyé")}
OPEN_STATES = ("new", "seen", "handed_on")
CLOSED_STATES = ("solved", "rejected")


def states_for(role: str) -> dict[str, str]:
    """The names of the states as somebody of a role reads them."""
    return REPORT_STATES | _SENT if role == "volunteer" else REPORT_STATES
