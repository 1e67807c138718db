"""Who reads a held comment, what waits for a second look, and what its review leaves."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.db import Database
from civic.encounters import actions
from civic.encounters.forgetting import forget_receipts
from civic.encounters.models import Encounter, Outing
from civic.encounters.review import cut
from civic.encounters.rules import MANY_ENCOUNTERS, MANY_PEOPLE, to_look_at
from tests.encounters.scene import Browser, Scene
from tests.factories.encounters import encounter_record, log_one, outing_record

QUEUE = "/rencontres/a-relire"
NAMED = "Mme Petit veut un banc"


async def stored(db: Database) -> Encounter:
    async with db.reading() as session:
        return (await session.scalars(select(Encounter))).one()


async def logged(session: AsyncSession, scene: Scene, **fields: object) -> str:
    record = encounter_record(scene.site, scene.shift, **fields)
    assert await log_one(session, scene.cast.volunteer, record) == "created"
    await session.commit()
    return str(record["client_uuid"])


async def test_a_held_comment_is_read_by_its_author_and_the_coordination(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    uuid = await logged(session, scene, comment=NAMED)
    readers = {"volunteer": True, "colleague": False, "coordinator_call": True, "manager": False}
    for who, reads in readers.items():
        browser = await as_(who)
        for page in (f"/rencontres/{uuid}", f"/rencontres/{uuid}/modifier", "/api/v1/encounters"):
            answer = await browser.get(page)
            assert (answer.status_code, "Mme Petit" in answer.text) == (200, reads), (who, page)
    queue = await (await as_("coordinator_call")).get(QUEUE)
    assert "<mark>Mme Petit</mark>" in queue.text
    assert uuid not in (await (await as_("manager")).get(QUEUE)).text
    assert uuid not in (await (await as_("coordinator_cahc")).get(QUEUE)).text


async def test_the_planning_of_who_reads_them_says_how_many_wait(
    session: AsyncSession, scene: Scene, as_: Browser
) -> None:
    await logged(session, scene, comment=NAMED)
    await logged(session, scene, age_25_59=MANY_PEOPLE)
    for who, there in {"coordinator_call": True, "coordinator_cahc": False}.items():
        desk = await as_(who)
        for page in ("/planning", "/planning/a-traiter"):
            shown = (await desk.get(page)).text
            assert (f'href="{QUEUE}"' in shown, "2 rencontres à relire" in shown) == (there, there), (who, page)


async def test_the_partner_keeps_a_comment_that_they_may_not_read(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    uuid = await logged(session, scene, comment=NAMED)
    posted = {**encounter_record(scene.site, feeling="negatif"), "seen": "1", "comment": ""}
    answer = await (await as_("colleague")).post(f"/rencontres/{uuid}/modifier", data=posted)
    row = await stored(db)
    assert (answer.status_code, row.comment, row.feeling, row.held) == (303, NAMED, "negatif", True)


async def test_a_rewritten_comment_is_shown_and_its_history_is_not(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    uuid = await logged(session, scene, comment=NAMED)
    coordinator = await as_("coordinator_call")
    posted = {**encounter_record(scene.site), "seen": "1", "comment": "Veut un banc"}
    refused = await coordinator.post(f"/rencontres/{uuid}/modifier", data=posted)
    assert refused.status_code == 422, "a reason is asked for"
    done = await coordinator.post(f"/rencontres/{uuid}/modifier", data={**posted, "reason": "Un nom."})
    row = await stored(db)
    assert (done.status_code, row.held, row.comment, row.version) == (303, False, "Veut un banc", 2)
    page = await (await as_("colleague")).get(f"/rencontres/{uuid}")
    assert ("Veut un banc" in page.text, "Mme Petit" in page.text) == (True, False)
    page = await coordinator.get(f"/rencontres/{uuid}")
    assert "<del>Mme Petit" in page.text
    assert uuid not in (await coordinator.get(QUEUE)).text


async def test_validating_lets_it_go_and_says_who(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    uuid = await logged(session, scene, comment=NAMED)
    coordinator = await as_("coordinator_call")
    stale = await coordinator.post(f"/rencontres/{uuid}/validation", data={"seen": "7"})
    assert (stale.status_code, (await stored(db)).status) == (409, "sent")
    forbidden = await (await as_("manager")).post(f"/rencontres/{uuid}/validation", data={"seen": "1"})
    assert (forbidden.status_code, (await stored(db)).held) == (403, True)
    for _again in range(2):
        answer = await coordinator.post(f"/rencontres/{uuid}/validation", data={"seen": "1"})
        assert (answer.status_code, answer.headers["location"]) == (303, QUEUE)
    row = await stored(db)
    assert (row.status, row.held, row.version) == ("validated", False, 1)
    assert "Mme Petit" in (await (await as_("colleague")).get(f"/rencontres/{uuid}")).text
    async with db.reading() as reading:
        entries = (await reading.scalars(select(AuditEvent).where(AuditEvent.verb == "encounter.validated"))).all()
    assert [entry.actor_id for entry in entries] == [scene.cast.users["coordinator_call"].id]
    assert uuid not in (await coordinator.get(QUEUE)).text


async def test_what_was_validated_and_then_changed_waits_again(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    uuid = await logged(session, scene, age_25_59=MANY_PEOPLE)
    manager = await as_("manager")
    assert f"{MANY_PEOPLE} personnes en une rencontre" in (await manager.get(QUEUE)).text
    assert (await manager.post(f"/rencontres/{uuid}/validation", data={"seen": "1"})).status_code == 303
    assert (await stored(db)).status == "validated"
    record = encounter_record(scene.site, scene.shift, client_uuid=uuid, version=2, age_25_59=MANY_PEOPLE + 1)
    assert await log_one(session, scene.cast.volunteer, record) == "updated"
    await session.commit()
    assert ((await stored(db)).status, uuid in (await manager.get(QUEUE)).text) == ("sent", True)


async def test_very_many_encounters_of_one_half_day(session: AsyncSession, scene: Scene, as_: Browser) -> None:
    manager = await as_("manager")
    records = [encounter_record(scene.site, scene.shift) for _number in range(MANY_ENCOUNTERS)]
    by = scene.cast.volunteer.user
    await actions.log_batch(session, by=by, records=records[1:])
    await session.commit()
    assert "Rien à relire" in (await manager.get(QUEUE)).text
    await actions.log_batch(session, by=by, records=records[:1])
    await session.commit()
    assert f"{MANY_ENCOUNTERS} rencontres à relire" in (await manager.get(QUEUE)).text
    assert f"{MANY_ENCOUNTERS} rencontres à relire" in (await manager.get("/rencontres")).text


@pytest.mark.parametrize(
    ("facts", "count"),
    [
        ({"people": 59}, 0),
        ({"people": 60}, 1),
        ({"people": 1, "crowded": True}, 1),
        ({"people": 80, "crowded": True, "held": True, "comment": NAMED}, 3),
    ],
)
def test_reasons(facts: dict[str, object], count: int) -> None:
    assert len(to_look_at(**{"comment": None, "held": False, "crowded": False, **facts})) == count  # type: ignore[arg-type]


def test_the_text_is_cut_without_losing_a_letter() -> None:
    text = f"Bonjour {NAMED}, 06 12 34 56 78."
    assert "".join(piece for piece, _found in cut(text)) == text
    assert [piece for piece, found in cut(text) if found] == ["Mme Petit", "06 12 34 56 78"]
    assert cut(None) == []


async def test_the_moment_of_reception_dies_after_30_days(session: AsyncSession, scene: Scene, db: Database) -> None:
    await logged(session, scene)
    await actions.log_outings(session, by=scene.cast.volunteer.user, records=[outing_record(scene.site, scene.shift)])
    await session.commit()
    for days, forgotten in ((29, 0), (30, 2), (31, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
            assert await forget_receipts(session) == forgotten, days
            await session.commit()
    async with db.reading() as reading:
        kept = [await reading.scalar(select(row.received_at)) for row in (Encounter, Outing)]
    assert kept == [None, None]
