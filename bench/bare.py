"""A bare Starlette route that runs the statements of one booking through the driver alone: the bookings' baseline.

BENCH_SPEC names a pickle: `url`, `statements` [(sql, values)], `known` (the ids to be replaced by each request's own)
and `booking` (the id that stands in texts).
"""

import asyncio
import os
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiosqlite
import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def create_app() -> Starlette:
    spec = pickle.loads(Path(os.environ["BENCH_SPEC"]).read_bytes())
    run = _sqlite(spec["url"]) if spec["url"].startswith("sqlite") else _postgres(spec["url"])

    async def book(request: Request) -> JSONResponse:
        own = {"volunteer": UUID(request.path_params["volunteer"]), "shift": UUID(request.path_params["shift"])}
        await run(_fresh(spec, own))
        return JSONResponse({"id": str(own["shift"])}, 201)

    return Starlette(routes=[Route("/{volunteer}/{shift}", book, methods=["POST"])])


def _fresh(spec: dict[str, Any], own: dict[str, UUID]) -> list[tuple[str, Any]]:
    """The statements with this request's ids in the place of the recorded ones; rows to insert get new ids."""
    ids = {spec["known"][name]: value for name, value in own.items()}
    texts = {str(old): str(new) for old, new in ids.items()}
    booking = uuid4()
    ids[spec["booking"]], texts[str(spec["booking"])] = booking, str(booking)

    def value(given: Any, insert: bool) -> Any:
        hexed = isinstance(given, str) and len(given) == 32
        try:
            identity = given if isinstance(given, UUID) else UUID(given) if hexed else None
        except ValueError:
            identity = None
        if identity is not None:
            new = (
                ids.setdefault(identity, uuid4())
                if insert and identity not in spec["kept"]
                else ids.get(identity, identity)
            )
            return new.hex if hexed else new
        if isinstance(given, str):
            for old, new_text in texts.items():
                given = given.replace(old, new_text)
        return given

    return [(sql, tuple(value(one, sql.startswith("INSERT")) for one in given)) for sql, given in spec["statements"]]


def _sqlite(url: str, *, many: bool = False) -> Any:
    turn, pool = asyncio.Lock(), asyncio.Queue[aiosqlite.Connection]()
    opened: list[aiosqlite.Connection] = []

    @asynccontextmanager
    async def connection() -> AsyncIterator[aiosqlite.Connection]:
        if len(opened) < 10 and pool.empty():
            made = await aiosqlite.connect(url.split("///", 1)[1], isolation_level=None)
            opened.append(made)
            for pragma in ("busy_timeout = 30000", "synchronous = NORMAL", "foreign_keys = ON"):
                await made.execute(f"PRAGMA {pragma}")
        else:
            made = await pool.get()
        try:
            yield made
        finally:
            pool.put_nowait(made)

    async def run(statements: list[tuple[str, Any]]) -> None:
        async with turn, connection() as one:
            await one.execute("BEGIN IMMEDIATE")
            for sql, values in statements:
                if many:
                    await one.executemany(sql, values)
                    continue
                async with one.execute(sql, values) as cursor:
                    await cursor.fetchall()
            await one.execute("COMMIT")

    return run


def _postgres(url: str, *, many: bool = False) -> Any:
    made: list[asyncpg.Pool] = []
    lock = asyncio.Lock()

    async def run(statements: list[tuple[str, Any]]) -> None:
        async with lock:
            if not made:
                made.append(
                    await asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=16, max_size=16, init=_codecs)
                )
        async with made[0].acquire() as one, one.transaction():
            for sql, values in statements:
                await (one.executemany(sql, values) if many else one.fetch(sql, *values))

    return run


async def _codecs(connection: asyncpg.Connection) -> None:
    # As SQLAlchemy hands JSON over: text that is already JSON.
    await connection.set_type_codec("json", encoder=str, decoder=str, schema="pg_catalog")
