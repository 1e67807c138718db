"""A bare Starlette route that runs the inserts of one batch through the driver alone: the encounters' baseline.

BENCH_SPEC names a pickle: `url`, `inserts` [(sql, rows)] as the driver got them, and `uuids` in the order of the batch.
"""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench import bare


def create_app() -> Starlette:
    spec = pickle.loads(Path(os.environ["BENCH_SPEC"]).read_bytes())
    run = (bare._sqlite if spec["url"].startswith("sqlite") else bare._postgres)(spec["url"], many=True)

    async def log(request: Request) -> JSONResponse:
        batch = (await request.json())["encounters"]
        own = {old: UUID(one["client_uuid"]) for old, one in zip(spec["uuids"], batch, strict=True)}
        named = own | {old.hex: new.hex for old, new in own.items()}
        await run([(sql, [_row(row, named.get) for row in rows]) for sql, rows in spec["inserts"]])
        return JSONResponse({"results": [{"client_uuid": one["client_uuid"], "outcome": "created"} for one in batch]})

    return Starlette(routes=[Route("/api/v1/encounters", log, methods=["POST"])])


def _row(row: tuple[Any, ...], renamed: Callable[[Any, Any], Any]) -> tuple[Any, ...]:
    return tuple(renamed(value, value) if isinstance(value, str | UUID) else value for value in row)
