"""All that a batch has to know, in a number of queries that does not grow with it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.contracts.models import EngagementContract
from civic.encounters.contents import Content, Record
from civic.encounters.models import ClosedPeriod, Outing, Topic
from civic.encounters.pairs import pair_shift_ids
from civic.encounters.rules import References, ShiftFacts, Stored, Writer
from civic.encounters.tables import Row, Table
from civic.encounters.topic_rules import Validity
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer


async def shift_facts(session: AsyncSession, user_id: UUID, shift_ids: Collection[UUID]) -> dict[UUID, ShiftFacts]:
    """Some shifts, and whether somebody is confirmed on each."""
    if not shift_ids:
        return {}
    own = Shift.id.in_(pair_shift_ids(user_id)).label("own")
    chosen = select(Shift.id, Shift.site_id, Shift.starts_at, Shift.ends_at, own).where(Shift.id.in_(shift_ids))
    return {
        row.id: ShiftFacts(row.site_id, local_days(row.starts_at, row.ends_at), bool(row.own))
        for row in await session.execute(chosen)
    }


def local_days(start: datetime, end: datetime) -> frozenset[date]:
    """The days on which a shift starts and ends; one that ends at midnight has nothing on the day that begins there."""
    return frozenset({clock.local(start).date(), clock.local(end - timedelta(seconds=1)).date()})


async def load(
    session: AsyncSession, table: Table, user_id: UUID, records: Sequence[Record]
) -> tuple[dict[UUID, Stored], References]:
    """The rows behind a batch's UUIDs, locked in the order of these, and what its records refer to."""
    readable = [record for record in records if not record.errors]
    rows = await table.load(session, {record.uuid for record in records if record.uuid})
    kept = await _kept(session, table, [row.id for row in rows])
    asked = {record.shift_id for record in readable} | {row.shift_id for row in rows}
    shifts = await shift_facts(session, user_id, {one for one in asked if one})
    stored = {row.id: _stored(table, row, kept[row.id], user_id, shifts) for row in rows}
    references = References(
        sites=await _sites(session, {record.content["site_id"] for record in readable}),
        topics=await _topics(session, {code for one in readable for code in one.content.get("topics", ())}),
        shifts=shifts,
        outings=await _outings(session, user_id, {one.outing_uuid for one in readable if one.outing_uuid}),
        closed=await closed_spans(session),
        writer=await writer(session, user_id),
    )
    return stored, references


async def closed_spans(session: AsyncSession) -> list[tuple[date, date]]:
    """The periods that nobody may write about."""
    chosen = select(ClosedPeriod.first_day, ClosedPeriod.last_day).where(ClosedPeriod.reopened_at.is_(None))
    return [(first, last) for first, last in await session.execute(chosen)]


async def writer(session: AsyncSession, user_id: UUID) -> Writer:
    """Somebody's right to log, in one query. Whether their papers are in order is the business of bookings."""
    last = func.coalesce(EngagementContract.ended_on, EngagementContract.ends_on)
    chosen = (
        select(User.is_verified, EngagementContract.starts_on, last)
        .join(Volunteer, Volunteer.user_id == User.id, isouter=True)
        .join(EngagementContract, EngagementContract.volunteer_id == Volunteer.id, isouter=True)
        .where(User.id == user_id)
        .order_by(EngagementContract.starts_on)
    )
    rows = (await session.execute(chosen)).all()
    return Writer(any(row[0] for row in rows), [(first, end) for _verified, first, end in rows if first])


def _stored(table: Table, row: Row, kept: dict[int, Content], user_id: UUID, shifts: dict[UUID, ShiftFacts]) -> Stored:
    mine = row.author_id == user_id or (row.shift_id is not None and shifts[row.shift_id].own)
    return Stored(mine, row.version, table.content_of(row), kept, voided=table.is_voided(row))


async def _kept(session: AsyncSession, table: Table, ids: Sequence[UUID]) -> dict[UUID, dict[int, Content]]:
    found: dict[UUID, dict[int, Content]] = defaultdict(dict)
    if ids:
        owner = getattr(table.versions, table.version_owner)
        chosen = select(owner, table.versions.version, table.versions.content).where(owner.in_(ids))
        for uuid, number, content in await session.execute(chosen):
            found[uuid][number] = content
    return found


async def _sites(session: AsyncSession, codes: Collection[str]) -> dict[str, date | None]:
    """Each site and the day on which it left the programme, None while it is in it."""
    if not codes:
        return {}
    rows = await session.execute(select(Site.id, Site.archived_at).where(Site.id.in_(codes)))
    return {row.id: clock.local(row.archived_at).date() if row.archived_at else None for row in rows}


async def _outings(session: AsyncSession, user_id: UUID, ids: Collection[UUID]) -> dict[UUID, bool]:
    """Those that are here, and whether somebody is of each one's pair: its author and those confirmed on its shift."""
    if not ids:
        return {}
    own = or_(Outing.author_id == user_id, Outing.shift_id.in_(pair_shift_ids(user_id))).label("own")
    rows = await session.execute(select(Outing.id, own).where(Outing.id.in_(ids)))
    return {row.id: bool(row.own) for row in rows}


async def _topics(session: AsyncSession, codes: Collection[str]) -> dict[str, Validity]:
    """The topics, and those that they were merged into. A merge waits for whoever read them here, and is read by
    whoever comes after it: no encounter is left behind under a topic that is gone.
    """
    found: dict[str, Validity] = {}
    wanted = set(codes)
    while wanted:
        chosen = select(Topic.code, Topic.valid_from, Topic.valid_to, Topic.merged_into).where(Topic.code.in_(wanted))
        chosen = chosen.order_by(Topic.code).with_for_update(read=True, key_share=True)
        found |= {code: Validity(*span) for code, *span in await session.execute(chosen)}
        wanted = {one.merged_into for one in found.values() if one.merged_into} - found.keys()
    return found
