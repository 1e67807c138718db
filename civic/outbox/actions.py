"""Compose a mail and put it in the outbox; claim, send and settle those that are due."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.clock import now
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.outbox.send import Sender
from civic.settings import settings
from civic.templating import environment

BACK_OFF = [timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720)]
LEASE = timedelta(minutes=5)
BATCH = 20


async def enqueue(
    session: AsyncSession,
    *,
    to: str,
    kind: str,
    template: str,
    context: dict[str, Any],
    dedupe: str | None = None,
    headers: dict[str, str] | None = None,
) -> None:
    """Write a mail beside the fact it tells; nothing happens when `dedupe` was told before.

    `templates/mail/<template>.txt` (first line "Subject: …") and `.html` are rendered with the context.
    """
    if dedupe and await session.scalar(select(OutboxMail.id).where(OutboxMail.dedupe == dedupe)):
        return
    values = {"base_url": settings().base_url, **context}
    subject, text = _compose(template, values)
    html = environment().get_template(f"mail/{template}.html").render(values)
    mail = OutboxMail(kind=kind, dedupe=dedupe, recipient=to, subject=subject, text_body=text, html_body=html)
    mail.headers = dict(headers or {})
    session.add(mail)


def _compose(template: str, values: dict[str, Any]) -> tuple[str, str]:
    rendered = environment().overlay(autoescape=False).get_template(f"mail/{template}.txt").render(values)
    first, _newline, rest = rendered.partition("\n")
    subject = " ".join(first.removeprefix("Subject:").split())
    return subject, rest.strip() + "\n"


async def deliver(database: Database, sender: Sender) -> int:
    """Send what is due, one mail at a time; returns how many left. A lease keeps two workers from the same mail."""
    async with database.writing() as session:
        mails = await _claim(session)
    for mail in mails:
        try:
            await sender.send(mail)
        except Exception as error:
            await _settle(database, mail, error)
        else:
            await _settle(database, mail, None)
    return len(mails)


async def _claim(session: AsyncSession) -> list[OutboxMail]:
    due = (
        select(OutboxMail)
        .where(OutboxMail.sent_at.is_(None), OutboxMail.dead_at.is_(None), OutboxMail.next_try_at <= now())
        .order_by(OutboxMail.next_try_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    mails = list(await session.scalars(due))
    for mail in mails:
        mail.attempts += 1
        mail.next_try_at = now() + LEASE
    return mails


async def _settle(database: Database, claimed: OutboxMail, error: Exception | None) -> None:
    async with database.writing() as session:
        mail = await session.get(OutboxMail, claimed.id)
        if mail is None or mail.sent_at:
            return
        if error is None:
            mail.sent_at, mail.last_error = now(), None
            return
        mail.last_error = f"{type(error).__name__}: {error}"[:500]
        if mail.attempts > len(BACK_OFF):
            mail.dead_at = now()
        else:
            mail.next_try_at = now() + BACK_OFF[mail.attempts - 1]
