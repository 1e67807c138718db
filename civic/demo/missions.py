"""Ten missions over the three pillars; together they hold every site."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from civic import clock
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.missions.models import Mission, MissionSite, MissionTag, MissionTraining


@dataclass(frozen=True)
class Plan:
    """A mission; `weight` is its share of the shifts of a site that several missions hold."""

    key: str
    title: str
    pillar: str
    activity: str
    description: str
    tasks: str
    sites: tuple[str, ...]
    tags: tuple[str, ...] = ("outdoor",)
    trainings: tuple[str, ...] = ()
    min_age: int = 16
    weight: float = 1.0


def _sites(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PLANS = (
    Plan(
        "jumeaux",
        "Passeurs des terrils jumeaux",
        "archipel_vert",
        "Tournée",
        "En binôme, vous parcourez les terrils de Loos-en-Gohelle et leurs voisins. Vous accueillez les promeneurs, "
        "vous racontez le passage du noir au vert et vous écoutez ce qu’ils attendent de ces lieux.",
        "Aller vers les promeneurs, expliquer le site, noter les rencontres, signaler un sentier abîmé.",
        _sites("base-11-19 terril-74 terril-74a terril-49 terril-58 terril-58a terril-75 terril-80 val-souchez"),
        trainings=("site_safety",),
    ),
    Plan(
        "souchez",
        "Tournées des Berges de la Souchez",
        "archipel_vert",
        "Tournée",
        "Du marais de la Galance à Courrières, dix kilomètres d’eau et de roseaux. Vous rencontrez les pêcheurs, les "
        "familles et les cyclistes, et vous faites connaître la Chaîne des Parcs.",
        "Tournées à pied ou à vélo, échanges avec les habitants, repérage des usages.",
        _sites(
            "berges-souchez-leo-lagrange berges-souchez-loison marais-galance lagunage-harnes terril-93 terril-98 "
            "terril-260 terril-101 parc-wingles parc-glissoire"
        ),
    ),
    Plan(
        "henin",
        "À la rencontre des parcs d’Hénin-Carvin",
        "archipel_vert",
        "Tournée",
        "Parc des Îles, Sainte-Henriette, 9-9bis : vous faites vivre ces parcs avec les habitants et vous recueillez "
        "leurs souvenirs de la mine comme leurs idées.",
        "Aller vers, animations simples, recueil de témoignages.",
        _sites(
            "9-9bis terril-110 terril-84 terril-87 terril-92 terril-115 terril-115a terril-116 terril-205 parc-iles"
        ),
    ),
    Plan(
        "vallees",
        "Deux vallées : Lawe et Clarence",
        "archipel_vert",
        "Tournée",
        "De Bruay à Marles, les parcs suivent les rivières. Vous accompagnez leur ouverture aux habitants et vous "
        "partagez les bons gestes pour la nature.",
        "Tournées, jeux de piste avec les familles, signalement de l’état des lieux.",
        _sites(
            "calonnix parc-lawe parc-fossette pays-a-part terril-2 terril-3 terril-10 terril-14 terril-32 terril-31"
        ),
    ),
    Plan(
        "bethunois",
        "Grand air en Béthunois",
        "archipel_vert",
        "Tournée",
        "Olhain, Loisinord, la gare d’eau : là où l’on vient en famille le week-end. Vous orientez les visiteurs et "
        "vous leur faites découvrir le reste de l’archipel vert.",
        "Accueil, orientation, petites enquêtes auprès des visiteurs.",
        _sites("loisinord terril-36 parc-olhain gare-eau-bethune geotopia bellenville"),
    ),
    Plan(
        "energie",
        "Ambassadeurs de la troisième révolution industrielle",
        "rev3",
        "Visite",
        "Soleil, bois, sobriété : vous expliquez simplement ce qui change dans le bassin minier, et vous aidez les "
        "habitants à trouver le bon interlocuteur.",
        "Présenter les projets, répondre aux questions, orienter vers les conseillers.",
        _sites("lumiwatt base-11-19 9-9bis louvre-lens gare-eau-bethune"),
        weight=0.6,
    ),
    Plan(
        "stand",
        "Stand énergie dans les parcs",
        "rev3",
        "Permanence",
        "Un stand, une maquette et des vélos générateurs : vous tenez une permanence courte au cœur des parcs les "
        "plus fréquentés.",
        "Monter le stand, animer la maquette, noter les questions.",
        _sites("lumiwatt loisinord parc-iles parc-glissoire parc-olhain"),
        tags=("outdoor", "stand_duty"),
        weight=0.45,
    ),
    Plan(
        "culture",
        "La culture et la mémoire près de chez soi",
        "resilience",
        "Médiation",
        "Louvre-Lens, Comédie de Béthune, Culture Commune, Lorette : vous invitez les habitants à pousser la porte "
        "et vous les accompagnez lors de leur première venue.",
        "Inviter, accompagner, recueillir les impressions.",
        _sites(
            "louvre-lens comedie-bethune culture-commune arc-en-ciel-lievin mac-sallaumines cite-electriciens lorette"
        ),
        tags=(),
    ),
    Plan(
        "aines",
        "Un banc, une histoire : avec les aînés",
        "resilience",
        "Rencontre",
        "Avec les résidences et les clubs, vous proposez une promenade douce et une conversation. Vous orientez vers "
        "les services qui aident au quotidien.",
        "Promenades accompagnées, écoute, orientation.",
        _sites("parc-glissoire parc-lawe cite-electriciens gare-eau-bethune parc-fossette"),
        tags=("outdoor", "vulnerable_public"),
        weight=0.45,
    ),
    Plan(
        "soirees",
        "Veillées et spectacles en soirée",
        "resilience",
        "Soirée",
        "Les soirs de spectacle, vous accueillez le public, vous présentez la saison et vous facilitez le retour "
        "de chacun.",
        "Accueil du public, information sur les transports, enquête courte.",
        _sites("9-9bis louvre-lens culture-commune comedie-bethune arc-en-ciel-lievin"),
        tags=(),
        min_age=18,
        weight=0.4,
    ),
)


def add(chance: Chance, today: date, by: UUID, site_ids: Collection[str], rows: Rows) -> dict[UUID, Plan]:
    """The missions by their ids; a site that the reference does not know any more is left out."""
    opened = clock.at(today - timedelta(days=330), time(10))
    missions = {chance.uuid(): plan for plan in PLANS}
    for mission_id, plan in missions.items():
        row = {
            "id": mission_id,
            "title": plan.title,
            "pillar": plan.pillar,
            "activity": plan.activity,
            "description": plan.description,
            "tasks": plan.tasks,
            "min_age": plan.min_age,
            "approval_number": "HF-062-DEMO",
            "starts_on": today - timedelta(days=300),
            "ends_on": today + timedelta(days=300),
            "created_at": opened,
            "created_by_id": by,
        }
        rows.add(Mission, row)
        for site in plan.sites:
            if site in site_ids:
                rows.add(MissionSite, {"mission_id": mission_id, "site_id": site})
        for tag in plan.tags:
            rows.add(MissionTag, {"mission_id": mission_id, "tag": tag})
        for training in plan.trainings:
            rows.add(MissionTraining, {"mission_id": mission_id, "kind": training})
    return missions
