"""Comments die after 90 days, in the encounter and in every version; figures, replays and closed periods stand."""

from datetime import date, timedelta
from typing import Any

import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.db import Base, Database
from civic.encounters import corrections, forgetting
from civic.encounters.contents import same, without_comment
from civic.encounters.models import ClosedPeriod, Encounter, EncounterVersion
from civic.tasks import housekeeping
from civic.tasks.items import Run
from tests.encounters.scene import NOON, Browser, Scene
from tests.factories.encounters import encounter_record, log_one, make_encounter

SECRET = "Mme Petit au 06 39 98 00 00"
LATER = timedelta(days=91)


async def everything(db: Database) -> str:
    """Every cell of every table."""
    async with db.reading() as reading:
        return repr([(await reading.execute(select(table))).all() for table in Base.metadata.sorted_tables])


async def purge(db: Database) -> Run:
    run = Run("comments", db)
    await housekeeping.forget_comments(run)
    assert run.error is None
    return run


def later() -> Any:
    return time_machine.travel(clock.now() + LATER, tick=False)


async def test_nothing_of_an_old_comment_is_left_anywhere(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    phone = await as_("volunteer")
    record = encounter_record(scene.site, scene.shift, comment=SECRET)
    sent = {"encounters": [record]}
    assert (await phone.post("/api/v1/encounters", json=sent)).json()["results"][0]["outcome"] == "created"
    desk = await as_("coordinator_call")
    emptied = {**record, "comment": "", "seen": "1", "reason": "Un nom."}
    assert (await desk.post(f"/rencontres/{record['client_uuid']}/modifier", data=emptied)).status_code == 303
    assert SECRET in await everything(db), "a kept version still holds it"
    assert (await purge(db)).done == 0, "it is kept 90 days"
    with later():
        async with db.reading() as reading:
            found = await forgetting.outdated(reading)
            said = await housekeeping.preview_comments(reading)
        assert (found.count, found.first) == (1, clock.today() - LATER)
        assert "1 rencontre" in said
        assert (await purge(db)).done == 1
        text = await everything(db)
        assert SECRET not in text
        assert "06 39 98" not in text
        assert (await purge(db)).done == 0
        async with db.reading() as reading:
            assert "Rien à effacer" in await housekeeping.preview_comments(reading)
            [event] = (
                await reading.scalars(select(AuditEvent).where(AuditEvent.verb == "encounter.comments_erased"))
            ).all()
        assert (event.detail["encounters"], event.detail["kept_days"], event.actor_id) == (1, 90, None)


async def test_a_replay_that_comes_after_the_purge_is_recognised(
    session: AsyncSession, scene: Scene, db: Database
) -> None:
    record = encounter_record(scene.site, scene.shift, comment=SECRET)
    assert await log_one(session, scene.cast.volunteer, record) == "created"
    await session.commit()
    with later():
        await purge(db)
        async with db.writing() as writing:
            assert await log_one(writing, scene.cast.volunteer, record) == "already_have"
            assert await log_one(writing, scene.cast.volunteer, {**record, "feeling": "negatif"}) == "rejected"


async def test_a_closed_period_and_many_rows_are_purged_and_only_the_old(
    session: AsyncSession, scene: Scene, db: Database
) -> None:
    old, new = clock.today() - timedelta(days=91), clock.today() - timedelta(days=90)
    author = scene.cast.volunteer
    for _number in range(housekeeping.AT_ONCE + 3):
        await make_encounter(session, scene.site, author, old, comment=SECRET, held=True)
    kept = await make_encounter(session, scene.site, author, new, comment=SECRET)
    await make_encounter(session, scene.site, author, old)
    session.add(ClosedPeriod(first_day=old, last_day=old))
    await session.commit()
    assert (await purge(db)).done == housekeeping.AT_ONCE + 3
    async with db.reading() as reading:
        rows = (await reading.scalars(select(Encounter).where(Encounter.comment.is_not(None)))).all()
        held = (await reading.scalars(select(Encounter.id).where(Encounter.held))).all()
    assert ([row.id for row in rows], list(held)) == ([kept.id], [])


async def test_what_is_corrected_after_the_purge_keeps_its_history(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    record = encounter_record(scene.site, scene.shift, comment=SECRET)
    await log_one(session, scene.cast.volunteer, record)
    await session.commit()
    with time_machine.travel(NOON, tick=False):
        moment = clock.now()
    with time_machine.travel(moment + LATER, tick=False):
        await purge(db)
        desk = await as_("coordinator_call")
        posted = {**record, "comment": "", "feeling": "negatif", "seen": "1", "reason": "Erreur"}
        answer = await desk.post(f"/rencontres/{record['client_uuid']}/modifier", data=posted)
        assert answer.status_code == 303
        page = (await desk.get(f"/rencontres/{record['client_uuid']}")).text
    assert ("Négatif" in page, "Mme Petit" in page) == (True, False)
    async with db.reading() as reading:
        contents = (await reading.scalars(select(EncounterVersion.content).order_by(EncounterVersion.version))).all()
    assert [content["comment"] for content in contents] == [None, None]
    assert corrections.same(contents[0], {**contents[0], "comment": "x"})


@given(st.one_of(st.none(), st.text(max_size=5)), st.one_of(st.none(), st.text(max_size=5)), st.booleans())
def test_an_erased_comment_equals_any_and_nothing_else_does(one: Any, other: Any, feeling: bool) -> None:
    first: dict[str, Any] = {"date": str(date(2026, 8, 1)), "feeling": "positif", "comment": one}
    second = {**first, "comment": other, "feeling": "positif" if feeling else "negatif"}
    assert same(first, second) == (feeling and one == other)
    assert same(without_comment(first), second) == feeling
    assert same(second, without_comment(first)) == feeling
    assert without_comment(first)["comment"] is None
