"""The verbs of announcements on both engines: one transaction, safe to repeat, a bounded number of statements."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.db import Database
from civic.errors import NotFound, Refusal
from civic.notices import actions
from civic.notices.models import Announcement, AnnouncementReceipt
from civic.notices.rules import Message, Reader
from civic.outbox.models import OutboxMail
from civic.outbox.preferences import choose
from civic.settings import Settings
from tests.cast import Cast, make_cast

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


@pytest.fixture
async def cast(session: AsyncSession, settings: Settings) -> Cast:
    made = await make_cast(session)
    await session.commit()
    return made


def message(kind: str = "safety", **values: object) -> Message:
    given = {"audience": "everyone", "title": "Vent fort", "body": "Restez à deux.", **values}
    return Message(uuid4(), kind, **given)  # type: ignore[arg-type]


def reader(user: User, verified: bool = True) -> Reader:
    return Reader(user.id, user.name, user.email, verified)


async def send(db: Database, cast: Cast, told: Message, *readers: Reader) -> UUID:
    listed = readers or (reader(cast.users["volunteer"]), reader(cast.users["colleague"]))
    async with db.writing() as session:
        return (await actions.announce(session, by=cast.coordinator, message=told, readers=listed)).id


async def receipts(db: Database) -> dict[UUID, object]:
    async with db.reading() as session:
        rows = await session.execute(select(AnnouncementReceipt.user_id, AnnouncementReceipt.read_at))
        return dict(rows.tuples().all())


async def test_one_receipt_and_one_mail_per_reader_however_often(cast: Cast, db: Database, mailbox: Mailbox) -> None:
    told = message()
    twice = reader(cast.users["volunteer"])
    for _time in range(2):
        await send(db, cast, told, twice, twice, reader(cast.users["colleague"]), reader(cast.users["minor"], False))
    assert len(await receipts(db)) == 3
    assert sorted(one.recipient for one in await mailbox()) == ["ines@example.test", "malik@example.test"]


async def test_two_posts_at_once_make_one(cast: Cast, db: Database, mailbox: Mailbox) -> None:
    told = message()
    made = await asyncio.gather(*(send(db, cast, told) for _time in range(4)))
    assert set(made) == {told.id}
    assert (len(await receipts(db)), len(await mailbox())) == (2, 2)


async def test_somebody_elses_id_makes_nothing(cast: Cast, db: Database) -> None:
    told = message()
    await send(db, cast, told)
    listed = [reader(cast.users["minor"])]
    with pytest.raises(NotFound):
        async with db.writing() as session:
            await actions.announce(session, by=cast.coordinator_call, message=told, readers=listed)
    assert len(await receipts(db)) == 2


async def test_the_announcement_and_its_mails_are_one_transaction(
    cast: Cast, db: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(actions, "enqueue_all", fail)
        with pytest.raises(RuntimeError):
            await send(db, cast, message())
    assert await receipts(db) == {}
    async with db.reading() as session:
        assert await session.scalar(select(func.count(Announcement.id))) == 0
    # The control: the same without the failure writes both.
    await send(db, cast, message())
    assert (len(await receipts(db)), len(await mailbox())) == (2, 2)


async def test_nobody_to_tell_is_refused(cast: Cast, db: Database) -> None:
    with pytest.raises(Refusal) as refused:
        async with db.writing() as session:
            await actions.announce(session, by=cast.coordinator, message=message(), readers=[])
    assert refused.value.code == "no_reader"


async def test_who_stopped_the_news_still_gets_safety(cast: Cast, db: Database, mailbox: Mailbox) -> None:
    user = cast.users["volunteer"]
    async with db.writing() as session:
        await choose(session, user.id, reminders=[24], digest="none", muted={"news"})
    await send(db, cast, message("info"), reader(user))
    assert await mailbox() == []
    await send(db, cast, message("info", audience="shift"), reader(user))
    await send(db, cast, message("safety"), reader(user))
    assert len(await mailbox()) == 2
    await send(db, cast, message("info"), reader(cast.users["colleague"]))
    assert "List-Unsubscribe" in (await mailbox())[-1].headers


async def test_reading_keeps_the_first_moment(cast: Cast, db: Database) -> None:
    made = await send(db, cast, message())
    user = cast.users["volunteer"]
    async with db.writing() as session:
        await actions.read(session, by=user, announcement_id=made)
    first = (await receipts(db))[user.id]
    assert first is not None
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        async with db.writing() as session:
            await actions.read(session, by=user, announcement_id=made)
    assert (await receipts(db))[user.id] == first
    assert (await receipts(db))[cast.users["colleague"].id] is None
    with pytest.raises(NotFound):
        async with db.writing() as session:
            await actions.read(session, by=cast.users["minor"], announcement_id=made)


async def test_a_reminder_goes_to_who_has_not_read_once_an_hour(cast: Cast, db: Database, mailbox: Mailbox) -> None:
    made = await send(db, cast, message())
    async with db.writing() as session:
        await actions.read(session, by=cast.users["volunteer"], announcement_id=made)

    async def again() -> int:
        async with db.writing() as session:
            return await actions.remind(session, by=cast.coordinator, announcement_id=made)

    with pytest.raises(Refusal):
        await again()
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert await again() == 1
        with pytest.raises(Refusal) as refused:
            await again()
        assert refused.value.code == "too_soon"
        last = (await mailbox())[-1]
    assert (last.recipient, last.subject.startswith("Rappel")) == ("malik@example.test", True)
    assert len(await mailbox()) == 3


async def test_withdrawing_twice_keeps_the_first_moment(cast: Cast, db: Database) -> None:
    made = await send(db, cast, message())
    seen = []
    for hours in (0, 1):
        with time_machine.travel(clock.now() + timedelta(hours=hours)):
            async with db.writing() as session:
                await actions.withdraw(session, by=cast.coordinator, announcement_id=made)
        async with db.reading() as session:
            seen.append((await session.get_one(Announcement, made)).withdrawn_at)
    assert seen[0] is not None
    assert seen[0] == seen[1]


async def test_markup_is_inert_in_a_mail(cast: Cast, db: Database, mailbox: Mailbox) -> None:
    await send(db, cast, message(title="<b>Gras</b>", body="<script>x</script> https://civic.test/<i>"))
    mail = (await mailbox())[0]
    assert "<script>x" not in mail.html_body
    assert "<b>Gras" not in mail.html_body
    assert "&lt;script&gt;" in mail.html_body
    assert '<a href="https://civic.test/"' in mail.html_body
    assert "<script>x</script>" in mail.text_body


async def test_six_hundred_readers_take_few_statements(cast: Cast, db: Database) -> None:
    async with db.writing() as session:
        people = [
            User(email=f"p{n}@example.test", name=f"P {n}", hashed_password="x", is_verified=True) for n in range(600)
        ]
        session.add_all(people)
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await send(db, cast, message("info"), *(reader(one) for one in people))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(statements) <= 12, statements
    assert len(await receipts(db)) == 600
