"""The page of reports: its filters live in the address, so that a link shows a colleague the same thing."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import ReaderUser
from civic.accounts.models import User
from civic.db import Session
from civic.encounters.models import Topic
from civic.errors import Invalid
from civic.forms import Form
from civic.i18n import _
from civic.reports.activity import activity
from civic.reports.figures import SHARE, SHARES_PASS_100
from civic.reports.files import LONG
from civic.reports.filters import Filters, checked, scope_of
from civic.reports.page import context
from civic.reports.periods import CUSTOM, DEFAULT, PERIODS, named
from civic.sites.models import PILLARS, Intermunicipality, Site
from civic.templating import query
from civic.web import render

router = APIRouter(include_in_schema=False)


@router.get("/bilans")
async def show(request: Request, session: Session, user: ReaderUser) -> Response:
    form = Form({name: request.query_params.getlist(name) for name in request.query_params})
    values = await _options(session, user)
    report = None
    filters = _filters(form, user)
    if filters:
        try:
            report = await activity(session, await checked(session, filters))
        except Invalid as error:
            for name, message in error.errors.items():
                form.fail(name, message)
    values |= {"form": form, "report": report, "definitions": [_(SHARE), _(SHARES_PASS_100)]}
    if report and filters:
        values |= context(report)
        values["exports"] = _exports(user, filters, report.now.encounters)
    return render(request, "reports/show.html", values, status=200 if report else 422)


def _filters(form: Form, user: User) -> Filters | None:
    """The filters of the address; None when one can't be read, which the form then says."""
    given = {name for name, value in form.values.items() if value}
    period = form.choice("period", PERIODS, required=False) or (CUSTOM if given & {"from", "to"} else DEFAULT)
    first, last = named(period, clock.today())
    if period == CUSTOM:
        first = form.date("from", required=False) or first
        last = form.date("to", required=False) or last
    # What the selects and the date fields then show.
    form.lists |= {"period": [period]}
    if form.ok:
        form.lists |= {"from": [str(first)], "to": [str(last)]}
    filters = Filters(
        from_=first,
        to=last,
        site=form.text("site", required=False) or None,
        intermunicipality=form.choice("intermunicipality", ("CALL", "CAHC", "CABBALR"), required=False) or None,
        mission=form.uuid("mission", required=False),
        pillar=form.choice("pillar", PILLARS, required=False) or None,
        topic=form.text("topic", required=False) or None,
        scope=scope_of(user),
    )
    return filters if form.ok else None


async def _options(session: AsyncSession, user: User) -> dict[str, Any]:
    """What may be chosen: places within the caller's scope, topics by pillar."""
    scope = scope_of(user)
    areas = select(Intermunicipality.code, Intermunicipality.short_name).order_by(Intermunicipality.short_name)
    sites = select(Site.id, Site.name).order_by(Site.name)
    if scope:
        areas = areas.where(Intermunicipality.code.in_(sorted(scope)))
        sites = sites.where(Site.intermunicipality_code.in_(sorted(scope)))
    topics = select(Topic.code, Topic.label).order_by(Topic.rank, Topic.code)
    rows = {"areas": areas, "sites": sites, "topic_options": topics}
    found = {name: [tuple(row) for row in await session.execute(chosen)] for name, chosen in rows.items()}
    return {**found, "periods": [(code, _(label)) for code, label in PERIODS.items()]}


def _exports(user: User, filters: Filters, rows: int) -> list[tuple[str, str]]:
    """(kind, address) of each file that this person may have under these filters."""
    kinds = {
        "paper": "/api/v1/reports/activity.pdf",
        # A long one is written by the worker, and fetched when it is whole.
        "workbook": "/api/v1/reports/activity.xlsx" if rows <= LONG else "/bilans/fichiers",
        "activity": "/api/v1/reports/activity.csv",
        "encounters": "/api/v1/exports/encounters.csv",
    }
    if not filters.topic:
        kinds["shifts"] = "/api/v1/exports/shifts.csv"
        if user.role != "manager":
            kinds["hours"] = "/api/v1/exports/hours.csv"
    asked = query({"from": filters.from_, "to": filters.to, **filters.shown})
    return [(kind, address + asked) for kind, address in kinds.items()]
