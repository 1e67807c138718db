"""The pages of places: read by everybody, kept by coordinators in scope and admins."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.sites.models import Site, SiteClosure
from tests.cast import make_cast, sign_in
from tests.factories.sites import make_closure, make_site

Clients = Callable[[], httpx.AsyncClient]
KEEPERS = {"coordinator", "coordinator_call", "admin"}


def identity(**changes: str) -> dict[str, str]:
    """What an admin's form sends; a coordinator's says nothing of it, and it is not read."""
    lens = {"commune_insee": "62498", "lat": "50,4309", "lon": "2,8271"}
    return {"name": "Parc neuf", "kind": "park", "pillar": "archipel_vert", **lens, **changes}


async def test_the_list_and_its_filters(session: AsyncSession, client: httpx.AsyncClient) -> None:
    await make_site(session, "a", name="Terril d’Évin")
    await make_site(session, "b", "CAHC", name="Parc des Îles")
    await session.commit()
    every = await client.get("/sites")
    assert "/sites/a" in every.text
    assert "/sites/b" in every.text
    for query in ("q=evin", "q=LENS+terril", "intermunicipality=CALL", "q=d'evin"):
        page = await client.get(f"/sites?{query}")
        assert "/sites/a" in page.text, query
        assert "/sites/b" not in page.text, query
    for query in ("q=%00", "q=" + "x" * 5000, "intermunicipality=XX", "q=zzz", "unknown=1"):
        assert (await client.get(f"/sites?{query}")).status_code == 200, query


async def test_the_on_call_number_is_not_public(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    site = await make_site(session, on_call_number="03 21 99 99 99", approximate=True)
    await session.commit()
    page = await make_client().get(f"/sites/{site.id}")
    assert page.status_code == 200
    assert "03 21 99 99 99" not in page.text
    assert "Point approximatif" in page.text
    assert "Mission Bassin Minier" in page.text
    for user in cast.users.values():
        page = await (await sign_in(make_client, db, user)).get(f"/sites/{site.id}")
        assert "03 21 99 99 99" in page.text


async def test_who_keeps_a_site(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here")
    await session.commit()
    day = clock.today().isoformat()
    for name, user in cast.users.items():
        client = await sign_in(make_client, db, user)
        allowed = name in KEEPERS
        assert ("/modifier" in (await client.get("/sites/here")).text) == allowed, name
        assert (await client.get("/sites/here/modifier")).status_code == (200 if allowed else 403), name
        saved = await client.post("/sites/here/modifier", data=identity(meeting_place=f"Chez {name}"))
        assert saved.status_code == (303 if allowed else 403), name
        closed = await client.post("/sites/here/fermetures", data={"starts_on": day, "ends_on": day, "reason": name})
        assert closed.status_code == (303 if allowed else 403), name
    out = make_client()
    assert (await out.post("/sites/here/fermetures", data={})).status_code == 303
    async with db.reading() as looking:
        assert await looking.scalar(select(func.count()).select_from(SiteClosure)) == len(KEEPERS)
        assert await looking.scalar(select(Site.meeting_place).where(Site.id == site.id)) == "Chez admin"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"starts_on": "2026-12-02", "ends_on": "2026-12-01", "reason": "x"},
        {"starts_on": "2026-02-30", "ends_on": "2026-12-01", "reason": "x"},
        {"starts_on": "2020-01-01", "ends_on": "2020-01-02", "reason": "x"},
        {"starts_on": "2098-12-01", "ends_on": "2099-12-02", "reason": "x" * 300},
        {"starts_on": "2098-12-01", "ends_on": "2099-12-02", "reason": "a\x00b"},
    ],
)
async def test_wrong_closures(session: AsyncSession, make_client: Clients, db: Database, sent: dict[str, str]) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    answer = await client.post("/sites/here/fermetures", data=sent)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    async with db.reading() as looking:
        assert await looking.scalar(select(SiteClosure.id)) is None


async def test_a_closure_twice_is_one_and_can_be_taken_back(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    here, there = await make_site(session, "here"), await make_site(session, "there")
    other = await make_closure(session, there, clock.today() + timedelta(days=3))
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    day = clock.today().isoformat()
    for _ in range(2):
        await client.post("/sites/here/fermetures", data={"starts_on": day, "ends_on": day, "reason": "Chasse"})
    async with db.reading() as looking:
        (closure_id,) = await looking.scalars(select(SiteClosure.id).where(SiteClosure.site_id == here.id))
    assert "Fermé" in (await client.get("/sites/here")).text
    assert (await client.post(f"/sites/here/fermetures/{other.id}/suppression")).status_code == 404
    assert (await client.post(f"/sites/here/fermetures/{uuid4()}/suppression")).status_code == 404
    assert (await client.post(f"/sites/here/fermetures/{closure_id}/suppression")).status_code == 303
    assert (await client.post(f"/sites/here/fermetures/{closure_id}/suppression")).status_code == 404


async def test_wrong_notes(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    for sent in ({"access_notes": "x" * 1001}, {"on_call_number": "abc"}, {"safety_notes": "a\x00b"}):
        assert (await client.post("/sites/here/modifier", data=identity(**sent))).status_code == 422


async def test_unknown_sites(client: httpx.AsyncClient) -> None:
    for path in ("/sites/nowhere", "/sites/%00", "/sites/" + "x" * 500):
        assert (await client.get(path)).status_code == 404


async def test_the_map_has_each_place_of_the_list_and_no_tile(
    session: AsyncSession, client: httpx.AsyncClient, count_queries: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVIC_MAP_TILES_URL", "https://tiles.example.test/{z}/{x}/{y}.png")
    for n in range(30):
        await make_site(session, f"p{n}", "CALL" if n % 2 else "CABBALR", approximate=n == 3)
    await make_site(session, "energy", pillar="rev3", kind="energy_site")
    await session.commit()
    with count_queries() as queries:
        page = (await client.get("/sites")).text
    assert len(queries) <= 4
    assert page.count('class="chart-link"') == 31
    assert page.count(', position approximative"') == 1
    assert "tiles.example.test" not in page
    assert "Mission Bassin Minier" in page
    for query in ("pillar=rev3", "kind=energy_site", "pillar=rev3&kind=energy_site"):
        narrowed = (await client.get(f"/sites?{query}")).text
        assert narrowed.count('class="chart-link"') == 1
        assert narrowed.count('href="/sites/energy"') == 2, "on the map and in the list"
    for query in ("pillar=pink", "kind=x", "pillar=%00", "archives=1"):
        assert (await client.get(f"/sites?{query}")).text.count('class="chart-link"') == 31, query
    nothing = await client.get("/sites?q=zzz")
    assert nothing.status_code == 200
    assert "chart-link" not in nothing.text


async def test_what_is_only_likely_is_not_told(session: AsyncSession, client: httpx.AsyncClient) -> None:
    for member in ("confirmed", "likely", "no"):
        await make_site(session, member, chain_member=member)
    await session.commit()
    for member in ("confirmed", "likely", "no"):
        told = "Chaîne des Parcs</dt>" in (await client.get(f"/sites/{member}")).text
        assert told == (member == "confirmed"), member


async def test_an_admin_makes_a_place(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    made = await client.post("/sites/nouveau", data=identity(meeting_place="Au portail", approximate="1"))
    assert made.headers["location"] == "/sites/parc-neuf"
    again = await client.post("/sites/nouveau", data=identity())
    assert again.status_code == 422
    assert "f-name-error" in again.text
    twin = await client.post("/sites/nouveau", data=identity(name="Parc  néuf"))
    assert twin.headers["location"] == "/sites/parc-neuf-2"
    moved = await client.post("/sites/parc-neuf/modifier", data=identity(name="Autre nom", lat="50,5"))
    assert moved.headers["location"] == "/sites/parc-neuf", "the id stays"
    async with db.reading() as looking:
        site = await looking.get_one(Site, "parc-neuf")
        assert (site.name, site.lat, site.lon, site.intermunicipality_code) == ("Autre nom", 50.5, 2.8271, "CALL")
        assert (site.meeting_place, site.approximate) == ("", False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("name", "a\x00b"),
        ("kind", "castle"),
        ("pillar", ""),
        ("commune_insee", "75056"),
        ("commune_insee", ""),
        ("lat", "48,85"),
        ("lat", "nord"),
        ("lon", "0"),
        ("lon", ""),
        ("on_call_number", "abc"),
    ],
)
async def test_wrong_places(session: AsyncSession, make_client: Clients, db: Database, field: str, value: str) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    for path in ("/sites/nouveau", "/sites/here/modifier"):
        answer = await client.post(path, data=identity(**{field: value}))
        assert answer.status_code == 422, path
        assert f"f-{field}-error" in answer.text, path
    async with db.reading() as looking:
        assert list(await looking.scalars(select(Site.id))) == ["here"]


async def test_a_coordinator_does_not_say_what_a_place_is(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here", name="Terril")
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    assert "f-commune_insee" not in (await client.get("/sites/here/modifier")).text
    sent = identity(meeting_place="Au portail")
    assert (await client.post("/sites/here/modifier", data=sent)).status_code == 303
    async with db.reading() as looking:
        kept = await looking.get_one(Site, site.id)
        assert (kept.name, kept.meeting_place) == ("Terril", "Au portail")


async def test_saving_unchanged_keeps_the_point(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await make_site(session, "here", name="Parc neuf", lat=50.430942, lon=2.827061)
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    assert (await client.post("/sites/here/modifier", data=identity())).status_code == 303
    async with db.reading() as looking:
        site = await looking.get_one(Site, "here")
        assert (site.lat, site.lon) == (50.430942, 2.827061)


async def test_notes_on_safety_are_for_those_signed_in(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    await make_site(session, "here", safety_notes="Zone encore chaude")
    await session.commit()
    assert "Zone encore chaude" not in (await make_client().get("/sites/here")).text
    for user in cast.users.values():
        assert "Zone encore chaude" in (await (await sign_in(make_client, db, user)).get("/sites/here")).text


async def test_who_saves_a_place_second_is_told_what_changed(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    await make_site(session, "here", name="Terril", meeting_place="Au portail", access_notes="Bus 18")
    await session.commit()
    first = await sign_in(make_client, db, cast.coordinator_call)
    second = await sign_in(make_client, db, cast.admin)
    opened = await second.get("/sites/here/modifier")
    begun = html.unescape(re.findall(r'name="begun" value="([^"]*)"', opened.text)[0])
    assert (await first.post("/sites/here/modifier", data={"meeting_place": "À la mare"})).status_code == 303
    typed = identity(name="Terril vert", meeting_place="Au portail", access_notes="Bus 18", begun=begun)
    told = await second.post("/sites/here/modifier", data=typed)
    assert told.status_code == 409
    assert f"{cast.coordinator_call.name} a modifié cette fiche entre-temps." in told.text
    assert "<td>Au portail</td><td><b>À la mare</b></td><td>–</td>" in told.text
    assert 'value="Terril vert"' in told.text, "what was typed stays"
    assert 'value="À la mare"' in told.text, "and the other's words are let in"
    async with db.reading() as looking:
        assert (await looking.get_one(Site, "here")).name == "Terril", "nothing is written"
    begun = html.unescape(re.findall(r'name="begun" value="([^"]*)"', told.text)[0])
    again = typed | {"meeting_place": "À la mare", "begun": begun}
    assert (await second.post("/sites/here/modifier", data=again)).status_code == 303
    async with db.reading() as looking:
        kept = await looking.get_one(Site, "here")
        assert (kept.name, kept.meeting_place) == ("Terril vert", "À la mare")
