"""/bilans: the same figures as the interface, written for people."""

from datetime import date, timedelta
from typing import Any

import httpx
from sqlalchemy import delete, select

from civic import clock
from civic.encounters.models import Encounter
from civic.formats import NBSP, THIN, number
from civic.reports.actions import refresh
from civic.sites.models import Site
from tests.reports.scene import Scene
from tests.reports.tables_of import Tables


async def page(scene: Scene, who: str | None = "manager", **params: Any) -> httpx.Response:
    return await scene.get(who, "/bilans", **params)


async def report(scene: Scene, who: str = "manager", **params: Any) -> Any:
    return (await scene.get(who, "/api/v1/reports/activity", **params)).json()


async def test_the_page_says_what_the_interface_says(scene: Scene) -> None:
    shown, told = Tables(await page(scene)), await report(scene)
    figures = {row[0]: row[1:] for row in shown.tables["Tous les chiffres"][1:]}
    encounters = told["figures"]["encounters"]
    assert figures["Rencontres notées"][:3] == [number(encounters["value"]), "–", number(encounters["previous"])]
    assert all(sentence in shown.text for sentence in told["definitions"].values())
    assert figures["Remplissage"][0].startswith(f"{round(told['figures']['fill_rate']['value'] * 100)}{THIN}%")
    sites = {row[0]: row for row in shown.tables["Tableau par site"][1:-1]}
    assert len(sites) == len(told["by_site"])
    for line in told["by_site"]:
        assert sites[line["label"]][2] == number(line["encounters"])
        assert sites[line["label"]][4] == number(line["people_met"])
    assert shown.tables["Tableau par site"][-1][2] == number(encounters["value"])
    for name, caption in (("by_pillar", "Par pilier"), ("by_age", "Par âge"), ("by_month", "Par mois")):
        rows = {row[0]: row for row in shown.tables[caption][1:]}
        assert [number(line["encounters"]) for line in told[name]] == [row[1] for row in rows.values()]
        assert [number(line["people_met"]) for line in told[name]] == [row[3] for row in rows.values()]
    weeks = shown.tables["Rencontres par période"]
    assert sum(int(row[1].replace(NBSP, "")) for row in weeks[1:-1]) == encounters["value"]
    assert sum(int(row[2].replace(NBSP, "")) for row in weeks[1:-1]) == encounters["previous"]
    assert "interne" in shown.text
    assert f"{number(encounters['value'])} lignes, une par rencontre" in shown.text


async def test_who_sees_it(scene: Scene) -> None:
    for who, status in {"manager": 200, "admin": 200, "coordinator": 200, "volunteer": 403}.items():
        assert (await page(scene, who)).status_code == status, who
    away = await page(scene, None)
    assert (away.status_code, away.headers["location"].split("?")[0]) == (303, "/connexion")


async def test_a_coordinator_sees_their_scope_and_is_offered_no_other(scene: Scene) -> None:
    mine = await page(scene, "coordinator_cahc")
    sites = {row[0] for row in Tables(mine).tables["Tableau par site"][1:-1]}
    assert sites == {f"Parc {scene.site_in('CAHC')}"}
    assert 'value="CALL"' not in mine.text
    assert f'value="{scene.site_in("CALL")}"' not in mine.text
    assert (await page(scene, "coordinator_cahc", site=scene.site_in("CALL"))).status_code == 403


async def test_names_of_volunteers_are_offered_to_those_who_may_have_them(scene: Scene) -> None:
    assert "/exports/hours.csv" not in (await page(scene, "manager")).text
    assert "/exports/hours.csv" in (await page(scene, "coordinator")).text
    topic = await page(scene, "coordinator", topic="parks")
    assert "/exports/hours.csv" not in topic.text
    assert "topic=parks" in topic.text


async def test_periods_by_name(scene: Scene) -> None:
    browser = await scene.browser("manager")
    for period, (first, last) in {
        "12w": ("2026-09-07", "2026-11-23"),
        "month": ("2026-11-01", "2026-11-23"),
        "last_month": ("2026-10-01", "2026-10-31"),
        "quarter": ("2026-10-01", "2026-11-23"),
        "year": ("2026-01-01", "2026-11-23"),
        "last_year": ("2025-01-01", "2025-12-31"),
        "custom": ("2026-09-07", "2026-11-23"),
        "": ("2026-09-07", "2026-11-23"),
    }.items():
        answer = await browser.get("/bilans", params={"period": period} if period else {})
        assert answer.status_code == 200
        assert f"/api/v1/exports/encounters.csv?from={first}&amp;to={last}" in answer.text, period


async def test_what_is_wrong_is_said_and_kept(scene: Scene) -> None:
    for params, sentence in (
        ({"from": "2026-10-31", "to": "2026-09-01"}, "La fin de la période vient avant son début."),
        ({"from": "hier"}, "Cette date n’existe pas."),
        ({"site": "nulle-part"}, "Ce lieu n’existe pas."),
        ({"pillar": "vert"}, "Ce choix n’existe pas."),
        ({"period": "siècle"}, "Ce choix n’existe pas."),
    ):
        answer = await page(scene, **params)
        assert answer.status_code == 422, params
        assert sentence in answer.text
        assert "Tous les chiffres" not in answer.text


async def test_an_empty_period_says_so(scene: Scene) -> None:
    empty = Tables(await page(scene, **{"from": "2020-01-01", "to": "2020-03-31"}))
    assert "Pas de données" in empty.text
    figures = {row[0]: row[1] for row in empty.tables["Tous les chiffres"][1:]}
    assert figures["Remplissage"] == "pas de données"
    assert figures["Rencontres notées"] == "0"


async def test_shifts_alone_draw_no_false_zero(scene: Scene) -> None:
    async with scene.db.writing() as session:
        await session.execute(delete(Encounter))
    shown = await page(scene)
    assert shown.status_code == 200
    assert "Pas de données" in shown.text


async def test_a_century_is_drawn_by_year(scene: Scene) -> None:
    shown = await page(scene, **{"from": "1900-01-01", "to": "2100-12-31"})
    assert shown.status_code == 200
    assert len(shown.text) < 90_000


async def test_more_than_a_year_is_drawn_by_month(scene: Scene) -> None:
    shown = await page(scene, **{"from": "2025-08-01", "to": "2026-10-31"})
    assert "Rencontres par mois" in shown.text
    assert all(f">{month}<" in shown.text for month in ("août", "oct.", "févr.", "juin"))


async def test_few_queries(scene: Scene, count_queries: Any) -> None:
    browser = await scene.browser("manager")
    with count_queries() as queries:
        assert (await browser.get("/bilans")).status_code == 200
    assert len(queries) <= 16


async def test_texts_are_written_where_they_are_read(scene: Scene) -> None:
    manager = await scene.browser("manager")
    days = {"from": "2026-09-01", "to": "2026-10-31"}
    for slot, text in (("introduction", "Deux mois <b>pleins</b>."), ("rev3", "On parle du soleil.")):
        answer = await manager.post("/bilans", data={**days, slot: text})
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/bilans?from=2026-09-01&to=2026-10-31#b-text-{slot}"
    shown = (await page(scene)).text
    assert "Deux mois &lt;b&gt;pleins&lt;/b&gt;." in shown
    assert "On parle du soleil." in shown
    reader = (await page(scene, "admin")).text
    assert "On parle du soleil." in reader
    assert 'action="/bilans"><' not in reader
    # The words speak of the whole territory, and of these days alone.
    assert "On parle du soleil." not in (await page(scene, pillar="rev3")).text
    assert "On parle du soleil." not in (await page(scene, to="2026-10-30")).text
    long = await manager.post("/bilans", data={**days, "rev3": "x" * 4001})
    assert long.status_code == 422
    assert "x" * 4001 in long.text
    assert "1 caractère de trop" in long.text
    assert (await manager.post("/bilans", data={**days, "rev3": ""})).status_code == 303
    assert "On parle du soleil." not in (await page(scene)).text


async def test_sites_without_a_visit(scene: Scene) -> None:
    """The last visit of each site, counted by hand, at the end of the period."""
    last: dict[str, date] = {}
    end, world = date(2026, 10, 31), scene.world
    came = {one["booking_id"] for one in world.attendances if one["state"] == "present"}
    held = {b["shift_id"] for b in world.bookings if b["id"] in came and b["state"] in ("confirmed", "walk_in")}
    days = [(e["site_id"], e["date"]) for e in world.encounters if e["status"] != "voided"]
    days += [(s["site_id"], clock.local(s["starts_at"]).date()) for s in world.shifts if s["id"] in held]
    for site, day in days:
        if day <= end:
            last[site] = max(day, last.get(site, day))
    for rolled in (False, True):
        if rolled:
            await refresh(scene.db)
        for weeks in (2, 4, 26):
            answer = await page(scene, semaines=weeks)
            shown = {row[0] for row in Tables(answer).tables.get("Sites sans visite", [])[1:]}
            left = {site for site in world.areas if last.get(site, date.min) <= end - timedelta(weeks=weeks)}
            async with scene.db.reading() as session:
                names = dict((await session.execute(select(Site.name, Site.id))).all())
            assert {names[name] for name in shown} & set(world.areas) == left, weeks
    assert (await page(scene, semaines="5")).status_code == 422
