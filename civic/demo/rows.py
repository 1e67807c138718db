"""Rows that wait to be inserted, table by table, in the order in which their tables were first named."""

from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Base

Row = dict[str, Any]


class Rows:
    def __init__(self) -> None:
        self.tables: dict[type[Base], list[Row]] = {}

    def add(self, table: type[Base], row: Row) -> None:
        self.tables.setdefault(table, []).append(row)

    def of(self, table: type[Base]) -> list[Row]:
        return self.tables.get(table, [])

    async def insert(self, session: AsyncSession) -> None:
        """Core and many rows at once: building objects would take longer than the database does."""
        for table, rows in self.tables.items():
            await session.execute(insert(cast(Table, table.__table__)), rows)
