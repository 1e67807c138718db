"""Real `civic worker` processes on one database: whatever they share out, each fact is told once."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.outbox.models import OutboxMail
from tests.factories.accounts import make_user
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer

CIVIC = str(Path(sys.executable).parent / "civic")


async def test_three_workers_at_once_tell_each_fact_once(
    session: AsyncSession, db: Database, engine_url: str, tmp_path: Path
) -> None:
    coordinator = await make_user(session, "coordinator")
    people = [await make_volunteer(session) for _ in range(8)]
    for one in people:
        shift = await make_shift(session, clock.now() + timedelta(hours=20), hours=1)
        (await make_booking(session, shift, one)).created_at = clock.now() - timedelta(days=5)
    await session.commit()
    environment = {**os.environ, "CIVIC_DATABASE_URL": engine_url, "CIVIC_MAIL_FOLDER": str(tmp_path / "mail")}
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    started = [
        await asyncio.create_subprocess_exec(CIVIC, "worker", "--once", env=environment, **pipes) for _ in range(3)
    ]
    said = [(await one.communicate())[0].decode() for one in started]
    assert [one.returncode for one in started] == [0, 0, 0], said
    async with db.reading() as looking:
        mails = list(await looking.scalars(select(OutboxMail)))
    reminders = [mail.recipient for mail in mails if mail.kind == "reminder"]
    assert sorted(reminders) == sorted(one.user.email for one in people)
    alerts = [mail for mail in mails if mail.kind == "pair_alert" and mail.recipient == coordinator.email]
    assert len(alerts) == len(people)
    assert all(mail.sent_at and mail.attempts == 1 for mail in mails)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == len(mails)
