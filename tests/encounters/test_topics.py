"""Topics: what may become of one, what a merge leaves as it was, and who may do it."""

import asyncio
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters import actions, lookups, topics
from civic.encounters.models import ClosedPeriod, EncounterTopic, EncounterVersion, Topic
from civic.encounters.topic_rules import (
    Validity,
    counted,
    earliest_merge,
    heir,
    slug,
    wrong_label,
    wrong_merge,
    wrong_retirement,
    wrong_start,
    wrong_state,
)
from civic.errors import Forbidden, Invalid, Refusal
from tests.encounters.scene import Browser, Scene, make_scene
from tests.factories.encounters import encounter_record, log_one, make_encounter

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
PAGE = "/administration/themes"


def topic(code: str = "parks", **fields: Any) -> Any:
    known = {"label": code, "sensitive": False, "valid_from": None, "valid_to": None, "merged_into": None}
    return SimpleNamespace(code=code, **{**known, **fields})


CHAIN = {
    "a": Validity(last=TODAY - DAY, merged_into="b"),
    "b": Validity(last=TODAY + 9 * DAY, merged_into="c"),
    "c": Validity(),
    "gone": Validity(last=TODAY),
}


@pytest.mark.parametrize(
    ("code", "days", "expected"),
    [("a", -1, "a"), ("a", 0, "b"), ("a", 9, "b"), ("a", 10, "c"), ("b", 0, "b"), ("gone", 5, "gone"), ("x", 0, "x")],
)
def test_a_merged_topic_counts_elsewhere_from_its_day_on(code: str, days: int, expected: str) -> None:
    assert heir(code, TODAY + days * DAY, CHAIN) == expected


def test_two_topics_that_became_one_count_once_and_an_outing_has_none() -> None:
    content = {"date": TODAY.isoformat(), "topics": ["c", "a", "b"]}
    assert counted(content, CHAIN)["topics"] == ["c", "b"]
    assert content["topics"] == ["c", "a", "b"], "what was typed stays"
    assert counted({"date": TODAY.isoformat()}, CHAIN) == {"date": TODAY.isoformat()}
    ring = {"a": Validity(last=TODAY, merged_into="b"), "b": Validity(last=TODAY, merged_into="a")}
    assert heir("a", TODAY + DAY, ring) in ring, "rows changed by hand never hang a batch"


@given(st.text(max_size=60), st.sets(st.sampled_from(["topic", "eau", "eau_2"])))
def test_a_code_is_plain_short_and_new(label: str, taken: set[str]) -> None:
    made = slug(label, taken)
    assert made not in taken
    assert made.isascii()
    assert made.replace("_", "").isalnum()
    assert 1 <= len(made) <= 40
    assert slug("Eau, été & hiver", {"eau_ete_hiver"}) == "eau_ete_hiver_2"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (wrong_label("PARKS", None, [topic()]), "label"),
        (wrong_label("parks", "parks", [topic()]), ""),
        (wrong_label("parks", None, [topic(valid_to=TODAY)]), ""),
        (wrong_start(TODAY, TODAY), ""),
        (wrong_start(TODAY - DAY, TODAY), "valid_from"),
        (wrong_start(TODAY + 400 * DAY, TODAY), "valid_from"),
        (wrong_retirement(topic(), TODAY, TODAY, TODAY), ""),
        (wrong_retirement(topic(), TODAY - DAY, TODAY, None), "last_day"),
        (wrong_retirement(topic(), TODAY, TODAY, TODAY + DAY), "last_day"),
        (wrong_retirement(topic(valid_from=TODAY + DAY), TODAY, TODAY, None), "last_day"),
    ],
)
def test_what_may_become_of_a_topic(wrong: dict[str, str], field: str) -> None:
    assert list(wrong) == ([field] if field else [])


QUARTER = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("source", "target", "first", "closed", "field"),
    [
        ({}, {}, QUARTER, (), ""),
        ({}, {}, TODAY + 30 * DAY, (), ""),
        ({}, {"code": "parks"}, TODAY, (), "into"),
        ({}, {"valid_to": TODAY + 90 * DAY}, TODAY, (), "into"),
        ({}, {"valid_from": TODAY + DAY}, TODAY, (), "into"),
        ({"sensitive": True}, {}, TODAY, (), "into"),
        ({"sensitive": True}, {"sensitive": True}, TODAY, (), ""),
        ({}, {}, QUARTER - DAY, (), "first_day"),
        ({"valid_from": TODAY}, {}, TODAY, (), "first_day"),
        ({}, {}, TODAY, ((QUARTER, TODAY),), "first_day"),
        ({}, {}, TODAY, ((QUARTER, TODAY - DAY),), ""),
        ({}, {}, TODAY + 400 * DAY, (), "first_day"),
    ],
)
def test_what_may_be_merged_since_when(
    source: dict[str, Any], target: dict[str, Any], first: date, closed: Any, field: str
) -> None:
    assert earliest_merge(TODAY) == QUARTER
    wrong = wrong_merge(topic(**source), topic(**{"code": "water", **target}), first, TODAY, closed)
    assert list(wrong) == ([field] if field else [])


def test_a_topic_ends_once() -> None:
    assert wrong_state(topic()) == ""
    assert wrong_state(topic(valid_to=TODAY))
    assert wrong_state(topic(valid_to=TODAY, merged_into="water"))


async def named(db: Database) -> dict[date, set[str]]:
    """The topics of the encounters of each day."""
    async with db.reading() as reading:
        rows = await reading.execute(
            select(EncounterVersion.content, EncounterTopic.topic_code).join(
                EncounterTopic, EncounterTopic.encounter_id == EncounterVersion.encounter_id
            )
        )
        found: dict[date, set[str]] = {}
        for content, code in rows:
            found.setdefault(date.fromisoformat(content["date"]), set()).add(code)
        return found


async def test_a_merge_moves_the_days_from_then_on_and_no_other(
    session: AsyncSession, scene: Scene, db: Database
) -> None:
    admin, today = scene.cast.users["admin"], clock.today()
    for days, codes in ((40, ("parks",)), (3, ("parks", "culture")), (2, ("water", "parks")), (1, ("culture",))):
        await make_encounter(session, scene.site, scene.cast.volunteer, today - days * DAY, topics=codes)
    first = today - 3 * DAY
    seen = await topics.reach(session, "parks", "water", first)
    assert (seen.before, seen.after, seen.both, seen.first) == (1, 2, 1, first)
    assert await topics.merge(session, by=admin, code="parks", into="water", first_day=first) == 2
    await session.commit()
    assert await named(db) == {
        today - 40 * DAY: {"parks"},
        today - 3 * DAY: {"water", "culture"},
        today - 2 * DAY: {"water"},
        today - DAY: {"culture"},
    }
    async with db.reading() as reading:
        kept = (await reading.scalars(select(EncounterVersion.content))).all()
    assert sum("parks" in content["topics"] for content in kept) == 3, "the kept versions say what was typed"


async def test_a_phone_that_has_not_heard_of_a_merge_loses_nothing(
    session: AsyncSession, scene: Scene, db: Database
) -> None:
    admin, today = scene.cast.users["admin"], clock.today()
    await topics.merge(session, by=admin, code="parks", into="water", first_day=today)
    record = encounter_record(scene.site, scene.shift, topics=["parks", "water", "culture"])
    assert await log_one(session, scene.cast.volunteer, record) == "created"
    assert await log_one(session, scene.cast.volunteer, record) == "already_have", "what was typed is recognised"
    again = {**record, "version": 2, "feeling": "negatif"}
    assert await log_one(session, scene.cast.volunteer, again) == "updated"
    yesterday = encounter_record(scene.site, date=(today - DAY).isoformat(), topics=["parks"])
    assert await log_one(session, scene.cast.volunteer, yesterday) == "created"
    await session.commit()
    assert await named(db) == {today: {"water", "culture"}, today - DAY: {"parks"}}


async def test_a_form_opened_before_a_merge_changes_nothing_by_itself(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    record = encounter_record(scene.site, scene.shift)
    await log_one(session, scene.cast.volunteer, record)
    await session.commit()
    async with db.writing() as writing:
        await topics.merge(
            writing, by=scene.cast.users["admin"], code="parks", into="water", first_day=clock.today() - DAY
        )
    volunteer = await as_("volunteer")
    answer = await volunteer.post(f"/rencontres/{record['client_uuid']}/modifier", data={**record, "seen": "1"})
    assert answer.status_code == 303
    async with db.reading() as reading:
        assert len((await reading.scalars(select(EncounterVersion))).all()) == 1
    assert await named(db) == {clock.today(): {"water"}}


async def test_retired_planned_and_kept(session: AsyncSession, scene: Scene, db: Database) -> None:
    admin, today = scene.cast.users["admin"], clock.today()
    await topics.retire(session, by=admin, code="parks", last_day=today)
    with pytest.raises(Refusal):
        await topics.merge(session, by=admin, code="parks", into="water", first_day=today)
    assert await log_one(session, scene.cast.volunteer, encounter_record(scene.site, scene.shift)) == "created"
    await topics.keep(session, by=admin, code="parks")
    await topics.merge(session, by=admin, code="parks", into="water", first_day=today + 9 * DAY)
    await topics.keep(session, by=admin, code="parks")
    await topics.keep(session, by=admin, code="parks")
    row = await session.get_one(Topic, "parks")
    assert (row.valid_to, row.merged_into) == (None, None)
    await topics.merge(session, by=admin, code="parks", into="water", first_day=today)
    with pytest.raises(Refusal):
        await topics.keep(session, by=admin, code="parks")
    with pytest.raises(Invalid):
        await topics.merge(session, by=admin, code="culture", into="parks", first_day=today)
    with pytest.raises(Invalid):
        await topics.merge(session, by=admin, code="health_access", into="water", first_day=today)
    for who in ("volunteer", "coordinator", "manager"):
        with pytest.raises(Forbidden):
            await topics.retire(session, by=scene.cast.users[who], code="water", last_day=today)


async def test_the_database_refuses_a_period_that_was_closed_meanwhile(
    session: AsyncSession, scene: Scene, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the closing came between the look and the write."""
    await make_encounter(session, scene.site, scene.cast.volunteer, clock.today() - DAY)
    session.add(ClosedPeriod(first_day=clock.today() - DAY, last_day=clock.today() - DAY))
    await session.commit()

    async def nothing(_session: AsyncSession) -> list[Any]:
        return []

    monkeypatch.setattr(topics, "closed_spans", nothing)
    async with db.writing() as writing:
        with pytest.raises(Refusal):
            await topics.merge(
                writing, by=scene.cast.users["admin"], code="parks", into="water", first_day=clock.today() - DAY
            )
    assert await named(db) == {clock.today() - DAY: {"parks"}}


@pytest.mark.parametrize("guarded", [True, False])
async def test_no_encounter_is_left_behind_by_a_merge(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """A batch that read the topics writes before the merge does (SQLite has one writer anyway). The second run is the
    negative control: without the lock the race shows.
    """
    database = Database(postgres_url)
    async with database.writing() as writing:
        scene = await make_scene(writing)
    looked, told = asyncio.Event(), asyncio.Event()
    real = lookups.load

    async def slow(*given: Any) -> Any:
        found = await real(*given)
        looked.set()
        await told.wait()
        return found

    async def unguarded(session: AsyncSession, codes: Any) -> Any:
        return dict.fromkeys(codes, Validity())

    if not guarded:
        monkeypatch.setattr(lookups, "_topics", unguarded)
    monkeypatch.setattr(actions.lookups, "load", slow)

    async def log() -> None:
        async with database.writing() as writing:
            await log_one(writing, scene.cast.volunteer, encounter_record(scene.site, scene.shift))

    async def merge() -> None:
        await looked.wait()
        async with database.writing() as writing:
            admin = scene.cast.users["admin"]
            asyncio.get_running_loop().call_later(0.3, told.set)
            await topics.merge(writing, by=admin, code="parks", into="water", first_day=clock.today())

    await asyncio.gather(log(), merge())
    assert await named(database) == {clock.today(): {"water" if guarded else "parks"}}
    await database.dispose()


@pytest.mark.parametrize(
    ("who", "status"), [("volunteer", 403), ("coordinator", 403), ("manager", 403), ("", 303), ("admin", 200)]
)
async def test_topics_are_the_administration_s_business(scene: Scene, as_: Browser, who: str, status: int) -> None:
    browser = await as_(who)
    pages = (PAGE, f"{PAGE}/nouveau", f"{PAGE}/parks", f"{PAGE}/parks/fusion")
    for path in (*pages, f"{PAGE}/parks/fusion?into=water&first_day={clock.today()}"):
        assert (await browser.get(path)).status_code == status, path
    if who not in ("", "admin"):
        for path in (*pages[1:], f"{PAGE}/parks/retrait", f"{PAGE}/parks/maintien"):
            assert (await browser.post(path, data={})).status_code == 403, path


async def test_a_topic_s_life_in_pages(session: AsyncSession, scene: Scene, as_: Browser, db: Database) -> None:
    admin, today = await as_("admin"), clock.today()
    await make_encounter(session, scene.site, scene.cast.volunteer, today - DAY)
    await session.commit()
    wrong = await admin.post(f"{PAGE}/nouveau", data={"label": "Parcs", "pillar": "rev3", "valid_from": str(today)})
    assert (wrong.status_code, 'value="Parcs"' in wrong.text) == (422, True)
    new = {"label": "Jardins  partagés", "pillar": "transversal", "valid_from": str(today)}
    made = await admin.post(f"{PAGE}/nouveau", data=new)
    assert made.headers["location"] == f"{PAGE}/jardins_partages"
    assert "Jardins partagés" in (await (await as_("volunteer")).get("/rencontres/nouvelle")).text
    renamed = await admin.post(f"{PAGE}/jardins_partages", data={"label": "Jardins", "sensitive": "1"})
    assert renamed.status_code == 303
    assert (await admin.post(f"{PAGE}/jardins_partages", data={"label": "Jardins"})).status_code == 422
    assert (await admin.post(f"{PAGE}/parks/retrait", data={"last_day": "2026-01-01"})).status_code == 422
    asked = {"into": "jardins_partages", "first_day": str(today - DAY)}
    refused = await admin.get(f"{PAGE}/parks/fusion", params=asked)
    assert refused.status_code == 422, "the other one begins later"
    asked = {"into": "water", "first_day": str(today - DAY)}
    shown = (await admin.get(f"{PAGE}/parks/fusion", params=asked)).text
    assert "1 rencontre passe" in shown
    for into in ("", "nothing", "\x00", "parks"):
        answer = await admin.post(f"{PAGE}/parks/fusion", data={**asked, "into": into})
        assert (answer.status_code, str(today - DAY) in answer.text) == (422, True), into
    assert (await admin.post(f"{PAGE}/parks/fusion", data=asked)).status_code == 303
    assert await named(db) == {today - DAY: {"water"}}
    page = (await admin.get(f"{PAGE}/parks")).text
    assert "Fusionné avec" in page
    assert "maintien" not in page
    assert (await admin.post(f"{PAGE}/parks/fusion", data=asked)).status_code == 409
    assert (await admin.post(f"{PAGE}/parks/maintien")).status_code == 409
    assert (await admin.get(PAGE)).status_code == 200
    log = (await admin.get("/administration/journal?verbe=topic")).text
    for words in ("Thème ajouté", "Thème renommé", "Thème fusionné"):
        assert words in log
