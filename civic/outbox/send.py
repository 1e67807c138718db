"""Where a composed mail goes: a file in development, an SMTP server when one is set.

A sender says with its exception what a failure means: `Refused` when trying this mail again changes nothing,
`Unavailable` when the server takes nobody's mail just now; anything else is this mail's bad luck, tried again later.
"""

import asyncio
import os
from contextlib import suppress
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from anyio import to_thread

from civic.i18n import _
from civic.outbox.models import OutboxMail
from civic.settings import Settings

# Seconds: for a command, for the answer to a whole mail, for everything about one mail, for the goodbye.
COMMAND, ANSWER, LIMIT, GOODBYE = 10.0, 30.0, 40.0, 1.0
PERMANENT = 500


class Folding(EmailPolicy):
    """The standard library's own folding of a long subject loses or doubles spaces beside « – » and no-break spaces."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() != "subject":
            return super().fold_binary(name, value)
        words = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {words}{self.linesep}".encode("ascii")


# Every transport takes seven bits, whether or not it knows 8BITMIME.
POLICY = Folding(linesep="\r\n", cte_type="7bit")


class Sender(Protocol):
    async def send(self, mail: OutboxMail) -> None: ...


class Refused(Exception):
    """This mail will never be taken as it is: its recipient or its content was refused for good."""


class Unavailable(Exception):
    """The server cannot be reached, stalls, or does not want us: the next mail would fare no better."""


def as_message(mail: OutboxMail, mail_from: str) -> EmailMessage:
    """The mail as text with an HTML alternative, and its attachments (name, type, params, text).

    Its Message-ID is its row's, so that a second try is recognised. Raises ValueError for what no header can hold.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = mail_from
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    host = parseaddr(mail_from)[1].partition("@")[2] or "localhost"
    message["Message-ID"] = f"<{mail.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text_body)
    message.add_alternative(mail.html_body, subtype="html")
    for part in mail.attachments:
        message.add_attachment(
            part["text"],
            subtype=part["type"].removeprefix("text/"),
            filename=part["name"],
            params=part.get("params") or {},
            # Base64 keeps every line as long as it was.
            cte="base64",
        )
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
        """One connection per mail. Returns once the server has taken it, raises as this file's first lines say."""
        try:
            message = as_message(mail, self.mail_from)
        except (ValueError, TypeError) as error:
            raise Refused(_("Ce message ne peut pas s’écrire : %(error)s") % {"error": error}) from error
        client = self._client()
        try:
            async with asyncio.timeout(LIMIT):
                await _connect(client)
                await _hand_over(client, parseaddr(self.mail_from)[1], mail.recipient, message)
        except (ConnectionError, TimeoutError, OSError) as error:
            raise Unavailable(_words(error)) from error
        else:
            # It has left: whatever the goodbye brings, it is not sent again.
            with suppress(Exception):
                await asyncio.wait_for(client.quit(), GOODBYE)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        secure = self.url.scheme == "smtps"
        return aiosmtplib.SMTP(
            hostname=self.url.hostname or "localhost",
            port=self.url.port or (465 if secure else 587),
            username=unquote(self.url.username) if self.url.username else None,
            password=unquote(self.url.password) if self.url.password else None,
            use_tls=secure,
            timeout=COMMAND,
        )


async def _connect(client: aiosmtplib.SMTP) -> None:
    try:
        await client.connect()
    except aiosmtplib.SMTPException as error:
        raise Unavailable(_words(error)) from error


async def _hand_over(client: aiosmtplib.SMTP, sender: str, recipient: str, message: EmailMessage) -> None:
    try:
        # As bytes of our own making: the client would fold the headers again in its own way.
        await client.sendmail(sender, [recipient], bytes(message), timeout=ANSWER)
    except aiosmtplib.SMTPRecipientsRefused as error:
        answer = error.recipients[0]
        raise (Refused if answer.code >= PERMANENT else RuntimeError)(_words(answer)) from error
    except aiosmtplib.SMTPDataError as error:
        raise (Refused if error.code >= PERMANENT else RuntimeError)(_words(error)) from error
    except aiosmtplib.SMTPResponseException as error:
        # What it says of the sender, or before any mail, it would say to the next mail too.
        raise Unavailable(_words(error)) from error
    except (aiosmtplib.SMTPNotSupported, ValueError) as error:
        raise Refused(_words(error)) from error


def _words(error: Exception) -> str:
    """The server's own words with their code, on one line; else what happened, for the administrator's page."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {' '.join(str(error.message).split())}"
    if isinstance(error, TimeoutError):
        return _("Le serveur d’envoi n’a pas répondu à temps.")
    words = " ".join(str(error).split()) or type(error).__name__
    return _("Serveur d’envoi injoignable : %(error)s") % {"error": words} if isinstance(error, OSError) else words


class NoSender:
    """Production without SMTP: `deliver` leaves every mail where it waits, untried."""

    async def send(self, mail: OutboxMail) -> None:
        raise Unavailable("CIVIC_SMTP_URL is not set")


def sender_for(settings: Settings) -> Sender:
    """The way out that the settings choose."""
    if settings.smtp_url:
        return SmtpSender(settings.smtp_url, settings.mail_from)
    return NoSender() if settings.production else FileSender(settings.mail_folder, settings.mail_from)
