"""The verbs of logging: take in what phones send, correct, void. One row per UUID, every version kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.audit import record as note
from civic.clock import today
from civic.encounters import lookups
from civic.encounters.contents import Content, Record, echo, same
from civic.encounters.models import Encounter
from civic.encounters.rules import (
    Outcome,
    References,
    Stored,
    check_change,
    decide,
    frozen,
    in_time,
    wrong_references,
    wrong_writer,
)
from civic.encounters.tables import ENCOUNTERS, OUTINGS, New, Table
from civic.errors import Invalid, Refusal
from civic.i18n import _
from civic.sites.models import Site

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
    await _keep_present(session, table, uuid, known)
    await table.update(session, uuid, record.number, references.counted(record.content))
    await table.keep(session, uuid, record.number, record.content, by.id)
    note(session, by=by, verb=f"{table.noun}.corrected", subject=table.row(id=uuid), detail={"version": record.number})


async def _keep_present(session: AsyncSession, table: Table, uuid: UUID, stored: Stored) -> None:
    """A row that came without its version (an import) gets it before it changes."""
    if stored.version not in stored.kept:
        await table.keep(session, uuid, stored.version, stored.content, None)


async def correct(
    session: AsyncSession, *, by: User, encounter_id: UUID, values: Content, seen: int, reason: str = ""
) -> None:
    """Change an encounter whose version `seen` was on the screen. `values` are those of POST /encounters without the
    identifier; raises Invalid with a sentence per field.
    """
    stored = await _changeable(session, by, encounter_id, reason)
    if stored.version != seen:
        raise Refusal("changed_meanwhile", _("Cette rencontre a changé entre-temps. Rouvrez-la, puis corrigez-la."))
    number = stored.version + 1
    record = ENCOUNTERS.read({**values, "client_uuid": str(encounter_id), "version": number})
    errors, content = dict(record.errors), record.content
    if not errors:
        _found, references = await lookups.load(session, ENCOUNTERS, by.id, [record])
        errors = wrong_references(record.content, references, stored.content)
        if by.role == "volunteer":
            errors |= wrong_writer(references.writer, record.day)
        errors |= (
            _wrong_day(by, record.day)
            | frozen(record.day, references.closed)
            | await _wrong_scope(session, by, record.content["site_id"])
        )
        content = references.counted(record.content)
    if errors:
        raise Invalid(errors)
    if same(content, stored.content):
        return
    await _keep_present(session, ENCOUNTERS, encounter_id, stored)
    await ENCOUNTERS.update(session, encounter_id, number, content)
    await ENCOUNTERS.keep(session, encounter_id, number, record.content, by.id, reason=reason)
    _note(session, by, "encounter.corrected", encounter_id, number, reason)


def _wrong_day(by: User, day: date) -> dict[str, str]:
    if day > today():
        return {"date": _("Cette date est à venir.")}
    if by.role == "volunteer" and not in_time(day, today()):
        return {"date": _("Le délai de 7 jours est passé. Voyez avec votre coordination.")}
    return {}


async def _wrong_scope(session: AsyncSession, by: User, site_id: str) -> dict[str, str]:
    if by.role == "coordinator" and not by.covers(await _area(session, site_id)):
        return {"site_id": _("Ce lieu est hors de votre périmètre.")}
    return {}


async def _area(session: AsyncSession, site_id: str) -> str:
    return await session.scalar(select(Site.intermunicipality_code).where(Site.id == site_id)) or ""


async def void(session: AsyncSession, *, by: User, encounter_id: UUID, reason: str = "") -> None:
    """Take an encounter out of every figure; its versions stay. Again: nothing more happens."""
    row = await session.scalar(select(Encounter.status).where(Encounter.id == encounter_id))
    if row == "voided":
        return
    stored = await _changeable(session, by, encounter_id, reason)
    number = stored.version + 1
    await _keep_present(session, ENCOUNTERS, encounter_id, stored)
    await ENCOUNTERS.update(session, encounter_id, number, stored.content, status="voided")
    kept = {**stored.content, "status": "voided"}
    await ENCOUNTERS.keep(session, encounter_id, number, kept, by.id, reason=reason)
    _note(session, by, "encounter.voided", encounter_id, number, reason)


async def _changeable(session: AsyncSession, by: User, encounter_id: UUID, reason: str) -> Stored:
    """The locked row, once it is sure that this person may change it now."""
    probe = Record(None, encounter_id, 0, {}, {"record": ""})
    found, references = await lookups.load(session, ENCOUNTERS, by.id, [probe])
    stored = found[encounter_id]
    check_change(
        role=by.role,
        mine=stored.mine,
        in_scope=by.covers(await _area(session, stored.content["site_id"])),
        voided=stored.voided,
        day=stored.day,
        today=today(),
        reason=reason,
        closed=references.closed,
    )
    return stored


def _note(session: AsyncSession, by: User, verb: str, encounter_id: UUID, number: int, reason: str) -> None:
    detail: dict[str, Any] = {"version": number}
    if reason:
        detail["reason"] = reason
    note(session, by=by, verb=verb, subject=Encounter(id=encounter_id), detail=detail)
