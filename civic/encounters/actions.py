"""The verb of logging: take in what phones send. One row per UUID, every version kept; corrections.py changes one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.audit import record as note
from civic.clock import today
from civic.encounters import lookups
from civic.encounters.contents import Record, echo
from civic.encounters.rules import Outcome, References, Stored, decide
from civic.encounters.tables import ENCOUNTERS, OUTINGS, New, Table

# A UUID that another writer took meanwhile is judged again; twice is already unheard of.
ATTEMPTS = 3
WRITTEN = ("created", "updated")


@dataclass(frozen=True, slots=True)
class Result:
    client_uuid: Any
    outcome: Outcome
    errors: dict[str, str] = field(default_factory=dict)


async def log_batch(session: AsyncSession, *, by: User, records: Sequence[Any]) -> list[Result]:
    """Take in encounters as they were sent; the answers come in their order."""
    return await _log(session, ENCOUNTERS, by, records)


async def log_outings(session: AsyncSession, *, by: User, records: Sequence[Any]) -> list[Result]:
    """The same for outings."""
    return await _log(session, OUTINGS, by, records)


async def _log(session: AsyncSession, table: Table, by: User, given: Sequence[Any]) -> list[Result]:
    """The whole batch in one savepoint and few statements; where another writer was first, each record in its own.

    Every batch writes in the order of the UUIDs: two that hold the same ones never block each other for good.
    """
    records = [table.read(one) for one in given]
    order = sorted(range(len(records)), key=lambda place: str(records[place].uuid))
    stored, references = await lookups.load(session, table, by.id, records)
    try:
        async with session.begin_nested():
            taken = await _take_all(session, table, by, [records[place] for place in order], stored, references)
    except IntegrityError:
        taken = await _take_each(session, table, by, [records[place] for place in order])
    results = dict(zip(order, taken, strict=True))
    return [results[place] for place in range(len(records))]


async def _take_all(
    session: AsyncSession,
    table: Table,
    by: User,
    records: Sequence[Record],
    stored: dict[UUID, Stored],
    references: References,
) -> list[Result]:
    results: list[Result] = []
    new: list[New] = []
    changed: list[tuple[UUID, Record, Stored]] = []
    for record in records:
        known = stored.get(record.uuid) if record.uuid else None
        result = _judge(record, known, references)
        results.append(result)
        if record.uuid and result.outcome in WRITTEN:
            if known:
                changed.append((record.uuid, record, known))
            else:
                new.append(New(record.uuid, record, references.counted(record.content)))
            stored[record.uuid] = _after(record, known)
    if new:
        await table.insert(session, new, by.id)
    for uuid, record, known in changed:
        await _change(session, table, by, uuid, record, known, references)
    return results


async def _take_each(session: AsyncSession, table: Table, by: User, records: Sequence[Record]) -> list[Result]:
    """Only rows that somebody else wrote meanwhile bring a batch here."""
    stored, references = await lookups.load(session, table, by.id, records)
    results: list[Result] = []
    for record in records:
        known = stored.get(record.uuid) if record.uuid else None
        result = _judge(record, known, references)
        if record.uuid and result.outcome in WRITTEN:
            result, known = await _take_one(session, table, by, record.uuid, record, known, references)
            if known:
                stored[record.uuid] = known
        results.append(result)
    return results


async def _take_one(
    session: AsyncSession,
    table: Table,
    by: User,
    uuid: UUID,
    record: Record,
    known: Stored | None,
    references: References,
) -> tuple[Result, Stored | None]:
    """One record in its own savepoint; a UUID that another writer took first is judged against what they wrote."""
    for _attempt in range(ATTEMPTS):
        outcome: Outcome = "updated" if known else "created"
        try:
            async with session.begin_nested():
                if known is None:
                    await table.insert(session, [New(uuid, record, references.counted(record.content))], by.id)
                else:
                    await _change(session, table, by, uuid, record, known, references)
        except IntegrityError:
            found, references = await lookups.load(session, table, by.id, [record])
            known = found.get(uuid)
            result = _judge(record, known, references)
            if result.outcome not in WRITTEN:
                return result, known
        else:
            return Result(echo(record.given), outcome), _after(record, known)
    raise RuntimeError(f"{table.noun} {uuid} could not be written")


def _judge(record: Record, known: Stored | None, references: References) -> Result:
    decision = decide(record, known, references, today())
    return Result(echo(record.given), decision.outcome, decision.errors)


def _after(record: Record, known: Stored | None) -> Stored:
    """What a record leaves behind once it is written."""
    kept = {**(known.kept if known else {}), record.number: record.content}
    return Stored(True, record.number, record.content, kept)


async def _change(
    session: AsyncSession, table: Table, by: User, uuid: UUID, record: Record, known: Stored, references: References
) -> None:
    await keep_present(session, table, uuid, known)
    await table.update(session, uuid, record.number, references.counted(record.content))
    await table.keep(session, uuid, record.number, record.content, by.id)
    note(session, by=by, verb=f"{table.noun}.corrected", subject=table.row(id=uuid), detail={"version": record.number})


async def keep_present(session: AsyncSession, table: Table, uuid: UUID, stored: Stored) -> None:
    """A row that came without its version (an import) gets it before it changes."""
    if stored.version not in stored.kept:
        await table.keep(session, uuid, stored.version, stored.content, None)
