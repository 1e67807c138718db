"""Out of use, never out of history: refused while something to come needs it, deleted only when nothing ever did."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.errors import Invalid
from civic.missions.models import Mission
from civic.shifts import actions, retiring
from civic.shifts.actions import check_place
from civic.shifts.models import Shift
from civic.shifts.rules import outside_period
from civic.shifts.values import ShiftValues
from civic.sites.models import ClosureRule, Site
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.encounters import make_encounter
from tests.factories.missions import make_application, make_mission
from tests.factories.shifts import in_days, make_shift
from tests.factories.sites import make_closure, make_closure_rule, make_site
from tests.postgres import somebody_waits

Clients = Callable[[], httpx.AsyncClient]


async def test_a_place_in_use_stays(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    here, bare = await make_site(session, "here"), await make_site(session, "bare")
    mission = await make_mission(session, [here], title="Veilleurs", archived_at=clock.now())
    shift = await make_shift(session, in_days(3), mission=mission, site=here, state="draft")
    await make_mission(session, [bare], title="Ouverte ici")
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    for site, why in (("here", "1 créneau à venir"), ("bare", "Ouverte ici")):
        page = await client.get(f"/sites/{site}/archivage")
        assert why in page.text
        assert "Supprimer ce lieu" not in page.text
        refused = await client.post(f"/sites/{site}/archivage")
        assert refused.status_code == 409
        assert why in refused.text
    async with db.writing() as writing:
        (await writing.get_one(type(shift), shift.id)).state = "cancelled"
    for _ in range(2):
        assert (await client.post("/sites/here/archivage")).status_code == 303, "again: the same"
    async with db.reading() as looking:
        assert (await looking.get_one(Site, "here")).archived_at is not None
        assert (await looking.get_one(Site, "bare")).archived_at is None


async def test_an_archived_place_leaves_the_lists_and_comes_back(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here", archived_at=clock.now())
    await make_encounter(session, site, cast.volunteer)
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    public = make_client()
    assert "/sites/here" not in (await client.get("/sites")).text
    assert "/sites/here" in (await client.get("/sites?archives=1")).text
    assert "/sites/here" not in (await public.get("/sites?archives=1")).text
    assert (await public.get("/sites/here")).status_code == 404
    assert (await public.get("/api/v1/sites")).json()["items"] == []
    volunteer = await sign_in(make_client, db, cast.volunteer)
    assert "Lieu archivé" in (await volunteer.get("/sites/here")).text, "what they noted names it"
    assert (await client.get("/sites/here/modifier")).status_code == 409
    assert (await client.post("/sites/here/suppression")).status_code == 409, "an encounter was noted there"
    assert (await client.post("/sites/here/restauration")).status_code == 303
    assert "/sites/here" in (await public.get("/sites")).text


async def test_only_what_never_served_is_deleted(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    mistake, used = await make_site(session, "mistake"), await make_site(session, "used")
    await make_closure(session, mistake, in_days(3).date())
    await make_closure_rule(session, mistake)
    mission = await make_mission(session, [used], title="Servie")
    await make_shift(session, in_days(-3), mission=mission, site=used)
    unused = await make_mission(session, [used], title="Par erreur")
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    assert (await client.post("/sites/mistake/suppression")).status_code == 303
    refused = await client.post("/sites/used/suppression")
    assert refused.status_code == 409
    assert "déjà servi" in refused.text
    planner = await sign_in(make_client, db, cast.coordinator_call)
    assert (await planner.post(f"/missions/{mission.id}/suppression")).status_code == 409
    assert (await planner.post(f"/missions/{unused.id}/suppression")).status_code == 303
    async with db.reading() as looking:
        assert list(await looking.scalars(select(Site.id))) == ["used"]
        assert await looking.scalar(select(ClosureRule.id)) is None
        assert list(await looking.scalars(select(Mission.title))) == ["Servie"]


async def test_a_mission_leaves_and_comes_back(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    mission = await make_mission(session, [await make_site(session)], title="Veilleurs")
    await make_shift(session, in_days(-3), mission=mission)
    shift = await make_shift(session, in_days(3), mission=mission)
    application = await make_application(session, mission, cast.volunteer)
    await session.commit()
    client, stranger = (
        await sign_in(make_client, db, cast.coordinator_call),
        await sign_in(make_client, db, cast.coordinator_cahc),
    )
    path = f"/missions/{mission.id}"
    page = await client.post(f"{path}/archivage")
    assert page.status_code == 409
    for told in ("1 créneau à venir", "1 candidature attend", f"/planning/creneaux/{shift.id}"):
        assert told in page.text
    async with db.writing() as writing:
        (await writing.get_one(type(shift), shift.id)).state = "cancelled"
        (await writing.get_one(type(application), application.id)).state = "rejected"
    assert (await client.post(f"{path}/archivage")).status_code == 303
    assert "Veilleurs" not in (await client.get("/missions")).text
    assert "Veilleurs" in (await client.get("/missions/archives")).text
    assert "Veilleurs" not in (await stranger.get("/missions/archives")).text
    assert (await stranger.post(f"{path}/restauration")).status_code == 403
    for _ in range(2):
        assert (await client.post(f"{path}/restauration")).status_code == 303
    assert "Veilleurs" in (await client.get("/missions")).text


async def test_duplicating_fills_the_form(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here")
    mission = await make_mission(session, [site], title="Veilleurs", tags=["stand_duty"], min_age=17)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    page = (await client.get(f"/missions/nouvelle?copie={mission.id}")).text
    for told in ("Veilleurs (copie)", 'value="17"', 'value="here" checked', 'value="stand_duty" checked'):
        assert told in page
    assert (await client.get("/missions/nouvelle?copie=x")).status_code in (404, 422)


async def test_a_shift_stays_in_its_missions_period(session: AsyncSession) -> None:
    by = await make_user(session, "coordinator")
    site = await make_site(session)
    day = in_days(10).date()
    mission = await make_mission(session, [site], starts_on=day, ends_on=day)

    async def check(days: int, hour: int = 14) -> None:
        start = in_days(days, hour)
        await check_place(
            session, by=by, values=ShiftValues(mission.id, site.id, start, start + timedelta(hours=3), 2, 1, 0)
        )

    await check(10)
    await check(10, 23)
    for days, hour in ((9, 23), (11, 0)):
        with pytest.raises(Invalid) as caught:
            await check(days, hour)
        assert list(caught.value.errors) == ["starts_at"]


def test_an_open_period_holds_every_day() -> None:
    assert outside_period(in_days(500), None, None) == ""
    assert outside_period(in_days(500), in_days(1).date(), None) == ""
    assert "commence le" in outside_period(in_days(0), in_days(1).date(), None)
    assert "s’arrête le" in outside_period(in_days(2), None, in_days(1).date())


async def unguarded(_session: AsyncSession, _mission_id: UUID, _site_id: str) -> None:
    """What planning was before it held its place."""


async def crossing(url: str) -> tuple[str, bool]:
    """Plan a shift while its site and mission are being archived; what came of it, and whether a shift stands there."""
    db = Database(url)
    try:
        async with db.writing() as session:
            cast = await make_cast(session)
            site = await make_site(session, "here")
            mission = await make_mission(session, [site])
        starts = in_days(3, 9)
        values = ShiftValues(mission.id, "here", starts, starts + timedelta(hours=2), 2, 2)

        async def plan() -> str:
            try:
                async with db.writing() as session:
                    await actions.create(session, by=cast.coordinator, values=values, publish=False)
            except Invalid as invalid:
                return ", ".join(invalid.errors)
            return "planned"

        async with db.writing() as session:
            # What keeps the place goes first.
            served = await session.get_one(Mission, mission.id)
            await retiring.archive_mission(session, by=cast.coordinator, mission=served)
            await retiring.archive_site(session, by=cast.admin, site=await session.get_one(Site, "here"))
            await session.flush()
            planner = asyncio.create_task(plan())
            await somebody_waits(db)
        outcome = await planner
        async with db.reading() as session:
            return outcome, await session.scalar(select(Shift.id)) is not None
    finally:
        await db.dispose()


async def test_archiving_and_planning_do_not_cross(postgres_url: str) -> None:
    assert await crossing(postgres_url) == ("mission_id, site_id", False)


async def test_the_crossing_shows_without_the_guard(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "hold_place", unguarded)
    assert await crossing(postgres_url) == ("planned", True)
