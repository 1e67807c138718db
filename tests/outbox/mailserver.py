"""A real mail server (aiosmtpd) on the loopback, in the test's own loop. What it does hangs on the recipient's name.

nobody@   550 to the recipient          later@    451 to the recipient
spam@     554 to the content            busy@     451 to the content
stalled@  never answers the recipient   hangs@    takes the mail and never answers
dies@     takes the mail and closes before it answers
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Handler:
    """Keeps what it was given: `received` what it answered 250 to, `swallowed` what it took before it could say so.

    `in_flight` is set once a mail is held without an answer, `complete` once `expected` mails were received; setting
    `for_ever` ends what stalls, now and later.
    """

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.swallowed: list[EmailMessage] = []
        self.asked: list[str] = []
        self.port = 0
        self.in_flight = asyncio.Event()
        self.for_ever = asyncio.Event()
        self.expected = 0
        self.complete = asyncio.Event()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        if address.startswith("nobody@"):
            return "550 5.1.1 No such mailbox here"
        if address.startswith("later@"):
            return "451 4.7.1 Greylisted, come back later"
        if address.startswith("stalled@"):
            self.in_flight.set()
            await self.for_ever.wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message: Any = message_from_bytes(content, policy=policy.default)
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "spam":
            return "554 5.7.1 Content refused"
        if name == "busy":
            return "451 4.3.0 Try again"
        if name in ("dies", "hangs"):
            self.swallowed.append(message)
            self.in_flight.set()
            if name == "dies":
                server.transport.abort()
            await self.for_ever.wait()
        self.received.append(message)
        if len(self.received) == self.expected:
            self.complete.set()
        return "250 Taken"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def count(self, recipient: str) -> int:
        return sum(message["To"] == recipient for message in self.received)


@asynccontextmanager
async def mail_server(**options: Any) -> AsyncIterator[Handler]:
    """`options` are aiosmtpd's."""
    handler = Handler()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mail.test", **options), "127.0.0.1", 0)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        handler.for_ever.set()
        server.close()
