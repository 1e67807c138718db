"""The pages and the interface of reports of places, for everybody of the cast."""

import json
import struct
import zlib
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.settings import Settings
from civic.sites import reporting
from civic.sites.models import SiteReport
from tests.encounters.scene import Browser, Scene
from tests.encounters.test_site_reports import picture, told
from tests.factories.sites import make_report

NEW = "/signalements/nouveau"


def typed(**changes: Any) -> dict[str, Any]:
    given = {"client_uuid": str(uuid4()), "site_id": "base-11-19", "date": clock.today().isoformat()}
    return given | {"kind": "dechets", "spot": "", "description": "Trois sacs"} | changes


def with_photo(content: bytes, name: str = "photo.jpg", **changes: Any) -> dict[str, Any]:
    return {"data": typed(**changes), "files": {"photo": (name, content, "image/jpeg")}}


def bomb() -> bytes:
    """A PNG of a few kilobytes that claims 40,000 × 40,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 90_000))
        + chunk(b"IEND", b"")
    )


async def stored(db: Database) -> list[SiteReport]:
    async with db.reading() as session:
        return list(await session.scalars(select(SiteReport).order_by(SiteReport.created_at)))


async def test_filed_from_the_shift_in_hand_with_its_photo(
    scene: Scene, as_: Browser, db: Database, settings: Settings
) -> None:
    browser = await as_("volunteer")
    page = (await browser.get(NEW)).text
    assert '<option value="base-11-19" selected>' in page, "the site of the current shift"
    assert 'capture="environment"' in page
    assert all(f'href="tel:{number}"' in page for number in ("112", "15", "17", "18", "119", "114"))
    sent = with_photo(picture())
    answer = await browser.post(NEW, **sent)
    uuid = sent["data"]["client_uuid"]
    assert (answer.status_code, answer.headers["location"]) == (303, f"/signalements/{uuid}")
    assert (await browser.post(NEW, **sent)).status_code == 303, "a double click"
    [report] = await stored(db)
    assert (report.kind, report.description, report.state, report.author_id) == (
        "dechets",
        "Trois sacs",
        "new",
        scene.cast.volunteer.user_id,
    )
    shown = await browser.get(f"/signalements/{uuid}/photo")
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["cache-control"] == "private, no-store"
    opened = Image.open(BytesIO(shown.content))
    assert (opened.format, dict(opened.getexif())) == ("WEBP", {})
    assert b"Telephone" not in shown.content
    assert Image.open(BytesIO(picture())).getexif(), "the control bears something"
    for who, status in (("", 303), ("colleague", 404), ("coordinator_call", 200), ("coordinator_cahc", 403)):
        client = await as_(who)
        assert (await client.get(f"/signalements/{uuid}/photo")).status_code == status, who
    assert (await browser.get(f"/photos/{report.photo}.webp")).status_code == 404, "it is no public picture"


@pytest.mark.parametrize(
    "content",
    [b"<html><script>alert(1)</script>", b'<svg xmlns="http://www.w3.org/2000/svg"/>', bomb(), picture()[:200]],
    ids=["html", "svg", "bomb", "cut"],
)
async def test_what_is_no_photo_is_said_and_nothing_typed_is_lost(
    content: bytes, scene: Scene, as_: Browser, db: Database
) -> None:
    answer = await (await as_("volunteer")).post(NEW, **with_photo(content, description="Derrière le kiosque"))
    assert answer.status_code == 422
    assert "f-photo-error" in answer.text
    assert "Derrière le kiosque" in answer.text
    assert await stored(db) == []


async def test_too_heavy_is_said(scene: Scene, as_: Browser) -> None:
    browser = await as_("volunteer")
    for size, status in ((reporting.MOST_BYTES + 1, 422), (13_000_000, 413)):
        answer = await browser.post(NEW, **with_photo(b"\xff" * size))
        assert answer.status_code == status
        assert "12\u00a0Mo" in answer.text


async def test_what_is_missing_is_said_at_its_field(scene: Scene, as_: Browser, db: Database) -> None:
    browser = await as_("volunteer")
    given = typed(kind="", site_id="", description="Trois sacs")
    answer = await browser.post(NEW, data=given, files={"photo": ("a.jpg", picture(), "image/jpeg")})
    assert answer.status_code == 422
    assert all(f'id="f-{name}-error"' in answer.text for name in ("kind", "site_id", "photo"))
    assert "Trois sacs" in answer.text
    assert given["client_uuid"] in answer.text
    assert (await browser.post(NEW, data=typed(kind="autre", description=""))).status_code == 422
    assert await stored(db) == []


async def test_who_sees_what_in_the_list_and_on_the_site(scene: Scene, as_: Browser, session: AsyncSession) -> None:
    cast = scene.cast
    mine = await make_report(session, scene.site, cast.volunteer, description="Appelez M. Dupont au 06 12 34 56 78")
    theirs = await make_report(session, scene.site, cast.colleague, kind="chemin")
    far = await make_report(session, scene.elsewhere, cast.colleague, kind="eau")
    await session.commit()
    sees = {
        "volunteer": {mine.id},
        "coordinator_call": {mine.id, theirs.id},
        "coordinator_cahc": {far.id},
        "manager": {mine.id, theirs.id, far.id},
        "admin": {mine.id, theirs.id, far.id},
    }
    for who, ids in sees.items():
        browser = await as_(who)
        page = (await browser.get("/signalements")).text
        listed = (await browser.get("/api/v1/site-reports")).json()["items"]
        assert {UUID(one["client_uuid"]) for one in listed} == ids, who
        assert {one.id for one in (mine, theirs, far) if f"/signalements/{one.id}" in page} == ids, who
        place = (await browser.get("/sites/base-11-19")).text
        here = ids - {far.id}
        assert {one.id for one in (mine, theirs) if f"/signalements/{one.id}" in place} == here, who
        assert "author" not in json.dumps(listed)
        reads = who in ("volunteer", "coordinator_call")
        if mine.id in ids:
            shown = (await browser.get(f"/signalements/{mine.id}")).text
            assert ("06 12 34" in shown, "06 12 34" in json.dumps(listed)) == (reads, reads), who
            assert ("Inès" in shown.partition("Ce qu’il devient")[2]) == (who == "coordinator_call"), who
    public = await as_("")
    assert (await public.get("/signalements")).headers["location"].startswith("/connexion")
    assert "Signalements ouverts" not in (await public.get("/sites/base-11-19")).text


async def test_filters_live_in_the_address(scene: Scene, as_: Browser, session: AsyncSession) -> None:
    cast = scene.cast
    opened = await make_report(session, scene.site, cast.volunteer)
    solved = await make_report(session, scene.site, cast.volunteer, kind="eau", state="solved", closed_at=clock.now())
    far = await make_report(session, scene.elsewhere, cast.volunteer, kind="danger")
    await session.commit()
    browser = await as_("coordinator")
    for asked, ids in {
        "": {opened.id, far.id},
        "?state=": {opened.id, solved.id, far.id},
        "?state=solved": {solved.id},
        "?state=nothing": {opened.id, solved.id, far.id},
        "?state=&kind=eau": {solved.id},
        "?site=parc-henin": {far.id},
        "?intermunicipality=CALL": {opened.id},
    }.items():
        page = (await browser.get(f"/signalements{asked}")).text
        assert {one.id for one in (opened, solved, far) if f"/signalements/{one.id}" in page} == ids, asked
    desk = (await browser.get("/planning/a-traiter")).text
    assert desk.index(f"/signalements/{far.id}") < desk.index("/signalements?state=new")
    assert f"/signalements/{far.id}" not in (await (await as_("coordinator_call")).get("/planning/a-traiter")).text


async def test_followed_step_by_step_and_told_to_its_author(
    scene: Scene, as_: Browser, session: AsyncSession, db: Database
) -> None:
    report = await make_report(session, scene.site, scene.cast.volunteer)
    await session.commit()
    path, browser = f"/signalements/{report.id}", await as_("coordinator_call")

    async def post(client: httpx.AsyncClient, **data: Any) -> int:
        return (await client.post(f"{path}/suivi", data=data)).status_code

    for who, status in (("volunteer", 403), ("colleague", 404), ("coordinator_cahc", 403), ("manager", 403)):
        assert await post(await as_(who), state="seen", seen=1) == status, who
    assert await post(browser, state="seen", seen=1) == 303
    assert await post(browser, state="handed_on", seen=2, handed_on_to="") == 422
    answer = await browser.post(f"{path}/suivi", data={"state": "rejected", "seen": 1, "note_rejected": "Déjà connu."})
    assert answer.status_code == 409
    assert "Déjà connu." in answer.text, "what was typed is still there"
    assert await post(browser, state="handed_on", seen=2, handed_on_to="Espaces verts") == 303
    assert await post(browser, state="solved", seen=3, note_solved="Lame changée.") == 303
    page = (await (await as_("volunteer")).get(path)).text
    assert all(text in page for text in ("Espaces verts", "Lame changée.", "Coordination"))
    assert "Paul Lens" not in page
    async with db.reading() as looking:
        row = await looking.get_one(SiteReport, report.id)
    assert (row.state, row.handed_on_to, row.closed_at is not None) == ("solved", "Espaces verts", True)


async def test_a_phone_sends_the_words_then_the_photo(scene: Scene, as_: Browser, db: Database) -> None:
    browser, given = await as_("volunteer"), told()
    path = f"/api/v1/site-reports/{given['client_uuid']}/photo"
    assert (await browser.post(path, content=picture())).status_code == 404, "the words come first"
    for outcome in ("created", "already_have"):
        answer = await browser.post("/api/v1/site-reports", json={"site_reports": [given]})
        assert [one["outcome"] for one in answer.json()["results"]] == [outcome]
    for _again in range(2):
        answer = await browser.post(path, content=picture())
        assert (answer.status_code, answer.json()) == (200, {"client_uuid": given["client_uuid"], "photo": True})
    other = await browser.post(path, content=picture("#111"))
    assert (other.status_code, other.json()["code"]) == (409, "photo_there")
    bad = await browser.post(path, content=b"<svg/>")
    assert (bad.status_code, bad.json()["code"]) == (409, "photo_unreadable")
    assert (await (await as_("coordinator")).post(path, content=picture())).status_code == 403
    [report] = await stored(db)
    assert report.photo


async def test_the_form_of_an_encounter_leads_there(scene: Scene, as_: Browser) -> None:
    browser = await as_("volunteer")
    for path in ("/rencontres/nouvelle", "/", "/rencontres"):
        assert 'href="/signalements' in (await browser.get(path)).text, path
