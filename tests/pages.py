"""Every page that a person can open: for the accessibility checks and the pictures. A new page gets a line here."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from playwright.sync_api import APIRequestContext

from civic import clock
from civic.encounters.topic_rules import earliest_merge

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
    Screen("connexion", None, "/connexion"),
    Screen("inscription", None, "/inscription"),
    Screen("inscription-courrier", None, "/inscription/courrier"),
    Screen("mot-de-passe-oublie", None, "/mot-de-passe-oublie"),
    Screen("missions", None, "/missions"),
    Screen("mission", None, "/missions/{mission}"),
    Screen("mentions-legales", None, "/mentions-legales"),
    Screen("donnees-personnelles", None, "/donnees-personnelles"),
    Screen("accessibilite", None, "/accessibilite"),
    Screen("interface", None, "/api/docs"),
    Screen("chiffres", None, "/chiffres"),
    Screen("page-introuvable", None, "/n-existe-pas"),
    Screen("hors-ligne", None, "/hors-ligne"),
    Screen("accueil", VOLUNTEER, "/"),
    Screen("envois", VOLUNTEER, "/envois"),
    Screen("creneaux", VOLUNTEER, "/creneaux"),
    Screen("creneau", VOLUNTEER, "/creneaux/{bookable}"),
    Screen("mes-creneaux", VOLUNTEER, "/mes-creneaux"),
    Screen("ici", VOLUNTEER, "/ici"),
    Screen("ici-code", VOLUNTEER, "/ici/{code}"),
    Screen("desistement", VOLUNTEER, "/creneaux/{booked}/desistement"),
    Screen("rencontres", VOLUNTEER, "/rencontres"),
    Screen("rencontre", VOLUNTEER, "/rencontres/{encounter}"),
    Screen("rencontre-nouvelle", VOLUNTEER, "/rencontres/nouvelle"),
    Screen("rencontre-enregistree", VOLUNTEER, "/rencontres/{recent}/enregistree"),
    Screen("sorties", VOLUNTEER, "/rencontres/sorties"),
    Screen("sortie", VOLUNTEER, "/rencontres/sorties/{outing}"),
    Screen("sortie-modifier", VOLUNTEER, "/rencontres/sorties/{outing}/modifier"),
    Screen("sortie-annulation", VOLUNTEER, "/rencontres/sorties/{outing}/annulation"),
    Screen("sortie-nouvelle", VOLUNTEER, "/sorties/nouvelle"),
    Screen("rencontre-modifier", VOLUNTEER, "/rencontres/{recent}/modifier"),
    Screen("rencontre-annulation", VOLUNTEER, "/rencontres/{recent}/annulation"),
    Screen("signalements", VOLUNTEER, "/signalements"),
    Screen("signalement-nouveau", VOLUNTEER, "/signalements/nouveau"),
    Screen("signalement", VOLUNTEER, "/signalements/{report}"),
    Screen("heures", VOLUNTEER, "/heures"),
    Screen("bilan-engagement", VOLUNTEER, "/volontaires/{own}/bilan"),
    Screen("conges", VOLUNTEER, "/conges"),
    Screen("conge-retrait", VOLUNTEER, "/conges/{leave}/retrait"),
    Screen("profil", VOLUNTEER, "/profil"),
    Screen("empechement", VOLUNTEER, "/creneaux/{booked}/empechement"),
    Screen("messages", VOLUNTEER, "/profil/messages"),
    Screen("annonces", VOLUNTEER, "/annonces"),
    Screen("annonce", VOLUNTEER, "/annonces/{notice}"),
    Screen("agenda", VOLUNTEER, "/profil/calendrier"),
    Screen("disponibilites", VOLUNTEER, "/profil/disponibilites"),
    Screen("planning", COORDINATOR, "/planning"),
    Screen("planning-quatre", COORDINATOR, "/planning?vue=quatre"),
    Screen("planning-axe", COORDINATOR, "/planning?vue=jour"),
    Screen("planning-a-traiter", COORDINATOR, "/planning/a-traiter"),
    Screen("planning-jour", COORDINATOR, "/planning/jour"),
    Screen("planning-annonces", COORDINATOR, "/planning/annonces"),
    Screen("planning-annonce", COORDINATOR, "/planning/annonces/{announcement}"),
    Screen("annonce-nouvelle", COORDINATOR, "/planning/annonces/nouvelle"),
    Screen("planning-renfort", COORDINATOR, "/creneaux/{ended}/renforts"),
    Screen("site-arrivee", COORDINATOR, "/sites/{site}/arrivee"),
    Screen("feuilles", COORDINATOR, "/planning/feuilles"),
    Screen("imports", COORDINATOR, "/imports"),
    Screen("import", COORDINATOR, "/imports/{import}"),
    Screen("propositions", COORDINATOR, "/planning/propositions"),
    Screen("proposition-nouvelle", COORDINATOR, "/planning/propositions/nouvelle"),
    Screen("proposition", COORDINATOR, "/planning/propositions/{proposal}"),
    Screen("planning-brouillons", COORDINATOR, "/planning/brouillons"),
    Screen("planning-creneau", COORDINATOR, "/planning/creneaux/{staffed}"),
    Screen("creneau-nouveau", COORDINATOR, "/planning/creneaux/nouveau"),
    Screen("serie-nouvelle", COORDINATOR, "/planning/series/nouvelle"),
    Screen("semaine-copie", COORDINATOR, "/planning/semaines/copie"),
    Screen("serie", COORDINATOR, "/planning/series/{series}"),
    Screen("serie-modification", COORDINATOR, "/planning/series/{series}/modification"),
    Screen("serie-annulation", COORDINATOR, "/planning/series/{series}/annulation"),
    Screen("modeles", COORDINATOR, "/planning/modeles"),
    Screen("modele", COORDINATOR, "/planning/modeles/{template}"),
    Screen("modele-creneau", COORDINATOR, "/planning/modeles/{template}/lignes/nouvelle"),
    Screen("modele-ligne", COORDINATOR, "/planning/modeles/{template}/lignes/{line}/modifier"),
    Screen("annulations", COORDINATOR, "/planning/annulations"),
    Screen("creneau-modifier", COORDINATOR, "/planning/creneaux/{staffed}/modifier"),
    Screen("creneau-deplacer", COORDINATOR, "/planning/creneaux/{staffed}/deplacement"),
    Screen("creneau-annulation", COORDINATOR, "/creneaux/{staffed}/annulation"),
    Screen("reservation-retrait", COORDINATOR, "/reservations/{booking}/retrait"),
    Screen("reservation-deplacement", COORDINATOR, "/planning/reservations/{booking}/deplacement"),
    Screen("equipe", COORDINATOR, "/volontaires"),
    Screen("volontaire", COORDINATOR, "/volontaires/{volunteer}"),
    Screen("volontaire-souhaits", COORDINATOR, "/volontaires/{volunteer}/souhaits"),
    Screen("volontaire-heures", COORDINATOR, "/volontaires/{volunteer}/heures"),
    Screen("contrat", COORDINATOR, "/volontaires/{volunteer}/contrat"),
    Screen("contrat-fin", COORDINATOR, "/volontaires/{volunteer}/contrat/fin"),
    Screen("mon-contrat", VOLUNTEER, "/volontaires/{own}/contrat"),
    Screen("conges-equipe", COORDINATOR, "/conges"),
    Screen("conge", COORDINATOR, "/conges/{leave}"),
    Screen("arret", COORDINATOR, "/volontaires/{volunteer}/arret"),
    Screen("candidatures", COORDINATOR, "/candidatures"),
    Screen("mission-nouvelle", COORDINATOR, "/missions/nouvelle"),
    Screen("mission-modification", COORDINATOR, "/missions/{mission}/modification"),
    Screen("rencontres-equipe", COORDINATOR, "/rencontres"),
    Screen("rencontres-a-relire", COORDINATOR, "/rencontres/a-relire"),
    Screen("signalements-equipe", COORDINATOR, "/signalements"),
    Screen("signalement-suivi", COORDINATOR, "/signalements/{report}"),
    Screen("sites", COORDINATOR, "/sites"),
    Screen("site", COORDINATOR, "/sites/{site}"),
    Screen("site-vie", MANAGER, "/sites/{site}/vie"),
    Screen("bilans", MANAGER, "/bilans"),
    Screen("bilans-creneaux", MANAGER, "/bilans/creneaux"),
    Screen("bilans-sorties", MANAGER, "/bilans/sorties"),
    Screen("bilans-documents", MANAGER, "/bilans/documents"),
    Screen("bilans-comparaison", MANAGER, "/bilans/comparaison"),
    Screen("bilans-fichiers", MANAGER, "/bilans/fichiers"),
    Screen("bilans-paroles", COORDINATOR, "/bilans/paroles"),
    Screen("site-nouveau", ADMIN, "/sites/nouveau"),
    Screen("site-modifier", ADMIN, "/sites/{site}/modifier"),
    Screen("site-photo", ADMIN, "/sites/{site}/photo"),
    Screen("site-archivage", ADMIN, "/sites/{site}/archivage"),
    Screen("site-fermetures", COORDINATOR, "/sites/{site}/fermetures"),
    Screen("sites-fermetures", COORDINATOR, "/sites/fermetures"),
    Screen("missions-archives", COORDINATOR, "/missions/archives"),
    Screen("mission-archivage", COORDINATOR, "/missions/{mission}/archivage"),
    Screen("administration", ADMIN, "/administration"),
    Screen("invitation", ADMIN, "/administration/invitation"),
    Screen("compte", ADMIN, "/administration/comptes/{account}"),
    Screen("compte-fermeture", ADMIN, "/administration/comptes/{account}/fermeture"),
    Screen("courriels", ADMIN, "/administration/courriels"),
    Screen("taches", ADMIN, "/administration/taches"),
    Screen("regles", ADMIN, "/administration/regles"),
    Screen("regle", ADMIN, "/administration/regles/{rule}"),
    Screen("themes", ADMIN, "/administration/themes"),
    Screen("theme-nouveau", ADMIN, "/administration/themes/nouveau"),
    Screen("theme", ADMIN, "/administration/themes/{topic}"),
    Screen("theme-fusion", ADMIN, "/administration/themes/{topic}/fusion"),
    Screen("theme-fusion-effet", ADMIN, "/administration/themes/{topic}/fusion?into=water&first_day={quarter}"),
    Screen("journal", ADMIN, "/administration/journal"),
)
# What everybody opens every day: an ordinary run looks at these alone, `make verify-a11y` at all of them.
EVERYDAY = {
    *("connexion", "inscription", "missions", "accueil", "creneaux", "mes-creneaux", "envois", "rencontres"),
    *("rencontre-nouvelle", "sortie-nouvelle", "signalement-nouveau", "profil", "disponibilites"),
    *("planning", "planning-a-traiter", "planning-jour", "creneau-nouveau", "serie-nouvelle", "proposition-nouvelle"),
    *("imports", "equipe", "rencontres-equipe", "sites", "bilans", "bilans-documents", "administration", "themes"),
}
# Not for people, or opened with a token that a mail brings.
NO_SCREEN = {"/calendrier/{token}.ics", "/healthz", "/readyz", "/verification", "/mot-de-passe", "/messages/arret"}
# A picture is no page.
NO_SCREEN |= {"/photos/{name}", "/signalements/{report_id}/photo"}
NO_SCREEN |= {"/bilans/publications/{snapshot_id}.pdf", "/bilans/fichiers/{file_id}"}
# Papers are looked at by their own tests.
NO_SCREEN |= {f"/volontaires/{{volunteer_id}}/{name}.pdf" for name in ("bilan", "heures", "attestation")}
# Files to print, to fill in, to work through.
NO_SCREEN |= {"/planning/vif"}
# It leads to one's own.
NO_SCREEN |= {"/profil/bilan"}
NO_SCREEN |= {"/planning/feuilles/jour.pdf", "/planning/feuilles/semaine.pdf"}
NO_SCREEN |= {"/manifest.webmanifest", "/sw.js", "/phone/{asked}/{name}", "/telephone"}
NO_SCREEN |= {"/imports/modeles/{kind_code}.{form}", "/imports/{run_id}/refus.csv"}


def address(screen: Screen, request: APIRequestContext) -> str:
    """The path with its word replaced by what the signed-in person finds through the interface."""

    def items(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = request.get(f"/api/v1{path}").json()["items"]
        return found

    a_week_ago = clock.today() - timedelta(days=6)
    a_season_ago = clock.today() - timedelta(days=90)

    def named(before: str, page: str, after: str = "") -> str:
        """The first id that a page links to: of an account, a leave, an outing, a template, a line of it."""
        found = re.search(rf"{before}/([0-9a-f-]{{36}}){after}", request.get(page).text())
        assert found, page
        return found[1]

    def series() -> str:
        """A new one, far ahead, since no list shows them."""
        page = request.get("/planning/series/nouvelle?jour=2027-06-01").text()
        mission = re.search(r'<option value="([0-9a-f-]{36})"', page)
        site = mission and re.search(rf'<option value="([a-z0-9-]+)" data-in="[^"]*{mission[1]}', page)
        drawn = re.search(r'name="series_id" value="([^"]+)"', page)
        assert mission
        assert site
        assert drawn
        given = {"mission_id": mission[1], "site_id": site[1], "series_id": drawn[1], "day": "2027-06-01", "every": "1"}
        # At an hour of its own: the same shift again would not be made.
        minute = UUID(drawn[1]).int % 59
        given |= {"start": f"14:{minute:02}", "end": "17:00", "capacity": "2", "min_staff": "2", "kind": "weekly"}
        given |= {"ends": "count", "count": "3", "state": "draft"}
        return (
            request.post("/planning/series/nouvelle", form=given, max_redirects=0)
            .headers["location"]
            .rpartition("/")[2]
        )

    def looked() -> str:
        """A file with a line of each kind, as the dry run shows it."""
        people = ("nina@exemple.fr;Nina Neuve;31/12/2004", "volontaire@demo.example;Inès Autre;", "x;;")
        lines = "\n".join(("E-mail;Nom;Date de naissance", *people))
        sent = {"name": "equipe.csv", "mimeType": "text/csv", "buffer": lines.encode()}
        answer = request.post("/imports", multipart={"kind": "volunteers", "file": sent}, max_redirects=0)
        return answer.headers["location"].rpartition("/")[2]

    def proposal() -> str:
        """A new one, worked out by the server beside this test."""
        first = clock.today() + timedelta(days=1)
        given = {"first": str(first), "last": str(first + timedelta(days=2))}
        asked = request.post("/planning/propositions", form=given, max_redirects=0)
        return asked.headers["location"].rpartition("/")[2]

    words: dict[str, Callable[[], str]] = {
        # An old code: the pages of a good one are looked at where somebody stands in front of a poster.
        "code": lambda: "ABC234",
        "rule": lambda: "week_max_minor",
        "topic": lambda: "parks",
        "quarter": lambda: str(earliest_merge(clock.today())),
        "ended": lambda: next(
            shift["id"]
            for shift in items(
                f"/shifts?from={clock.today() - timedelta(days=4)}&to={clock.today() - timedelta(days=1)}"
            )
            if shift["state"] == "published"
        ),
        "mission": lambda: items("/missions")[0]["id"],
        "site": lambda: items("/sites")[0]["id"],
        "bookable": lambda: items("/shifts?bookable=true&limit=1")[0]["id"],
        "booked": lambda: next(shift["id"] for shift in items("/shifts") if shift["my_booking"]),
        # To come: one that has begun is not edited any more.
        "staffed": lambda: next(
            shift["id"]
            for shift in items("/shifts")
            if shift["confirmed"] and datetime.fromisoformat(shift["starts_at"]) > clock.now() + timedelta(hours=1)
        ),
        "booking": lambda: items(f"/shifts/{words['staffed']()}/bookings")[0]["id"],
        "volunteer": lambda: items(f"/shifts/{words['staffed']()}/bookings")[0]["volunteer_id"],
        "own": lambda: request.get("/api/v1/me").json()["volunteer_id"],
        "encounter": lambda: items(f"/encounters?from={a_season_ago}&to={clock.today()}")[0]["client_uuid"],
        "report": lambda: items("/site-reports")[0]["client_uuid"],
        "account": lambda: named("/administration/comptes", "/administration"),
        "leave": lambda: named("/conges", "/conges"),
        "outing": lambda: named("/rencontres/sorties", "/rencontres/sorties"),
        "import": looked,
        "line": lambda: named("/lignes", f"/planning/modeles/{words['template']()}", "/modifier"),
        "series": series,
        "template": lambda: named("/planning/modeles", "/planning/modeles"),
        "notice": lambda: named("/annonces", "/annonces"),
        "announcement": lambda: named("/planning/annonces", "/planning/annonces"),
        "proposal": proposal,
        "recent": lambda: items(f"/encounters?from={a_week_ago}&to={clock.today()}")[-1]["client_uuid"],
    }
    return re.sub(r"\{(\w+)\}", lambda word: words[word[1]](), screen.path)
