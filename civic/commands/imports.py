"""civic import"""

import asyncio
from argparse import Namespace
from pathlib import Path

from civic.accounts.models import User
from civic.commands.console import Stop, read_settings, say
from civic.commands.database import prepare
from civic.db import Database
from civic.errors import Refusal
from civic.i18n import _
from civic.imports.actions import import_file
from civic.imports.columns import Problem
from civic.imports.kinds import KINDS
from civic.imports.plan import Plan, Planned
from civic.imports.reading import MAX_BYTES
from civic.imports.wrong import Unreadable

SHOWN = 200


def run(args: Namespace) -> int:
    settings = read_settings()
    content = _content(args.file)
    prepare(settings.database_url, migrate=settings.sqlite)
    try:
        plan = asyncio.run(_import(settings.database_url, args, content))
    except Unreadable as unreadable:
        raise Stop(f"{args.file}: {unreadable.message}") from None
    except Refusal as refusal:
        raise Stop(refusal.message) from None
    if plan.refused:
        raise Stop(_refusals(args.file, plan))
    for one in plan.of("changed") if args.dry_run else ():
        say(_changed(one))
    counts = plan.counts
    said = f"{counts['created']} created, {counts['changed']} changed, {counts['same']} the same"
    say(f"Would be: {said}. Nothing is written." if args.dry_run else f"Imported: {said}.")
    return 0


def _content(file: Path) -> bytes:
    if file.is_dir():
        raise Stop(f"{file} is a folder: name a file.")
    if file.stat().st_size > MAX_BYTES:
        raise Stop(f"{file} has more than {MAX_BYTES:,} bytes: cut it into several.")
    return file.read_bytes()


async def _import(url: str, args: Namespace, content: bytes) -> Plan:
    database = Database(url)
    try:
        async with database.writing() as session:
            # Whoever holds the machine acts, as for accounts: the audit log says the system, an invitation says so.
            operator = User(name=_("L’équipe Civic"), email="", role="admin", scopes=[])
            kind = KINDS[args.what]
            return await import_file(
                session, by=operator, kind=kind, name=args.file.name, content=content, dry_run=args.dry_run
            )
    finally:
        await database.dispose()


def _refusals(file: Path, plan: Plan) -> str:
    refused = plan.of("refused")
    lines = [f"{file}: {len(refused)} of {len(plan.lines)} lines refused, nothing is written."]
    told = [f"  line {one.number}: {_problem(problem)}" for one in refused for problem in one.problems]
    left = [f"  and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
    return "\n".join([*lines, *told[:SHOWN], *left])


def _problem(problem: Problem) -> str:
    where = f"{problem.column}: " if problem.column else ""
    read = f"{problem.read!r}: " if problem.read else ""
    return f"{where}{read}{problem.reason}"


def _changed(line: Planned) -> str:
    told = ", ".join(f"{one.label}: {one.before} → {one.after}" for one in line.changes)
    return f"  line {line.number}: {line.label}: {told}"
