"""Reports of places as phones and forms send them: judged here, where contracts are known, and handed to the place.

A batch is answered record by record, as encounters are. Whoever may note an encounter may report what they saw.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.encounters import lookups
from civic.encounters.actions import ATTEMPTS, WRITTEN, Result
from civic.encounters.contents import Content, Record, echo, read_site_report
from civic.encounters.rules import Writer, decide_report
from civic.sites import reporting
from civic.sites.models import Site, SiteReport


def content_of(report: SiteReport) -> Content:
    names = ("site_id", "kind", "spot", "description")
    return {name: getattr(report, name) for name in names} | {"date": report.date.isoformat()}


async def report_batch(session: AsyncSession, *, by: User, records: Sequence[Any]) -> list[Result]:
    """Take in reports as they were sent; the answers come in their order.

    Written in the order of the UUIDs: two batches that hold the same ones never block each other for good.
    """
    read = [read_site_report(one) for one in records]
    writer = await lookups.writer(session, by.id)
    named = {one.content["site_id"] for one in read if not one.errors}
    rows = await session.execute(select(Site.id, Site.archived_at).where(Site.id.in_(named)))
    sites = {row.id: clock.local(row.archived_at).date() if row.archived_at else None for row in rows}
    results: dict[int, Result] = {}
    for place in sorted(range(len(read)), key=lambda place: str(read[place].uuid)):
        results[place] = await _take(session, by, read[place], writer, sites)
    return [results[place] for place in range(len(read))]


async def _take(
    session: AsyncSession, by: User, record: Record, writer: Writer, sites: dict[str, date | None]
) -> Result:
    """One record; a UUID that another writer took first is judged against what they wrote."""
    for _attempt in range(ATTEMPTS):
        known = await reporting.locked(session, record.uuid) if record.uuid and not record.errors else None
        stored = (known.author_id == by.id, known.version, known.state, content_of(known)) if known else None
        decision = decide_report(record, stored, writer, sites, clock.today())
        answer = Result(echo(record.given), decision.outcome, decision.errors)
        if decision.outcome not in WRITTEN or record.uuid is None:
            return answer
        values = record.content | {"date": record.day}
        if known:
            await reporting.correct(session, by=by, report=known, number=record.number, content=values)
            return answer
        if await reporting.file(session, by=by, uuid=record.uuid, number=record.number, content=values):
            return answer
    raise RuntimeError(f"site report {record.uuid} could not be written")
