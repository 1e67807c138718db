"""What a place is, by code and in words."""

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
