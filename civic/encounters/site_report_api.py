"""Reports of places in the JSON interface: batches from phones, their photos, the list."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field, WithJsonSchema
from starlette.concurrency import run_in_threadpool

from civic.accounts.current import CurrentUser, VolunteerUser
from civic.accounts.models import User
from civic.db import Session
from civic.encounters.contents import MAX_COMMENT, MAX_VERSION
from civic.encounters.schemas import MAX_BATCH, ResultOut, ResultsOut
from civic.encounters.site_report_access import OwnReport, reads_description
from civic.encounters.site_reports import report_batch
from civic.schema import Items, Paging, SafeStr, Shown, Strict, day_key, encode_cursor
from civic.sites import photos, report_queries, reporting
from civic.sites.kinds import REPORT_KINDS, SPOTS
from civic.sites.models import SiteReport
from civic.sites.report_queries import ReportFilters

router = APIRouter(prefix="/api/v1", tags=["site-reports"])
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["client_uuid", "site_id", "date", "kind", "version"],
    "additionalProperties": False,
    "properties": {
        "client_uuid": {
            "type": "string",
            "format": "uuid",
            "description": "Made on the phone: sending a report again does nothing.",
        },
        "version": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_VERSION,
            "description": "From 1, higher at each edit.",
        },
        "site_id": {"type": "string", "description": "Slug of a site."},
        "date": {
            "type": "string",
            "format": "date",
            "description": "Today in Europe/Paris or one of the 7 days before.",
        },
        "kind": {"enum": list(REPORT_KINDS)},
        "spot": {"enum": [*SPOTS, None]},
        "description": {"anyOf": [{"type": "string", "maxLength": MAX_COMMENT}, {"type": "null"}]},
    },
    "example": {
        "client_uuid": "7d9f3f4e-5a2b-4a8e-9a55-0f1f2f3f4f5f",
        "version": 1,
        "site_id": "base-11-19",
        "date": "2026-11-30",
        "kind": "banc_mobilier",
        "spot": "sentier",
    },
}
_PICTURE = {"schema": {"type": "string", "format": "binary"}}


class ReportBatch(Strict):
    site_reports: list[Annotated[Any, WithJsonSchema(_SCHEMA)]] = Field(max_length=MAX_BATCH)


class ReportQuery(Paging):
    site: Annotated[SafeStr, Field(max_length=100)] | None = None
    kind: Literal[tuple(REPORT_KINDS)] | None = None  # type: ignore[valid-type]
    state: Literal["open", "new", "seen", "handed_on", "solved", "rejected"] | None = None


class ReportOut(Shown):
    """Who saw it is never told. A description that seems to point to somebody is for its author and coordinators."""

    client_uuid: UUID
    version: int
    site_id: str
    date: date
    kind: str
    spot: str | None
    description: str | None
    photo: bool
    state: str
    handed_on_to: str | None


class PhotoOut(Shown):
    client_uuid: UUID
    photo: bool


@router.post("/site-reports")
async def send(body: ReportBatch, user: VolunteerUser, session: Session) -> ResultsOut:
    """Take in up to 200 reports of what is wrong at a place; each is answered for itself, in order.

    It takes a confirmed address and a contract on the day. Once somebody follows a report it changes no more.
    """
    results = await report_batch(session, by=user, records=body.site_reports)
    return ResultsOut(results=[ResultOut.model_validate(result) for result in results])


@router.get("/site-reports")
async def list_reports(query: Annotated[ReportQuery, Query()], user: CurrentUser, session: Session) -> Items[ReportOut]:
    """The latest first: a volunteer's own, a coordinator's scope, everything for a manager and an admin."""
    filters = ReportFilters(state=query.state or "", kind=query.kind or "", site=query.site or "")
    chosen = report_queries.narrowed(report_queries.visible_to(user), filters)
    found = await report_queries.after(session, chosen, day_key(query.cursor), query.limit + 1)
    shown = found[: query.limit]
    more = len(found) > query.limit
    items = [_shown(report, user) for report in shown]
    return Items(items=items, next_cursor=encode_cursor(str(shown[-1].date), str(shown[-1].id)) if more else None)


@router.post(
    "/site-reports/{report_id}/photo",
    openapi_extra={"requestBody": {"required": True, "content": {"image/jpeg": _PICTURE, "image/png": _PICTURE}}},
)
async def send_photo(request: Request, report: OwnReport, user: VolunteerUser, session: Session) -> PhotoOut:
    """The picture itself, JPEG, PNG or WebP of 12 MB at most, for a report that is here. Again: the same.

    It is drawn anew: where, when and by what it was taken is not kept.
    """
    content, report_id = await request.body(), report.id
    session.expunge_all()
    await session.rollback()
    photo = await run_in_threadpool(photos.redraw, content, reporting.MOST_BYTES)
    await reporting.add_photo(session, by=user, report_id=report_id, photo=photo)
    return PhotoOut(client_uuid=report_id, photo=True)


def _shown(report: SiteReport, user: User) -> ReportOut:
    names = ("version", "site_id", "date", "kind", "spot", "state")
    return ReportOut(
        client_uuid=report.id,
        description=report.description or None if reads_description(user, report) else None,
        photo=bool(report.photo),
        handed_on_to=report.handed_on_to or None,
        **{name: getattr(report, name) for name in names},
    )
