"""Every page that a person can open: for the accessibility checks and the pictures. A new page gets a line here."""

from typing import NamedTuple

from playwright.sync_api import APIRequestContext

VOLUNTEER = "volontaire@demo.example"
COORDINATOR = "coordination@demo.example"
MANAGER = "direction@demo.example"
ADMIN = "admin@demo.example"


class Screen(NamedTuple):
    """`who` signs in (None: nobody). A `{word}` in the path stands for the first such thing that they can see."""

    name: str
    who: str | None
    path: str


SCREENS = (
    Screen("accueil-public", None, "/"),
    Screen("connexion", None, "/connexion"),
    Screen("inscription", None, "/inscription"),
    Screen("missions", None, "/missions"),
    Screen("mission", None, "/missions/{mission}"),
    Screen("page-introuvable", None, "/n-existe-pas"),
    Screen("accueil", VOLUNTEER, "/"),
    Screen("creneaux", VOLUNTEER, "/creneaux"),
    Screen("creneau", VOLUNTEER, "/creneaux/{bookable}"),
    Screen("mes-creneaux", VOLUNTEER, "/mes-creneaux"),
    Screen("rencontre-nouvelle", VOLUNTEER, "/rencontres/nouvelle"),
    Screen("rencontres", VOLUNTEER, "/rencontres"),
    Screen("profil", VOLUNTEER, "/profil"),
    Screen("planning", COORDINATOR, "/planning"),
    Screen("creneau-equipe", COORDINATOR, "/creneaux/{shift}"),
    Screen("equipe", COORDINATOR, "/volontaires"),
    Screen("rencontres-equipe", COORDINATOR, "/rencontres"),
    Screen("sites", COORDINATOR, "/sites"),
    Screen("bilans", MANAGER, "/bilans"),
    Screen("administration", ADMIN, "/administration"),
)
LISTS = {
    "mission": "/api/v1/missions",
    "shift": "/api/v1/shifts?limit=1",
    "bookable": "/api/v1/shifts?bookable=true&limit=1",
    "site": "/api/v1/sites",
}


def address(screen: Screen, request: APIRequestContext) -> str:
    """The path with its words replaced."""
    path = screen.path
    for word, source in LISTS.items():
        if f"{{{word}}}" in path:
            path = path.replace(f"{{{word}}}", request.get(source).json()["items"][0]["id"])
    return path
