"""Where a composed mail goes: a file in development, an SMTP server when one is set."""

import os
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from anyio import to_thread

from civic.outbox.models import OutboxMail
from civic.settings import Settings


class Sender(Protocol):
    async def send(self, mail: OutboxMail) -> None: ...


def as_message(mail: OutboxMail, mail_from: str) -> EmailMessage:
    """The mail as text with an HTML alternative. Its Message-ID is its row's, so that a second try is recognised."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail_from
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    host = parseaddr(mail_from)[1].partition("@")[2] or "localhost"
    message["Message-ID"] = f"<{mail.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text_body)
    message.add_alternative(mail.html_body, subtype="html")
    return message


class FileSender:
    """Each mail becomes `<id>.eml`; writing it twice changes nothing."""

    def __init__(self, folder: Path, mail_from: str) -> None:
        self.folder = folder
        self.mail_from = mail_from

    async def send(self, mail: OutboxMail) -> None:
        await to_thread.run_sync(self._write, mail.id.hex, bytes(as_message(mail, self.mail_from)))

    def _write(self, name: str, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f".{name}.part"
        partial.write_bytes(content)
        # Whoever watches the folder never sees half a mail.
        os.replace(partial, self.folder / f"{name}.eml")


class SmtpSender:
    """`smtp://user:password@host:587`, or `smtps://` for TLS from the first byte."""

    def __init__(self, url: str, mail_from: str) -> None:
        self.url = urlsplit(url)
        self.mail_from = mail_from

    async def send(self, mail: OutboxMail) -> None:
        secure = self.url.scheme == "smtps"
        await aiosmtplib.send(
            as_message(mail, self.mail_from),
            hostname=self.url.hostname or "localhost",
            port=self.url.port or (465 if secure else 587),
            username=unquote(self.url.username) if self.url.username else None,
            password=unquote(self.url.password) if self.url.password else None,
            use_tls=secure,
            timeout=30,
        )


class NoSender:
    """Production without SMTP: mails wait, and say why."""

    async def send(self, mail: OutboxMail) -> None:
        raise RuntimeError("CIVIC_SMTP_URL is not set")


def sender_for(settings: Settings) -> Sender:
    """The way out that the settings choose."""
    if settings.smtp_url:
        return SmtpSender(settings.smtp_url, settings.mail_from)
    return NoSender() if settings.production else FileSender(settings.mail_folder, settings.mail_from)
