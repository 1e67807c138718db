"""GET /api/v1/reports/activity."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from civic.accounts.current import ReaderUser
from civic.db import Session
from civic.reports.activity import activity
from civic.reports.answer import ActivityOut, as_json
from civic.reports.filters import Params, asked

router = APIRouter(prefix="/api/v1", tags=["reports"])


@router.get("/reports/activity", response_model=ActivityOut)
async def show(session: Session, user: ReaderUser, params: Annotated[Params, Query()]) -> Any:
    """The activity of a period (both days included), with the same period a year before."""
    return as_json(await activity(session, await asked(session, user, params)))
