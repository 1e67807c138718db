"""Sending, against a real mail server that refuses, stalls, or takes a mail and dies."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from civic.clock import now
from civic.db import Database
from civic.outbox import actions, dead, enqueue, send
from civic.outbox.actions import BACK_OFF, LEASE, TRIES, deliver
from civic.outbox.models import OutboxMail
from civic.outbox.send import FileSender, NoSender, Sender, SmtpSender, as_message
from civic.settings import Settings
from tests.outbox.mailserver import Handler, mail_server

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
FROM = "Civic <civic@parcs.test>"


@pytest.fixture
async def server() -> AsyncIterator[Handler]:
    async with mail_server() as handler:
        yield handler


@pytest.fixture
def sender(server: Handler, monkeypatch: pytest.MonkeyPatch) -> SmtpSender:
    """With a short patience: what stalls here stalls for ever."""
    monkeypatch.setattr(send, "COMMAND", 1.0)
    monkeypatch.setattr(send, "ANSWER", 0.3)
    return SmtpSender(server.url, FROM)


async def write(db: Database, *recipients: str) -> list[OutboxMail]:
    """Mails that are due, in this order."""
    async with db.writing() as session:
        mails = [
            OutboxMail(kind="x", recipient=one, subject="Été à l’étang", text_body="Texte\n", html_body="<p>Texte</p>")
            for one in recipients
        ]
        for place, mail in enumerate(mails):
            mail.next_try_at = now() - timedelta(minutes=1) + timedelta(milliseconds=place)
        session.add_all(mails)
    return mails


async def make_due(db: Database) -> None:
    """As if every wait were over."""
    async with db.writing() as session:
        await session.execute(update(OutboxMail).values(next_try_at=now() - timedelta(seconds=1)))


async def read(db: Database, mail: OutboxMail) -> OutboxMail:
    async with db.reading() as session:
        return await session.get_one(OutboxMail, mail.id)


async def test_what_is_due_leaves_once(db: Database, server: Handler, sender: Sender) -> None:
    [mail, _other] = await write(db, "ada@parcs.test", "bob@parcs.test")
    assert await deliver(db, sender) == 2
    assert await deliver(db, sender) == 0
    assert [one["To"] for one in server.received] == ["ada@parcs.test", "bob@parcs.test"]
    [taken, _second] = server.received
    assert taken["Subject"] == "Été à l’étang"
    assert taken["Message-ID"] == f"<{mail.id}@parcs.test>"
    assert [part.get_content_type() for part in taken.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert (await read(db, mail)).sent_at


async def test_every_byte_of_a_mail_is_ascii_with_short_lines(db: Database) -> None:
    [mail] = await write(db, "ada@parcs.test")
    mail.html_body = "<p>" + "é" * 5000 + "</p>"
    mail.headers = {"List-Unsubscribe": "<https://parcs.test/stop>"}
    mail.attachments = [
        {"name": "été.ics", "type": "text/calendar", "params": {"method": "REQUEST"}, "text": "X:é\r\n" + "y" * 3000}
    ]
    raw = bytes(as_message(mail, FROM))
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = as_message(mail, FROM)
    assert message["List-Unsubscribe"] == "<https://parcs.test/stop>"
    [attached] = message.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "été.ics")
    assert attached.get_param("method") == "REQUEST"
    assert attached.get_content().startswith("X:é\r\n")


async def test_a_refusal_for_good_is_not_tried_again(db: Database, server: Handler, sender: Sender) -> None:
    [nobody, spam, fine] = await write(db, "nobody@parcs.test", "spam@parcs.test", "ada@parcs.test")
    assert await deliver(db, sender) == 1, "the refused ones did not leave"
    assert server.count("ada@parcs.test") == 1
    for mail, words in ((nobody, "550 5.1.1 No such mailbox here"), (spam, "554 5.7.1 Content refused")):
        found = await read(db, mail)
        assert found.dead_at
        assert (found.attempts, found.last_error) == (1, words)
    await make_due(db)
    assert await deliver(db, sender) == 0
    assert server.asked.count("nobody@parcs.test") == 1
    assert (await read(db, fine)).last_error is None


@pytest.mark.parametrize(("recipient", "words"), [("later@parcs.test", "451 4.7.1"), ("busy@parcs.test", "451 4.3.0")])
async def test_a_refusal_for_now_waits_longer_each_time_then_is_given_up(
    db: Database, sender: Sender, recipient: str, words: str
) -> None:
    [mail] = await write(db, recipient)
    for attempt, pause in enumerate(BACK_OFF, start=1):
        before = now()
        assert await deliver(db, sender) == 0
        found = await read(db, mail)
        assert (found.attempts, found.dead_at) == (attempt, None)
        assert before + pause <= found.next_try_at <= now() + pause
        assert found.last_error
        assert found.last_error.startswith(words)
        assert await deliver(db, sender) == 0
        assert (await read(db, mail)).attempts == attempt, "not before its time"
        await make_due(db)
    await deliver(db, sender)
    assert (await read(db, mail)).dead_at
    async with db.writing() as session:
        assert await dead.count_dead(session) == 1
        await dead.retry(session, mail.id)
        assert await dead.count_dead(session) == 0
    found = await read(db, mail)
    assert (found.dead_at, found.attempts) == (None, 0)


async def test_a_server_that_stalls_holds_the_others_up_for_one_limit(
    db: Database, server: Handler, sender: Sender
) -> None:
    [stalled, *_others] = await write(db, "stalled@parcs.test", "ada@parcs.test", "bob@parcs.test")
    assert await deliver(db, sender) == 2
    assert [one["To"] for one in server.received] == ["ada@parcs.test", "bob@parcs.test"]
    found = await read(db, stalled)
    assert (found.dead_at, found.attempts) == (None, 1)
    assert found.last_error == "Le serveur d’envoi n’a pas répondu à temps."
    assert found.next_try_at > now()


async def test_a_server_that_takes_a_mail_and_dies_gets_it_again_under_the_same_name(
    db: Database, server: Handler, sender: Sender
) -> None:
    [mail, _other] = await write(db, "dies@parcs.test", "ada@parcs.test")
    assert await deliver(db, sender) == 1
    assert server.count("ada@parcs.test") == 1
    assert not (await read(db, mail)).sent_at, "nobody said that it was taken"
    await make_due(db)
    assert await deliver(db, sender) == 0
    first, second = server.swallowed
    assert first["Message-ID"] == second["Message-ID"] == f"<{mail.id}@parcs.test>"


async def test_a_server_that_is_away_costs_few_mails_a_try(db: Database) -> None:
    async with mail_server() as gone:
        sender = SmtpSender(gone.url, FROM)
    mails = await write(db, *[f"p{n}@parcs.test" for n in range(5)])
    assert await deliver(db, sender) == 0
    assert sum([(await read(db, mail)).attempts for mail in mails]) == actions.STRIKES
    async with mail_server() as back:
        await make_due(db)
        assert await deliver(db, SmtpSender(back.url, FROM)) == 5
        assert len(back.received) == 5


async def test_a_server_that_never_greets_is_left_after_a_while(db: Database, sender: Sender) -> None:
    # It listens, and nobody ever answers the door.
    with socket.create_server(("127.0.0.1", 0)) as silence:
        mute = SmtpSender(f"smtp://127.0.0.1:{silence.getsockname()[1]}", FROM)
        [mail, _other, third] = await write(db, "ada@parcs.test", "bob@parcs.test", "eve@parcs.test")
        assert await deliver(db, mute) == 0
    found = await read(db, mail)
    assert (found.dead_at, found.last_error) == (None, "Le serveur d’envoi n’a pas répondu à temps.")
    assert (await read(db, third)).attempts == 0
    await make_due(db)
    assert await deliver(db, sender) == 3


async def test_a_wrong_password_is_no_fault_of_the_mails(db: Database) -> None:
    options = {"auth_require_tls": False, "authenticator": _only_civic}
    [mail] = await write(db, "ada@parcs.test")
    async with mail_server(**options) as server:
        host = server.url.removeprefix("smtp://")
        assert await deliver(db, SmtpSender(f"smtp://civic:wrong@{host}", FROM)) == 0
        found = await read(db, mail)
        assert (found.dead_at, found.attempts) == (None, 1)
        assert str(found.last_error).startswith("535 ")
        assert "wrong" not in str(found.last_error)
        await make_due(db)
        assert await deliver(db, SmtpSender(f"smtp://civic:p%40ss@{host}", FROM)) == 1


def _only_civic(_server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"civic", b"p@ss"), handled=False)


async def test_a_goodbye_that_fails_sends_nothing_twice(db: Database, server: Handler, sender: Sender) -> None:
    async def hangs_up(_handler: Handler, server: object, *_rest: object) -> str:
        server.transport.abort()  # type: ignore[attr-defined]
        return "221 Bye"

    Handler.handle_QUIT = hangs_up  # type: ignore[attr-defined]
    try:
        await write(db, "ada@parcs.test")
        assert await deliver(db, sender) == 1
        await make_due(db)
        assert await deliver(db, sender) == 0
    finally:
        del Handler.handle_QUIT  # type: ignore[attr-defined]
    assert server.count("ada@parcs.test") == 1


async def test_an_address_that_no_server_takes_is_refused_at_once(db: Database, sender: Sender) -> None:
    mails = await write(db, "zoé@parcs.test", "a\nb@parcs.test", "ada@parcs.test")
    assert await deliver(db, sender) == 1
    found = [await read(db, mail) for mail in mails]
    assert [bool(one.dead_at) for one in found] == [True, True, False]


async def test_workers_never_share_a_mail(db: Database, server: Handler, sender: Sender) -> None:
    people = [f"p{n}@parcs.test" for n in range(12)]
    await write(db, *people)
    other = Database(db.url)
    counts = await asyncio.gather(*[deliver(one, sender) for one in (db, other, db)])
    await other.dispose()
    assert sum(counts) == 12
    assert sorted(str(one["To"]) for one in server.received) == sorted(people)


async def test_a_mail_is_claimed_just_before_it_is_sent(db: Database) -> None:
    """The lease covers one send, however many mails wait behind it."""
    await write(db, *[f"p{n}@parcs.test" for n in range(5)])
    leases = []

    class Watching:
        async def send(self, mail: OutboxMail) -> None:
            leases.append(mail.next_try_at - now())
            async with db.reading() as session:
                assert (await dead.backlog(session)).waiting == 5 - len(leases) + 1

    assert await deliver(db, Watching()) == 5
    assert all(LEASE - timedelta(seconds=5) < lease <= LEASE for lease in leases)
    assert timedelta(seconds=send.LIMIT) < LEASE


async def test_a_worker_that_slept_past_its_lease_sends_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    [mail] = await write(db, "ada@parcs.test")
    claim = actions._claim

    async def claim_and_sleep(database: Database) -> OutboxMail | None:
        claimed = await claim(database)
        if claimed:
            claimed.next_try_at = now() + timedelta(seconds=1)
        return claimed

    monkeypatch.setattr(actions, "_claim", claim_and_sleep)
    sent: list[OutboxMail] = []

    class Counting:
        async def send(self, mail: OutboxMail) -> None:
            sent.append(mail)

    assert await deliver(db, Counting()) == 0
    assert sent == []
    assert not (await read(db, mail)).sent_at


async def test_a_mail_that_kills_its_worker_each_time_is_given_up(db: Database, sender: Sender) -> None:
    [mail] = await write(db, "ada@parcs.test")
    async with db.writing() as session:
        await session.execute(update(OutboxMail).values(attempts=TRIES))
    assert await deliver(db, sender) == 0
    assert (await read(db, mail)).dead_at


async def test_a_cancelled_worker_ends_the_mail_in_flight(db: Database) -> None:
    [mail, waiting] = await write(db, "ada@parcs.test", "bob@parcs.test")
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow:
        async def send(self, mail: OutboxMail) -> None:
            begun.set()
            await go_on.wait()

    working = asyncio.create_task(deliver(db, Slow()))
    await begun.wait()
    working.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert (await read(db, mail)).sent_at
    assert (await read(db, waiting)).attempts == 0


async def test_without_a_mail_server_every_mail_waits_untried(db: Database) -> None:
    [mail] = await write(db, "ada@parcs.test")
    assert await deliver(db, NoSender()) == 0
    found = await read(db, mail)
    assert (found.attempts, found.last_error) == (0, None)


async def test_development_writes_files(db: Database, settings: Settings) -> None:
    [mail] = await write(db, "ada@parcs.test")
    assert await deliver(db, FileSender(settings.mail_folder, FROM)) == 1
    [file] = settings.mail_folder.iterdir()
    assert file.name == f"{mail.id.hex}.eml"


async def test_the_log_names_no_recipient(
    db: Database, sender: Sender, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("civic"), "propagate", True)
    await write(db, "nobody@parcs.test")
    await deliver(db, sender)
    assert "Refused" in caplog.text
    assert "nobody@" not in caplog.text


CONTEXT = {"name": "Zoé", "by": "Nadia", "link": "https://x.test/y"}


async def tell(db: Database, dedupe: str | None) -> None:
    async with db.writing() as session:
        await enqueue(
            session,
            to="a@b.test",
            kind="x",
            template="invitation",
            context=CONTEXT,
            dedupe=dedupe,
            headers={"X-A": "1"},
        )


async def test_a_fact_is_told_once_however_many_tell_it_at_once(
    db: Database, mailbox: Mailbox, settings: Settings
) -> None:
    await asyncio.gather(*[tell(db, "fact:1") for _ in range(4)])
    await tell(db, "fact:1")
    [mail] = await mailbox()
    assert (mail.headers, mail.attachments, mail.attempts) == ({"X-A": "1"}, [], 0)
    await tell(db, None)
    await tell(db, None)
    assert len(await mailbox()) == 3


async def test_the_second_to_tell_a_fact_does_not_lose_its_own_writing(
    db: Database, mailbox: Mailbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row of another transaction appears between the look and the insert."""
    await tell(db, "fact:1")
    async with db.writing() as session:
        monkeypatch.setattr(session, "scalar", _sees_nothing)
        await enqueue(session, to="a@b.test", kind="x", template="invitation", context=CONTEXT, dedupe="fact:1")
        session.add(OutboxMail(kind="own", recipient="x@y.test", subject="x", text_body="x", html_body="x"))
    assert sorted(mail.kind for mail in await mailbox()) == ["own", "x"]


async def _sees_nothing(*_args: object) -> None:
    return None


PIECES = ["Souchez", "–", "d’attente\u00a0:", "14\u00a0h", "Parc des Îles,", "«\u00a0Été\u00a0»\u202f;", "mar. 24 nov."]
SUBJECTS = st.lists(st.sampled_from(PIECES), min_size=1)


@given(SUBJECTS)
def test_a_subject_is_read_as_it_was_written(words: list[str]) -> None:
    mail = OutboxMail(id=uuid4(), created_at=now(), recipient="ada@parcs.test", text_body="x", html_body="x")
    mail.subject, mail.headers, mail.attachments = " ".join(words).strip(), {}, []
    raw = bytes(as_message(mail, FROM))
    assert message_from_bytes(raw, policy=default)["Subject"] == mail.subject
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
