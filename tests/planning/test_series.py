"""Series by their form, and the page of one; on both engines."""

import asyncio
from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings.changes import edit_shift
from civic.db import Database
from civic.errors import Forbidden, Refusal
from civic.missions.models import Mission
from civic.shifts import series
from civic.shifts.models import Shift, ShiftSeries
from civic.shifts.recurrence import Rhythm
from civic.shifts.series import SeriesValues
from civic.shifts.values import ShiftValues
from civic.sites.models import SiteClosure
from tests.factories.shifts import make_booking
from tests.planning.world import World, moment
from tests.planning.world import world as world

NEW = "/planning/series/nouvelle"


def typed(world: World, **changes: Any) -> dict[str, Any]:
    values = {
        "series_id": str(uuid4()),
        "mission_id": str(world.mission.id),
        "site_id": world.here.id,
        "day": "2026-12-01",
        "start": "14:00",
        "end": "17:00",
        "kind": "weekly",
        "every": "1",
        "nth": "1",
        "weekdays": ["1", "4"],
        "ends": "until",
        "until": "2026-12-31",
        "skip_closures": "1",
        "skip_holidays": "1",
        "break_minutes": "0",
        "capacity": "2",
        "min_staff": "2",
        "state": "preview",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def values_of(world: World, **changes: Any) -> SeriesValues:
    given: dict[str, Any] = {
        "mission_id": world.mission.id,
        "site_id": world.here.id,
        "first_day": date(2026, 12, 1),
        "starts": time(14),
        "ends": time(17),
        "capacity": 2,
        "min_staff": 2,
        "break_minutes": 0,
        "rhythm": Rhythm((1, 4), until=date(2026, 12, 31)),
        **changes,
    }
    return SeriesValues(**given)


async def close(db: Database, world: World, day: date) -> None:
    async with db.writing() as session:
        session.add(SiteClosure(site_id=world.here.id, starts_on=day, ends_on=day, reason="Chasse"))


async def in_series(db: Database, series_id: UUID) -> list[Shift]:
    async with db.reading() as session:
        return list(await session.scalars(select(Shift).where(Shift.series_id == series_id).order_by(Shift.starts_at)))


async def test_every_day_is_seen_before_anything_is_made(world: World, db: Database) -> None:
    await close(db, world, date(2026, 12, 8))
    answer = await world.post("coordinator", NEW, **typed(world))
    assert answer.status_code == 200
    assert "chaque mardi et vendredi" in answer.text
    # Nine days: one is closed, one is Christmas.
    assert "7 créneaux" in answer.text
    assert "sur 9 jours" in answer.text
    assert "Chasse" in answer.text
    assert "Noël" in answer.text
    async with db.reading() as session:
        assert await session.scalar(select(func.count(ShiftSeries.id))) == 0


async def test_a_day_that_is_not_skipped_is_said_for_what_it_is(world: World, db: Database) -> None:
    await close(db, world, date(2026, 12, 4))
    page = (await world.post("coordinator", NEW, **typed(world, skip_closures=None, skip_holidays=None))).text
    assert "Sauté" not in page
    assert "À créer. Lieu fermé\u00a0: Chasse" in page
    assert "À créer. Jour férié\u00a0: Noël" in page
    assert page.count("À créer.") == 2


async def test_drafts_are_made_once_however_often_the_form_is_sent(world: World, db: Database) -> None:
    await close(db, world, date(2026, 12, 8))
    form = typed(world, state="draft")
    first = await world.post("coordinator", NEW, **form)
    again = await world.post("coordinator", NEW, **form)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"] == f"/planning/series/{form['series_id']}"
    made = await in_series(db, UUID(form["series_id"]))
    assert [clock.local(one.starts_at).strftime("%d %H:%M") for one in made] == [
        f"{day:02} 14:00" for day in (1, 4, 11, 15, 18, 22, 29)
    ]
    assert {one.state for one in made} == {"draft"}
    assert [one.series_day for one in made] == [clock.local_day(one.starts_at) for one in made]
    page = await world.get("coordinator", first.headers["location"])
    assert page.status_code == 200
    assert "7 créneaux à venir" in page.text
    async with db.reading() as session:
        verbs = list(await session.scalars(select(AuditEvent.verb).where(AuditEvent.verb.like("series.%"))))
        created = await session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.verb == "shift.created"))
    assert verbs == ["series.created"]
    assert created == 7


async def test_two_requests_at_once_make_one_series(world: World, db: Database) -> None:
    form = typed(world, state="published")
    answers = await asyncio.gather(*(world.post("coordinator", NEW, **form) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    made = await in_series(db, UUID(form["series_id"]))
    assert len(made) == 8
    assert {one.state for one in made} == {"published"}


async def test_two_coordinators_at_once_do_not_plan_the_same_shifts_twice(world: World, db: Database) -> None:
    async def one(by: Any) -> int:
        try:
            async with db.writing() as session:
                return (await series.create(session, by=by, series_id=uuid4(), values=values_of(world), publish=False))[
                    1
                ]
        except Refusal:
            return 0

    counts = await asyncio.gather(one(world.cast.coordinator), one(world.cast.users["coordinator_call"]))
    assert sorted(counts) == [0, 8]


async def test_what_is_there_already_is_left_alone(world: World, db: Database) -> None:
    async with db.writing() as session:
        await series.create(
            session, by=world.cast.coordinator, series_id=uuid4(), values=values_of(world), publish=False
        )
    page = await world.post("coordinator", NEW, **typed(world, weekdays=["1", "3", "4"]))
    assert page.text.count("Existe déjà") == 8
    assert "5 créneaux" in page.text
    nothing = await world.post("coordinator", NEW, **typed(world, state="draft"))
    assert nothing.status_code == 409
    assert "Aucun créneau à créer" in nothing.text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"until": ""}, "until", "remplir"),
        ({"until": "2026-11-01"}, "until", "avant le premier"),
        ({"until": "2029-01-01"}, "until", "un an au plus"),
        ({"every": "0"}, "every", ""),
        ({"every": "1000"}, "every", ""),
        ({"ends": "count", "count": "0"}, "count", ""),
        ({"ends": "count", "count": "9999"}, "count", ""),
        ({"weekdays": ["9"]}, "weekdays", "choix"),
        ({"kind": "monthly", "weekdays": ["1", "2"]}, "weekdays", "un seul jour"),
        ({"kind": "yearly"}, "kind", ""),
        ({"nth": "7", "kind": "monthly", "weekdays": ["1"]}, "nth", ""),
        ({"end": "17:00", "start": "02:00"}, "end", "14 h au plus"),
        ({"site_id": "nulle-part"}, "site_id", "choix"),
        ({"mission_id": "x"}, "mission_id", ""),
        ({"min_staff": "5"}, "min_staff", "dépasse"),
        ({"day": "hier"}, "day", ""),
    ],
)
async def test_nonsense_is_told_at_its_field_and_nothing_typed_is_lost(
    world: World, changes: dict[str, Any], field: str, words: str
) -> None:
    answer = await world.post("coordinator", NEW, **typed(world, **changes))
    assert answer.status_code == 422, field
    assert f'id="f-{field}-error"' in answer.text
    assert words in answer.text
    assert 'value="17:00"' in answer.text or "end" in changes


async def test_only_coordinators_in_scope_plan(world: World, db: Database) -> None:
    for who, status in (("volunteer", 403), ("manager", 403), ("admin", 403)):
        assert (await world.get(who, NEW)).status_code == status
        assert (await world.post(who, NEW, **typed(world, state="draft"))).status_code == status
    # The other coordinator's form does not offer the site.
    assert (await world.post("coordinator_cahc", NEW, **typed(world, state="draft"))).status_code == 422
    by = world.cast.users["coordinator_cahc"]
    async with db.writing() as session:
        with pytest.raises(Forbidden):
            await series.create(session, by=by, series_id=uuid4(), values=values_of(world), publish=False)
    form = typed(world, state="draft")
    await world.post("coordinator", NEW, **form)
    for who, status in (("coordinator_call", 200), ("coordinator_cahc", 403), ("volunteer", 403), ("manager", 403)):
        assert (await world.get(who, f"/planning/series/{form['series_id']}")).status_code == status
    assert (await world.get("coordinator", f"/planning/series/{uuid4()}")).status_code == 404


async def test_a_year_of_shifts_is_made_in_few_statements(world: World, db: Database) -> None:
    from sqlalchemy import event

    values = values_of(world, rhythm=Rhythm((0, 1, 2, 4), until=date(2027, 11, 1)), skip_holidays=False)
    seen: list[str] = []
    engine = db.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    async with db.writing() as session:
        _made, count = await series.create(
            session, by=world.cast.coordinator, series_id=uuid4(), values=values, publish=False
        )
    event.remove(engine, "before_cursor_execute", note)
    assert count > 180
    assert len(seen) < 30


async def test_the_page_counts_who_is_on_each(world: World, db: Database) -> None:
    form = typed(world, state="published")
    await world.post("coordinator", NEW, **form)
    first = (await in_series(db, UUID(form["series_id"])))[0]
    async with db.writing() as session:
        await make_booking(session, await session.get_one(Shift, first.id), world.cast.volunteer)
    page = await world.get("coordinator", f"/planning/series/{form['series_id']}")
    assert "1/2" in page.text
    assert page.text.count("0/2") == 7
    assert moment(1, 14, month=12) == first.starts_at
    panel = await world.get("coordinator", f"/planning/creneaux/{first.id}")
    assert f"/planning/series/{form['series_id']}" in panel.text


async def test_a_shift_that_is_begun_may_be_repeated(world: World) -> None:
    page = (await world.get("coordinator", "/planning/creneaux/nouveau?site=parc-ici&jour=2026-12-02")).text
    assert "/planning/series/nouvelle?site=parc-ici&amp;jour=2026-12-02" in page
    begun = (await world.get("coordinator", f"{NEW}?site=parc-ici&jour=2026-12-02")).text
    assert 'value="2026-12-02"' in begun


async def test_one_that_was_edited_by_itself_is_told_apart(world: World, db: Database) -> None:
    form = typed(world, state="published")
    await world.post("coordinator", NEW, **form)
    page = f"/planning/series/{form['series_id']}"
    first, second, *_others = await in_series(db, UUID(form["series_id"]))
    # The second is saved as it was: that changes nothing.
    for shift, capacity in ((first, 3), (second, second.capacity)):
        values = ShiftValues(**{name: getattr(shift, name) for name in ShiftValues.__slots__})
        async with db.writing() as session:
            changed = replace(values, capacity=capacity)
            await edit_shift(
                session, by=world.cast.coordinator, shift_id=shift.id, values=changed, version=None, confirm=False
            )
    assert (await world.get("coordinator", page)).text.count("Modifié à part") == 1
    assert [one.detached for one in await in_series(db, UUID(form["series_id"]))] == [True] + [False] * 7


async def test_a_series_ends_with_its_mission(world: World, db: Database) -> None:
    async with db.writing() as session:
        mission = await session.get_one(Mission, world.mission.id)
        mission.ends_on = date(2026, 12, 10)
    form = typed(world, state="draft")
    seen = await world.post("coordinator", NEW, **{**form, "state": "preview"})
    assert "Hors de la période de la mission" in seen.text
    await world.post("coordinator", NEW, **form)
    made = await in_series(db, UUID(form["series_id"]))
    assert [clock.local(one.starts_at).day for one in made] == [1, 4, 8]


async def test_the_nights_of_a_clock_change_are_pointed_out(world: World, db: Database) -> None:
    """The night to Sunday 31 October 2027 is an hour longer than the others of the series."""
    night = typed(world, day="2027-10-16", start="20:00", end="10:00", weekdays=["5"], until="2027-11-06")
    answer = await world.post("coordinator", NEW, **night)
    assert answer.status_code == 422
    assert 'id="f-end-error"' in answer.text
    assert "30\u00a0oct." in answer.text
    shorter = await world.post("coordinator", NEW, **{**night, "end": "09:00"})
    assert shorter.status_code == 200
    assert shorter.text.count("Changement d’heure") == 1
