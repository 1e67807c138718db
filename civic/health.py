"""For whoever watches the service: is the process alive, can it work."""

import logging

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from civic.db import Database
from civic.migrate import current_of, head

log = logging.getLogger("civic")
router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    return PlainTextResponse("ok")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """200 when the database answers and its migrations are the code's, 503 with the reason otherwise."""
    database: Database = request.app.state.db
    try:
        async with database.engine.connect() as connection:
            revision = await connection.run_sync(current_of)
    except Exception as error:
        log.error("not ready: %s", str(error).splitlines()[0])
        return JSONResponse({"ready": False, "reason": "database unreachable"}, 503)
    if revision != head():
        return JSONResponse({"ready": False, "reason": "migrations pending"}, 503)
    return JSONResponse({"ready": True})
