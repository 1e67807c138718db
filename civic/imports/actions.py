"""The verbs of an import: look at a file, apply it, drop it. A run is applied whole or not at all, and once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from anyio import to_thread
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.imports.columns import Line, lines_of
from civic.imports.kinds import KINDS, Kind
from civic.imports.models import ImportRun
from civic.imports.plan import Plan, Planned
from civic.imports.reading import read
from civic.settings import settings

KEPT = timedelta(days=1)
NAME_MAX = 200
ONE_AT_A_TIME = 0x696D706F


@dataclass(frozen=True, slots=True)
class Looked:
    """A run and what it would do."""

    run: ImportRun
    plan: Plan


def file_of(run_id: UUID) -> Path:
    return settings().files / "imports" / str(run_id)


async def understand(kind: Kind, content: bytes) -> list[Line]:
    """The lines of a file, read in a thread. Raises Unreadable."""
    return await to_thread.run_sync(lambda: lines_of(read(content, _(kind.sheet)), kind.columns))


async def check(
    session: AsyncSession, *, by: User, kind: Kind, name: str, content: bytes, lines: Sequence[Line]
) -> ImportRun:
    """Keep a file, whose lines were understood, beside what it would do. Raises Unreadable."""
    plan = await kind.plan(session, by, lines)
    run = ImportRun(
        kind=kind.code,
        file_name=name[:NAME_MAX],
        digest=hashlib.sha256(content).hexdigest(),
        counts=plan.counts,
        created_by_id=by.id,
    )
    session.add(run)
    await session.flush()
    await to_thread.run_sync(_store, file_of(run.id), content)
    return run


def _store(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


async def content_of(run: ImportRun) -> bytes:
    """The bytes that were looked at. Raises Refusal once they are gone or are others."""
    try:
        content = await to_thread.run_sync(file_of(run.id).read_bytes)
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != run.digest:
        raise Refusal("import_gone", _("Ce fichier n’est plus là : envoyez-le de nouveau."))
    return content


async def look(session: AsyncSession, run: ImportRun, by: User) -> Plan:
    """What a kept file would do now. Raises Refusal, Unreadable."""
    kind = KINDS[run.kind]
    return await kind.plan(session, by, await understand(kind, await content_of(run)))


async def execute(session: AsyncSession, *, by: User, run_id: UUID, seen: str) -> Looked | None:
    """Apply a run that was seen as the plan of digest `seen`; None when it is done, also by another click.

    When the world moved meanwhile, or a line is refused, nothing is written and what it would do now comes back.
    """
    run = await _held(session, run_id)
    if run.state == "applied":
        return None
    if run.state == "dropped":
        raise Refusal("import_gone", _("Ce fichier n’est plus là : envoyez-le de nouveau."))
    plan = await _settled(session, by, KINDS[run.kind], await content_of(run))
    if plan.digest != seen or plan.refused:
        return Looked(run, plan)
    await apply(session, by=by, kind=KINDS[run.kind], plan=plan, run=run)
    await to_thread.run_sync(lambda: file_of(run.id).unlink(missing_ok=True))
    return None


async def _held(session: AsyncSession, run_id: UUID) -> ImportRun:
    chosen = select(ImportRun).where(ImportRun.id == run_id).with_for_update()
    run: ImportRun | None = await session.scalar(chosen.execution_options(populate_existing=True))
    if run is None:
        raise NotFound
    return run


async def _settled(session: AsyncSession, by: User, kind: Kind, content: bytes) -> Plan:
    """The plan made again with what it changes held, so that nothing moves between judging and writing."""
    if session.get_bind().dialect.name != "sqlite":
        # Two imports at once would both find a shift missing and both make it.
        await session.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
    plan = await kind.plan(session, by, await understand(kind, content))
    if not plan.refused and await kind.hold(session, plan):
        plan = await kind.plan(session, by, await understand(kind, content))
    return plan


async def apply(session: AsyncSession, *, by: User, kind: Kind, plan: Plan, run: ImportRun) -> None:
    """Write a plan without a refused line, and note it. Raises Refusal when somebody else wrote the same meanwhile.

    A file that changes nothing is no event.
    """
    run.state, run.applied_at, run.counts = "applied", clock.now(), plan.counts
    if not plan.writes:
        return
    try:
        async with session.begin_nested():
            await kind.apply(session, by, _writing(plan))
    except IntegrityError:
        message = _("Quelqu’un a changé ces données au même moment. Rien n’est importé : relisez, puis recommencez.")
        raise Refusal("import_raced", message) from None
    detail = {"kind": kind.code, "name": run.file_name, **plan.counts}
    audit.record(session, by=by, verb="import.applied", subject=run, detail=detail)


def _writing(plan: Plan) -> list[Planned]:
    return [one for one in plan.lines if one.outcome in ("created", "changed")]


async def import_file(session: AsyncSession, *, by: User, kind: Kind, name: str, content: bytes, dry_run: bool) -> Plan:
    """Look at a file and, unless told otherwise, a line is refused or nothing would change, apply it at once.

    Raises Unreadable, Refusal.
    """
    plan = await _settled(session, by, kind, content)
    if dry_run or plan.refused or not plan.writes:
        return plan
    digest = hashlib.sha256(content).hexdigest()
    run = ImportRun(kind=kind.code, file_name=name[:NAME_MAX], digest=digest, created_by_id=by.id)
    session.add(run)
    await session.flush()
    await apply(session, by=by, kind=kind, plan=plan, run=run)
    return plan


async def drop(session: AsyncSession, *, run_id: UUID) -> None:
    """Forget a file that was not applied; again changes nothing."""
    run = await _held(session, run_id)
    if run.state == "checked":
        run.state = "dropped"
    await to_thread.run_sync(lambda: file_of(run.id).unlink(missing_ok=True))


async def stale_runs(session: AsyncSession) -> list[UUID]:
    """Files that nobody applied within a day."""
    chosen = select(ImportRun.id).where(ImportRun.state == "checked", ImportRun.created_at < clock.now() - KEPT)
    return list(await session.scalars(chosen.order_by(ImportRun.id)))


async def sweep() -> None:
    """Take away files whose row never came to be, as when the machine stopped between the two."""
    limit = (clock.now() - 2 * KEPT).timestamp()
    await to_thread.run_sync(_sweep, settings().files / "imports", limit)


def _sweep(folder: Path, limit: float) -> None:
    for path in folder.glob("*"):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
