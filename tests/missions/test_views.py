"""Missions and applications, with the whole cast."""

import html
import re
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.db import Database
from civic.missions.models import Application, Mission
from tests.cast import make_cast, sign_in
from tests.factories.missions import make_application, make_mission
from tests.factories.sites import make_site

Clients = Callable[[], httpx.AsyncClient]


async def test_everybody_reads_missions(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session, pillar="rev3", title="Énergie et parcs")
    await make_mission(session, title="Autre chose")
    old = await make_mission(session, archived_at=now())
    await session.commit()
    clients = [make_client(), *[await sign_in(make_client, db, user) for user in cast.users.values()]]
    for client in clients:
        assert "Autre chose" in (await client.get("/missions")).text
        narrowed = await client.get("/missions?pillar=rev3")
        assert "Énergie et parcs" in narrowed.text
        assert "Autre chose" not in narrowed.text
        assert (await client.get(f"/missions/{mission.id}")).status_code == 200
        for unknown in (old.id, uuid4(), "x", "%00"):
            assert (await client.get(f"/missions/{unknown}")).status_code == 404
    assert (await make_client().get("/missions?pillar=%00&x=1")).status_code == 200


async def test_who_applies(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session)
    await session.commit()
    path = f"/missions/{mission.id}/candidature"
    for name, user in cast.users.items():
        client = await sign_in(make_client, db, user)
        answer = await client.post(path, data={"motivation": name})
        assert answer.status_code == (303 if user.role == "volunteer" else 403), name
    assert (await make_client().post(path, data={})).headers["location"] == "/connexion"
    client = await sign_in(make_client, db, cast.volunteer)
    assert (await client.post(path, data={"motivation": "again"})).status_code == 303
    assert "Votre candidature est envoyée" in (await client.get(f"/missions/{mission.id}")).text
    assert "Candidature envoyée" in (await client.get("/missions")).text
    assert (await client.post(f"/missions/{mission.id}/retrait")).status_code == 303
    assert (await client.post(f"/missions/{mission.id}/retrait")).status_code == 303
    async with db.reading() as looking:
        states = await looking.execute(select(Application.state, func.count()).group_by(Application.state))
        assert dict(states.tuples().all()) == {"submitted": 2, "withdrawn": 1}


@pytest.mark.parametrize("motivation", ["x" * 1001, "a\x00b"])
async def test_a_motivation_that_will_not_do(
    session: AsyncSession, make_client: Clients, db: Database, motivation: str
) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.volunteer)
    answer = await client.post(f"/missions/{mission.id}/candidature", data={"motivation": motivation})
    assert answer.status_code == 422
    assert 'id="f-motivation-error"' in answer.text


async def test_who_answers(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session)
    application = await make_application(session, mission, cast.volunteer, motivation="Pour les terrils")
    await session.commit()
    path = f"/candidatures/{application.id}"
    for name in ("volunteer", "colleague", "manager", "admin"):
        client = await sign_in(make_client, db, cast.users[name])
        assert (await client.get("/candidatures")).status_code == 403, name
        assert (await client.post(f"{path}/acceptation")).status_code == 403, name
    assert (await make_client().get("/candidatures")).status_code == 303
    stranger = await sign_in(make_client, db, cast.coordinator_cahc)
    assert "Pour les terrils" not in (await stranger.get("/candidatures")).text
    for verb in ("acceptation", "refus"):
        assert (await stranger.post(f"{path}/{verb}")).status_code == 404
        assert (await stranger.post(f"/candidatures/{uuid4()}/{verb}")).status_code == 404
    client = await sign_in(make_client, db, cast.coordinator_call)
    assert "Pour les terrils" in (await client.get("/candidatures")).text
    assert (await client.post(f"{path}/acceptation", data={"note": "x" * 501})).status_code == 422
    assert (await client.post(f"{path}/acceptation", data={"note": "a\x00b"})).status_code == 422
    assert (await client.post(f"{path}/acceptation", data={"note": "Bienvenue"})).status_code == 303
    assert (await client.post(f"{path}/acceptation", data={})).status_code == 303
    assert (await client.post(f"{path}/refus", data={})).status_code == 409
    for state in ("accepted", "submitted", "nonsense", "%00"):
        assert (await client.get(f"/candidatures?state={state}")).status_code == 200
    owner = await sign_in(make_client, db, cast.volunteer)
    assert "Bienvenue" in (await owner.get(f"/missions/{mission.id}")).text


async def test_a_refusal_is_asked_first_and_keeps_the_word(
    session: AsyncSession, make_client: Clients, db: Database, mailbox: Callable
) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session, title="Veilleurs des terrils")
    application = await make_application(session, mission, cast.volunteer)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    path = f"/candidatures/{application.id}/refus"
    page = await client.post(path, data={"note": "Une autre fois"})
    assert page.status_code == 200
    for text in ("Ne pas retenir Inès Volontaire", "Veilleurs des terrils", "Une autre fois", "Un e-mail"):
        assert text in page.text
    assert await mailbox() == []
    assert (await client.post(path, data={"note": "x" * 501, "confirm": "1"})).status_code == 422
    assert (await client.post(path, data={"note": "Une autre fois", "confirm": "1"})).status_code == 303
    assert len(await mailbox()) == 1
    assert (await client.post(path, data={})).status_code == 303, "already answered so: nothing to ask"
    assert len(await mailbox()) == 1


async def test_applying_again_in_another_tab_says_so(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.volunteer)
    for told in ("Candidature envoyée", "déjà envoyée"):
        assert (await client.post(f"/missions/{mission.id}/candidature", data={"motivation": "Oui"})).status_code == 303
        assert told in (await client.get(f"/missions/{mission.id}")).text


async def test_those_that_wait_come_first_in_few_queries(
    session: AsyncSession, make_client: Clients, db: Database, count_queries: Callable
) -> None:
    cast = await make_cast(session)
    for n in range(10):
        mission = await make_mission(session, [await make_site(session)])
        state = "rejected" if n % 2 else "submitted"
        await make_application(session, mission, cast.volunteer, state=state, motivation=f"{state} {n}")
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    with count_queries() as queries:
        page = await client.get("/candidatures")
    assert page.text.rindex("submitted ") < page.text.index("rejected ")
    assert len(queries) <= 3


def good(**changes: str) -> dict[str, str]:
    return {"title": "Titre", "pillar": "rev3", "description": "Texte", "sites": "here", "min_age": "16", **changes}


async def test_who_writes_missions(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session, [await make_site(session, "here")])
    await session.commit()
    path = f"/missions/{mission.id}/modification"
    for name, user in cast.users.items():
        client = await sign_in(make_client, db, user)
        coordinator = user.role == "coordinator"
        in_scope = name in ("coordinator", "coordinator_call")
        assert (await client.get("/missions/nouvelle")).status_code == (200 if coordinator else 403), name
        assert (await client.get(path)).status_code == (200 if in_scope else 403), name
        created = await client.post("/missions/nouvelle", data=good(title=name))
        assert created.status_code == (303 if in_scope else 422 if coordinator else 403), name
        assert (await client.post(path, data=good())).status_code == (303 if in_scope else 403), name
    async with db.reading() as looking:
        assert await looking.scalar(select(func.count()).select_from(Mission)) == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 121),
        ("pillar", "pink"),
        ("description", "a\x00b"),
        ("sites", "nowhere"),
        ("sites", ""),
        ("min_age", "12"),
        ("min_age", "x"),
        ("starts_on", "2026-02-30"),
        ("ends_on", "2020-01-01"),
        ("tags", "x"),
        ("trainings", "x"),
    ],
)
async def test_wrong_missions(
    session: AsyncSession, make_client: Clients, db: Database, field: str, value: str
) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    form = good(**{"starts_on": "2026-12-01", field: value})
    answer = await client.post("/missions/nouvelle", data=form)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    async with db.reading() as looking:
        assert await looking.scalar(select(Mission.id)) is None


async def test_who_saves_a_mission_second_is_told_what_changed(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    here = await make_site(session, "here", name="Ici")
    await make_site(session, "there", name="Là-bas")
    mission = await make_mission(session, [here], title="Titre")
    await session.commit()
    path = f"/missions/{mission.id}/modification"
    first, second = [await sign_in(make_client, db, one) for one in (cast.coordinator_call, cast.coordinator)]
    begun = html.unescape(re.findall(r'name="begun" value="([^"]*)"', (await second.get(path)).text)[0])
    assert (await first.post(path, data=good(sites=["here", "there"]))).status_code == 303
    typed = good(title="Autre titre", begun=begun)
    told = await second.post(path, data=typed)
    assert told.status_code == 409
    assert "a modifié cette fiche entre-temps." in told.text
    assert "<td>Ici</td><td><b>Ici, Là-bas</b></td><td>–</td>" in told.text
    assert 'value="Autre titre"' in told.text
    async with db.reading() as looking:
        assert await looking.scalar(select(Mission.title)) == "Titre"
    begun = html.unescape(re.findall(r'name="begun" value="([^"]*)"', told.text)[0])
    assert (await second.post(path, data=typed | {"sites": ["here", "there"], "begun": begun})).status_code == 303
