"""The main job, by the screens alone: a stranger signs up, applies, is engaged, books a shift that a coordinator has
just planned and staffed, logs an encounter with a resident, and a manager finds it in the downloaded CSV."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect

from civic import clock
from tests.browser import PASSWORD, PHONE, Server
from tests.e2e.conftest import watched_page

NAME, EMAIL = "Camille Duhem", "camille.duhem@example.test"
SITE = "parc-iles"
Phone = Callable[[], Page]
OWN_SERVER = True


@pytest.fixture
def new_phone(browser: Browser, server: Server) -> Iterator[Phone]:
    """Each person has their own phone; the checks of `watched_page` hold on all of them."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(watched_page(browser, server, **PHONE))


def test_the_main_job_from_sign_up_to_report(new_phone: Phone, server: Server) -> None:
    volunteer, coordinator, manager = new_phone(), new_phone(), new_phone()
    sign_up(volunteer, server)
    apply(volunteer)

    sign_in(coordinator, "coordination@demo.example")
    accept(coordinator, server)
    engage(coordinator)
    starts_at = clock.now() + timedelta(minutes=10)
    partner = plan_and_staff(coordinator, starts_at)

    book(volunteer, clock.local(starts_at))
    assert "réservé" in server.wait_for_mail(EMAIL, 4)["Subject"]
    coordinator.reload()
    expect(coordinator.locator("main")).to_contain_text(NAME)

    before = rows_of(log_in_as_manager(manager))
    volunteer.goto("/")
    expect(volunteer.locator("main")).to_contain_text(partner.split()[0])
    log_encounter(volunteer)
    new = [row for row in rows_of(manager) if row not in before]
    assert len(new) == 1, new
    found = new[0]
    assert (found["Code du lieu"], found["Date"], found["Thèmes"]) == (
        SITE,
        clock.today().isoformat(),
        "cavaliers|water",
    )
    assert (found["Personnes"], found["12-17 ans"], found["25-59 ans"]) == ("3", "2", "1")
    assert found["Ressenti"] == "positif"


def sign_up(page: Page, server: Server) -> None:
    page.goto("/missions")
    page.goto("/inscription")
    page.get_by_label("Prénom et nom").fill(NAME)
    page.get_by_label("Adresse e-mail").fill(EMAIL)
    page.get_by_label("Date de naissance").fill((clock.today() - timedelta(days=20 * 366)).isoformat())
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Créer mon compte").click()
    page.goto(link_in(server.wait_for_mail(EMAIL)))
    sign_in(page, EMAIL)


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(re.findall(r"http\S+/verification\S+", body.get_content())[0])


def sign_in(page: Page, email: str) -> None:
    page.goto("/connexion")
    page.get_by_label("Adresse e-mail").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).not_to_have_url(re.compile("/connexion"))


def missions_at(page: Page, site: str) -> list[dict[str, str]]:
    listed = page.request.get("/api/v1/missions").json()["items"]
    return [mission for mission in listed if site in mission["site_ids"]]


def apply(page: Page) -> None:
    page.goto("/missions")
    page.get_by_role("link", name=missions_at(page, SITE)[0]["title"]).first.click()
    page.get_by_label("Pourquoi cette mission").fill("J’habite à côté et j’aime marcher.")
    page.get_by_role("button", name="Envoyer ma candidature").click()
    expect(page.get_by_text("Votre candidature est envoyée").first).to_be_visible()


def accept(page: Page, server: Server) -> None:
    page.goto("/candidatures")
    page.get_by_role("button", name=f"Accepter {NAME}").click()
    assert "accept" in server.wait_for_mail(EMAIL, 3)["Subject"].lower()


def engage(page: Page) -> None:
    """The facts of the contract that open the right to serve."""
    page.goto("/volontaires?q=Duhem")
    page.get_by_role("link", name=NAME).first.click()
    page.locator("main a[href$='/contrat']").first.click()
    today = clock.today()
    page.get_by_label("Premier jour").fill((today - timedelta(days=3)).isoformat())
    page.get_by_label("Dernier jour").first.fill((today + timedelta(days=240)).isoformat())
    page.get_by_label("Heures par semaine").fill("24")
    page.get_by_label("Tutrice ou tuteur").select_option(index=1)
    page.get_by_label(re.compile("ne remplace pas un poste")).check()
    page.get_by_label("Conformité vérifiée le").fill((today - timedelta(days=5)).isoformat())
    page.get_by_label(re.compile("Aptitude|médical", re.I)).first.fill((today - timedelta(days=6)).isoformat())
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".toast")).to_be_visible()


def plan_and_staff(page: Page, starts_at: datetime) -> str:
    """Publish a shift in a park and put somebody experienced on it; returns their name."""
    start = clock.local(starts_at)
    page.goto(f"/planning/creneaux/nouveau?site={SITE}")
    page.get_by_label("Mission", exact=True).select_option(value=missions_at(page, SITE)[0]["id"])
    page.get_by_label("Lieu", exact=True).select_option(value=SITE)
    page.get_by_label("Jour").fill(start.date().isoformat())
    page.get_by_label("Début").fill(f"{start:%H:%M}")
    page.get_by_label("Fin").fill(f"{start + timedelta(hours=3):%H:%M}")
    page.get_by_label("Places").fill("2")
    page.get_by_label("Minimum").fill("2")
    page.get_by_role("button", name="Publier").click()
    expect(page.locator(".toast")).to_be_visible()
    button = page.get_by_role("button", name=re.compile("^Affecter")).first
    name = (button.text_content() or "").removeprefix("Affecter").strip()
    button.click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("main")).to_contain_text(name)
    return name


def book(page: Page, start: datetime) -> None:
    page.goto(f"/creneaux?lieu={SITE}&jour={start.date()}")
    page.get_by_role("button", name=re.compile(rf"Réserver.*\b{start:%-H}\sh")).first.click()
    expect(page.locator(".toast")).to_contain_text("réservé")


def log_encounter(page: Page) -> None:
    """One thumb: three people, two topics, a feeling, save."""
    page.get_by_role("link", name="Noter une rencontre").first.click()
    expect(page.locator("main")).to_contain_text("Parc des Îles")
    for age, times in (("12 à 17 ans", 2), ("25 à 59 ans", 1)):
        for _ in range(times):
            page.get_by_role("button", name=f"Ajouter : {age}").click()
    page.get_by_label("Cavaliers").check()
    page.get_by_label("Eau, canaux").check()
    page.get_by_label("Positif").check()
    page.get_by_role("button", name=re.compile("^Enregistrer")).click()
    expect(page.get_by_role("heading", name="Rencontre gardée sur ce téléphone")).to_be_visible()
    page.get_by_role("link", name="Mes envois").first.click()
    expect(page.locator("[data-records] > [data-state=sent]")).to_have_count(1)


def log_in_as_manager(page: Page) -> Page:
    sign_in(page, "direction@demo.example")
    expect(page).to_have_url(re.compile("/bilans"))
    return page


def rows_of(page: Page) -> list[dict[str, str]]:
    """The encounters of today as the manager downloads them from the report."""
    today = clock.today().isoformat()
    page.goto(f"/bilans?from={today}&to={today}")
    page.get_by_text("Exporter").first.click()
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile("Rencontres")).filter(has_text="CSV").click()
    assert started.value.suggested_filename == f"civic_rencontres_{today}_{today}.csv"
    with started.value.path().open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))
