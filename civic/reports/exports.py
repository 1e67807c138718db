"""Files to download: CSV streamed from the database, or a spreadsheet. Links on /bilans lead straight here."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from civic.accounts.current import ReaderUser, require
from civic.accounts.models import User
from civic.db import Database, Session
from civic.errors import Invalid
from civic.i18n import _
from civic.reports import files
from civic.reports.activity import activity
from civic.reports.csv_text import MEDIA_TYPE
from civic.reports.export_rows import activity_csv, table_csv
from civic.reports.filters import Filters, Params, asked
from civic.reports.parquet import MEDIA_TYPE as PARQUET_TYPE
from civic.reports.parquet import write_parquet
from civic.reports.tables import TABLES, file_name
from civic.reports.workbook import write_workbook
from civic.reports.xlsx import MEDIA_TYPE as XLSX_TYPE
from civic.reports.xlsx import temporary, write_xlsx

router = APIRouter(prefix="/api/v1", tags=["reports"])
CSV: dict[int | str, Any] = {200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}}


class Waiting(BaseModel):
    """A workbook that the worker still writes; ask again at the same address, or fetch `href` when it is done."""

    id: UUID
    state: Literal["waiting", "writing", "failed"]
    rows_total: int
    rows_done: int
    href: str


XLSX: dict[int | str, Any] = {
    200: {"content": {XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
    202: {"model": Waiting, "description": "More than 20,000 rows: the worker writes it."},
}
PARQUET: dict[int | str, Any] = {200: {"content": {PARQUET_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}

# Hours bear names: managers read what is not personal.
HoursReader = Annotated[User, Depends(require("coordinator", "admin"))]


class ExportParams(Params):
    """`dialect`: `fr` (`;`, BOM, decimal comma, French headings) or `rfc` (`,`, no BOM, decimal point, codes)."""

    dialect: Literal["fr", "rfc"] = "fr"


Asked = Annotated[ExportParams, Query()]
Plain = Annotated[Params, Query()]


class Streamed(StreamingResponse):
    """Closes its generator, and so the reading session, as soon as the client has all or hangs up."""

    body_iterator: AsyncIterator[bytes]

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):  # type: ignore[type-var]
            await super().stream_response(send)


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}


def _check_topic(name: str, filters: Filters) -> None:
    if filters.topic and not TABLES[name].by_topic:
        raise Invalid({"topic": _("Un créneau n’a pas de thème : ce filtre ne vaut que pour les rencontres.")})


async def _spreadsheet(request: Request, session: AsyncSession, user: User, name: str, filters: Filters) -> Response:
    _check_topic(name, filters)
    database: Database = request.app.state.db
    if await files.count_rows(session, filters, name) > files.LONG:
        return await _by_the_worker(database, user, name, filters)
    called = file_name(TABLES[name].name, filters, "xlsx")
    return await _written(lambda file: write_xlsx(database, name, filters, file), called)


async def _by_the_worker(database: Database, user: User, kind: str, filters: Filters) -> Response:
    """A workbook too long to wait for: 202 until the worker has written it, then, at the same address, the file."""
    async with database.writing() as session:
        file = await files.fresh(session, by=user, kind=kind, form="xlsx", filters=filters)
        if file is None or not files.path_of(file).is_file():
            file = await files.ask(session, by=user, kind=kind, form="xlsx", filters=filters)
        told = {"id": str(file.id), "state": file.state, "rows_total": file.rows_total, "rows_done": file.rows_done}
    if file.state == "done":
        return FileResponse(files.path_of(file), media_type=XLSX_TYPE, headers=_attachment(file.name))
    href = f"/bilans/fichiers/{file.id}"
    return JSONResponse({**told, "href": href}, status_code=202, headers={"Retry-After": "5"})


class Once(FileResponse):
    """A file that is sent once, then gone, even when the client hangs up in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            _remove(self.path)


def _remove(path: Any) -> None:
    Path(path).unlink(missing_ok=True)


async def _written(write: Callable[[Path], Awaitable[int]], called: str, media_type: str = XLSX_TYPE) -> Response:
    """Written to a file of its own, sent, then removed: a workbook is only whole at its end."""
    file = temporary()
    try:
        await write(file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return Once(file, media_type=media_type, headers=_attachment(called))


async def _stream(request: Request, name: str, filters: Filters, dialect: str) -> Response:
    table = TABLES[name]
    _check_topic(name, filters)
    database: Database = request.app.state.db
    rows = table_csv(database, name, filters, dialect)
    return Streamed(rows, media_type=MEDIA_TYPE, headers=_attachment(file_name(table.name, filters)))


@router.get("/exports/encounters.csv", responses=CSV, response_class=Response)
async def encounters(request: Request, session: Session, user: ReaderUser, params: Asked) -> Response:
    """A line per encounter that is not voided, so that they are as many as the figure says."""
    return await _stream(request, "encounters", await asked(session, user, params), params.dialect)


@router.get("/exports/shifts.csv", responses=CSV, response_class=Response)
async def shifts(request: Request, session: Session, user: ReaderUser, params: Asked) -> Response:
    """A line per shift of the days, whatever its state."""
    return await _stream(request, "shifts", await asked(session, user, params), params.dialect)


@router.get("/exports/hours.csv", responses=CSV, response_class=Response)
async def hours(request: Request, session: Session, user: HoursReader, params: Asked) -> Response:
    """A line per confirmed place of the published shifts that have ended. It bears names: closed to managers."""
    return await _stream(request, "hours", await asked(session, user, params), params.dialect)


@router.get("/exports/encounters.xlsx", responses=XLSX, response_class=Response)
async def encounters_sheet(request: Request, session: Session, user: ReaderUser, params: Plain) -> Response:
    """The encounters as a spreadsheet."""
    return await _spreadsheet(request, session, user, "encounters", await asked(session, user, params))


@router.get("/exports/encounters.parquet", responses=PARQUET, response_class=Response)
async def encounters_columns(request: Request, session: Session, user: ReaderUser, params: Plain) -> Response:
    """The encounters as Parquet, where the optional civic[parquet] is installed."""
    filters = await asked(session, user, params)
    database: Database = request.app.state.db
    called = file_name(TABLES["encounters"].name, filters, "parquet")
    return await _written(lambda file: write_parquet(database, filters, file), called, PARQUET_TYPE)


@router.get("/exports/shifts.xlsx", responses=XLSX, response_class=Response)
async def shifts_sheet(request: Request, session: Session, user: ReaderUser, params: Plain) -> Response:
    """The shifts as a spreadsheet."""
    return await _spreadsheet(request, session, user, "shifts", await asked(session, user, params))


@router.get("/exports/hours.xlsx", responses=XLSX, response_class=Response)
async def hours_sheet(request: Request, session: Session, user: HoursReader, params: Plain) -> Response:
    """The hours as a spreadsheet. It bears names: closed to managers."""
    return await _spreadsheet(request, session, user, "hours", await asked(session, user, params))


@router.get("/reports/activity.csv", responses=CSV, response_class=Response)
async def report(session: Session, user: ReaderUser, params: Asked) -> Response:
    """The activity report as one table: section, key, label, value, previous."""
    found = await activity(session, await asked(session, user, params))
    name = file_name("civic_bilan", found.filters)
    return Response(activity_csv(found, params.dialect), media_type=MEDIA_TYPE, headers=_attachment(name))


@router.get("/reports/activity.xlsx", responses=XLSX, response_class=Response)
async def report_sheets(request: Request, session: Session, user: ReaderUser, params: Plain) -> Response:
    """The activity report as a workbook of six tabs, the last one the encounters behind it."""
    found = await activity(session, await asked(session, user, params))
    if found.now.encounters > files.LONG:
        return await _by_the_worker(request.app.state.db, user, "activity", found.filters)
    return await _written(
        lambda file: write_workbook(request.app.state.db, found, file), file_name("civic_bilan", found.filters, "xlsx")
    )
