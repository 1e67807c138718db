"""Engines, the declarative base and the only commit.

SQLite takes its write lock when a writing transaction begins (BEGIN IMMEDIATE): a transaction that reads first and
writes later would fail at once when another one wrote in between, whatever the busy timeout says.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import JSON, DateTime, Engine, Executable, MetaData, Row, String, Text, TypeDecorator, Uuid, event
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.util import await_only

from civic.sqlite import Driver

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WRITES = "civic_writes"
TURN = "civic_turn"
USED = "civic_used"
# Seconds after which an unused connection to PostgreSQL is asked whether it still stands.
IDLE = 5
# Seconds to wait for the one writer of SQLite: a crowd is served late rather than not at all.
PATIENCE = 30


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant on both engines; SQLite would drop the offset. Raises ValueError for a naive value."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time reached the database")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every constraint has a name, so that a migration can find it on either engine."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime,
        UUID: Uuid,
        str: Text,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


Code = Annotated[str, String(40)]
Rows = Sequence[Row[Any]]


class Database:
    """One engine and its two kinds of session: reading ones never wait for writers on SQLite."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {"module": Driver()} if self.sqlite else {"pool_size": 10, "max_overflow": 10}
        self.engine = create_async_engine(url, **options)
        if self.sqlite:
            _tune_sqlite(self.engine.sync_engine)
        else:
            _keep_alive(self.engine.sync_engine)
        # On PostgreSQL a page is read from one snapshot, so that a report's lists agree, and it cannot write.
        snapshot = {} if self.sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        reading = self.engine.execution_options(**snapshot)
        self._reading = async_sessionmaker(reading, expire_on_commit=False, autoflush=False)
        writing = self.engine.execution_options(**{WRITES: True})
        self._writing = async_sessionmaker(writing, expire_on_commit=False)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that must not write."""
        async with self._reading() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A session that is committed when its block ends well, and rolled back when it does not."""
        async with self._writing() as session:
            yield session
            await session.commit()

    async def dispose(self) -> None:
        await self.engine.dispose()


class Turns:
    """Who writes next on SQLite within this process, in the order of asking.

    SQLite's own waiting is a lottery among all that wait: with a hundred requests somebody can lose for fifteen seconds
    in a row. So one transaction of each process draws, and the others stand in line behind it.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def take(self, connection: Connection) -> None:
        running = asyncio.get_running_loop()
        if running is not self._loop:
            self._lock, self._loop = asyncio.Lock(), running
        await_only(asyncio.wait_for(self._lock.acquire(), PATIENCE))
        connection.info[TURN] = self._lock

    def give_back(self, connection: Connection) -> None:
        held = connection.info.pop(TURN, None)
        if held is not None:
            held.release()


def _tune_sqlite(engine: Engine) -> None:
    turns = Turns()

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {PATIENCE * 1000}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "cache_size = -32000",
            # Read where the system keeps the file anyway, rather than copied from there page by page.
            "mmap_size = 268435456",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(WRITES, False):
            connection.exec_driver_sql("BEGIN")
            return
        turns.take(connection)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            turns.give_back(connection)
            raise

    event.listen(engine, "commit", turns.give_back)
    event.listen(engine, "rollback", turns.give_back)


def _keep_alive(engine: Engine) -> None:
    """Replace lost connections before they are used. `pool_pre_ping` would ask three times over the wire each time.

    One that the server closed is known to be so here. After a pause it is asked: a firewall drops without a word.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info[USED] = monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError
        if monotonic() - record.info.get(USED, monotonic()) < IDLE:
            return
        try:
            engine.dialect.do_ping(connection)
        except (engine.dialect.loaded_dbapi.Error, OSError) as error:
            raise DisconnectionError from error


async def plain_rows(session: AsyncSession, query: Executable, values: Mapping[str, Any] | None = None) -> Rows:
    """Rows of columns without the ORM, which would take each of them in hand once more: for lists of hundreds.

    What the session has not written yet is written first, as for any query of its own.
    """
    if session.autoflush and (session.new or session.dirty or session.deleted):
        await session.flush()
    connection = await session.connection()
    return (await connection.execute(query, values)).all()


def sqlite_file(url: str) -> Path | None:
    """The file behind a SQLite address, or None for another engine or a database in memory."""
    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite") or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's session; an unsafe method's is committed here, after the handler and before the response."""
    database: Database = request.app.state.db
    opened = database.reading() if request.method in SAFE_METHODS else database.writing()
    async with opened as session:
        yield session


async def get_writing_session(request: Request) -> AsyncIterator[AsyncSession]:
    """For the rare link in a mail that changes something when it is opened."""
    database: Database = request.app.state.db
    async with database.writing() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
WritingSession = Annotated[AsyncSession, Depends(get_writing_session, scope="function")]
