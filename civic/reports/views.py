"""The page of reports: its filters live in the address, so that a link shows a colleague the same thing."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import ManagerUser, ReaderUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Invalid
from civic.forms import Form
from civic.i18n import _
from civic.reports import coverage, writing
from civic.reports.asking import read_filters
from civic.reports.board import board, choices, definitions
from civic.reports.files import LONG
from civic.reports.filters import Filters, checked
from civic.reports.models import SLOTS
from civic.templating import query
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/bilans")
async def show(request: Request, session: Session, user: ReaderUser) -> Response:
    form = Form({name: request.query_params.getlist(name) for name in request.query_params})
    return await _page(request, session, user, form)


async def _page(
    request: Request, session: AsyncSession, user: User, form: Form, written: Form | None = None
) -> Response:
    """The report of the form's filters; `written` holds texts that could not be kept, to be shown again."""
    found = await choices(session, user)
    weeks = form.choice("semaines", tuple(map(str, coverage.WEEKS)), required=False) or str(coverage.USUAL)
    filters = await _checked(session, form, read_filters(form, user))
    values: dict[str, Any] = {**found.options(), "form": form, "report": None, "definitions": definitions()}
    if filters:
        values |= await board(session, user, filters, found, int(weeks))
        values["exports"] = _exports(user, filters, values["report"].now.encounters)
        values["weeks"], values["weeks_choices"] = weeks, coverage.WEEKS
        values["params"] = {"from": filters.from_, "to": filters.to, **filters.shown}
        values["written"] = written or Form({slot: [text] for slot, text in values["texts"].items()})
    return render(request, "reports/show.html", values, status=422 if written or not filters else 200)


async def _checked(session: AsyncSession, form: Form, filters: Filters | None) -> Filters | None:
    if filters is None:
        return None
    try:
        return await checked(session, filters)
    except Invalid as error:
        for name, message in error.errors.items():
            form.fail(name, message)
    return None


@router.post("/bilans")
async def write(request: Request, session: Session, user: ManagerUser) -> Response:
    """A text of the period, written on the page of the report: the introduction or a pillar's comment."""
    form = await Form.read(request)
    asked = Form({name: form.lists.get(name, []) for name in ("from", "to")})
    filters = read_filters(asked, user)
    given = {slot: form.text(slot, required=False, maximum=writing.LONGEST) for slot in SLOTS if slot in form.lists}
    if filters is None or filters.to < filters.from_ or not form.ok:
        return await _page(request, session, user, asked, form)
    for slot, text in given.items():
        await writing.set_text(session, by=user, first=filters.from_, last=filters.to, slot=slot, text=text)
    place = next(iter(given), "introduction")
    back = "/bilans" + query({"from": filters.from_, "to": filters.to}) + f"#b-text-{place}"
    return redirect(back, flash=_("Texte enregistré."))


def _exports(user: User, filters: Filters, rows: int) -> list[tuple[str, str]]:
    """(kind, address) of each file that this person may have under these filters."""
    kinds = {
        "paper": "/api/v1/reports/activity.pdf",
        # A long one is written by the worker, and fetched when it is whole.
        "workbook": "/api/v1/reports/activity.xlsx" if rows <= LONG else "/bilans/fichiers",
        "activity": "/api/v1/reports/activity.csv",
        "encounters": "/api/v1/exports/encounters.csv",
    }
    if not filters.met_only:
        kinds["shifts"] = "/api/v1/exports/shifts.csv"
        if user.role != "manager":
            kinds["hours"] = "/api/v1/exports/hours.csv"
    asked = query({"from": filters.from_, "to": filters.to, **filters.shown})
    return [(kind, address + asked) for kind, address in kinds.items()]
