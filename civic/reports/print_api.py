"""GET /api/v1/reports/activity.pdf: the report to print, or its version for diffusion."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from civic.accounts.current import ReaderUser
from civic.db import Session
from civic.reports.filters import Params, asked
from civic.reports.printing import report_pdf
from civic.reports.tables import file_name

router = APIRouter(prefix="/api/v1", tags=["reports"])
MEDIA_TYPE = "application/pdf"
PDF: dict[int | str, Any] = {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}


class PrintParams(Params):
    """`version`: `interne` (whole figures) or `diffusion` (published quarters, small counts hidden, no filter)."""

    version: Literal["interne", "diffusion"] = "interne"


@router.get("/reports/activity.pdf", responses=PDF, response_class=Response)
async def report(session: Session, user: ReaderUser, params: Annotated[PrintParams, Query()]) -> Response:
    """The activity report as a tagged PDF."""
    filters = await asked(session, user, params)
    start = "civic_bilan" if params.version == "interne" else "civic_bilan_diffusion"
    headers = {"Content-Disposition": f'attachment; filename="{file_name(start, filters, "pdf")}"'}
    return Response(await report_pdf(session, filters, params.version), media_type=MEDIA_TYPE, headers=headers)
