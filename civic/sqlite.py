"""SQLite's driver with one hop to the connection's thread per statement.

SQLAlchemy's adapter hops four times (cursor, execute, fetch, close), and a hop costs more than most statements.
"""

import sqlite3
from collections import deque
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._hop("execute", operation, parameters or ())

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._hop("executemany", operation, seq_of_parameters)

    def _hop(self, method: str, operation: str, parameters: Any) -> None:
        try:
            run = self._connection._execute(_run, self._connection._conn, method, operation, parameters)
            self.description, self._rows, self.lastrowid, self.rowcount = self.await_(run)
        except Exception as error:
            self._adapt_connection._handle_exception(error)


class Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    def cursor(self, server_side: bool = False) -> AsyncAdapt_aiosqlite_cursor:
        # What is streamed stays with the adapter's own cursor: it must not be fetched whole.
        return super().cursor(server_side) if server_side else Cursor(self)


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """For `create_async_engine(module=…)`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> Connection:
        return Connection(self, super().connect(*args, **options)._connection)


def _run(
    connection: sqlite3.Connection, method: str, operation: str, parameters: Any
) -> tuple[Any, deque[Any], Any, int]:
    """Description, rows, last row id and row count, as the adapter's cursor keeps them. In the connection's thread."""
    cursor: sqlite3.Cursor = getattr(connection, method)(operation, parameters)
    try:
        if cursor.description:
            return cursor.description, deque(cursor.fetchall()), -1, -1
        return None, deque(), cursor.lastrowid, cursor.rowcount
    finally:
        cursor.close()
