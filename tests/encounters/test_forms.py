"""What the forms ask again, in which order, and that the browser refills none of them."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from civic.encounters.models import Encounter
from tests.encounters.scene import Browser, Scene, answers
from tests.factories.encounters import make_encounter


async def counts(db: Database) -> list[int]:
    async with db.reading() as session:
        return list(await session.scalars(select(Encounter.people_count)))


async def test_a_crowd_is_asked_about_once(as_: Browser, scene: Scene, db: Database) -> None:
    phone = await as_("volunteer")
    posted = answers(scene, age_25_59="120", age_60p="30")
    asked = await phone.post("/rencontres/nouvelle", data=posted)
    assert asked.status_code == 422
    assert "Bien 150 personnes" in asked.text
    assert '<input type="checkbox" id="f-sure" name="sure" value="150"' in asked.text
    other = await phone.post("/rencontres/nouvelle", data={**posted, "age_60p": "60", "sure": "150"})
    assert "Bien 180 personnes" in other.text
    assert await counts(db) == []
    assert (await phone.post("/rencontres/nouvelle", data={**posted, "sure": "150"})).status_code == 303
    assert (await phone.post("/rencontres/nouvelle", data=answers(scene, age_25_59="30"))).status_code == 303
    assert sorted(await counts(db)) == [30, 150]
    # A correction that leaves the count alone asks nothing.
    fields = {**posted, "seen": "1", "topics": ["water"]}
    address = f"/rencontres/{posted['client_uuid']}/modifier"
    assert (await phone.post(address, data=fields)).status_code == 303
    assert (await phone.post(address, data={**fields, "seen": "2", "age_60p": "31"})).status_code == 422


async def test_the_summary_reads_like_the_form(as_: Browser, scene: Scene) -> None:
    phone = await as_("volunteer")
    wrong = answers(scene, site_id="", date="31/02/2026", half_day="", age_25_59="0", topics=[], feeling="")
    page = (await phone.post("/rencontres/nouvelle", data={**wrong, "comment": "x" * 281})).text
    summary = page.split('role="alert"')[1].split("</ul>")[0]
    found = re.findall(r'href="#f-(\w+)"', summary)
    assert found == ["site_id", "date", "half_day", "people_count", "topics", "feeling", "comment"]
    assert "Choisissez un lieu." in summary
    assert "obligatoire" not in page
    page = (await phone.post("/sorties/nouvelle", data={"refused_count": "x"})).text
    summary = page.split('role="alert"')[1].split("</ul>")[0]
    assert re.findall(r'href="#f-(\w+)"', summary) == ["site_id", "date", "half_day", "refused_count"]


async def test_a_browser_that_goes_back_refills_nothing(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    """An encounter that was saved must not stand again in a form with another identifier."""
    row = await make_encounter(session, scene.site, scene.cast.volunteer)
    await session.commit()
    phone = await as_("volunteer")
    for path in ("/rencontres/nouvelle", "/sorties/nouvelle", f"/rencontres/{row.id}/modifier"):
        page = await phone.get(path)
        assert re.search(r'<form [^>]*method="post"[^>]* autocomplete="off">', page.text), path
        assert page.headers["cache-control"] == "no-store"


async def test_two_corrections_meet(as_: Browser, scene: Scene, session: AsyncSession, db: Database) -> None:
    row = await make_encounter(session, scene.site, scene.cast.volunteer, shift=scene.shift, comment="Un banc")
    await session.commit()
    address = f"/rencontres/{row.id}/modifier"
    first = answers(scene, seen="1", age_25_59="5", topics=["culture"], comment="Un banc")
    assert (await (await as_("volunteer")).post(address, data=first)).status_code == 303
    partner = await as_("colleague")
    mine = answers(scene, seen="1", age_25_59="6", spot="terril", comment="Un banc")
    stale = await partner.post(address, data=mine)
    assert stale.status_code == 409
    assert "Le binôme a corrigé cette rencontre entre-temps" in stale.text
    table = re.sub(r"<[^>]+>", "|", stale.text.split("<tbody>")[1].split("</tbody>")[0])
    cells = [cell for cell in re.split(r"\|+", table) if cell.strip()]
    assert cells == ["25 à 59 ans", "2", "5", "6", "Thèmes", "Parcs", "Culture", "–"]
    # What was typed stays, the other's answers come in, and sending again works.
    assert 'name="age_25_59" type="number" inputmode="numeric" min="0" max="200" value="6"' in stale.text
    assert re.search(r'value="culture" checked', stale.text)
    assert not re.search(r'value="parks" checked', stale.text)
    assert 'name="seen" value="2"' in stale.text
    assert f'href="/rencontres/{row.id}"' in stale.text
    again = {**mine, "seen": "2", "topics": ["culture"]}
    assert (await partner.post(address, data=again)).status_code == 303
    assert await counts(db) == [6]


async def test_a_stale_correction_of_nonsense_is_read(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    row = await make_encounter(session, scene.site, scene.cast.volunteer, comment="Un banc")
    await session.commit()
    address = f"/rencontres/{row.id}/modifier"
    desk, other = await as_("manager"), await as_("coordinator")
    changed = answers(scene, seen="1", feeling="negatif", topics=["water"], half_day="matin", comment="Deux bancs")
    assert (await other.post(address, data={**changed, "reason": "Relue"})).status_code == 303
    wrong = answers(scene, seen="1", reason="x", feeling="lune", topics=["a\x00b", "?"], half_day="nuit", age_25_59="x")
    for seen in ("1", "0", "x", ""):
        page = await desk.post(address, data={**wrong, "seen": seen})
        assert page.status_code == 409, seen
        assert "bancs" not in page.text
        assert ("<td" in page.text) is (seen == "1")


async def test_days_that_are_none_are_said(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    await make_encounter(session, scene.site, scene.cast.volunteer)
    await session.commit()
    desk = await as_("manager")
    for query, fields in (
        ("from=31/02/2026&to=x", {"from", "to"}),
        ("from=2026-11-23&to=2026-11-01", {"to"}),
        ("from=2026-11-01&to=2026-11-23", set()),
        ("from=&to=", set()),
    ):
        page = await desk.get(f"/rencontres?{query}")
        assert page.status_code == (422 if fields else 200), query
        assert set(re.findall(r'id="f-(\w+)-error"', page.text)) == fields
        assert ("1 rencontre," in page.text) is not bool(fields)
        for name in fields:
            assert f'aria-describedby="f-{name}-error"' in page.text
