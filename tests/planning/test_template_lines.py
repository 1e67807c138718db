"""The lines of a kept week, and the template renamed, archived and taken back; on both engines."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.db import Database
from civic.errors import Refusal
from civic.shifts import template_changes, templates
from civic.shifts.models import WeekTemplate, WeekTemplateLine
from civic.shifts.templates import WeekLine
from tests.planning.test_shift_forms import hidden
from tests.planning.test_templates_of_weeks import form as weeks
from tests.planning.test_templates_of_weeks import kept
from tests.planning.world import World
from tests.planning.world import world as world


def typed(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "mission_id": str(world.mission.id),
        "site_id": world.here.id,
        "weekday": "1",
        "start": "9h30",
        "end": "12:00",
        "capacity": "3",
        "min_staff": "2",
        "break_minutes": "15",
        **changes,
    }


async def lines(db: Database) -> list[WeekTemplateLine]:
    async with db.reading() as session:
        chosen = select(WeekTemplateLine).order_by(WeekTemplateLine.weekday, WeekTemplateLine.starts_time)
        return list(await session.scalars(chosen))


async def changes(db: Database) -> int:
    async with db.reading() as session:
        counted = select(func.count(AuditEvent.id)).where(AuditEvent.verb == "template.changed")
        return await session.scalar(counted) or 0


async def test_a_line_is_added_once_and_laid_out(world: World, db: Database) -> None:
    own = await kept(world)
    page = await world.get("coordinator", f"{own}/lignes/nouvelle")
    given = typed(world, line_id=hidden(page.text, "line_id"))
    for _twice in range(2):
        done = await world.post("coordinator", f"{own}/lignes/nouvelle", **given)
        assert (done.status_code, done.headers["location"]) == (303, own)
    first, *others = await lines(db)
    assert len(others) == 3
    kept_values = (
        first.weekday,
        first.starts_time,
        first.ends_time,
        first.capacity,
        first.min_staff,
        first.break_minutes,
    )
    assert kept_values == (1, time(9, 30), time(12), 3, 2, 15)
    assert await changes(db) == 1
    assert "Créer 4 brouillons" in (await world.post("coordinator", own, **weeks())).text
    same = await world.post("coordinator", f"{own}/lignes/nouvelle", **typed(world, line_id=str(uuid4()), capacity="5"))
    assert same.status_code == 422
    assert "déjà dans le modèle" in same.text


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"weekday": "7"}, "weekday"),
        ({"weekday": ""}, "weekday"),
        ({"start": "25:00"}, "start"),
        ({"end": ""}, "end"),
        ({"start": "02:00", "end": "17:00"}, "end"),
        ({"min_staff": "4"}, "min_staff"),
        ({"capacity": "0"}, "capacity"),
        ({"break_minutes": "150"}, "break_minutes"),
        ({"site_id": "nulle-part"}, "site_id"),
        ({"mission_id": str(uuid4())}, "mission_id"),
    ],
)
async def test_nonsense_is_told_at_its_field_and_nothing_typed_is_lost(
    world: World, db: Database, changed: dict[str, str], field: str
) -> None:
    own = await kept(world)
    line = (await lines(db))[0]
    seen = template_changes.token(templates.as_line(line))
    for path in (f"{own}/lignes/nouvelle", f"{own}/lignes/{line.id}/modifier"):
        answer = await world.post("coordinator", path, **typed(world, seen=seen, **changed))
        assert answer.status_code == 422
        assert f'id="f-{field}-error"' in answer.text
        assert 'value="9h30"' in answer.text or "start" in changed
    assert await changes(db) == 0


async def test_a_line_is_changed_and_a_colleague_s_change_is_seen_first(world: World, db: Database) -> None:
    own = await kept(world)
    line = (await lines(db))[0]
    path = f"{own}/lignes/{line.id}/modifier"
    page = (await world.get("coordinator", path)).text
    assert 'value="09:00"' in page
    seen = hidden(page, "seen")
    assert (await world.post("coordinator", path, **typed(world, seen=seen))).status_code == 303
    late = await world.post("coordinator", path, **typed(world, seen=seen, capacity="4"))
    assert late.status_code == 409
    assert "Quelqu’un a changé cette ligne entre-temps" in late.text
    assert "mardi 09:30 – 12:00, Parc d’Ici, 3" in late.text
    assert 'name="capacity" type="number" value="4"' in late.text
    # What was typed is saved once the other's change was seen; the same again is no change.
    for _twice in range(2):
        again = await world.post("coordinator", path, **typed(world, seen=hidden(late.text, "seen"), capacity="4"))
        assert again.status_code == 303
    assert {one.id: one.capacity for one in await lines(db)}[line.id] == 4
    assert await changes(db) == 2
    await world.post("coordinator", f"{own}/lignes/{line.id}/retrait")
    gone = await world.post("coordinator", path, **typed(world, seen=seen))
    assert gone.status_code == 409
    assert "retirée entre-temps" in gone.text
    assert (await world.get("coordinator", path)).status_code == 404


async def test_a_colleague_changes_their_own_places_only(world: World, db: Database) -> None:
    own = await kept(world)
    by_site = {one.site_id: one for one in await lines(db)}
    mine, foreign = by_site[world.here.id], by_site[world.there.id]
    path = f"{own}/lignes/{foreign.id}/modifier"
    for answer in (
        await world.get("coordinator_call", path),
        await world.post("coordinator_call", path, **typed(world)),
    ):
        assert answer.status_code == 403
    # A line of theirs does not move to a place that they do not plan, and none is added there.
    away = typed(world, site_id=world.there.id)
    for end in (f"{mine.id}/modifier", "nouvelle"):
        assert (await world.post("coordinator_call", f"{own}/lignes/{end}", **away)).status_code == 422
    added = await world.post("coordinator_call", f"{own}/lignes/nouvelle", **typed(world))
    assert added.status_code == 303
    for end, given in (("nom", {"name": "À moi"}), ("archivage", {}), ("remise", {})):
        assert (await world.post("coordinator_call", f"{own}/{end}", **given)).status_code == 403


async def test_a_template_is_renamed_archived_and_taken_back(world: World, db: Database) -> None:
    own = await kept(world)
    assert (await world.post("coordinator", f"{own}/nom", name="Semaine  d’été")).status_code == 303
    assert "Semaine d’été" in (await world.get("coordinator", "/planning/modeles")).text
    blank = await world.post("coordinator", f"{own}/nom", name=" ")
    assert blank.status_code == 422
    assert 'id="f-name-error"' in blank.text
    await world.post("coordinator", f"{own}/nom", name="Semaine d’été")
    assert await changes(db) == 1
    await world.post("coordinator", f"{own}/archivage")
    listed = (await world.get("coordinator", "/planning/modeles")).text
    assert f'href="{own}"' not in listed
    assert f"{own}/remise" in listed
    for path, given in ((own, weeks("draft")), (f"{own}/nom", {"name": "x"}), (f"{own}/lignes/nouvelle", typed(world))):
        assert (await world.post("coordinator", path, **given)).status_code == 404
    for _twice in range(2):
        assert (await world.post("coordinator", f"{own}/remise")).status_code == 303
    assert (await world.get("coordinator", own)).status_code == 200
    async with db.reading() as session:
        counted = select(func.count(AuditEvent.id)).where(AuditEvent.verb == "template.restored")
        assert await session.scalar(counted) == 1


async def act(db: Database, world: World, verb: Any, **given: Any) -> str:
    try:
        async with db.writing() as session:
            by = await session.get_one(User, world.cast.coordinator.id, options=[selectinload(User.scopes)])
            await verb(session, by=by, **given)
    except Refusal as refusal:
        return refusal.code
    return "done"


async def same_line_twice(db: Database, world: World) -> list[Coroutine[Any, Any, str]]:
    """Two changes of one line, both made from what it is now."""
    template_id = UUID((await kept(world)).rpartition("/")[2])
    row = (await lines(db))[0]
    stored = templates.as_line(row)

    def change(capacity: int) -> Coroutine[Any, Any, str]:
        line: WeekLine = replace(stored, capacity=capacity)
        given = {"template_id": template_id, "line_id": row.id, "line": line, "seen": template_changes.token(stored)}
        return act(db, world, template_changes.change_line, **given)

    return [change(capacity) for capacity in (5, 6)]


async def test_of_two_changes_at_once_the_second_is_told(world: World, db: Database) -> None:
    assert sorted(await asyncio.gather(*await same_line_twice(db, world))) == ["done", "stale"]
    assert await changes(db) == 1


async def test_a_line_is_dropped_once_however_many_drop_it(world: World, db: Database) -> None:
    template_id = UUID((await kept(world)).rpartition("/")[2])
    given = {"template_id": template_id, "line_id": (await lines(db))[0].id}
    outcome = await asyncio.gather(*(act(db, world, template_changes.drop_line, **given) for _one in range(4)))
    assert outcome == ["done"] * 4
    assert (len(await lines(db)), await changes(db)) == (2, 1)


@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
@pytest.mark.filterwarnings("ignore:DELETE statement on table")
async def test_without_the_lock_one_change_is_lost_and_a_line_is_dropped_twice(
    world: World, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of both races: everybody reads the template before anybody writes."""
    both = asyncio.Barrier(2)

    async def read_then_wait(session: Any, template_id: UUID) -> WeekTemplate:
        found = await templates.template_of(session, template_id)
        async with asyncio.timeout(30):
            await both.wait()
        return found

    two = await same_line_twice(db, world)
    monkeypatch.setattr(template_changes, "hold", read_then_wait)
    assert await asyncio.gather(*two) == ["done", "done"]
    assert await changes(db) == 2
    row = (await lines(db))[0]
    given = {"template_id": row.template_id, "line_id": row.id}
    await asyncio.gather(*(act(db, world, template_changes.drop_line, **given) for _one in range(2)))
    assert await changes(db) == 4
