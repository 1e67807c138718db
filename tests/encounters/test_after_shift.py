"""The question after a shift: who is asked, when, and what stands there once the pair has answered."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Attendance, Booking
from civic.db import Database
from civic.encounters.after_shift import AfterShift, choose, said
from civic.encounters.models import Outing
from civic.shifts.models import Shift
from tests.encounters.scene import Browser, Scene
from tests.factories.encounters import outing_record

QUESTION = "Comment s’est passée la sortie"
NOW = datetime.fromisoformat("2026-11-23T17:00:00+00:00")


def spaced(text: str) -> str:
    """With ordinary spaces only, and without the pieces that the phone draws from."""
    return text.split("<template")[0].replace("\xa0", " ").replace("\u2060", "")


def shift(hours_ago: float) -> Shift:
    end = NOW - timedelta(hours=hours_ago)
    return Shift(id=uuid4(), starts_at=end - timedelta(hours=2), ends_at=end)


def test_the_latest_without_an_account_is_asked_and_todays_account_shown() -> None:
    today, earlier, yesterday = shift(1), shift(5), shift(24)
    one = Outing(id=uuid4())
    assert choose([], {}, NOW) == AfterShift()
    assert choose([today, earlier, yesterday], {}, NOW) == AfterShift(today, 2)
    assert choose([today, earlier], {today.id: one}, NOW) == AfterShift(earlier, 0, (today, one))
    assert choose([today, earlier], {earlier.id: one}, NOW) == AfterShift(today, 0)
    assert choose([yesterday], {yesterday.id: one}, NOW) == AfterShift()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "Rien d’autre à dire : c’est un résultat aussi."),
        ({"approached_count": 0}, "0 personne abordée"),
        (
            {"approached_count": 12, "refused_count": 3, "weather": "pluie", "crowd": "calme", "ambience": "tendue"},
            "12 personnes abordées, 3 refus, temps : pluie, monde : calme, ambiance : tendue",
        ),
    ],
)
def test_an_account_in_one_line(given: dict[str, Any], expected: str) -> None:
    assert spaced(said(Outing(**given))) == expected


async def over(scene: Scene, browser: httpx.AsyncClient, path: str = "/", **later: float) -> httpx.Response:
    with time_machine.travel(scene.shift.ends_at + timedelta(**later), tick=False):
        return await browser.get(path)


async def test_asked_once_the_shift_has_ended_until_one_of_the_pair_has_written(as_: Browser, scene: Scene) -> None:
    one, partner, other = [await as_(who) for who in ("volunteer", "colleague", "minor")]
    address = f'href="/sorties/nouvelle?shift={scene.shift.id}"'
    assert QUESTION not in spaced((await over(scene, one, minutes=-1)).text)
    for browser in (one, partner):
        page = spaced((await over(scene, browser, minutes=1)).text)
        assert QUESTION in page
        assert address in page
    assert QUESTION not in spaced((await over(scene, other, minutes=1)).text)
    assert QUESTION not in spaced((await over(scene, one, days=8)).text)
    record = outing_record(scene.site, scene.shift, approached_count=0, refused_count=None, weather="pluie")
    with time_machine.travel(scene.shift.ends_at + timedelta(minutes=2), tick=False):
        sent = await partner.post("/api/v1/outings", json={"outings": [record]})
    assert sent.json()["results"][0]["outcome"] == "created"
    page = spaced((await over(scene, one, minutes=3)).text)
    assert QUESTION not in page
    assert "0 personne abordée, temps : pluie" in page
    assert address in page
    assert "0 personne abordée" not in spaced((await over(scene, one, days=1)).text)


async def test_who_did_not_come_and_a_cancelled_shift_are_not_asked(
    as_: Browser, scene: Scene, session: AsyncSession
) -> None:
    one, partner = await as_("volunteer"), await as_("colleague")
    mine = Booking.volunteer_id == scene.cast.volunteer.id
    booking = (await session.scalars(select(Booking).where(Booking.shift_id == scene.shift.id, mine))).one()
    session.add(Attendance(booking_id=booking.id, state="absent", hours=0, source="coordinator", noted_at=clock.now()))
    await session.commit()
    assert QUESTION not in spaced((await over(scene, one, minutes=1)).text)
    assert QUESTION in spaced((await over(scene, partner, minutes=1)).text)
    assert [row["missed"] for row in (await over(scene, one, "/telephone", minutes=1)).json()["shifts"]] == [True]
    await session.refresh(scene.shift)
    scene.shift.state = "cancelled"
    await session.commit()
    assert QUESTION not in spaced((await over(scene, partner, minutes=1)).text)


async def test_the_phone_is_told_what_the_pair_wrote(as_: Browser, scene: Scene, db: Database) -> None:
    one, partner = await as_("volunteer"), await as_("colleague")
    [before] = (await over(scene, one, "/telephone")).json()["shifts"]
    assert (before["outing"], before["missed"]) == (None, False)
    assert spaced(before["when"]) == "lun. 23 nov., 13 h – 16 h"
    record = outing_record(scene.site, scene.shift, refused_count=0)
    await partner.post("/api/v1/outings", json={"outings": [record]})
    [after] = (await over(scene, one, "/telephone")).json()["shifts"]
    assert after["outing"]["uuid"] == record["client_uuid"]
    assert (after["outing"]["version"], after["outing"]["said"]) == (1, "10 personnes abordées, 0 refus")
    # What the phone sends back as the next version is a correction, not a second account.
    changed = {**after["outing"]["content"], "client_uuid": record["client_uuid"], "version": 2, "crowd": "dense"}
    sent = await one.post("/api/v1/outings", json={"outings": [changed]})
    assert sent.json()["results"][0]["outcome"] == "updated"


async def test_an_outing_off_shift_is_listed_and_opened_again(as_: Browser, scene: Scene, db: Database) -> None:
    one, partner = await as_("volunteer"), await as_("colleague")
    place = {"site_id": scene.elsewhere.id, "date": clock.today().isoformat(), "half_day": "matin"}
    posted = {"client_uuid": str(uuid4()), "version": "1", **place, "approached_count": "4", "crowd": "vide"}
    assert (await one.post("/sorties/nouvelle", data=posted)).headers["location"] == "/rencontres"
    page = spaced((await one.get("/rencontres")).text)
    address = f"/sorties/nouvelle?site={scene.elsewhere.id}&date={clock.today()}&half_day=matin"
    assert "aujourd’hui, matin, hors créneau" in page
    assert address.replace("&", "&amp;") in page
    again = (await one.get(address)).text
    assert posted["client_uuid"] in again
    assert 'name="version" value="2"' in again
    # It is nobody else's, and another half-day is another outing.
    assert posted["client_uuid"] not in (await partner.get(address)).text
    assert "hors créneau</p>" not in spaced((await partner.get("/rencontres")).text)
    assert posted["client_uuid"] not in (await one.get(address.replace("matin", "soir"))).text
    changed = {**posted, "version": "2", "crowd": "dense"}
    assert (await one.post("/sorties/nouvelle", data=changed)).status_code == 303
    async with db.reading() as session:
        assert [(row.version, row.crowd) for row in await session.scalars(select(Outing))] == [(2, "dense")]
