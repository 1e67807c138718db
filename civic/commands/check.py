"""civic check"""

import asyncio
from argparse import Namespace
from datetime import timedelta

from sqlalchemy import func, select

from civic.clock import now
from civic.commands.console import Stop, read_settings, say
from civic.commands.database import present, revision, shown
from civic.db import Database
from civic.encounters.models import Topic
from civic.migrate import head
from civic.outbox.dead import KEPT
from civic.outbox.models import OutboxMail
from civic.reports.proof import differences
from civic.sites.models import Commune, Site

LATE = timedelta(minutes=10)


def run(args: Namespace) -> int:
    settings = read_settings()
    say(f"settings: {settings.env}, {settings.base_url}, mails {'by SMTP' if settings.smtp_url else 'not by SMTP'}")
    try:
        present(settings.database_url)
        found = revision(settings.database_url)
    except Stop as stop:
        say(f"database: WRONG: {stop}")
        return 1
    say(f"database: {shown(settings.database_url)}, reachable")
    if found != head():
        say(f"migrations: WRONG: at {found or 'nothing'}, this version needs {head()}; run `civic migrate`")
        return 1
    say(f"migrations: {found}, current")
    problems = asyncio.run(_rows(settings.database_url))
    if settings.production and not settings.smtp_url:
        say("mail: WRONG: CIVIC_SMTP_URL is not set, so mails wait in the outbox")
        problems += 1
    return 1 if problems else 0


async def _rows(url: str) -> int:
    database = Database(url)
    waiting = OutboxMail.sent_at.is_(None) & OutboxMail.dead_at.is_(None)
    counts = {
        "sites": select(func.count()).select_from(Site),
        "communes": select(func.count()).select_from(Commune),
        "topics": select(func.count()).select_from(Topic),
        "waiting": select(func.count()).where(waiting),
        "late": select(func.count()).where(waiting, OutboxMail.created_at < now() - LATE),
        "dead": select(func.count()).where(OutboxMail.dead_at > now() - KEPT),
    }
    try:
        async with database.reading() as session:
            found = {name: await session.scalar(query) or 0 for name, query in counts.items()}
            wrong = await differences(session)
    finally:
        await database.dispose()
    reference = {name: found[name] for name in ("sites", "communes", "topics")}
    missing = not all(reference.values())
    words = ", ".join(f"{count} {name}" for name, count in reference.items())
    say(f"reference: {'WRONG: run `civic migrate`: ' if missing else ''}{words}")
    stuck = found["dead"] or found["late"]
    waits = f"{found['waiting']} waiting ({found['late']} for over 10 minutes), {found['dead']} given up"
    say(f"outbox: {'WRONG: ' if stuck else ''}{waits}")
    told = (
        f"WRONG: run `civic rollups rebuild`: {', '.join(wrong)} differ from the rows" if wrong else "equal to the rows"
    )
    say(f"roll-ups: {told}")
    return int(missing) + int(bool(stuck)) + int(bool(wrong))
