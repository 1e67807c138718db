"""The shifts and the outings behind a report's figures, under the same filters in the address."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import ReaderUser
from civic.accounts.models import User
from civic.db import Session
from civic.encounters.codes import HALF_DAYS
from civic.encounters.forms import number
from civic.errors import Invalid
from civic.forms import Form
from civic.i18n import _
from civic.reports import behind
from civic.reports.asking import read_filters
from civic.reports.board import choices
from civic.reports.filters import Filters, checked
from civic.reports.periods import CUSTOM
from civic.templating import query
from civic.web import render

router = APIRouter(include_in_schema=False)


@router.get("/bilans/creneaux")
async def shifts(request: Request, session: Session, user: ReaderUser) -> Response:
    """Published shifts that are over. No name stands here: a manager reads it too."""
    form, filters, which, page = await _asked(request, session, user, behind.SHIFTS)
    found = await behind.shifts(session, filters, clock.now(), which, page) if filters else None
    return await _render(request, session, user, form, filters, which, page, found, "shifts")


@router.get("/bilans/sorties")
async def outings(request: Request, session: Session, user: ReaderUser) -> Response:
    form, filters, which, page = await _asked(request, session, user, behind.OUTINGS)
    found = await behind.outings(session, filters, which, page) if filters else None
    return await _render(request, session, user, form, filters, which, page, found, "outings")


async def _asked(
    request: Request, session: AsyncSession, user: User, kinds: dict[str, str]
) -> tuple[Form, Filters | None, str, int]:
    form = Form({name: request.query_params.getlist(name) for name in request.query_params})
    which = form.choice("choix", kinds, required=False) or next(iter(kinds))
    filters = read_filters(form, user)
    if filters:
        try:
            filters = await checked(session, filters)
        except Invalid as error:
            filters = None
            for name, message in error.errors.items():
                form.fail(name, message)
    return form, filters, which, max(1, number(form.get("page"), 1))


async def _render(
    request: Request,
    session: AsyncSession,
    user: User,
    form: Form,
    filters: Filters | None,
    which: str,
    page: int,
    found: behind.Rows | None,
    what: str,
) -> Response:
    kinds = behind.SHIFTS if what == "shifts" else behind.OUTINGS
    params = {"from": filters.from_, "to": filters.to, **filters.shown} if filters else {}
    form.lists["period"] = [CUSTOM]
    context: dict[str, Any] = {
        **(await choices(session, user)).options(),
        "form": form,
        "what": what,
        "which": which,
        "kinds": [(code, _(label)) for code, label in kinds.items()],
        "title": _(kinds[which]),
        "path": request.url.path,
        "filters": filters,
        "params": {**params, "choix": which},
        "report": "/bilans" + query(params),
        "found": found,
        "half_days": {code: _(label) for code, label in HALF_DAYS.items()},
        "page": page,
        "pages": max(1, -(-found.total // behind.PAGE)) if found else 1,
    }
    return render(request, "reports/behind.html", context, status=200 if filters else 422)
