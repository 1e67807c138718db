"""Connections: one that PostgreSQL closed is replaced before anybody uses it."""

import asyncio

import pytest
from sqlalchemy import text

from civic import db as civic_db
from civic.db import Database

PID = text("SELECT pg_backend_pid()")


@pytest.mark.parametrize("idle", [5, 0], ids=["at once", "asked after a pause"])
async def test_a_connection_that_the_server_closed_is_replaced(
    postgres_url: str, idle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(civic_db, "IDLE", idle)
    ours, other = Database(postgres_url), Database(postgres_url)
    async with ours.writing() as session:
        first = await session.scalar(PID)
    async with other.writing() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    # The end of the connection comes through the loop, as it does while a server waits for requests.
    await asyncio.sleep(0)
    async with ours.writing() as session:
        second = await session.scalar(PID)
    assert second != first
    async with ours.writing() as session:
        assert await session.scalar(PID) == second
    await ours.dispose()
    await other.dispose()
