"""Files that the worker writes: asked for, taken up by one worker at a time, kept for a while, then gone.

A worker that dies leaves a file that no longer breathes: another takes it up from its beginning, and after some tries
the file says that it failed. What is half written is never found under its name.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.audit import record as note
from civic.encounters.models import Encounter
from civic.errors import Forbidden, Invalid
from civic.i18n import _
from civic.reports.conditions import of_encounters
from civic.reports.filters import Filters
from civic.reports.models import ReportFile
from civic.reports.tables import TABLES
from civic.settings import settings

# Above so many rows a workbook is written by the worker.
LONG = 20_000
# A worker tells that it lives every second or so.
SILENCE = timedelta(minutes=2)
TRIES = 3
KEPT = timedelta(days=7)
FORMATS = {"activity": ("xlsx",), "encounters": ("xlsx", "parquet"), "shifts": ("xlsx",), "hours": ("xlsx",)}
# Asked for again within this time, a file that is whole is given as it is.
FRESH = timedelta(minutes=10)


def folder() -> Path:
    return settings().files / "reports"


def path_of(file: ReportFile) -> Path:
    return folder() / f"{file.id}.{file.format}"


def sweep(file: ReportFile) -> None:
    """Take away what workers that died had half written of it."""
    for half in folder().glob(f".{path_of(file).name}.*.part"):
        half.unlink(missing_ok=True)


def packed(filters: Filters) -> dict[str, Any]:
    return {**filters.shown, "from": str(filters.from_), "to": str(filters.to), "scope": sorted(filters.scope)}


def unpacked(kept: dict[str, Any]) -> Filters:
    mission = UUID(kept["mission"]) if kept["mission"] else None
    narrow = {name: kept[name] for name in ("site", "intermunicipality", "pillar", "topic")}
    # Files that were asked for before ages could be chosen name none.
    narrow["age"] = kept.get("age")
    first, last = date.fromisoformat(kept["from"]), date.fromisoformat(kept["to"])
    return Filters(from_=first, to=last, mission=mission, scope=frozenset(kept["scope"]), **narrow)


async def count_rows(session: AsyncSession, filters: Filters, kind: str = "encounters") -> int:
    """How many rows a file of these filters would hold; a report's are its encounters."""
    if kind in ("shifts", "hours"):
        rows = TABLES[kind].select(filters, clock.now()).order_by(None).subquery()
        return await session.scalar(select(func.count()).select_from(rows)) or 0
    return await session.scalar(select(func.count()).select_from(Encounter).where(*of_encounters(filters))) or 0


async def ask(session: AsyncSession, *, by: User, kind: str, form: str, filters: Filters) -> ReportFile:
    """Ask for a file of checked filters; the same one that is still to be written is not asked for twice."""
    # Hours bear names.
    if by.role not in ("coordinator", "admin") and (by.role != "manager" or kind == "hours"):
        raise Forbidden
    if form not in FORMATS.get(kind, ()):
        raise Invalid({"format": _("Ce format n’existe pas pour ce fichier.")})
    asked = packed(filters)
    if running := await _same(session, by, kind, form, asked, ReportFile.state.in_(("waiting", "writing"))):
        return running
    total = await count_rows(session, filters, kind)
    file = ReportFile(kind=kind, format=form, filters=asked, rows_total=total, created_by_id=by.id)
    session.add(file)
    await session.flush()
    note(
        session,
        by=by,
        verb="report.asked",
        subject=file,
        detail={"kind": kind, "from": asked["from"], "to": asked["to"]},
    )
    return file


async def fresh(session: AsyncSession, *, by: User, kind: str, form: str, filters: Filters) -> ReportFile | None:
    """The same file of somebody's, if it was finished just now."""
    recent = (ReportFile.state == "done") & (ReportFile.ended_at > clock.now() - FRESH)
    return await _same(session, by, kind, form, packed(filters), recent)


async def _same(
    session: AsyncSession, by: User, kind: str, form: str, asked: dict[str, Any], state: ColumnElement[bool]
) -> ReportFile | None:
    mine = select(ReportFile).where(ReportFile.created_by_id == by.id, ReportFile.kind == kind)
    found = await session.scalars(mine.where(ReportFile.format == form, state).order_by(ReportFile.created_at.desc()))
    return next((one for one in found if one.filters == asked), None)


async def ask_occasion(session: AsyncSession, *, occasion: str, filters: Filters, total: int) -> None:
    """The report of a month or quarter, asked for by the worker itself; the same occasion twice breaks a constraint."""
    row = ReportFile(kind="activity", format="pdf", filters=packed(filters), occasion=occasion, rows_total=total)
    session.add(row)
    await session.flush()
    note(session, by=None, verb="report.asked", subject=row, detail={"kind": occasion})


async def claim(session: AsyncSession) -> ReportFile | None:
    """The oldest that waits, or whose worker fell silent; one that fell silent too often has failed."""
    silent = (ReportFile.state == "writing") & (ReportFile.alive_at < clock.now() - SILENCE)
    chosen = (
        select(ReportFile)
        .where(or_(ReportFile.state == "waiting", silent))
        .order_by(ReportFile.created_at, ReportFile.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    file = await session.scalar(chosen)
    if file is None:
        return None
    if file.tries >= TRIES:
        fail_now(file, _("Le travail s’est arrêté plusieurs fois. Redemandez ce fichier, sur une période plus courte."))
        return None
    file.state, file.tries, file.alive_at, file.rows_done = "writing", file.tries + 1, clock.now(), 0
    return file


async def breathe(session: AsyncSession, file_id: UUID, tries: int, done: int) -> bool:
    """Say that the work goes on; False when another worker took it over."""
    mine = update(ReportFile).where(ReportFile.id == file_id, ReportFile.state == "writing", ReportFile.tries == tries)
    kept = mine.values(alive_at=clock.now(), rows_done=done).returning(ReportFile.id)
    return await session.scalar(kept) is not None


async def finish(session: AsyncSession, file_id: UUID, tries: int, *, name: str, rows: int) -> ReportFile | None:
    """The file is whole and in its place; None when another worker took it over."""
    file = await session.get(ReportFile, file_id, with_for_update=True)
    if file is None or file.state != "writing" or file.tries != tries:
        return None
    file.state, file.name, file.rows_done, file.ended_at = "done", name, rows, clock.now()
    # The report of a month or quarter is small and stays.
    file.expires_at = None if file.occasion else clock.now() + KEPT
    return file


async def fail(session: AsyncSession, file_id: UUID, tries: int, error: str) -> None:
    file = await session.get(ReportFile, file_id, with_for_update=True)
    if file is not None and file.state == "writing" and file.tries == tries:
        fail_now(file, error)


def fail_now(file: ReportFile, error: str) -> None:
    file.state, file.error, file.ended_at = "failed", error, clock.now()
    file.expires_at = None if file.occasion else clock.now() + KEPT


async def expired(session: AsyncSession) -> list[UUID]:
    chosen = select(ReportFile.id).where(ReportFile.expires_at < clock.now())
    return list(await session.scalars(chosen))


async def drop(session: AsyncSession, *, file_id: UUID) -> None:
    """Take away a file whose time is over, and its line."""
    file = await session.get(ReportFile, file_id, with_for_update=True)
    if file is not None and file.expires_at and file.expires_at < clock.now():
        path_of(file).unlink(missing_ok=True)
        sweep(file)
        await session.delete(file)
