"""Reports of places as they come in: one row per UUID, one mail per coordinator at a danger, and what is forgotten."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.db import Database
from civic.encounters.contents import read_site_report
from civic.encounters.rules import Writer, decide_report
from civic.encounters.site_reports import report_batch
from civic.errors import Refusal
from civic.outbox.models import OutboxMail
from civic.settings import Settings
from civic.sites import photos, report_forgetting, reporting
from civic.sites.models import SiteReport, SiteReportStep
from civic.sites.report_rules import Follow
from civic.tasks.housekeeping import forget_site_reports
from civic.tasks.items import Run
from tests.encounters.scene import Scene

TODAY = clock.today()
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


def told(**changes: Any) -> dict[str, Any]:
    """One item of POST /site-reports."""
    given = {"client_uuid": str(uuid4()), "version": 1, "site_id": "base-11-19", "date": TODAY.isoformat()}
    return given | {"kind": "banc_mobilier", "spot": "sentier", "description": "Une lame est cassée."} | changes


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "meteorite"}),
        ("kind", {"kind": None}),
        ("spot", {"spot": "lune"}),
        ("date", {"date": "hier"}),
        ("description", {"description": "x" * 281}),
        ("description", {"kind": "autre", "description": " "}),
        ("description", {"description": "a\x00b"}),
        ("author", {"author": "Inès"}),
        ("client_uuid", {"client_uuid": "1"}),
        ("version", {"version": 0}),
    ],
)
def test_what_is_read_strictly(field: str, changes: dict[str, Any]) -> None:
    assert field in read_site_report(told(**changes)).errors
    assert not read_site_report(told()).errors


def judge(given: dict[str, Any], stored: Any = None, **writer: Any) -> str:
    engaged = {"verified": True, "engaged": [(TODAY - timedelta(days=30), TODAY + timedelta(days=30))], **writer}
    return decide_report(read_site_report(given), stored, Writer(**engaged), {"base-11-19": None}, TODAY).outcome


def test_who_writes_about_what_and_when() -> None:
    assert judge(told()) == "created"
    assert judge(told(), verified=False) == "rejected"
    assert judge(told(), engaged=[]) == "rejected"
    assert judge(told(site_id="nulle-part")) == "rejected"
    assert judge(told(date=str(TODAY + timedelta(days=1)))) == "rejected"
    assert judge(told(date=str(TODAY - timedelta(days=7)))) == "created"
    assert judge(told(date=str(TODAY - timedelta(days=8)))) == "rejected"


def test_a_replay_is_no_error_and_another_content_no_overwriting() -> None:
    given, other = told(), told(description="Deux lames.")
    content = read_site_report(given).content
    assert judge(given, (True, 1, "new", content)) == "already_have"
    assert judge(given, (True, 1, "solved", content | {"description": ""})) == "already_have", "erased in time"
    assert judge(given, (False, 1, "new", content)) == "rejected", "somebody else's"
    assert judge(other, (True, 1, "new", content)) == "conflict"
    assert judge(other | {"version": 2}, (True, 1, "new", content)) == "updated"
    assert judge(other | {"version": 2}, (True, 1, "seen", content)) == "rejected", "it is being followed"


async def send(db: Database, by: User, *records: dict[str, Any]) -> list[str]:
    async with db.writing() as session:
        return [one.outcome for one in await report_batch(session, by=by, records=records)]


async def count(db: Database, table: Any) -> int:
    async with db.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_same_batch_from_many_gives_one_row_each(scene: Scene, db: Database) -> None:
    by, batch = scene.cast.volunteer.user, [told(), told(kind="danger")]
    outcomes = await asyncio.gather(*(send(db, by, *(batch if n % 2 else batch[::-1])) for n in range(6)))
    found = [one for answer in outcomes for one in answer]
    assert sorted(set(found)) == ["already_have", "created"]
    assert found.count("created") == 2
    assert (await count(db, SiteReport), await count(db, SiteReportStep)) == (2, 2)


async def test_a_uuid_taken_between_look_and_write_is_judged_again(
    scene: Scene, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look finds nothing, as when another writer has not committed yet."""
    by, given = scene.cast.volunteer.user, told()
    assert await send(db, by, given) == ["created"]
    real, looks = reporting.locked, []

    async def late(session: AsyncSession, uuid: UUID) -> SiteReport | None:
        looks.append(uuid)
        return None if len(looks) == 1 else await real(session, uuid)

    monkeypatch.setattr(reporting, "locked", late)
    assert await send(db, by, given) == ["already_have"]
    assert len(looks) == 2
    assert await count(db, SiteReport) == 1


async def test_one_bad_record_holds_nothing_up(scene: Scene, db: Database) -> None:
    by = scene.cast.volunteer.user
    assert await send(db, by, told(kind="x"), told(), told(site_id="nulle-part")) == ["rejected", "created", "rejected"]


async def test_a_danger_is_told_once_to_who_follows_there(scene: Scene, db: Database, mailbox: Mailbox) -> None:
    by, given = scene.cast.volunteer.user, told(kind="danger", description="Mme Dupont est tombée ici.")
    await send(db, by, told(), given)
    await send(db, by, given)
    await send(db, by, given | {"version": 2, "description": "Le garde-corps bouge."})
    mails = await mailbox()
    told_to = [one.recipient for one in mails]
    assert {"nadia@example.test", "paul@example.test"} <= set(told_to)
    assert "anna@example.test" not in told_to, "she follows the CAHC"
    assert len(set(told_to)) == len(told_to)
    for mail in mails:
        assert "Base 11/19" in mail.subject
        assert given["client_uuid"] in mail.text_body
        assert "Dupont" not in mail.text_body + mail.html_body
        assert "Inès" not in mail.text_body + mail.html_body


async def test_a_report_that_is_not_kept_is_not_told(scene: Scene, db: Database, mailbox: Mailbox) -> None:
    async with db.writing() as session:
        await report_batch(session, by=scene.cast.volunteer.user, records=[told(kind="danger")])
        await session.rollback()
    assert await mailbox() == []


async def follow(db: Database, by: User, uuid: UUID, asked: Follow) -> str:
    try:
        async with db.writing() as session:
            await reporting.follow(session, by=by, report_id=uuid, asked=asked)
    except Refusal as refusal:
        return refusal.code
    return "done"


async def test_two_who_follow_at_once_do_not_overwrite_each_other(scene: Scene, db: Database) -> None:
    given = told()
    await send(db, scene.cast.volunteer.user, given)
    uuid, cast = UUID(given["client_uuid"]), scene.cast
    asked = (Follow("handed_on", 1, "Mairie"), Follow("rejected", 1, note="Déjà connu."))
    users = (cast.coordinator, cast.coordinator_call)
    done = await asyncio.gather(*(follow(db, by, uuid, one) for by, one in zip(users, asked, strict=True)))
    assert sorted(done) == ["changed_meanwhile", "done"]
    assert await count(db, SiteReportStep) == 2


def picture(color: str = "#2a6") -> bytes:
    exif, drawn = Image.Exif(), BytesIO()
    exif[0x010F] = "Telephone"
    exif.get_ifd(0x8825)[2] = (50.0, 25.0, 51.0)
    Image.new("RGB", (60, 40), color).save(drawn, "JPEG", exif=exif)
    return drawn.getvalue()


async def test_photo_and_words_are_erased_in_time(scene: Scene, db: Database, settings: Settings) -> None:
    volunteer, coordinator = scene.cast.volunteer.user, scene.cast.coordinator
    closed, still = told(), told()
    await send(db, volunteer, closed, still)
    for given in (closed, still):
        async with db.writing() as session:
            photo = photos.redraw(picture())
            await reporting.add_photo(session, by=volunteer, report_id=UUID(given["client_uuid"]), photo=photo)
    await follow(db, coordinator, UUID(closed["client_uuid"]), Follow("solved", 1, note="Réparé."))
    stray = settings.files / "site_reports" / f"{'0' * 64}.webp"
    stray.write_bytes(b"left behind")
    long_ago = clock.now() - timedelta(hours=2)
    os.utime(stray, (long_ago.timestamp(), long_ago.timestamp()))
    assert len(list(stray.parent.iterdir())) == 5

    async def purge() -> int:
        run = Run("site_reports", db)
        await forget_site_reports(run)
        assert run.error is None
        return run.done

    with time_machine.travel(clock.now() + timedelta(days=89), tick=False):
        assert await purge() == 0
        assert not stray.exists()
    with time_machine.travel(clock.now() + timedelta(days=90), tick=False):
        assert (await purge(), await purge()) == (1, 0)
    async with db.reading() as session:
        gone = await session.get_one(SiteReport, UUID(closed["client_uuid"]))
        kept = await session.get_one(SiteReport, UUID(still["client_uuid"]))
        notes = set(await session.scalars(select(SiteReportStep.note)))
    assert (gone.photo, gone.description, gone.state, gone.spot) == ("", "", "solved", "sentier")
    assert (kept.photo != "", kept.description) == (True, "Une lame est cassée.")
    assert notes == {""}
    assert {file.name.removesuffix(".webp").removesuffix("-s") for file in stray.parent.iterdir()} == {kept.photo}


async def test_one_that_was_opened_again_is_not_forgotten(scene: Scene, db: Database, settings: Settings) -> None:
    given = told()
    uuid, by = UUID(given["client_uuid"]), scene.cast.coordinator
    await send(db, scene.cast.volunteer.user, given)
    await follow(db, by, uuid, Follow("solved", 1))
    with time_machine.travel(clock.now() + timedelta(days=91), tick=False):
        async with db.reading() as session:
            past = await report_forgetting.past_keeping(session)
        assert await follow(db, by, uuid, Follow("seen", 2, note="Cassé à nouveau.")) == "done"
        async with db.writing() as session:
            assert [await report_forgetting.forget(session, one) for one in past] == [0]
