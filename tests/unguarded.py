"""Civic without the guards of a booking, for the negative controls of the load tests: nothing here is ever shipped."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from civic import app as product
from civic.bookings import actions, steps
from civic.db import Database
from civic.shifts.models import Shift


def create_app() -> FastAPI:
    """No lock on a shift or a person; on SQLite a transaction looks first and takes its lock when it writes."""

    async def no_lock(session: AsyncSession, shift_id: UUID) -> Shift:
        return await session.get_one(Shift, shift_id)

    async def nobody(_session: AsyncSession, _ids: Any) -> None:
        return None

    real = steps.next_key

    async def slow(session: AsyncSession, shift_id: UUID) -> int:
        # The time between the look and the write, as a busy server would have it.
        await asyncio.sleep(0.05)
        return await real(session, shift_id)

    @asynccontextmanager
    async def late(self: Database) -> Any:
        async with self._reading() as session:
            yield session
            await session.commit()

    actions.lock = no_lock
    steps.lock_people = nobody
    steps.next_key = slow
    made: FastAPI = product.create_app()
    if made.state.db.sqlite:
        Database.writing = late  # type: ignore[method-assign]
    return made
