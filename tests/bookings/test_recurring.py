"""A closure that comes back: seen first, done in one go at one site or many, taken back from a day on."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Booking
from civic.bookings.recurring import close_by_rule, end_rule, preview
from civic.db import Database
from civic.errors import NotFound, Refusal
from civic.sites.models import ClosureRule, SiteClosure
from civic.sites.recurrence import Recurrence, days_to_close
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_closure_rule, make_site
from tests.factories.volunteers import make_volunteer

Clients = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[Any]]]


def weekly(day: date, weeks: int = 4) -> Recurrence:
    return Recurrence("week", (day.weekday(),), clock.today(), clock.today() + timedelta(weeks=weeks))


async def test_all_of_its_days_and_no_other(session: AsyncSession, db: Database, mailbox: Mailbox) -> None:
    by = await make_user(session, "coordinator", scopes=["CALL"])
    here, there = await make_site(session), await make_site(session)
    mission = await make_mission(session, [here, there])
    shifts = [await make_shift(session, in_days(n), mission=mission, site=here) for n in (5, 12, 13)]
    people = [await make_volunteer(session) for _ in shifts]
    seats = [await make_booking(session, one, who) for one, who in zip(shifts, people, strict=True)]
    await session.commit()
    recurrence = weekly(in_days(5).date())
    days = days_to_close(recurrence, clock.today())
    async with db.reading() as looking:
        touched, broken = await preview(looking, [here, there], days, "Chasse")
    assert [one.id for one in touched] == [shifts[0].id, shifts[1].id]
    assert [one.held.booking_id for one in broken] == [seats[0].id, seats[1].id]
    values: dict[str, Any] = {"places": [here, there], "recurrence": recurrence, "reason": "Chasse"}
    async with db.writing() as writing:
        with pytest.raises(Refusal, match="touche des réservations"):
            await close_by_rule(writing, by=by, accepted=[seats[0].id], **values)
    async with db.reading() as looking:
        assert await looking.scalar(select(ClosureRule.id)) is None
    seen = [one.id for one in seats]
    for ended in (2, 0):
        async with db.writing() as writing:
            assert await close_by_rule(writing, by=by, accepted=seen, **values) == ended
    async with db.reading() as looking:
        assert await looking.scalar(select(func.count()).select_from(ClosureRule)) == 2, "the same again is one"
        rows = list(await looking.scalars(select(SiteClosure).where(SiteClosure.site_id == here.id)))
        assert sorted(one.starts_on for one in rows) == days
        states = [(await looking.get_one(Booking, one.id)).state for one in seats]
    assert states == ["cancelled", "cancelled", "confirmed"]
    assert sorted(one.recipient for one in await mailbox()) == sorted(one.user.email for one in people[:2])


async def test_taken_back_from_a_day_on_the_queues_move(session: AsyncSession, db: Database) -> None:
    by = await make_user(session, "coordinator")
    site = await make_site(session)
    mission = await make_mission(session, [site])
    shifts = [await make_shift(session, in_days(n), mission=mission, site=site) for n in (5, 12)]
    waiting = [await make_booking(session, one, await make_volunteer(session), "waitlisted") for one in shifts]
    rule = await make_closure_rule(session, site, (in_days(5).weekday(),))
    other = await make_site(session)
    await session.commit()
    async with db.writing() as writing:
        with pytest.raises(NotFound):
            await end_rule(writing, by=by, site=other, rule_id=rule.id, day=clock.today())
    for _ in range(2):
        async with db.writing() as writing:
            await end_rule(writing, by=by, site=site, rule_id=rule.id, day=in_days(6).date())
    async with db.reading() as looking:
        (kept,) = await looking.scalars(select(SiteClosure))
        assert kept.starts_on == in_days(5).date()
        states = [(await looking.get_one(Booking, one.id)).state for one in waiting]
        ended = await looking.get_one(ClosureRule, rule.id)
        assert ended.ended_at is not None
        assert Recurrence.of(ended.rule, ended.starts_on).until == in_days(5).date()
    assert states == ["waitlisted", "offered"]


async def test_out_of_scope(session: AsyncSession) -> None:
    by = await make_user(session, "coordinator", scopes=["CAHC"])
    places = [await make_site(session, intermunicipality="CAHC"), await make_site(session)]
    for chosen in (places, []):
        with pytest.raises(Refusal) as caught:
            await close_by_rule(
                session, by=by, places=chosen, recurrence=weekly(clock.today()), reason="Chasse", accepted=()
            )
        assert caught.value.code == "site_out_of_scope"


def rule(**changes: Any) -> dict[str, Any]:
    until = clock.today() + timedelta(days=60)
    first = clock.today().isoformat()
    return {"weekdays": "6", "every": "week", "first": first, "until": until.isoformat(), "why": "Chasse", **changes}


async def test_the_pages_show_the_days_first(
    session: AsyncSession, make_client: Clients, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    site = await make_site(session, "here")
    await make_site(session, "there")
    await make_site(session, "far", "CAHC")
    mission = await make_mission(session, [site])
    seat = await make_booking(
        session, await make_shift(session, in_days(6), mission=mission, site=site), cast.volunteer
    )
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    form = rule(weekdays=str(in_days(6).weekday()), sites=["here", "there"])
    for path in ("/sites/here/fermetures/regles", "/sites/fermetures"):
        asked = await client.post(path, data=form)
        assert asked.status_code == 409
        assert "Inès Volontaire" in asked.text
        assert (await client.post(path, data=form | {"confirm": "1"})).status_code == 409
    quiet = await client.post("/sites/there/fermetures/regles", data=rule())
    assert quiet.status_code == 200
    assert "jours fermés" in quiet.text
    assert await mailbox() == []
    async with db.reading() as looking:
        assert await looking.scalar(select(SiteClosure.id)) is None
    done = await client.post("/sites/fermetures", data=form | {"confirm": "1", "seen": str(seat.id)})
    assert done.status_code == 303
    assert len(await mailbox()) == 1
    assert "2 lieux fermés" in (await client.get("/sites")).text
    page = (await client.get("/sites/there/fermetures")).text
    assert "chaque dimanche" in page
    assert "chaque dimanche" in (await make_client().get("/sites/there")).text
    refused = await client.post("/sites/fermetures", data=rule(sites=["here", "far"]))
    assert refused.status_code == 422
    async with db.reading() as looking:
        rule_id = await looking.scalar(select(ClosureRule.id).where(ClosureRule.site_id == "there"))
    end = f"/sites/there/fermetures/regles/{rule_id}/fin"
    assert (await client.post(end, data={"from": "never"})).status_code == 409
    assert (await client.post(f"/sites/here/fermetures/regles/{rule_id}/fin")).status_code == 404
    assert (await client.post(f"/sites/there/fermetures/regles/{uuid4()}/fin")).status_code == 404
    assert (await client.post(end, data={})).status_code == 303
    assert "chaque dimanche" not in (await client.get("/sites/there/fermetures")).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weekdays", ""),
        ("weekdays", "7"),
        ("every", "often"),
        ("first", "2026-02-30"),
        ("until", "2020-01-01"),
        ("until", "2099-01-01"),
        ("why", ""),
        ("why", "x" * 201),
        ("why", "a\x00b"),
        ("sites", "nowhere"),
        ("sites", ""),
    ],
)
async def test_wrong_rules(session: AsyncSession, make_client: Clients, db: Database, field: str, value: str) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    sent = rule(**{"sites": "here", "confirm": "1", field: value})
    answer = await client.post("/sites/fermetures", data=sent)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    if field != "sites":
        alone = await client.post("/sites/here/fermetures/regles", data=sent)
        assert alone.status_code == 422
        assert "Fermeture qui revient" in alone.text
    async with db.reading() as looking:
        assert await looking.scalar(select(SiteClosure.id)) is None
