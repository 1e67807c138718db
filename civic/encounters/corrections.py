"""Correct or void one encounter or outing by a form: the pair for 7 days, then whoever says why."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.audit import record as note
from civic.clock import today
from civic.encounters import lookups
from civic.encounters.actions import keep_present
from civic.encounters.contents import Content, Record, same
from civic.encounters.rules import Stored, check_change, frozen, in_time, wrong_references, wrong_writer
from civic.encounters.tables import ENCOUNTERS, Table
from civic.errors import Invalid, Refusal
from civic.i18n import _
from civic.sites.models import Site


async def correct(
    session: AsyncSession,
    *,
    by: User,
    row_id: UUID,
    values: Content,
    seen: int,
    reason: str = "",
    table: Table = ENCOUNTERS,
) -> None:
    """Change a row whose version `seen` was on the screen. `values` are those of POST /encounters (or /outings) without
    the identifier; raises Invalid with a sentence per field.
    """
    stored = await _changeable(session, by, table, row_id, reason)
    if stored.version != seen:
        raise Refusal("changed_meanwhile", _("Cette fiche a changé entre-temps. Rouvrez-la, puis corrigez-la."))
    number = stored.version + 1
    record = table.read({**values, "client_uuid": str(row_id), "version": number})
    errors, content = dict(record.errors), record.content
    if not errors:
        _found, references = await lookups.load(session, table, by.id, [record])
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
    await keep_present(session, table, row_id, stored)
    await table.update(session, row_id, number, content)
    await table.keep(session, row_id, number, record.content, by.id, reason=reason)
    _note(session, by, table, "corrected", row_id, number, reason)


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


async def void(session: AsyncSession, *, by: User, row_id: UUID, reason: str = "", table: Table = ENCOUNTERS) -> None:
    """Take a row out of every figure; its versions stay. Again: nothing more happens."""
    row = (await session.scalars(select(table.row).where(table.row.id == row_id))).first()
    if row is not None and table.is_voided(row):
        return
    stored = await _changeable(session, by, table, row_id, reason)
    number = stored.version + 1
    await keep_present(session, table, row_id, stored)
    await table.update(session, row_id, number, stored.content, **table.voiding())
    kept = {**stored.content, "status": "voided"}
    await table.keep(session, row_id, number, kept, by.id, reason=reason)
    _note(session, by, table, "voided", row_id, number, reason)


async def _changeable(session: AsyncSession, by: User, table: Table, row_id: UUID, reason: str) -> Stored:
    """The locked row, once it is sure that this person may change it now."""
    probe = Record(None, row_id, 0, {}, {"record": ""})
    found, references = await lookups.load(session, table, by.id, [probe])
    stored = found[row_id]
    check_change(
        noun=table.noun,
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


def _note(session: AsyncSession, by: User, table: Table, verb: str, row_id: UUID, number: int, reason: str) -> None:
    detail: dict[str, Any] = {"version": number}
    if reason:
        detail["reason"] = reason
    note(session, by=by, verb=f"{table.noun}.{verb}", subject=table.row(id=row_id), detail=detail)
