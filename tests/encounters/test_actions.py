"""Batches, corrections and cancellations on both databases."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.db import Database
from civic.encounters import actions, corrections, lookups, reference
from civic.encounters.models import Encounter, EncounterTopic, EncounterVersion, Outing, OutingVersion, Topic
from civic.encounters.rules import References, Writer
from civic.encounters.topic_rules import Validity
from civic.errors import Forbidden, Invalid, Refusal
from civic.volunteers.models import Volunteer
from tests.encounters.scene import Scene
from tests.factories.encounters import encounter_record, log_one, make_encounter, outing_record
from tests.factories.shifts import make_booking, make_shift


async def send(db: Database, user: User | Volunteer, *records: Any, outings: bool = False) -> list[actions.Result]:
    by = user.user if isinstance(user, Volunteer) else user
    async with db.writing() as session:
        verb = actions.log_outings if outings else actions.log_batch
        return await verb(session, by=by, records=records)


async def outcomes(db: Database, user: User | Volunteer, *records: Any, outings: bool = False) -> list[str]:
    return [one.outcome for one in await send(db, user, *records, outings=outings)]


async def count(db: Database, table: type) -> int:
    async with db.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_batch_is_answered_in_order_and_one_bad_record_blocks_no_other(db: Database, scene: Scene) -> None:
    good = [encounter_record(scene.site, scene.shift), encounter_record(scene.elsewhere)]
    sent = [good[1], {"client_uuid": "zzz"}, 5, encounter_record("lune"), good[0], good[0]]
    results = await send(db, scene.cast.volunteer, *sent)
    assert [one.outcome for one in results] == [
        "created",
        "rejected",
        "rejected",
        "rejected",
        "created",
        "already_have",
    ]
    assert [one.client_uuid for one in results[:2]] == [good[1]["client_uuid"], "zzz"]
    assert set(results[3].errors) == {"site_id"}
    assert await count(db, Encounter) == 2


async def test_what_was_sent_is_what_is_kept(db: Database, scene: Scene) -> None:
    record = encounter_record(
        scene.site,
        scene.shift,
        topics=["water", "parks"],
        age_lt12=3,
        spot="terril",
        comment="Un banc",
        half_day="midi",
    )
    assert await outcomes(db, scene.cast.volunteer, record) == ["created"]
    async with db.reading() as session:
        row = await session.get_one(Encounter, UUID(record["client_uuid"]))
        topics = await session.scalars(select(EncounterTopic.topic_code).order_by(EncounterTopic.rank))
        assert list(topics) == ["water", "parks"]
        kept = await session.get_one(EncounterVersion, (row.id, 1))
    assert (row.people_count, row.age_lt12, row.age_25_59, row.spot, row.half_day) == (5, 3, 2, "terril", "midi")
    assert (row.author_id, row.shift_id, row.status) == (scene.cast.volunteer.user_id, scene.shift.id, "sent")
    assert kept.content["comment"] == "Un banc"
    assert kept.by_id == scene.cast.volunteer.user_id


async def test_the_pair_updates_and_every_version_is_kept(db: Database, scene: Scene) -> None:
    first = encounter_record(scene.site, scene.shift)
    second = {**first, "version": 2, "age_25_59": 4, "topics": ["culture"]}
    assert await outcomes(db, scene.cast.volunteer, first) == ["created"]
    assert await outcomes(db, scene.cast.colleague, second) == ["updated"]
    assert await outcomes(db, scene.cast.volunteer, first, second) == ["already_have", "already_have"]
    assert await outcomes(db, scene.cast.volunteer, {**first, "age_25_59": 9}) == ["conflict"]
    async with db.reading() as session:
        row = await session.get_one(Encounter, UUID(first["client_uuid"]))
        kept = list(await session.scalars(select(EncounterVersion.version).order_by(EncounterVersion.version)))
        topics = list(await session.scalars(select(EncounterTopic.topic_code)))
        event = (await session.scalars(select(AuditEvent))).one()
    assert (row.version, row.people_count, topics, kept) == (2, 4, ["culture"], [1, 2])
    assert row.author_id == scene.cast.volunteer.user_id
    assert (event.verb, event.actor_id) == ("encounter.corrected", scene.cast.colleague.user_id)


async def test_a_batch_may_hold_both_versions(db: Database, scene: Scene) -> None:
    first = encounter_record(scene.site)
    second = {**first, "version": 2, "age_60p": 1}
    assert await outcomes(db, scene.cast.volunteer, first, second) == ["created", "updated"]


async def test_a_strangers_uuid_is_rejected(db: Database, scene: Scene) -> None:
    record = encounter_record(scene.site)
    assert await outcomes(db, scene.cast.volunteer, record) == ["created"]
    [result] = await send(db, scene.cast.minor, {**record, "version": 2})
    assert (result.outcome, set(result.errors)) == ("rejected", {"client_uuid"})


async def test_only_a_confirmed_place_makes_a_shift_ones_own(session: AsyncSession, db: Database, scene: Scene) -> None:
    await make_booking(session, scene.shift, scene.cast.minor, "withdrawn")
    await session.commit()
    [result] = await send(db, scene.cast.minor, encounter_record(scene.site, scene.shift))
    assert set(result.errors) == {"shift_id"}
    [result] = await send(db, scene.cast.volunteer, encounter_record(scene.elsewhere, scene.shift))
    assert set(result.errors) == {"shift_id"}
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    [result] = await send(db, scene.cast.volunteer, encounter_record(scene.site, scene.shift, date=yesterday))
    assert set(result.errors) == {"shift_id"}


async def test_a_night_shift_has_two_days(session: AsyncSession, db: Database, scene: Scene) -> None:
    night = await make_shift(session, clock.now() - timedelta(hours=15, minutes=30), hours=4, site=scene.site)
    await make_booking(session, night, scene.cast.minor)
    await session.commit()
    days = [(clock.today() - timedelta(days=back)).isoformat() for back in (2, 1, 0)]
    sent = [encounter_record(scene.site, night, date=day) for day in days]
    assert await outcomes(db, scene.cast.minor, *sent) == ["rejected", "created", "created"]


async def test_the_number_of_statements_does_not_grow(session: AsyncSession, db: Database, scene: Scene) -> None:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            seen.append(statement)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    records = [encounter_record(scene.site, scene.shift) for _ in range(50)]
    assert set(await outcomes(db, scene.cast.volunteer, *records)) == {"created"}
    first = len(seen)
    assert set(await outcomes(db, scene.cast.volunteer, *records)) == {"already_have"}
    assert first <= 6 + 3
    assert len(seen) - first <= 6 + 3


async def at_once(db: Database, scene: Scene, records: list[dict[str, Any]], clients: int = 8) -> list[str]:
    """Both phones of the pair send the same batch many times at the same moment, each in its own order."""
    people = [scene.cast.volunteer, scene.cast.colleague]
    batches = [records if n % 3 else records[::-1] for n in range(clients)]
    answers = await asyncio.gather(*(send(db, people[n % 2], *batch) for n, batch in enumerate(batches)))
    return [one.outcome for answer in answers for one in answer]


async def test_the_same_batch_from_eight_clients_makes_one_row_each(db: Database, scene: Scene) -> None:
    records = [encounter_record(scene.site, scene.shift) for _ in range(12)]
    found = await at_once(db, scene, records)
    assert sorted(set(found)) == ["already_have", "created"]
    assert found.count("created") == 12
    assert await count(db, Encounter) == 12
    assert await count(db, EncounterVersion) == 12


async def test_the_same_update_from_eight_clients_is_one_update(db: Database, scene: Scene) -> None:
    records = [encounter_record(scene.site, scene.shift) for _ in range(4)]
    await send(db, scene.cast.volunteer, *records)
    found = await at_once(db, scene, [{**one, "version": 2, "age_60p": 1} for one in records])
    assert found.count("updated") == 4
    assert await count(db, EncounterVersion) == 8


async def test_without_the_second_look_the_race_would_show(db: Database, scene: Scene) -> None:
    """The negative control: where a taken UUID is not judged again, all clients but the first lose their batch."""

    async def sees_nothing(*_args: Any) -> tuple[dict[UUID, Any], References]:
        writer = Writer(True, [(clock.today(), clock.today())])
        return {}, References(sites={scene.site.id: None}, topics={"parks": Validity()}, writer=writer)

    records = [encounter_record(scene.site) for _ in range(12)]
    with patch.object(actions, "ATTEMPTS", 1), patch.object(lookups, "load", sees_nothing):
        batches = (send(db, scene.cast.volunteer, *records) for _ in range(8))
        answers = await asyncio.gather(*batches, return_exceptions=True)
    assert sum(isinstance(answer, RuntimeError) for answer in answers) == 7
    assert await count(db, Encounter) == 12


async def test_a_row_that_was_written_meanwhile_is_judged_again(db: Database, scene: Scene) -> None:
    """On either engine: the first two looks see nothing, the batch and then the record break, the third look tells."""
    record = encounter_record(scene.site, scene.shift)
    await send(db, scene.cast.volunteer, record)
    real, looks = lookups.load, []

    async def load(*args: Any) -> Any:
        looks.append(args)
        found, references = await real(*args)
        return ({}, references) if len(looks) <= 2 else (found, references)

    other = encounter_record(scene.site)
    with patch.object(lookups, "load", load):
        assert await outcomes(db, scene.cast.colleague, record, other) == ["already_have", "created"]
    assert len(looks) == 3
    with patch.object(lookups, "load", load):
        looks.clear()
        changed = {**record, "version": 2, "age_60p": 7}
        assert await outcomes(db, scene.cast.colleague, changed) == ["updated"]
    assert await count(db, Encounter) == 2


async def test_an_encounter_belongs_to_its_own_pairs_outing(db: Database, scene: Scene) -> None:
    shared, alone = outing_record(scene.site, scene.shift), outing_record(scene.elsewhere)
    assert await outcomes(db, scene.cast.colleague, shared, alone, outings=True) == ["created", "created"]
    late = encounter_record(scene.site, outing_uuid=outing_record(scene.site)["client_uuid"])
    of_pair = encounter_record(scene.site, scene.shift, outing_uuid=shared["client_uuid"])
    foreign = encounter_record(scene.elsewhere, outing_uuid=alone["client_uuid"])
    results = await send(db, scene.cast.volunteer, of_pair, foreign, late)
    assert [one.outcome for one in results] == ["created", "rejected", "created"]
    assert list(results[1].errors) == ["outing_uuid"]


async def test_an_outing_that_comes_later_keeps_its_own_pairs_encounters_only(db: Database, scene: Scene) -> None:
    """An encounter may name what is not here yet: nobody could judge it then."""
    planned, alone = outing_record(scene.site, scene.shift), outing_record(scene.elsewhere)
    shared = encounter_record(scene.site, scene.shift, outing_uuid=planned["client_uuid"])
    partners = encounter_record(scene.site, outing_uuid=planned["client_uuid"])
    strangers = encounter_record(scene.site, outing_uuid=planned["client_uuid"])
    own = encounter_record(scene.elsewhere, outing_uuid=alone["client_uuid"])
    others = encounter_record(scene.elsewhere, outing_uuid=alone["client_uuid"])
    cast = scene.cast
    assert await outcomes(db, cast.volunteer, shared) == ["created"]
    assert await outcomes(db, cast.colleague, partners, own) == ["created"] * 2
    assert await outcomes(db, cast.minor, strangers, others) == ["created"] * 2
    assert await outcomes(db, cast.colleague, planned, alone, outings=True) == ["created"] * 2
    async with db.reading() as session:
        rows = await session.execute(select(Encounter.id, Encounter.outing_id))
        found = {str(one): str(outing) if outing else None for one, outing in rows}
    assert {record["client_uuid"]: found[record["client_uuid"]] for record in (shared, partners, own)} == {
        shared["client_uuid"]: planned["client_uuid"],
        partners["client_uuid"]: planned["client_uuid"],
        own["client_uuid"]: alone["client_uuid"],
    }
    assert [found[record["client_uuid"]] for record in (strangers, others)] == [None, None]
    # What was sent is known again, and nobody gained a say in the outing.
    assert await outcomes(db, cast.minor, strangers, others) == ["already_have"] * 2
    again = await send(db, cast.minor, {**strangers, "version": 2, "age_60p": 1})
    assert list(again[0].errors) == ["outing_uuid"]
    assert await outcomes(db, cast.minor, {**alone, "version": 2, "crowd": "vide"}, outings=True) == ["rejected"]


async def test_outings_come_the_same_way(db: Database, scene: Scene) -> None:
    record = outing_record(scene.site, scene.shift, weather="pluie", ambience="bonne")
    assert await outcomes(db, scene.cast.volunteer, record, record, outings=True) == ["created", "already_have"]
    changed = {**record, "version": 2, "approached_count": 0, "refused_count": 0}
    assert await outcomes(db, scene.cast.colleague, changed, outings=True) == ["updated"]
    assert await outcomes(db, scene.cast.minor, {**changed, "version": 3}, outings=True) == ["rejected"]
    assert await outcomes(db, scene.cast.volunteer, {**record, "crowd": "vide"}, outings=True) == ["conflict"]
    async with db.reading() as session:
        row = (await session.scalars(select(Outing))).one()
    assert (row.approached_count, row.weather, row.version) == (0, "pluie", 2)
    assert await count(db, OutingVersion) == 2


# Correcting and voiding


def values(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**record, **changes}.items() if name not in ("client_uuid", "version")}


async def test_a_correction_is_a_new_version(db: Database, scene: Scene) -> None:
    record = encounter_record(scene.site, scene.shift)
    await send(db, scene.cast.volunteer, record)
    uuid = UUID(record["client_uuid"])
    async with db.writing() as session:
        by = scene.cast.colleague.user
        await corrections.correct(session, by=by, row_id=uuid, values=values(record, age_60p=1), seen=1)
        # The same again says nothing new.
        await corrections.correct(session, by=by, row_id=uuid, values=values(record, age_60p=1), seen=2)
        with pytest.raises(Refusal, match="entre-temps"):
            await corrections.correct(session, by=by, row_id=uuid, values=values(record), seen=1)
        with pytest.raises(Invalid) as told:
            await corrections.correct(session, by=by, row_id=uuid, values=values(record, topics=["x"]), seen=2)
        assert set(told.value.errors) == {"topics"}
    assert await count(db, EncounterVersion) == 2


async def test_voiding_keeps_the_row_and_happens_once(db: Database, scene: Scene) -> None:
    record = encounter_record(scene.site, scene.shift)
    await send(db, scene.cast.volunteer, record)
    uuid = UUID(record["client_uuid"])
    for _ in range(2):
        async with db.writing() as session:
            await corrections.void(session, by=scene.cast.colleague.user, row_id=uuid)
    async with db.reading() as session:
        row = await session.get_one(Encounter, uuid)
        kept = await session.get_one(EncounterVersion, (uuid, 2))
    assert (row.status, row.version, kept.content["status"]) == ("voided", 2, "voided")
    assert await count(db, AuditEvent) == 1
    # The phone's replay neither revives it nor is an error.
    assert await outcomes(db, scene.cast.volunteer, record) == ["already_have"]
    assert await outcomes(db, scene.cast.volunteer, {**record, "version": 3, "age_60p": 1}) == ["rejected"]
    async with db.writing() as session:
        with pytest.raises(Refusal):
            await corrections.correct(
                session, by=scene.cast.volunteer.user, row_id=uuid, values=values(record, age_60p=2), seen=2
            )


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("volunteer", Refusal),
        ("coordinator", None),
        ("coordinator_call", None),
        ("coordinator_cahc", Forbidden),
        ("manager", None),
        ("admin", Forbidden),
        ("minor", Forbidden),
    ],
)
async def test_after_seven_days_others_change_it_with_a_reason(
    session: AsyncSession, scene: Scene, who: str, error: type[Exception] | None
) -> None:
    old = await make_encounter(session, scene.site, scene.cast.volunteer, clock.today() - timedelta(days=8))
    by = await session.get_one(User, scene.cast.users[who].id)
    await session.refresh(by, ["scopes"])
    if error:
        with pytest.raises(error):
            await corrections.void(session, by=by, row_id=old.id, reason="Doublon")
        return
    with pytest.raises(Invalid) as told:
        await corrections.void(session, by=by, row_id=old.id)
    assert set(told.value.errors) == {"reason"}
    await corrections.void(session, by=by, row_id=old.id, reason="Doublon")
    kept = await session.get_one(EncounterVersion, (old.id, 2))
    assert kept.reason == "Doublon"


async def test_a_row_without_its_version_gets_it_before_it_changes(session: AsyncSession, scene: Scene) -> None:
    record = encounter_record(scene.site)
    row = await make_encounter(session, scene.site, scene.cast.volunteer, id=UUID(record["client_uuid"]))
    await session.delete(await session.get_one(EncounterVersion, (row.id, 1)))
    await session.flush()
    assert await log_one(session, scene.cast.volunteer, record) == "already_have"
    assert await log_one(session, scene.cast.volunteer, {**record, "version": 2, "age_60p": 1}) == "updated"
    kept = await session.scalars(select(EncounterVersion.version).where(EncounterVersion.encounter_id == row.id))
    assert sorted(kept) == [1, 2]


async def test_topics_load_once(session: AsyncSession) -> None:
    await reference.load(session)
    await reference.load(session)
    assert await session.scalar(select(func.count()).select_from(Topic)) == 19
