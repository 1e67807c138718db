"""create_app(): the database, the middleware and every domain's routes."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from civic import __version__, openapi, problems
from civic.api_query import known_query
from civic.db import Database
from civic.methods import HeadAsGet
from civic.middleware import BodyLimit, OriginGuard, SecurityHeaders
from civic.outbox.actions import deliver
from civic.outbox.send import sender_for
from civic.paths import STATIC
from civic.settings import Settings, settings

log = logging.getLogger("civic")
OUTBOX_SECONDS = 1.0

ROUTERS = (
    "civic.health",
    "civic.accounts.api",
    "civic.accounts.views",
    "civic.accounts.admin_views",
    "civic.sites.api",
    "civic.sites.views",
    "civic.volunteers.api",
    "civic.volunteers.views",
    "civic.volunteers.admin_views",
    "civic.missions.api",
    "civic.missions.editing",
    "civic.missions.views",
    "civic.missions.applications",
    "civic.contracts.views",
    "civic.bookings.shift_api",
    "civic.bookings.api",
    "civic.bookings.views",
    "civic.planning.views",
    "civic.encounters.api",
    "civic.encounters.noting",
    "civic.encounters.views",
    "civic.reports.api",
    "civic.reports.views",
    "civic.reports.exports",
    "civic.docs",
    "civic.legal",
)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    worker = None
    if not settings().production:
        worker = asyncio.create_task(_deliver_for_ever(app.state.db))
    # Objects made at start live for ever: keep the collector from walking them at each pass.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    yield
    if worker:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
    await app.state.db.dispose()


async def _deliver_for_ever(database: Database) -> None:
    sender = sender_for(settings())
    while True:
        try:
            sent = await deliver(database, sender)
        except Exception as error:
            log.error("outbox: %s", str(error).splitlines()[0])
            sent = 0
        if not sent:
            await asyncio.sleep(OUTBOX_SECONDS)


def create_app(configured: Settings | None = None, database: Database | None = None) -> FastAPI:
    """The whole application; `configured` and `database` default to the environment's."""
    chosen = configured or settings()
    app = FastAPI(
        title="Civic",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.db = database or Database(chosen.database_url)
    for name in ROUTERS:
        router = import_module(name).router
        faced = [Depends(known_query)] if router.prefix.startswith("/api/") else []
        app.include_router(router, dependencies=faced)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app)
    openapi.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(OriginGuard, refuse=problems.refuse_foreign)
    app.add_middleware(GZipMiddleware, minimum_size=800, compresslevel=5)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    return app
