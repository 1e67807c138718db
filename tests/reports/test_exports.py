"""Files: the exact bytes, who may have them, and a memory that stays flat."""

import csv
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.db import Database
from civic.encounters.models import Encounter, EncounterTopic
from civic.missions.models import Mission
from civic.reports.activity import activity
from civic.reports.csv_text import DIALECTS, cell, head, writer
from civic.reports.export_rows import write_activity, write_table
from civic.reports.filters import Filters
from civic.reports.tables import TABLES
from civic.sites.models import Site
from tests.factories.encounters import make_topics
from tests.factories.missions import make_mission
from tests.factories.shifts import make_shift
from tests.factories.sites import make_site
from tests.reports.scene import NOW, PERIOD, Scene

API = "/api/v1"
ENCOUNTERS, SHIFTS, HOURS = (f"{API}/exports/{name}.csv" for name in ("encounters", "shifts", "hours"))
ACTIVITY = f"{API}/reports/activity.csv"
HEADS = {
    ENCOUNTERS: (
        "Identifiant;Date;Demi-journée;Code du lieu;Lieu;Commune;Agglomération;Mission;Personnes;Moins de 12 ans;"
        "12-17 ans;18-24 ans;25-59 ans;60 ans et plus;Âge inconnu;Thèmes;Piliers;Ressenti;Prise de contact;Durée;"
        "Composition;Provenance;Fréquentation;Venue;Endroit;Nature;Lieu culturel;Orientation;État",
        "client_uuid,date,half_day,site_id,site,commune,intermunicipality,mission,people_count,age_lt12,age_12_17,"
        "age_18_24,age_25_59,age_60p,age_nc,topics,pillars,feeling,contact_origin,duration_band,group_kind,origin_zone,"
        "visit_habit,transport,spot,purpose,partner_venue,referral,status",
    ),
    SHIFTS: (
        "Identifiant;Date;Début;Fin;Pause;Code du lieu;Lieu;Commune;Agglomération;Mission;Pilier;État;Places;Minimum;"
        "Inscrits;Présents;Liste d'attente",
        "id,date,starts_at,ends_at,break_minutes,site_id,site,commune,intermunicipality,mission,pillar,state,capacity,"
        "min_staff,confirmed,present,waitlisted",
    ),
    HOURS: (
        "Identifiant;Nom;Date;Code du lieu;Créneau;Présence;Heures prévues;Heures faites",
        "volunteer_id,name,date,site_id,shift_id,state,hours_planned,hours_served",
    ),
    ACTIVITY: ("Rubrique;Code;Libellé;Valeur;Année précédente", "section,key,label,value,previous"),
}


def read(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(body.decode(), newline="")))


async def test_headings_separators_and_line_ends(scene: Scene) -> None:
    browser = await scene.browser("admin")
    for (path, (french, codes)), name in zip(HEADS.items(), ("rencontres", "creneaux", "heures", "bilan"), strict=True):
        body = (await browser.get(path, params=PERIOD)).content
        assert body.startswith(b"\xef\xbb\xbf" + french.encode() + b"\r\n")
        plain = await browser.get(path, params={**PERIOD, "dialect": "rfc"})
        assert plain.content.startswith(codes.encode() + b"\r\n")
        assert plain.headers["content-type"] == "text/csv; charset=utf-8"
        assert body.count(b"\n") == body.count(b"\r\n") == plain.content.count(b"\r\n")
        expected = f'attachment; filename="civic_{name}_2026-09-01_2026-10-31.csv"'
        assert plain.headers["content-disposition"] == expected


async def test_encounters_are_those_of_the_figure_in_order_and_without_comments(scene: Scene) -> None:
    answer = await scene.get("manager", ENCOUNTERS, dialect="rfc")
    rows = read(answer.content)
    figures = (await scene.get("manager", f"{API}/reports/activity")).json()["figures"]
    assert len(rows) == figures["encounters"]["value"]
    assert sum(int(row["people_count"]) for row in rows) == figures["people_met"]["value"]
    assert [(r["date"], r["client_uuid"]) for r in rows] == sorted((r["date"], r["client_uuid"]) for r in rows)
    assert {row["status"] for row in rows} == {"sent", "validated"}
    assert "jamais" not in answer.text
    by_id = {str(e["id"]): e for e in scene.world.encounters}
    topics: dict[str, list[str]] = {}
    for one in sorted(scene.world.topics, key=lambda row: row["rank"]):
        topics.setdefault(str(one["encounter_id"]), []).append(one["topic_code"])
    for row in rows:
        kept = by_id[row["client_uuid"]]
        assert row["topics"] == "|".join(topics[row["client_uuid"]])
        assert row["feeling"] == kept["feeling"]
        assert row["referral"] == (kept["referral"] or "")
        assert row["age_60p"] == str(kept["age_60p"])
        assert row["intermunicipality"] == scene.world.areas[row["site_id"]]


async def test_the_same_filters_as_the_report(scene: Scene) -> None:
    for extra in ({"pillar": "rev3"}, {"topic": "parks"}, {"site": scene.site_in("CAHC")}):
        rows = read((await scene.get("manager", ENCOUNTERS, dialect="rfc", **extra)).content)
        report = (await scene.get("manager", f"{API}/reports/activity", **extra)).json()
        assert len(rows) == report["row_count"]
        if "pillar" in extra:
            assert all("rev3" in row["pillars"].split("|") for row in rows)


async def test_shifts_and_hours_add_up_to_the_figures(scene: Scene) -> None:
    figures = (await scene.get("coordinator", f"{API}/reports/activity")).json()["figures"]
    shifts = [
        r for r in read((await scene.get("coordinator", SHIFTS, dialect="rfc")).content) if r["state"] == "published"
    ]
    assert sum(int(r["present"]) > 0 for r in shifts) == figures["shifts_held"]["value"]
    places, confirmed = (sum(int(r[name]) for r in shifts) for name in ("capacity", "confirmed"))
    assert confirmed / places == figures["fill_rate"]["value"]
    hours = read((await scene.get("coordinator", HOURS, dialect="rfc")).content)
    seats = {str(b["shift_id"]) + str(b["volunteer_id"]) for b in scene.world.bookings if b["state"] == "confirmed"}
    assert sum(r["shift_id"] + r["volunteer_id"] in seats for r in hours) == confirmed
    assert {r["state"] for r in hours if r["shift_id"] + r["volunteer_id"] not in seats} == {"present"}, "walk-ins"
    assert round(sum(float(r["hours_served"] or 0) for r in hours), 2) == figures["volunteer_hours"]["value"]
    assert {r["state"] for r in hours} == {"present", "absent", "excused", ""}
    french = (await scene.get("coordinator", HOURS)).content.decode("utf-8-sig")
    written = [line.split(";")[7] for line in french.split("\r\n")[1:-1]]
    assert written == [row["hours_served"].replace(".", ",") for row in hours]


async def test_a_report_in_csv_says_what_it_says_in_json(scene: Scene) -> None:
    report = (await scene.get("manager", f"{API}/reports/activity")).json()
    rows = read((await scene.get("manager", ACTIVITY, dialect="rfc")).content)
    table = {(r["section"], r["key"]): (r["value"], r["previous"]) for r in rows}
    for code, figure in report["figures"].items():
        values = [float(text) if text else None for text in table["figures", code]]
        assert values == [figure["value"], figure["previous"]]
    for name in ("by_site", "by_topic", "by_pillar", "by_age", "by_month"):
        for line in report[name]:
            assert int(table[name, line["key"]][0]) == line["encounters"]
            assert int(table[f"{name}_people", line["key"]][0]) == line["people_met"]
    assert {key for section, key in table if section == "definitions"} == set(report["definitions"])


MAY_HAVE: dict[str | None, tuple[int, ...]] = {
    "manager": (200, 200, 403, 200),
    "admin": (200, 200, 200, 200),
    "coordinator": (200, 200, 200, 200),
    "volunteer": (403, 403, 403, 403),
    None: (401, 401, 401, 401),
}


async def test_who_may_have_them(scene: Scene) -> None:
    for who, statuses in MAY_HAVE.items():
        browser = await scene.browser(who)
        found = [(await browser.get(path, params=PERIOD)).status_code for path in HEADS]
        assert tuple(found) == statuses, who


async def test_a_coordinator_has_their_own_scope(scene: Scene) -> None:
    for path in (ENCOUNTERS, SHIFTS, HOURS):
        rows = read((await scene.get("coordinator_cahc", path, dialect="rfc")).content)
        assert {scene.world.areas[row["site_id"]] for row in rows} == {"CAHC"}
        assert (await scene.get("coordinator_cahc", path, intermunicipality="CALL")).status_code == 403
    assert (await scene.get("coordinator_cahc", ACTIVITY, site=scene.site_in("CALL"))).status_code == 403


async def test_a_shift_has_no_topic(scene: Scene) -> None:
    for path in (SHIFTS, HOURS):
        answer = await scene.get("admin", path, topic="parks")
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == ["topic"]
    answer = await scene.get("admin", ENCOUNTERS, dialect="excel")
    assert list(answer.json()["errors"]) == ["dialect"]


async def test_formulas_quotes_and_lines_in_names(scene: Scene) -> None:
    site = scene.site_in("CALL")
    async with scene.db.writing() as session:
        await session.execute(update(Site).where(Site.id == site).values(name='=HYPERLINK("x";"y")'))
        await session.execute(update(Mission).values(title="+1, ou\ndeux ; ou « trois »"))
        await session.execute(update(User).values(name="@SUM(A1)"))
    french = (await scene.get("admin", ENCOUNTERS, site=site)).content
    assert b'"\'=HYPERLINK(""x"";""y"")"' in french
    assert '"\'+1, ou\ndeux ; ou « trois »"'.encode() in french
    plain = read((await scene.get("admin", ENCOUNTERS, site=site, dialect="rfc")).content)
    assert {row["site"] for row in plain} == {'\'=HYPERLINK("x";"y")'}
    assert {r["name"] for r in read((await scene.get("admin", HOURS, dialect="rfc")).content)} == {"'@SUM(A1)"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((prefix + "x", f"'{prefix}x") for prefix in "=+-@\t\r"),
        ("a=b", "a=b"),
        ("", ""),
        (None, ""),
        (-0.25, "-0,25"),
        (-3, "-3"),
        (0, "0"),
        (7.5, "7,5"),
        (4.0, "4"),
        (1e-7, "0,0000001"),
        (100.0, "100"),
    ],
)
def test_cells(value: Any, text: str) -> None:
    assert cell(value) == text


TEXT = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=8)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4)))
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    for dialect in DIALECTS.values():
        body = writer(dialect)(rows).decode()
        read_again = list(csv.reader(StringIO(body, newline=""), delimiter=dialect.separator))
        assert read_again == [[cell(value) for value in row] for row in rows]


async def test_the_command_line_writes_the_same(scene: Scene) -> None:
    filters = Filters(from_=NOW.date().replace(month=9, day=1), to=NOW.date().replace(month=10, day=31))
    for name, path in (("encounters", ENCOUNTERS), ("shifts", SHIFTS), ("hours", HOURS)):
        out = BytesIO()
        await write_table(scene.db, name, filters, out)
        assert out.getvalue() == (await scene.get("admin", path)).content
    out = BytesIO()
    await write_activity(scene.db, filters, out)
    assert out.getvalue() == (await scene.get("admin", ACTIVITY)).content


async def test_the_short_way_writes_the_same_bytes(session: AsyncSession, db: Database) -> None:
    """Names that need quotes, that a spreadsheet would run, topics out of order, what was not given."""
    await make_topics(session)
    made = [
        await make_site(session, f"parc-{n}", name=name)
        for n, name in enumerate(("=1+1", 'Le « "Parc" »; 2', "Deux\nlignes", "@home, sweet", "Été"))
    ]
    mission = await make_mission(session, made, title='-2\r\n"+3"')
    shift = await make_shift(session, NOW, mission=mission, site=made[0])
    row = {"date": NOW.date(), "half_day": "soir", "age_nc": 1, "people_count": 1, "feeling": "nc", "version": 1}
    ids = [uuid4() for _ in range(10)]
    for n, one in enumerate(ids):
        extra = {"shift_id": shift.id, "purpose": "idee"} if n % 2 else {"shift_id": None, "purpose": None}
        await session.execute(insert(Encounter), [{**row, **extra, "id": one, "site_id": made[n % 5].id}])
        codes = ("water", "digital", "other", "culture")[: n % 5]
        named = [{"encounter_id": one, "topic_code": code, "rank": (3 - k) // 2} for k, code in enumerate(codes)]
        if named:
            await session.execute(insert(EncounterTopic), named)
    await session.commit()
    filters, table = Filters(from_=NOW.date(), to=NOW.date()), TABLES["encounters"]
    for name, dialect in DIALECTS.items():
        out = BytesIO()
        await write_table(db, "encounters", filters, out, name)
        rows = (await session.execute(table.select(filters, NOW))).all()
        long_way = writer(dialect)([head(table.columns, dialect), *map(table.row, rows)])
        assert out.getvalue() == dialect.bom.encode() + long_way
        assert len(rows) == len(ids)


async def test_headings_alone_where_there_is_nothing(session: AsyncSession, db: Database) -> None:
    out = BytesIO()
    filters = Filters(from_=NOW.date(), to=NOW.date())
    await write_table(db, "encounters", filters, out, "rfc")
    assert out.getvalue().decode().strip() == HEADS[ENCOUNTERS][1]
    assert (await activity(session, filters)).now.encounters == 0
