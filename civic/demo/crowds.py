"""Whom one meets, and what about: groups, ages, topics and the words of a comment, by place, day and season."""

from collections.abc import Mapping
from datetime import date

from civic.demo import calendar
from civic.demo.chance import Chance
from civic.demo.shifts import Planned

WEEKEND = {"seul": 18, "couple": 22, "famille": 36, "amis": 12, "club": 7, "inconnu": 5}
WEEKDAY = {"seul": 36, "couple": 22, "famille": 10, "amis": 10, "club": 6, "groupe_encadre": 7, "inconnu": 9}
SCHOOL_DAY = {**WEEKDAY, "scolaire": 9}
HOLIDAY = {"seul": 24, "couple": 20, "famille": 30, "amis": 14, "groupe_encadre": 8, "inconnu": 4}
ALONE = {"age_12_17": 7, "age_18_24": 12, "age_25_59": 44, "age_60p": 33, "age_nc": 4}
FRIENDS = {"age_12_17": 34, "age_18_24": 30, "age_25_59": 26, "age_60p": 10}
TOPICS: dict[str, Mapping[str, float]] = {
    "rev3": {"energy": 30, "renewables": 22, "digital": 10, "economy": 14, "mobility": 6, "parks": 7, "other": 4},
    "archipel_vert": {
        "parks": 30,
        "green_blue": 22,
        "cavaliers": 11,
        "water": 8,
        "mobility": 8,
        "mining_housing": 6,
        "land_use": 7,
        "site_state": 12,
        "tourism": 5,
        "service_civique": 4,
        "other": 2,
    },
    "resilience": {
        "culture": 34,
        "health_access": 8,
        "youth_training": 10,
        "youth_mobility": 7,
        "tourism": 14,
        "mining_housing": 7,
        "service_civique": 8,
        "parks": 6,
        "other": 3,
    },
}
# What a season makes people speak of more, or less.
SEASONAL: dict[str, Mapping[str, float]] = {
    "hiver": {"energy": 1.8, "health_access": 1.7, "water": 0.6, "tourism": 0.6},
    "printemps": {"green_blue": 1.5, "cavaliers": 1.3},
    "ete": {"tourism": 1.8, "water": 1.8, "parks": 1.2, "energy": 0.7},
    "automne": {"site_state": 1.5, "mining_housing": 1.3},
}
GRAVE = {"site_state", "health_access", "mobility", "youth_mobility", "land_use"}
FEELINGS = {"positif": 58, "neutre": 27, "negatif": 7, "nc": 8}
GRAVE_FEELINGS = {"positif": 30, "neutre": 34, "negatif": 28, "nc": 8}
COMMENTS = (
    "Demande plus de bancs le long du sentier.",
    "Ravis de la vue depuis le sommet.",
    "Se souvient du terril encore tout noir.",
    "Cherche un parcours adapté aux poussettes.",
    "Ne savait pas que le musée est gratuit pour les collections.",
    "Trouve que la signalétique manque au carrefour.",
    "Aimerait une fête du parc au printemps.",
    "Vient ici tous les matins avec son chien.",
    "Propose un verger partagé près de l’entrée.",
    "Signale une poubelle qui déborde.",
    "A demandé les horaires du bus du dimanche.",
    "Intéressé par les panneaux solaires, veut une visite.",
    "Mme Exemple voudrait un banc devant chez elle.",
    "À rappeler au 06 39 98 00 00 pour le verger.",
    "La famille découvre le site, reviendra à vélo.",
    "Beaucoup de boue après la pluie, chemin glissant.",
    "Un grand-père a raconté la fermeture de la fosse à ses petits-enfants.",
    "Souhaite des jeux pour les plus grands.",
    "Connaît le cavalier, le prend pour aller travailler.",
    "Bonne discussion sur les oiseaux de l’étang.",
    "La classe a posé beaucoup de questions sur la mine.",
    "Demande où se renseigner pour le service civique.",
    "Trouve le parc mieux entretenu que l’an dernier.",
    "Voudrait des toilettes ouvertes le week-end.",
    "A peur des chiens sans laisse.",
    "Content de voir des jeunes sur le terrain.",
    "Parle d’un projet de jardin dans la cité.",
)


def group(chance: Chance, shift: Planned) -> str:
    day = shift.day
    if day.weekday() >= 5:
        return chance.pick(WEEKEND)
    if calendar.school_holiday(day):
        return chance.pick(HOLIDAY)
    at_school = day.weekday() != 2 and shift.plan.min_age < 18
    return chance.pick(SCHOOL_DAY if at_school else WEEKDAY)


def ages(chance: Chance, kind: str, day: date) -> dict[str, int]:
    """People by bracket; at least one."""
    some = chance.randint
    if kind == "couple":
        return {chance.pick({"age_18_24": 12, "age_25_59": 48, "age_60p": 40}): 2}
    if kind == "famille":
        found = {"age_lt12": some(1, 3), "age_25_59": some(1, 2)}
        return found | ({"age_12_17": 1} if chance.happens(0.25) else {"age_60p": int(chance.happens(0.2))})
    if kind == "amis":
        return {chance.pick(FRIENDS): some(2, 5)}
    if kind == "scolaire":
        return {chance.pick({"age_lt12": 7, "age_12_17": 3}): some(14, 27), "age_25_59": some(1, 3)}
    if kind == "groupe_encadre":
        children = calendar.school_holiday(day)
        return {"age_lt12" if children else "age_60p": some(6, 14), "age_25_59": some(1, 2)}
    if kind == "club":
        return {"age_25_59": some(2, 6), "age_60p": some(1, 6)}
    return {chance.pick(ALONE): 1}


def topics(chance: Chance, shift: Planned) -> list[str]:
    """One to three, by the mission's pillar and the season."""
    season = SEASONAL[calendar.season(shift.day)]
    options = {code: weight * season.get(code, 1.0) for code, weight in TOPICS[shift.plan.pillar].items()}
    chosen: list[str] = []
    for _number in range(chance.pick({1: 58, 2: 31, 3: 11})):
        code = chance.pick(options)
        del options[code]
        chosen.append(code)
    return chosen


def feeling(chance: Chance, codes: list[str]) -> str:
    return chance.pick(GRAVE_FEELINGS if GRAVE & set(codes) else FEELINGS)
