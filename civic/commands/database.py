"""Bring the database of the settings to where a command needs it, or stop with a sentence that says what is wrong."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from importlib import import_module

from alembic.util.exc import CommandError
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from civic.commands.console import Stop, explain
from civic.db import Database, sqlite_file
from civic.migrate import current_of, head, upgrade

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")
SECONDS = 8
PENDING = "Migrations are pending: run `civic migrate` first."
REFERENCE_LOCK = 0x63697669
REFERENCE = ("civic.sites.reference", "civic.encounters.reference")


def shown(url: str) -> str:
    """A database's address without its password."""
    file = sqlite_file(url)
    return f"SQLite {file}" if file else make_url(url).render_as_string(hide_password=True)


def prepare(url: str, *, migrate: bool) -> None:
    """A reachable database that can be written, with current tables and reference rows. Raises Stop."""
    known(url)
    _writable(url)
    with _alone(url):
        found = revision(url)
        if found != head():
            if not migrate:
                raise Stop(PENDING)
            apply(url)
    asyncio.run(_reference(url))


def ready(url: str) -> None:
    """A database with current tables, which may be read-only. Raises Stop."""
    present(url)
    if revision(url, to_write=False) != head():
        raise Stop(PENDING)


def present(url: str) -> None:
    """Raises Stop where a SQLite file is missing: opening it would make an empty one."""
    known(url)
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise Stop(f"There is no database {file}: `civic migrate` makes one.")


def apply(url: str) -> None:
    """Apply the pending migrations."""
    try:
        upgrade(url)
    except CommandError as error:
        raise Stop(f"The migrations of {shown(url)} can't be applied: {error}.") from None


def revision(url: str, *, to_write: bool = True) -> str | None:
    """The revision of a database. Raises Stop when it is absent or unreachable, or read-only although `to_write`."""
    try:
        return asyncio.run(_revision(url, to_write))
    except (DBAPIError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise Stop(f"{shown(url)} did not answer within {SECONDS} seconds.") from None
        raise Stop(f"{shown(url)} can't be used. {explain(error)}") from None


async def _revision(url: str, to_write: bool) -> str | None:
    engine = create_async_engine(url, connect_args={"timeout": SECONDS})
    try:
        async with asyncio.timeout(2 * SECONDS), engine.connect() as connection:
            if to_write:
                await _try_to_write(connection, url)
            return await connection.run_sync(current_of)
    finally:
        await engine.dispose()


async def _try_to_write(connection: AsyncConnection, url: str) -> None:
    if connection.dialect.name == "sqlite":
        # Otherwise SQLite would only notice at the first write.
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.exec_driver_sql("ROLLBACK")
    elif await connection.scalar(text("SHOW transaction_read_only")) == "on":
        raise Stop(f"{shown(url)} is read-only.")


def known(url: str) -> None:
    """Raises Stop for an address that Civic has no driver for, or that would keep nothing."""
    try:
        driver = make_url(url).drivername
    except ArgumentError:
        driver = ""
    if driver not in DRIVERS:
        raise Stop("CIVIC_DATABASE_URL must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://.")
    if driver.startswith("sqlite") and sqlite_file(url) is None:
        raise Stop("CIVIC_DATABASE_URL must name a file: a database in memory would be lost at once.")


def _writable(url: str) -> None:
    """The file, or the folder that will hold it, may be written; root too respects a file marked read-only."""
    file = sqlite_file(url)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        places = [file.parent, file] if file.exists() else [file.parent]
    except OSError as error:
        raise Stop(f"The folder of the database {file} can't be made. {explain(error)}") from None
    for place in places:
        if not os.access(place, os.W_OK) or not place.stat().st_mode & 0o222:
            raise Stop(f"The database {file} can't be written: {place} is read-only.")
    if file.is_dir():
        raise Stop(f"The database {file} is a folder.")


@contextlib.contextmanager
def _alone(url: str) -> Iterator[None]:
    """Two processes that start together on one SQLite file migrate it one after the other."""
    file = sqlite_file(url)
    try:
        import fcntl
    except ImportError:  # pragma: no cover - not on Windows
        file = None
    if file is None:
        yield
        return
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


async def _reference(url: str) -> None:
    """The rows that every installation has: intermunicipalities, communes, sites, topics."""
    database = Database(url)
    try:
        async with database.writing() as session:
            if not database.sqlite:
                # Two servers that start together on an empty database: the second waits, and finds the rows there.
                await session.execute(text(f"SELECT pg_advisory_xact_lock({REFERENCE_LOCK})"))
            for name in REFERENCE:
                await import_module(name).load(session)
    finally:
        await database.dispose()
