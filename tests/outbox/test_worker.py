"""`civic worker` as a process, killed in the middle of its mails, and the one after it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import select, update

from civic.clock import now
from civic.db import Database
from civic.outbox.models import OutboxMail
from tests.outbox.mailserver import mail_server
from tests.outbox.test_deliver import write

PATIENCE = 60


@asynccontextmanager
async def worker(url: str, smtp: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker that has said that it works; killed at the end if it still runs."""
    given = {"DATABASE_URL": url, "SMTP_URL": smtp, "MAIL_FROM": "Civic <civic@parcs.test>"}
    environment = {**os.environ, **{f"CIVIC_{name}": value for name, value in given.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "civic.cli", "worker", env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        assert await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_killed_worker_loses_nothing_and_repeats_only_the_mail_in_flight(db: Database, tmp_path: Path) -> None:
    before, after = [f"a{n}@parcs.test" for n in range(4)], [f"b{n}@parcs.test" for n in range(4)]
    await write(db, *before, "hangs@parcs.test", *after)
    async with mail_server() as server:
        async with worker(db.url, server.url, tmp_path) as first:
            await asyncio.wait_for(server.in_flight.wait(), PATIENCE)
            first.kill()
            assert await first.wait() == -signal.SIGKILL
        assert [one["To"] for one in server.received] == before
        async with db.reading() as session:
            unsent = list(await session.scalars(select(OutboxMail).where(OutboxMail.sent_at.is_(None))))
        assert len(unsent) == 5
        [claimed] = [mail for mail in unsent if mail.attempts]
        assert claimed.recipient == "hangs@parcs.test", "the others wait unclaimed: nothing holds them up"
        server.expected = 9
        server.for_ever.set()
        async with db.writing() as session:
            # As if its lease were over.
            await session.execute(update(OutboxMail).where(OutboxMail.id == claimed.id).values(next_try_at=now()))
        async with worker(db.url, server.url, tmp_path) as second:
            await asyncio.wait_for(server.complete.wait(), PATIENCE)
            second.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(second.wait(), PATIENCE) == 0
    assert sorted(str(one["To"]) for one in server.received) == sorted([*before, "hangs@parcs.test", *after])
    names = [str(one["Message-ID"]) for one in server.received]
    assert len(set(names)) == 9
    # The server had seen it before, and can tell.
    assert {str(one["Message-ID"]) for one in server.swallowed} == {f"<{claimed.id}@parcs.test>"}
    assert len(server.swallowed) == 2
    async with db.reading() as session:
        left = select(OutboxMail).where(OutboxMail.sent_at.is_(None))
        assert list(await session.scalars(left)) == []
