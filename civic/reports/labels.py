"""The French names of age brackets and pillars in reports and exports (marked, not translated)."""

from civic.i18n import N_

AGE_LABELS = {
    "age_lt12": N_("Moins de 12 ans"),
    "age_12_17": N_("12-17 ans"),
    "age_18_24": N_("18-24 ans"),
    "age_25_59": N_("25-59 ans"),
    "age_60p": N_("60 ans et plus"),
    "age_nc": N_("Âge inconnu"),
}
PILLAR_LABELS = {
    "rev3": N_("La Métropole de la Troisième Révolution Industrielle"),
    "archipel_vert": N_("De l’Archipel noir à l’Archipel Vert"),
    "resilience": N_("Un territoire de résilience, pour et avec la population"),
}
FACET_TITLES = {
    "by_feeling": N_("Ressenti"),
    "by_contact_origin": N_("Premier pas"),
    "by_origin_zone": N_("Provenance"),
    "by_half_day": N_("Demi-journée"),
}
