"""A week copied, kept as a template, and laid out again; on both engines."""

import asyncio
import re
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from civic import clock
from civic.accounts.models import User
from civic.db import Database
from civic.formats import hour_range
from civic.missions.models import Mission
from civic.shifts import templates
from civic.shifts.models import Shift, WeekTemplate, WeekTemplateLine
from civic.shifts.recurrence import Skips
from civic.shifts.templates import WeekLine
from civic.sites.actions import add_rule
from civic.sites.models import Site, SiteClosure
from civic.sites.recurrence import Recurrence
from tests.factories.accounts import make_user
from tests.factories.missions import make_mission
from tests.factories.shifts import make_shift
from tests.factories.sites import make_site
from tests.planning.test_shift_forms import hidden
from tests.planning.world import World, moment
from tests.planning.world import world as world
from tests.postgres import somebody_waits

COPY = "/planning/semaines/copie?semaine=2026-W48"


async def shifts_of(db: Database, first: int, last: int) -> list[Shift]:
    """Those of some days of December 2026, in order."""
    async with db.reading() as session:
        chosen = select(Shift).where(
            Shift.starts_at >= moment(first, 0, month=12), Shift.starts_at < moment(last, 0, month=12)
        )
        return list(await session.scalars(chosen.order_by(Shift.starts_at)))


def form(state: str = "preview", **changes: Any) -> dict[str, Any]:
    return {"vers": ["2026-W49"], "skip_closures": "1", "skip_holidays": "1", "state": state, **changes}


async def test_a_week_is_seen_then_copied_as_drafts(world: World, db: Database) -> None:
    seen = await world.post("coordinator", COPY, **form())
    assert seen.status_code == 200
    assert "Créer 3 brouillons" in seen.text
    assert await shifts_of(db, 1, 8) == []
    done = await world.post("coordinator", COPY, **form("draft"))
    assert done.status_code == 303
    assert done.headers["location"] == "/planning?semaine=2026-W49"
    made = await shifts_of(db, 1, 8)
    assert [(clock.local(one.starts_at).strftime("%d %H:%M"), one.state) for one in made] == [
        ("03 09:00", "draft"),
        ("04 14:00", "draft"),
        ("05 10:00", "draft"),
    ]


async def test_copying_again_makes_nothing_twice_even_at_once(world: World, db: Database) -> None:
    whole = form("draft", vers=["2026-W49", "2026-W50"])
    answers = await asyncio.gather(
        *(world.post(who, COPY, **whole) for who in ("coordinator", "coordinator", "coordinator_call"))
    )
    assert {answer.status_code for answer in answers} == {303}
    assert len(await shifts_of(db, 1, 15)) == 6
    again = await world.post("coordinator", COPY, **form())
    assert "Rien à créer" in again.text
    assert again.text.count("Existe déjà") == 3


async def test_closed_days_and_holidays_are_skipped_and_hours_stay_on_the_clock(world: World, db: Database) -> None:
    async with db.writing() as session:
        day = moment(4, 12, month=12).date()
        session.add(SiteClosure(site_id=world.here.id, starts_on=day, ends_on=day, reason="Chasse"))
        night = await make_shift(session, moment(24, 22), hours=8, mission=world.mission, site=world.there)
    seen = await world.post("coordinator", COPY, **form(vers=["2026-W49", "2026-W53"]))
    assert "Chasse" in seen.text
    assert "Jour de l" in seen.text
    await world.post("coordinator", COPY, **form("draft", vers=["2026-W49"]))
    copied = [one for one in await shifts_of(db, 1, 8) if one.site_id == world.there.id]
    assert copied[0].ends_at - copied[0].starts_at == night.ends_at - night.starts_at


async def test_hunting_sundays_are_skipped_by_choice_and_named(world: World, db: Database) -> None:
    async with db.writing() as session:
        site = await session.get_one(Site, world.here.id)
        hunting = Recurrence("week", (6,), date(2026, 12, 6), date(2026, 12, 20))
        await add_rule(session, site, hunting, hunting.days(), "Chasse", by=world.cast.coordinator)
        await make_shift(session, moment(29, 9), mission=world.mission, site=world.here)
    weeks = ["2026-W49", "2026-W50", "2026-W51", "2026-W52"]
    seen = (await world.post("coordinator", COPY, **form(vers=weeks))).text
    assert seen.count("Lieu fermé\u00a0: Chasse") == 3
    open_too = (await world.post("coordinator", COPY, **form(vers=weeks, skip_closures=""))).text
    assert open_too.count("À créer. Lieu fermé\u00a0: Chasse") == 3
    await world.post("coordinator", COPY, **form("draft", vers=weeks))
    sundays = [one for one in await shifts_of(db, 1, 29) if clock.local(one.starts_at).weekday() == 6]
    assert [clock.local(one.starts_at).day for one in sundays] == [27]


async def test_an_archived_place_is_told_and_not_planned(world: World, db: Database) -> None:
    own = await kept(world)
    async with db.writing() as session:
        (await session.get_one(Site, world.here.id)).archived_at = clock.now()
    seen = (await world.post("coordinator", own, **form())).text
    assert seen.count("Mission ou lieu archivé") == 2
    await world.post("coordinator", own, **form("draft"))
    assert {one.site_id for one in await shifts_of(db, 1, 8)} == {world.there.id}


async def test_only_some_places_and_missions_are_copied_and_kept(world: World, db: Database) -> None:
    async with db.writing() as session:
        other = await make_mission(session, [world.here], title="Stand")
        await make_shift(session, moment(25, 15), mission=other, site=world.here)
    seen = (await world.post("coordinator", COPY, **form(lieux=[world.here.id]))).text
    assert "Créer 3 brouillons" in seen
    kept_id = hidden(seen, "template_id")
    assert f'name="lieux" value="{world.here.id}"' in seen
    nothing = await world.post("coordinator", COPY, **form(lieux=[world.there.id], missions=[str(other.id)]))
    assert nothing.status_code == 422
    assert 'id="f-missions-error"' in nothing.text
    foreign = await world.post("coordinator_cahc", COPY, **form("draft", lieux=[world.here.id]))
    assert foreign.status_code == 422
    some = {"lieux": [world.here.id], "missions": [str(other.id)]}
    await world.post("coordinator", COPY, **form("draft", **some))
    made = await shifts_of(db, 1, 8)
    assert [(one.mission_id, clock.local(one.starts_at).day) for one in made] == [(other.id, 2)]
    given = {"name": "Stands", "template_id": kept_id, **some}
    await world.post("coordinator", "/planning/modeles?semaine=2026-W48", **given)
    async with db.reading() as session:
        assert list(await session.scalars(select(WeekTemplateLine.mission_id))) == [other.id]


async def test_a_clock_change_is_pointed_out_and_a_night_too_long_named(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_shift(session, moment(29, 2, 30), hours=2, mission=world.mission, site=world.here)
        await make_shift(session, moment(28, 22), hours=14, mission=world.mission, site=world.there)
    spring = (await world.post("coordinator", COPY, **form(vers=["2027-W12"]))).text
    assert "l’horaire est décalé d’une heure ce jour-là" in spring
    assert "ce créneau dure 13\u00a0h cette nuit-là" in spring
    async with db.writing() as session:
        by = await session.get_one(User, world.cast.coordinator.id, options=[selectinload(User.scopes)])
        lines = await templates.lines_of_week(session, by=by, monday=date(2026, 11, 23))
        autumn = await templates.lay_out(session, by=by, lines=lines, monday=date(2027, 10, 25), skips=Skips())
        by_start = {one.line.starts: one for one in autumn}
        long = by_start[time(22)].skipped.replace("\u00a0", " ")
        assert long.startswith("sam. 30 oct.")
        assert "14 h au plus" in long
        assert "vient deux fois" in by_start[time(2, 30)].occurrence.notice
        # What the preview refuses is not made either.
        made = await templates.plan(session, by=by, lines=lines, mondays=[date(2027, 10, 25)], skips=Skips())
        assert made == len(lines) - 1


async def test_each_coordinator_copies_their_own_sites(world: World, db: Database) -> None:
    await world.post("coordinator_cahc", COPY, **form("draft"))
    assert {one.site_id for one in await shifts_of(db, 1, 8)} == {world.there.id}
    for who in ("volunteer", "manager", "admin"):
        assert (await world.post(who, COPY, **form("draft"))).status_code == 403


async def test_nonsense_is_told(world: World) -> None:
    for changes in ({"vers": []}, {"vers": ["2026-W99"]}, {"vers": ["2020-W01"]}, {"vers": ["x"]}):
        answer = await world.post("coordinator", COPY, **form("draft", **changes))
        assert answer.status_code == 422
        assert 'id="f-vers-error"' in answer.text
    empty = await world.get("coordinator", "/planning/semaines/copie?semaine=2030-W10")
    assert "Il n’y a rien à copier ici" in empty.text
    assert (await world.get("coordinator", "/planning/semaines/copie?semaine=hier")).status_code == 200


async def test_a_template_is_kept_once_laid_out_changed_and_archived(world: World, db: Database) -> None:
    page = await world.get("coordinator", COPY)
    given = {"name": "Semaine d’hiver", "template_id": hidden(page.text, "template_id")}
    keep = "/planning/modeles?semaine=2026-W48"
    first, again = await world.post("coordinator", keep, **given), await world.post("coordinator", keep, **given)
    own = f"/planning/modeles/{given['template_id']}"
    assert first.headers["location"] == again.headers["location"] == own
    async with db.reading() as session:
        assert await session.scalar(select(func.count(WeekTemplate.id))) == 1
        lines = list(await session.scalars(select(WeekTemplateLine.id)))
    assert len(lines) == 3
    assert "Semaine d’hiver" in (await world.get("coordinator", "/planning/modeles")).text
    await world.post("coordinator", own, **form("draft"))
    assert len(await shifts_of(db, 1, 8)) == 3
    removed = await world.post("coordinator", f"{own}/lignes/{lines[0]}/retrait")
    assert removed.status_code == 303
    seen = await world.post("coordinator", own, **form(vers=["2026-W50"]))
    assert "Créer 2 brouillons" in seen.text
    assert (await world.post("coordinator", f"{own}/archivage")).status_code == 303
    assert (await world.get("coordinator", own)).status_code == 404
    assert "Pas encore de modèle" in (await world.get("coordinator", "/planning/modeles")).text


async def test_a_template_needs_a_name_and_shifts(world: World, db: Database) -> None:
    nameless = await world.post("coordinator", "/planning/modeles?semaine=2026-W48", name=" ")
    assert nameless.status_code == 422
    assert 'id="f-name-error"' in nameless.text
    empty = await world.post("coordinator", "/planning/modeles?semaine=2030-W10", name="Vide")
    assert empty.status_code == 422
    async with db.reading() as session:
        assert await session.scalar(select(func.count(WeekTemplate.id))) == 0


async def test_a_line_whose_mission_left_is_told_and_not_made(world: World, db: Database) -> None:
    page = await world.get("coordinator", COPY)
    template_id = UUID(hidden(page.text, "template_id"))
    await world.post("coordinator", "/planning/modeles?semaine=2026-W48", name="Hiver", template_id=str(template_id))
    async with db.writing() as session:
        mission = await session.get_one(type(world.mission), world.mission.id)
        mission.archived_at = clock.now()
    seen = await world.post("coordinator", f"/planning/modeles/{template_id}", **form())
    assert "Rien à créer" in seen.text
    assert "archivé" in seen.text


async def test_no_copy_leaves_the_period_of_its_mission(world: World, db: Database) -> None:
    async with db.writing() as session:
        mission = await session.get_one(Mission, world.mission.id)
        mission.ends_on = date(2026, 12, 3)
    seen = await world.post("coordinator", COPY, **form())
    assert seen.text.count("Hors de la période de la mission") == 2
    await world.post("coordinator", COPY, **form("draft"))
    assert [clock.local(one.starts_at).day for one in await shifts_of(db, 1, 8)] == [3]


async def kept(world: World, name: str = "Hiver", who: str = "coordinator") -> str:
    template_id = hidden((await world.get(who, COPY)).text, "template_id")
    await world.post(who, "/planning/modeles?semaine=2026-W48", name=name, template_id=template_id)
    return f"/planning/modeles/{template_id}"


async def test_only_what_one_plans_leaves_the_template_of_somebody_else(world: World, db: Database) -> None:
    own = await kept(world)
    async with db.reading() as session:
        rows = (await session.execute(select(WeekTemplateLine.site_id, WeekTemplateLine.id))).all()
    lines = {row.site_id: row.id for row in rows}
    page = (await world.get("coordinator_call", own)).text
    assert "Archiver ce modèle" not in page
    assert f"lignes/{lines[world.there.id]}" not in page
    assert f"lignes/{lines[world.here.id]}" in page
    foreign = await world.post("coordinator_call", f"{own}/lignes/{lines[world.there.id]}/retrait")
    assert (foreign.status_code, (await world.post("coordinator_call", f"{own}/archivage")).status_code) == (403, 403)
    mine = await world.post("coordinator_call", f"{own}/lignes/{lines[world.here.id]}/retrait")
    assert mine.status_code == 303
    async with db.reading() as session:
        assert await session.scalar(select(func.count(WeekTemplateLine.id))) == 2


async def test_two_lines_that_begin_together_are_removed_each_by_its_own_button(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_shift(session, moment(27, 14), hours=5, mission=world.mission, site=world.here)
    own = await kept(world)
    page = (await world.get("coordinator", own)).text
    hours = re.escape(hour_range(moment(27, 14), moment(27, 19)))
    long = re.search(hours + r".*?/lignes/([0-9a-f-]+)/retrait", page, re.DOTALL)
    assert long is not None
    await world.post("coordinator", f"{own}/lignes/{long[1]}/retrait")
    async with db.reading() as session:
        ends = set(await session.scalars(select(WeekTemplateLine.ends_time)))
    assert time(17) in ends
    assert time(19) not in ends


class Never(Exception):
    """What nothing raises."""


async def kept_twice(db: Database) -> tuple[bool, list[str]]:
    """The same form twice at once: the second comes while the first is not committed. Whether it got the same one."""
    async with db.writing() as session:
        by = await make_user(session, "coordinator")
        site = await make_site(session)
        mission = await make_mission(session, [site])
    template_id, lines = uuid4(), [WeekLine(mission.id, site.id, 0, time(9), time(12), 2, 2, 0)]

    async def keep(name: str) -> UUID:
        async with db.writing() as session:
            return (await templates.keep(session, by=by, template_id=template_id, name=name, lines=lines)).id

    async with db.writing() as session:
        await templates.keep(session, by=by, template_id=template_id, name="Une", lines=lines)
        second = asyncio.create_task(keep("Deux"))
        await somebody_waits(db)
    (outcome,) = await asyncio.gather(second, return_exceptions=True)
    async with db.reading() as session:
        return outcome == template_id, list(await session.scalars(select(WeekTemplate.name)))


@pytest.mark.parametrize("guarded", [True, False])
async def test_on_postgresql_the_same_template_twice_at_once_is_one(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """Without the guard, the control, the second one falls."""
    if not guarded:
        monkeypatch.setattr(templates, "IntegrityError", Never)
    db = Database(postgres_url)
    try:
        assert await kept_twice(db) == (guarded, ["Une"])
    finally:
        await db.dispose()
