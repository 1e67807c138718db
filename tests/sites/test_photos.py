"""The photo of a place: what it told is gone, what is no photo is refused, what is replaced is removed."""

import asyncio
import struct
import threading
import zlib
from collections.abc import Callable
from io import BytesIO

import httpx
import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from civic.errors import Refusal
from civic.settings import Settings
from civic.sites import photos
from civic.sites.models import Site
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.sites import make_site

Clients = Callable[[], httpx.AsyncClient]
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def picture(size: tuple[int, int] = (400, 300), kind: str = "JPEG", color: str = "#2a6", **saved: object) -> bytes:
    drawn = BytesIO()
    Image.new("RGB", size, color).save(drawn, kind, **saved)  # type: ignore[arg-type]
    return drawn.getvalue()


def from_a_phone() -> bytes:
    """On its side, with the place and the maker noted."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Telephone"
    exif.get_ifd(GPS)[2] = (50.0, 25.0, 51.0)
    return picture((400, 200), exif=exif, comment=b"chez moi")


def bomb() -> bytes:
    """A PNG of some kilobytes that claims 40,000 × 40,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 5001 * 1000))
        + chunk(b"IEND", b"")
    )


def test_what_the_phone_told_is_gone() -> None:
    sent = from_a_phone()
    assert Image.open(BytesIO(sent)).getexif().get_ifd(GPS), "the control bears a place"
    drawn = photos.redraw(sent)
    for content in (drawn.large, drawn.small):
        opened = Image.open(BytesIO(content))
        assert opened.format == "WEBP"
        assert opened.size == (200, 400), "turned upright"
        assert not opened.getexif()
        assert "exif" not in opened.info
        assert b"Telephone" not in content
        assert b"chez moi" not in content


def test_what_follows_a_picture_is_dropped() -> None:
    drawn = photos.redraw(picture() + b"<script>alert(1)</script>PK\x03\x04")
    assert b"<script>" not in drawn.large
    assert b"PK\x03\x04" not in drawn.large


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_is_made_smaller(kind: str) -> None:
    drawn = photos.redraw(picture((4000, 1000), kind))
    assert Image.open(BytesIO(drawn.large)).size == (1600, 400)
    assert Image.open(BytesIO(drawn.small)).size == (480, 120)


def test_transparent_becomes_white() -> None:
    drawn = BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(drawn, "PNG")
    assert Image.open(BytesIO(photos.redraw(drawn.getvalue()).large)).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("photo_unreadable", b"<html><script>alert(1)</script></html>"),
        ("photo_unreadable", b"GIF89a" + b"\0" * 40),
        ("photo_unreadable", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("photo_unreadable", picture((800, 800))[:-400]),
        ("photo_unreadable", picture((800, 800), "PNG")[:300]),
        ("photo_unreadable", b""),
        ("photo_too_large", picture((9000, 6000), "PNG")),
        ("photo_unreadable", bomb()),
        ("photo_too_heavy", b"\xff" * (photos.MOST_BYTES + 1)),
    ],
    ids=["html", "gif", "svg", "cut-jpeg", "cut-png", "empty", "pixels", "bomb", "heavy"],
)
def test_what_is_no_photo(code: str, content: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        photos.redraw(content)
    assert (caught.value.code, caught.value.field) == (code, "photo")


async def test_a_replaced_photo_goes_after_the_commit(session: AsyncSession, db: Database, settings: Settings) -> None:
    by = await make_user(session, "admin")
    await make_site(session, "here")
    await session.commit()

    def kept() -> set[str]:
        return {file.name for file in (settings.files / "sites").iterdir()}

    async def give(color: str) -> str:
        async with db.writing() as writing:
            site = await writing.get_one(Site, "here")
            await photos.set_photo(writing, site, photos.redraw(picture(color=color)), "Le sentier", by=by)
            return site.photo

    first = await give("#111")
    assert kept() == {f"{first}.webp", f"{first}-s.webp"}
    assert await give("#111") == first
    assert len(kept()) == 2, "the same photo again is the same"
    async with db.writing() as writing:
        photos.remove_photo(writing, await writing.get_one(Site, "here"), by=by)
        await writing.rollback()
    assert f"{first}.webp" in kept(), "nothing goes before the commit"
    second = await give("#fff")
    assert kept() == {f"{second}.webp", f"{second}-s.webp"}
    (settings.files / "sites" / f"{second}.webp").unlink()
    async with db.writing() as writing:
        photos.remove_photo(writing, await writing.get_one(Site, "here"), by=by)
    assert kept() == set(), "a file lost already is no error"


async def test_two_places_do_not_share_a_file(session: AsyncSession, db: Database, settings: Settings) -> None:
    by = await make_user(session, "admin")
    here, there = await make_site(session, "here"), await make_site(session, "there")
    for site in (here, there):
        await photos.set_photo(session, site, photos.redraw(picture()), "Le sentier", by=by)
    await session.commit()
    photos.remove_photo(session, here, by=by)
    await session.commit()
    assert photos.files_of(there.photo)[0].exists()


def sent(content: bytes, alt: str = "Le sentier", name: str = "photo.jpg") -> dict[str, object]:
    return {"files": {"photo": (name, content, "image/jpeg")}, "data": {"photo_alt": alt}}


async def test_who_sends_and_who_sees(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    for name, user in cast.users.items():
        client = await sign_in(make_client, db, user)
        allowed = name in {"coordinator", "coordinator_call", "admin"}
        answer = await client.post("/sites/here/photo", **sent(from_a_phone()))  # type: ignore[arg-type]
        assert answer.status_code == (303 if allowed else 403), name
    public = make_client()
    assert (await public.post("/sites/here/photo", **sent(from_a_phone()))).status_code in (303, 401)  # type: ignore[arg-type]
    page = (await public.get("/sites/here")).text
    assert 'alt="Le sentier"' in page
    async with db.reading() as looking:
        name = await looking.scalar(select(Site.photo).where(Site.id == "here"))
    for path in (f"/photos/{name}.webp", f"/photos/{name}-s.webp"):
        assert path in page
        shown = await public.get(path)
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in shown.headers["cache-control"]
        assert not Image.open(BytesIO(shown.content)).getexif()
    for path in ("/photos/x", f"/photos/{name}", f"/photos/{'0' * 64}.webp", "/photos/..%2f..%2fcivic.db"):
        assert (await public.get(path)).status_code == 404, path
    client = await sign_in(make_client, db, cast.admin)
    assert (await client.post("/sites/here/photo", data={"photo_alt": "Le pont"})).status_code == 303
    assert 'alt="Le pont"' in (await client.get("/sites/here")).text
    assert (await client.post("/sites/here/photo/suppression")).status_code == 303
    assert (await public.get(f"/photos/{name}.webp")).status_code == 404


async def test_nobody_waits_while_a_photo_is_drawn(
    session: AsyncSession, make_client: Clients, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    client, other = await sign_in(make_client, db, cast.admin), await sign_in(make_client, db, cast.coordinator_call)
    drawing, go_on = threading.Event(), threading.Event()
    drawn = photos.redraw

    def slowly(content: bytes) -> photos.Photo:
        drawing.set()
        assert go_on.wait(20)
        return drawn(content)

    monkeypatch.setattr(photos, "redraw", slowly)
    sending = asyncio.create_task(client.post("/sites/here/photo", **sent(picture())))  # type: ignore[arg-type]
    assert await asyncio.to_thread(drawing.wait, 20)
    try:
        saved = await asyncio.wait_for(other.post("/sites/here/modifier", data={"meeting_place": "Au portail"}), 10)
        assert saved.status_code == 303
    finally:
        go_on.set()
    assert (await sending).status_code == 303
    async with db.reading() as looking:
        site = await looking.get_one(Site, "here")
        assert (site.photo != "", site.meeting_place) == (True, "Au portail")


async def test_photos_that_will_not_do(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await make_site(session, "here")
    await session.commit()
    client = await sign_in(make_client, db, cast.admin)
    for wanted, told in (
        (sent(b"<html>"), "f-photo-error"),
        (sent(b""), "f-photo-error"),
        (sent(picture(), alt=""), "f-photo_alt-error"),
        (sent(b"\xff" * (photos.MOST_BYTES + 10)), "8\u00a0Mo"),
    ):
        answer = await client.post("/sites/here/photo", **wanted)  # type: ignore[arg-type]
        assert answer.status_code == 422
        assert told in answer.text
    answer = await client.post("/sites/here/photo", **sent(b"\xff" * 9_000_000))  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert "8\u00a0Mo" in answer.text
    elsewhere = await client.post("/sites/here/modifier", **sent(b"\xff" * 2_000_000))  # type: ignore[arg-type]
    assert elsewhere.status_code == 413, "the room is for photos alone"
    async with db.reading() as looking:
        assert await looking.scalar(select(Site.photo).where(Site.id == "here")) == ""
