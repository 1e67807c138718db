"""create_app(): the database, the middleware and every domain's routes."""

import asyncio
import gc
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
from civic.outbox.send import sender_for
from civic.paths import STATIC
from civic.planning import sources
from civic.settings import Settings, settings
from civic.tasks.work import for_ever

STOP_SECONDS = 5.0

# Addresses are tried in this order: what is asked most, and by many at once, comes first.
ROUTERS = (
    "civic.bookings.api",
    "civic.bookings.shift_api",
    "civic.health",
    "civic.planning.views",
    "civic.accounts.api",
    "civic.accounts.views",
    "civic.accounts.admin_views",
    "civic.notices.views",
    "civic.notices.reader_views",
    "civic.sites.api",
    "civic.sites.views",
    "civic.sites.edit_views",
    "civic.sites.photo_views",
    "civic.volunteers.api",
    "civic.volunteers.views",
    "civic.volunteers.availability_views",
    "civic.volunteers.admin_views",
    "civic.missions.api",
    "civic.missions.editing",
    "civic.bookings.mission_views",
    "civic.missions.views",
    "civic.missions.applications",
    "civic.contracts.limit_views",
    "civic.bookings.contract_views",
    "civic.bookings.recurring_views",
    "civic.bookings.closure_views",
    "civic.bookings.site_views",
    "civic.bookings.views",
    "civic.bookings.offer_views",
    "civic.bookings.checkin_api",
    "civic.bookings.checkin_views",
    "civic.bookings.walkins_api",
    "civic.bookings.leave_views",
    "civic.bookings.leave_desk",
    "civic.bookings.hours_views",
    "civic.bookings.absence_api",
    "civic.bookings.absence_views",
    "civic.bookings.calendar_views",
    "civic.planning.sheet_views",
    "civic.imports.views",
    "civic.encounters.api",
    "civic.encounters.home_views",
    "civic.encounters.noting",
    "civic.encounters.site_report_api",
    "civic.encounters.site_report_views",
    "civic.encounters.review_views",
    "civic.encounters.topic_views",
    "civic.encounters.outing_views",
    "civic.encounters.views",
    "civic.encounters.summary_views",
    "civic.reports.api",
    "civic.reports.views",
    "civic.reports.behind_views",
    "civic.reports.exports",
    "civic.reports.print_api",
    "civic.reports.desk_views",
    "civic.reports.quote_views",
    "civic.reports.file_views",
    "civic.reports.site_views",
    "civic.reports.open_data",
    "civic.tasks.views",
    "civic.pwa.views",
    "civic.docs",
    "civic.legal",
)
# What waits for a coordinator in domains that the planning does not know, in the order of « À traiter ».
WAITING = ("civic.encounters.review_todo",)


def steady_collector() -> None:
    """Objects made at start live for ever: keep the collector from walking them at each pass."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # In development the server does the worker's part itself.
    worker, stopping = None, asyncio.Event()
    if not settings().production:
        worker = asyncio.create_task(for_ever(app.state.db, sender_for(settings()), stopping))
    steady_collector()
    yield
    if worker:
        stopping.set()
        with suppress(TimeoutError):
            # What is in hand reaches its end, so that no task stays held for the next start.
            await asyncio.wait_for(worker, STOP_SECONDS)
    await app.state.db.dispose()


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
    sources.SOURCES[:] = [import_module(name).waiting for name in WAITING]
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app)
    openapi.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(OriginGuard, refuse=problems.refuse_foreign)
    app.add_middleware(GZipMiddleware, minimum_size=800, compresslevel=3)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    return app
