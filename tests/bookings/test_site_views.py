"""A place's own page: what happens there, for those who are signed in, in few queries; and what goes with it."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.settings import Settings
from civic.sites import keeping, photos
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_closure, make_closure_rule, make_site
from tests.sites.test_photos import picture

Clients = Callable[[], httpx.AsyncClient]


async def test_what_happens_there(
    session: AsyncSession, make_client: Clients, db: Database, count_queries: Callable
) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here")
    mission = await make_mission(session, [site], title="Veilleurs des terrils")
    shifts = [await make_shift(session, in_days(n), mission=mission, site=site) for n in range(1, 10)]
    await make_booking(session, shifts[0], cast.volunteer)
    draft = await make_shift(session, in_days(3, 9), mission=mission, site=site, state="draft")
    late = await make_shift(session, in_days(40), mission=mission, site=site)
    await make_closure(session, site, clock.today() - timedelta(days=2), reason="Vent passé")
    await make_closure_rule(session, site, (6,), reason="Chasse")
    await session.commit()
    page = (await make_client().get("/sites/here")).text
    assert "Veilleurs des terrils" not in page, "the public does not see who is where and when"
    assert "chaque dimanche" in page
    for name, user in cast.users.items():
        client = await sign_in(make_client, db, user)
        with count_queries() as queries:
            page = (await client.get("/sites/here")).text
        assert len(queries) <= 9, name
        assert page.count("Veilleurs des terrils") == 9, name
        assert "1/2" in page
        assert str(draft.id) not in page
        assert str(late.id) not in page
        links = {
            "coordinator_cahc": "",
            "coordinator": "/planning/creneaux/",
            "coordinator_call": "/planning/creneaux/",
        }
        link = links.get(name, "/creneaux/")
        if link:
            assert (await client.get(f"{link}{shifts[1].id}")).status_code == 200, name
            assert f'href="{link}{shifts[1].id}"' in page, name
        else:
            assert str(shifts[1].id) not in page
        closures = (await client.get("/sites/here/fermetures")).text
        assert "Vent passé" in closures
        assert ("Arrêter la règle" in closures) == (name in {"coordinator", "coordinator_call", "admin"}), name


@pytest.mark.parametrize("days", [0, 60])
async def test_few_queries_whatever_the_closures(
    session: AsyncSession, make_client: Clients, db: Database, count_queries: Callable, days: int
) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here")
    for n in range(days):
        await make_closure(session, site, clock.today() + timedelta(days=n - 30))
    for weekday in range(7 if days else 0):
        await make_closure_rule(session, site, (weekday,))
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    with count_queries() as queries:
        assert (await client.get("/sites/here/fermetures")).status_code == 200
    assert len(queries) <= 7


async def test_a_deleted_place_takes_its_photo_along(session: AsyncSession, db: Database, settings: Settings) -> None:
    by = await make_user(session, "admin")
    site = await make_site(session, "mistake")
    await photos.set_photo(session, site, photos.redraw(picture()), "Le sentier", by=by)
    await session.commit()
    file = photos.files_of(site.photo)[0]
    assert file.exists()
    async with db.writing() as writing:
        await keeping.delete_site(writing, await writing.get_one(type(site), "mistake"), by=by)
        assert file.exists(), "not before the commit"
    assert not file.exists()
