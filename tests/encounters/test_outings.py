"""Outings in pages: the pair's, a coordinator's in scope, a manager's; corrected in time, then with a reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.db import Database
from civic.encounters import outing_queries
from civic.encounters.models import Outing, OutingVersion
from tests.encounters.scene import Browser, Scene
from tests.factories.encounters import make_encounter, make_outing

LIST = "/rencontres/sorties"
KINDLY = "c’est un résultat aussi"


async def stored(db: Database) -> Outing:
    async with db.reading() as reading:
        return (await reading.scalars(select(Outing))).one()


def posted(scene: Scene, **changes: object) -> dict[str, object]:
    """What a browser posts from the correction of the scene's outing."""
    return {
        "site_id": scene.site.id,
        "date": str(clock.today()),
        "half_day": "apres_midi",
        "approached_count": "8",
        "refused_count": "2",
        "weather": "soleil",
        "seen": "1",
        **changes,
    }


async def test_planned_and_unplanned_outings_each_seen_by_its_people(
    session: AsyncSession, scene: Scene, as_: Browser
) -> None:
    planned = await make_outing(session, scene.site, scene.cast.volunteer, shift=scene.shift, approached_count=3)
    alone = await make_outing(session, scene.elsewhere, scene.cast.minor, clock.today() - timedelta(days=40))
    await session.commit()
    seen = {"volunteer": (True, False), "colleague": (True, False), "minor": (False, True)}
    seen |= {"coordinator_call": (True, False), "manager": (True, False), "coordinator_cahc": (False, False)}
    for who, expected in seen.items():
        page = await (await as_(who)).get(LIST)
        assert (page.status_code, tuple(str(one.id) in page.text for one in (planned, alone))) == (200, expected), who
    manager = await as_("manager")
    past = (await manager.get(LIST, params={"from": "2026-01-01", "site": scene.elsewhere.id})).text
    assert (str(alone.id) in past, str(planned.id) in past, "Hors créneau" in past) == (True, False, True)
    wrong = await manager.get(LIST, params={"from": "2026-11-20", "to": "2026-11-01"})
    assert (wrong.status_code, 'value="2026-11-20"' in wrong.text) == (422, True)
    assert KINDLY in (await (await as_("minor")).get(f"{LIST}/{alone.id}")).text
    for who, status in {"colleague": 200, "minor": 404, "coordinator_cahc": 403, "admin": 403, "": 303}.items():
        assert (await (await as_(who)).get(f"{LIST}/{planned.id}")).status_code == status, who


async def test_an_outing_knows_the_encounters_of_its_time(session: AsyncSession, scene: Scene) -> None:
    author, day = scene.cast.volunteer, clock.today() - timedelta(days=2)
    planned = await make_outing(session, scene.site, author, shift=scene.shift)
    alone = await make_outing(session, scene.elsewhere, author, day)
    empty = await make_outing(session, scene.elsewhere, author, day, half_day="matin")
    await make_encounter(session, scene.site, scene.cast.colleague, shift=scene.shift)
    await make_encounter(session, scene.site, author, shift=scene.shift, outing_id=planned.id)
    await make_encounter(session, scene.site, author, shift=scene.shift, status="voided")
    await make_encounter(session, scene.elsewhere, author, day)
    await make_encounter(session, scene.elsewhere, scene.cast.minor, day)
    found = await outing_queries.met(session, [planned, alone, empty])
    assert found == {planned.id: 2, alone.id: 1, empty.id: 0}


async def test_the_partner_corrects_within_a_week(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database
) -> None:
    outing = await make_outing(session, scene.site, scene.cast.volunteer, shift=scene.shift, approached_count=3)
    await session.commit()
    partner = await as_("colleague")
    page = (await partner.get(f"{LIST}/{outing.id}/modifier")).text
    assert ('value="3"' in page, 'name="reason"' in page) == (True, False)
    wrong = await partner.post(f"{LIST}/{outing.id}/modifier", data=posted(scene, refused_count="9", weather="pluie"))
    assert (wrong.status_code, 'value="9"' in wrong.text) == (422, True)
    assert 'value="pluie" selected' in wrong.text
    done = await partner.post(f"{LIST}/{outing.id}/modifier", data=posted(scene))
    row = await stored(db)
    assert (done.status_code, row.version, row.refused_count, row.shift_id) == (303, 2, 2, scene.shift.id)
    stale = await partner.post(f"{LIST}/{outing.id}/modifier", data=posted(scene, weather="vent"))
    assert (stale.status_code, 'value="vent" selected' in stale.text) == (409, True)
    assert "Personnes abordées" in (await partner.get(f"{LIST}/{outing.id}")).text


@pytest.mark.parametrize("who", ["coordinator_call", "manager"])
async def test_later_it_takes_somebody_who_says_why(
    session: AsyncSession, scene: Scene, as_: Browser, db: Database, who: str
) -> None:
    day = clock.today() - timedelta(days=9)
    outing = await make_outing(session, scene.site, scene.cast.volunteer, day)
    await session.commit()
    page = f"{LIST}/{outing.id}"
    values = posted(scene, date=str(day))
    volunteer = await as_("volunteer")
    assert (await volunteer.post(f"{page}/modifier", data=values)).status_code == 409
    assert (await volunteer.get(f"{page}/modifier")).status_code == 409
    desk = await as_(who)
    refused = await desk.post(f"{page}/modifier", data=values)
    assert (refused.status_code, 'value="8"' in refused.text) == (422, True), "a reason is asked for"
    assert (await desk.post(f"{page}/modifier", data={**values, "reason": "Oubli"})).status_code == 303
    assert "Motif\u00a0: Oubli" in (await desk.get(page)).text
    assert (await desk.post(f"{page}/annulation")).status_code == 422
    for _again in range(2):
        assert (await desk.post(f"{page}/annulation", data={"reason": "Doublon"})).status_code == 303
    row = await stored(db)
    assert row.voided_at is not None
    assert (await desk.post(f"{page}/modifier", data={**values, "seen": "3", "reason": "x"})).status_code == 409
    async with db.reading() as reading:
        verbs = (await reading.scalars(select(AuditEvent.verb).order_by(AuditEvent.at))).all()
        numbers = (await reading.scalars(select(OutingVersion.version).order_by(OutingVersion.version))).all()
    assert (list(verbs), list(numbers)) == (["outing.corrected", "outing.voided"], [1, 2, 3])
