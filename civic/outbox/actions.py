"""Compose a mail and put it in the outbox; claim, send and settle those that are due.

One mail is claimed at a time, just before it is sent: a worker that dies has at most one in flight, whose lease runs
out by itself. Only when the server took that one and the worker died before noting it does the mail go twice, under
the same Message-ID.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.db import Database
from civic.i18n import _
from civic.outbox.compose import compose
from civic.outbox.models import OutboxMail
from civic.outbox.send import LIMIT, NoSender, Refused, Sender, Unavailable

_TABLE: Any = OutboxMail.__table__
_TELL = {
    name: insert(_TABLE).on_conflict_do_nothing(index_elements=["dedupe"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_TOLD = select(OutboxMail.id).where(OutboxMail.dedupe == bindparam("dedupe"))
log = logging.getLogger("civic")
BACK_OFF = [timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440)]
TRIES = len(BACK_OFF) + 1
# Longer than a send may last, so that it can't run out under one that goes on.
LEASE = timedelta(seconds=LIMIT + 20)
# A round ends after so many mails, as a worker that is told to stop looks up between two rounds, or after so many in a
# row that the server itself was to blame for.
ROUND = 20
STRIKES = 2


async def enqueue(
    session: AsyncSession,
    *,
    to: str,
    kind: str,
    template: str,
    context: dict[str, Any],
    dedupe: str | None = None,
    attachments: Sequence[dict[str, Any]] = (),
    headers: dict[str, str] | None = None,
) -> None:
    """Write a mail beside the fact it tells; nothing happens when `dedupe` was told before.

    `templates/mail/<template>.txt` (first line "Subject: …") and `.html` are rendered with the context. Attachments are
    texts: {"name", "type": "text/…", "params": {…}, "text"}.
    """
    if dedupe and await session.scalar(_TOLD, {"dedupe": dedupe}):
        return
    subject, text, html = compose(template, context)
    written: dict[str, Any] = {"kind": kind, "dedupe": dedupe, "recipient": to, "subject": subject, "text_body": text}
    written |= {"html_body": html, "headers": dict(headers or {}), "attachments": list(attachments)}
    if dedupe is None:
        session.add(OutboxMail(**written))
        return
    # Somebody else may be telling the same fact in this moment: the second of the two writes nothing.
    await session.execute(_TELL[session.get_bind().dialect.name], written)


@dataclass(frozen=True, slots=True)
class Draft:
    """One of many mails that tell the same fact; the fields are those of `enqueue`."""

    to: str
    kind: str
    template: str
    context: dict[str, Any]
    dedupe: str
    headers: dict[str, str] = field(default_factory=dict)


async def enqueue_all(session: AsyncSession, drafts: Sequence[Draft]) -> None:
    """`enqueue` for many readers in one statement; what was told before is left out by its `dedupe`."""
    rows = []
    for one in drafts:
        subject, text, html = compose(one.template, one.context)
        row: dict[str, Any] = {"kind": one.kind, "dedupe": one.dedupe, "recipient": one.to, "subject": subject}
        row |= {"text_body": text, "html_body": html, "headers": dict(one.headers), "attachments": []}
        rows.append(row)
    if rows:
        await session.execute(_TELL[session.get_bind().dialect.name], rows)


async def deliver(database: Database, sender: Sender) -> int:
    """Send what is due, one mail after the other; returns how many left. Without a mail server all of them wait.

    A cancelled call lets the mail in flight reach its end first.
    """
    if isinstance(sender, NoSender):
        return 0
    left = strikes = 0
    while left < ROUND and strikes < STRIKES:
        mail = await _claim(database)
        if mail is None:
            break
        error = await _whole(_send(database, sender, mail))
        left += error is None
        strikes = strikes + 1 if isinstance(error, Unavailable) else 0
    return left


async def _whole(step: Any) -> Exception | None:
    """Await to the end even when cancelled meanwhile; the sender's own limit bounds it."""
    task: asyncio.Task[Exception | None] = asyncio.create_task(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _due(chosen: Any) -> Select[Any]:
    waiting = (OutboxMail.sent_at.is_(None), OutboxMail.dead_at.is_(None), OutboxMail.next_try_at <= now())
    return select(chosen).where(*waiting).order_by(OutboxMail.next_try_at, OutboxMail.created_at).limit(1)


async def _claim(database: Database) -> OutboxMail | None:
    """Take the mail that has been due longest, for as long as LEASE."""
    async with database.reading() as session:
        # An idle worker takes no write lock.
        if await session.scalar(_due(OutboxMail.id)) is None:
            return None
    async with database.writing() as session:
        mail: OutboxMail | None = await session.scalar(_due(OutboxMail).with_for_update(skip_locked=True))
        if mail:
            mail.attempts += 1
            mail.next_try_at = now() + LEASE
    return mail


async def _send(database: Database, sender: Sender, mail: OutboxMail) -> Exception | None:
    """Send a claimed mail and write down what came of it; returns the failure."""
    if now() > mail.next_try_at - timedelta(seconds=LIMIT):
        # This process slept since it claimed: the lease may run out during the send, and another worker take over.
        return TimeoutError("the lease is nearly over")
    if mail.attempts > TRIES:
        return await _settle(database, mail, Refused(_("L’envoi a été interrompu à chaque essai.")))
    try:
        await sender.send(mail)
    except Exception as error:
        # The server's words may hold the address: they are for the administrator's page, not for the log.
        log.warning("outbox: mail %s has not left, try %s: %s", mail.id, mail.attempts, type(error).__name__)
        return await _settle(database, mail, error)
    return await _settle(database, mail, None)


async def _settle(database: Database, claimed: OutboxMail, error: Exception | None) -> Exception | None:
    async with database.writing() as session:
        mail = await session.get(OutboxMail, claimed.id, with_for_update=True)
        if mail is None or mail.sent_at:
            return error
        if error is None:
            mail.sent_at, mail.dead_at, mail.last_error = now(), None, None
        elif mail.attempts == claimed.attempts:
            # Otherwise somebody took it since: what they meet counts.
            mail.last_error = (str(error) or type(error).__name__)[:500]
            if isinstance(error, Refused) or mail.attempts >= TRIES:
                mail.dead_at = now()
            else:
                mail.next_try_at = now() + BACK_OFF[mail.attempts - 1]
    return error
