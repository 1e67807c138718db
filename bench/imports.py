"""The claim: a file of 5,000 new shifts is read, weighed and written in at most 10 seconds; so is the same file again.

Through the product's own verb, beside the demo, on both engines.
"""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.db import Database
from civic.demo.load import load
from civic.encounters import reference as topics
from civic.imports.actions import import_file
from civic.imports.kinds import KINDS
from civic.imports.plan import Plan
from civic.migrate import upgrade
from civic.missions.models import Mission, MissionSite
from civic.sites import reference as places
from tests.postgres import cluster

SHIFTS = 5_000
AT_MOST = 10.0
WHO = "coordination@demo.example"
HEAD = "Référence;Mission;Code du lieu;Date;Début;Fin;Places;Minimum;État"
HOURS = (8, 10, 12, 14, 16)


def file_of(pairs: list[tuple[str, str]]) -> bytes:
    """Five shifts a day at each place, as a French Excel writes them."""
    first = clock.today() + timedelta(days=60)
    lines = [HEAD]
    for number in range(SHIFTS):
        title, site = pairs[number // len(HOURS) % len(pairs)]
        day = first + timedelta(days=number // (len(HOURS) * len(pairs)))
        hour = HOURS[number % len(HOURS)]
        lines.append(f"R{number};{title};{site};{day:%d/%m/%Y};{hour}:00;{hour + 2}h;2;2;publié")
    return "\r\n".join(lines).encode("cp1252")


async def measure(url: str) -> tuple[float, float]:
    """Seconds for the file, and for the same file again."""
    database = Database(url)
    try:
        async with database.writing() as session:
            await places.load(session)
            await topics.load(session)
            await load(session, seed=1, today=clock.today())
            chosen = select(Mission.title, MissionSite.site_id).join(MissionSite).order_by(Mission.title).limit(8)
            content = file_of([(row[0], row[1]) for row in await session.execute(chosen)])
        first, plan = await _import(database, content)
        assert plan.counts["created"] == SHIFTS, plan.counts
        again, plan = await _import(database, content)
        assert plan.counts["same"] == SHIFTS, plan.counts
    finally:
        await database.dispose()
    return first, again


async def _import(database: Database, content: bytes) -> tuple[float, Plan]:
    start = time.perf_counter()
    async with database.writing() as session:
        chosen = select(User).where(User.email == WHO).options(joinedload(User.scopes))
        user = (await session.scalars(chosen)).unique().one()
        plan = await import_file(
            session, by=user, kind=KINDS["shifts"], name="creneaux.csv", content=content, dry_run=False
        )
    return time.perf_counter() - start, plan


def _all(out: TextIO) -> bool:
    held = True
    with tempfile.TemporaryDirectory() as folder, cluster() as running, ExitStack() as stack:
        running.make_template(upgrade)
        sqlite = f"sqlite+aiosqlite:///{Path(folder) / 'civic.db'}"
        upgrade(sqlite)
        for engine, url in (("sqlite", sqlite), ("postgres", stack.enter_context(running.clone()))):
            first, again = asyncio.run(measure(url))
            held &= max(first, again) <= AT_MOST
            out.write(f"import of {SHIFTS} shifts, {engine}: {first:.1f} s, the same file again {again:.1f} s ")
            out.write(f"(at most {AT_MOST:.0f} s)\n")
    return held


async def run(out: TextIO) -> bool:
    """Whether the claim holds; the figures go to `out`."""
    return await asyncio.to_thread(_all, out)
