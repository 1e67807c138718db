"""A closed period: nobody writes about its days any more, by whatever door, until it is opened again with a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.db import Database
from civic.encounters import closing, corrections
from civic.encounters.models import ClosedPeriod, Encounter, EncounterTopic, Outing
from civic.errors import Forbidden, Invalid, Refusal
from tests.cast import Cast, make_cast, sign_in
from tests.factories.encounters import encounter_record, make_encounter, make_topics, outing_record
from tests.factories.sites import make_site

MakeClient = Callable[[], httpx.AsyncClient]


async def closed(session: AsyncSession, cast: Cast) -> tuple[Any, Encounter]:
    """Yesterday is closed, with one encounter in it."""
    day = clock.today() - timedelta(days=1)
    await make_topics(session)
    site = await make_site(session)
    encounter = await make_encounter(session, site, cast.volunteer, day=day)
    await session.commit()
    await closing.close(session, by=cast.manager, first=day, last=day)
    await session.commit()
    return site, encounter


async def test_what_a_phone_sends_is_rejected_in_french(
    session: AsyncSession, db: Database, make_client: MakeClient
) -> None:
    cast = await make_cast(session)
    site, encounter = await closed(session, cast)
    day = str(clock.today() - timedelta(days=1))
    browser = await sign_in(make_client, db, cast.volunteer)
    fresh, other = encounter_record(site, date=day), encounter_record(site)
    sent = await browser.post("/api/v1/encounters", json={"encounters": [fresh, other]})
    first, second = sent.json()["results"]
    assert (first["outcome"], second["outcome"]) == ("rejected", "created")
    assert "est close" in first["errors"]["date"]
    sent = await browser.post("/api/v1/outings", json={"outings": [outing_record(site, date=day)]})
    assert sent.json()["results"][0]["outcome"] == "rejected"
    moved = {**other, "date": day, "version": 2}
    sent = await browser.post("/api/v1/encounters", json={"encounters": [moved]})
    assert sent.json()["results"][0]["outcome"] == "rejected"
    assert (await browser.post(f"/api/v1/encounters/{encounter.id}/void", json={})).status_code == 409
    async with db.reading() as looking:
        assert (await looking.get(Encounter, encounter.id)).status == "sent"


async def test_a_manager_neither_corrects_nor_voids_it(session: AsyncSession) -> None:
    cast = await make_cast(session)
    _site, encounter = await closed(session, cast)
    with pytest.raises(Refusal, match="close") as refused:
        await corrections.void(session, by=cast.manager, row_id=encounter.id, reason="Doublon")
    assert refused.value.code == "period_closed"


@pytest.mark.parametrize("door", ["insert", "move in", "move out", "count", "delete", "topic", "no topic", "outing"])
async def test_the_database_refuses_whoever_writes(session: AsyncSession, door: str) -> None:
    cast = await make_cast(session)
    site, encounter = await closed(session, cast)
    day, today = encounter.date, clock.today()
    free = await make_encounter(session, site, cast.volunteer, day=today)
    await session.commit()
    mine = update(Encounter).where(Encounter.id == encounter.id)
    statements = {
        "insert": insert(Encounter).values(
            id=cast.volunteer.id, site_id=site.id, date=day, half_day="matin", people_count=1, age_nc=1, feeling="nc",
            version=1, status="sent",
        ),
        "move in": update(Encounter).where(Encounter.id == free.id).values(date=day),
        "move out": mine.values(date=today),
        "count": mine.values(age_nc=1, people_count=Encounter.people_count + 1),
        "delete": delete(Encounter).where(Encounter.id == encounter.id),
        "topic": insert(EncounterTopic).values(encounter_id=encounter.id, topic_code="water", rank=1),
        "no topic": delete(EncounterTopic).where(EncounterTopic.encounter_id == encounter.id),
        "outing": insert(Outing).values(
            id=cast.volunteer.id, site_id=site.id, date=day, half_day="matin", version=1
        ),
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="period_closed"):
        await session.execute(statements[door])
    await session.rollback()


async def test_a_comment_may_still_be_erased_and_other_days_written(session: AsyncSession) -> None:
    cast = await make_cast(session)
    site, encounter = await closed(session, cast)
    await session.execute(update(Encounter).where(Encounter.id == encounter.id).values(comment=None, author_id=None))
    await make_encounter(session, site, cast.volunteer, day=clock.today())
    await session.commit()


async def test_opening_again_takes_a_reason_and_lets_everybody_write(session: AsyncSession, db: Database) -> None:
    cast = await make_cast(session)
    _site, encounter = await closed(session, cast)
    period = (await session.scalars(select(ClosedPeriod))).one()
    with pytest.raises(Invalid):
        await closing.reopen(session, by=cast.manager, period_id=period.id, reason="  ")
    with pytest.raises(Forbidden):
        await closing.reopen(session, by=cast.coordinator, period_id=period.id, reason="Erreur")
    await closing.reopen(session, by=cast.manager, period_id=period.id, reason="Une sortie manquait")
    await session.commit()
    await corrections.void(session, by=cast.manager, row_id=encounter.id, reason="Doublon")
    await session.commit()
    async with db.reading() as looking:
        verbs = list(await looking.scalars(select(AuditEvent.verb).order_by(AuditEvent.at)))
        assert verbs == ["period.closed", "period.reopened", "encounter.voided"]
        assert (await looking.scalars(select(ClosedPeriod))).one().reason == "Une sortie manquait"


async def test_only_a_manager_closes_and_only_what_is_over(session: AsyncSession) -> None:
    cast = await make_cast(session)
    yesterday = clock.today() - timedelta(days=1)
    for other in (cast.coordinator, cast.admin):
        with pytest.raises(Forbidden):
            await closing.close(session, by=other, first=yesterday, last=yesterday)
    for first, last in ((yesterday, clock.today()), (yesterday, yesterday - timedelta(days=1))):
        with pytest.raises(Invalid):
            await closing.close(session, by=cast.manager, first=first, last=last)
    one = await closing.close(session, by=cast.manager, first=yesterday, last=yesterday)
    assert await closing.close(session, by=cast.manager, first=yesterday, last=yesterday) is one
