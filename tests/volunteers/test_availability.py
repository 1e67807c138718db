"""« Mes disponibilités »: what one says of one's week and of the places one likes, kept, shown and audited."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.audit.models import AuditEvent
from civic.bookings.people import people_of
from civic.bookings.values import Stretch
from civic.db import Database
from civic.volunteers.availability import hours_of, united
from civic.volunteers.models import WeeklyUnavailability
from tests.cast import Cast, make_cast, sign_in
from tests.factories.sites import make_site
from tests.factories.wishes import make_stretch

MakeClient = Callable[[], httpx.AsyncClient]
PAGE = "/profil/disponibilites"
PARTS = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 300)).map(lambda one: (one[0], sum(one))), max_size=8)


@given(PARTS)
def test_stretches_of_a_day_are_the_minutes_that_were_said(parts: list[tuple[int, int]]) -> None:
    kept = united(parts)
    assert {minute for first, last in kept for minute in range(first, last)} == {
        minute for first, last in parts for minute in range(first, last)
    }
    assert all(before[1] < after[0] for before, after in pairwise(kept)), "apart, and in order"
    assert united(kept) == kept


def test_hours_in_words() -> None:
    assert hours_of(0, 1440) == "toute la journée"
    assert hours_of(840, 1110).replace("\u00a0", " ") == "de 14 h à 18 h 30"


@dataclass
class Scene:
    cast: Cast
    me: httpx.AsyncClient

    async def post(self, path: str = "", **data: object) -> httpx.Response:
        return await self.me.post(PAGE + path, data=data)


@pytest.fixture
async def scene(session: AsyncSession, db: Database, make_client: MakeClient) -> Scene:
    cast = await make_cast(session)
    for slug, agglomeration in (("parc-a", "CALL"), ("parc-b", "CAHC")):
        await make_site(session, slug, agglomeration, name=f"Parc {slug[-1].upper()}")
    await session.commit()
    return Scene(cast, await sign_in(make_client, db, cast.volunteer))


async def said(db: Database, cast: Cast) -> tuple[Stretch, ...]:
    async with db.reading() as session:
        return (await people_of(session, [cast.volunteer.id]))[cast.volunteer.id].unavailable


async def verbs(db: Database) -> list[str]:
    async with db.reading() as session:
        chosen = select(AuditEvent.verb).where(AuditEvent.verb.like("volunteer.%")).order_by(AuditEvent.at)
        return list(await session.scalars(chosen))


async def test_a_stretch_is_added_on_several_days_and_taken_back(scene: Scene, db: Database) -> None:
    assert (await scene.post(days=["1", "3"], starts="14:00", ends="18 h")).status_code == 303
    assert await said(db, scene.cast) == (Stretch(1, 840, 1080), Stretch(3, 840, 1080))
    page = (await scene.me.get(PAGE)).text.replace("\u00a0", " ")
    assert "<b>Mardi</b> de 14 h à 18 h" in page
    assert "Une indisponibilité n’empêche rien" in page
    # What touches grows together, what is said already changes nothing.
    await scene.post(days=["1"], starts="12:00", ends="14:00")
    await scene.post(days=["1"], starts="13:00", ends="13:30")
    await scene.post(days=["3"], starts="20:00", ends="00:00")
    assert await said(db, scene.cast) == (Stretch(1, 720, 1080), Stretch(3, 840, 1080), Stretch(3, 1200, 1440))
    await scene.post(days=["3"], whole="1")
    assert await said(db, scene.cast) == (Stretch(1, 720, 1080), Stretch(3, 0, 1440))
    page = (await scene.me.get(PAGE)).text
    gone = re.findall(rf'action="({PAGE}/[^"]+/suppression)"', page)
    assert (await scene.me.post(gone[0])).status_code == 303
    assert await said(db, scene.cast) == (Stretch(3, 0, 1440),)
    assert (await scene.me.post(gone[0])).status_code == 303, "again: the same"
    assert await verbs(db) == ["volunteer.availability"] * 5


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(scene: Scene, db: Database) -> None:
    for typed, field, text in (
        ({"starts": "14:00", "ends": "18:00"}, "days", "Choisissez un jour au moins."),
        ({"days": "1", "starts": "18:00", "ends": "14:00"}, "ends", "Choisissez une heure après le début."),
        ({"days": "1", "starts": "18:00", "ends": "18:00"}, "ends", "Choisissez une heure après le début."),
        ({"days": "9", "whole": "1"}, "days", "Ce choix n’existe pas."),
        ({"days": "1", "starts": "14:00"}, "ends", "À remplir."),
        ({"days": "1", "starts": "25:00", "ends": "14:00"}, "starts", "Cette heure n’existe pas."),
    ):
        answer = await scene.post(**typed)
        assert answer.status_code == 422
        assert text in answer.text
        assert f'id="f-{field}-error"' in answer.text
    assert 'value="25:00"' in answer.text
    assert await said(db, scene.cast) == ()
    assert await verbs(db) == []


async def test_the_sites_one_likes(scene: Scene, db: Database) -> None:
    assert (await scene.post("/lieux", sites=["parc-b", "parc-a", "parc-b"])).status_code == 303
    assert (await scene.post("/lieux", sites=["parc-b"])).status_code == 303
    assert (await scene.post("/lieux", sites=["parc-b"])).status_code == 303, "the same again is nothing new"
    async with db.reading() as session:
        person = (await people_of(session, [scene.cast.volunteer.id]))[scene.cast.volunteer.id]
    assert person.preferred_sites == {"parc-b"}
    assert await verbs(db) == ["volunteer.preferred_sites"] * 2
    page = (await scene.me.get(PAGE)).text
    assert re.search(r'value="parc-b" checked', page)
    assert not re.search(r'value="parc-a" checked', page)
    wrong = await scene.post("/lieux", sites=["nowhere"])
    assert wrong.status_code == 422
    assert "Ce choix n’existe pas." in wrong.text
    assert (await scene.post("/lieux")).status_code == 303, "none at all is an answer"


async def test_somebody_elses_stretch_does_not_exist(
    scene: Scene, session: AsyncSession, db: Database, make_client: MakeClient
) -> None:
    theirs = await make_stretch(session, scene.cast.colleague)
    await session.commit()
    assert (await scene.post(f"/{theirs.id}/suppression")).status_code == 404
    staff = await sign_in(make_client, db, scene.cast.coordinator)
    assert (await staff.get(PAGE)).status_code == 403
    async with db.reading() as looking:
        assert await looking.get(WeeklyUnavailability, theirs.id) is not None


async def test_my_page_leads_there(scene: Scene) -> None:
    assert f'href="{PAGE}"' in (await scene.me.get("/profil")).text
