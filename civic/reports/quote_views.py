"""« Paroles d’habitants »: a coordinator rewrites what was heard, a manager approves it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser, ManagerUser, ReaderUser, require
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Invalid
from civic.forms import Form
from civic.i18n import _
from civic.reports import writing
from civic.reports.models import Quote
from civic.reports.page import PILLAR_NAMES
from civic.sites.models import PILLARS
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/bilans/paroles"
SHOWN = 200
Keeper = Annotated[User, Depends(require("coordinator", "manager"))]


@router.get(PAGE)
async def show(request: Request, session: Session, user: ReaderUser) -> Response:
    return await _page(request, session, user, Form.filled(month=clock.today()))


async def _page(request: Request, session: AsyncSession, user: User, form: Form) -> Response:
    chosen = select(Quote).where(Quote.withdrawn_at.is_(None)).order_by(Quote.month.desc(), Quote.written_at.desc())
    context = {
        "form": form,
        "quotes": (await session.scalars(chosen.limit(SHOWN))).all(),
        "pillars": [("", _("Aucun en particulier")), *((code, _(name)) for code, name in PILLAR_NAMES.items())],
    }
    return render(request, "reports/quotes.html", context, status=200 if form.ok else 422)


@router.post(PAGE)
async def write(request: Request, session: Session, user: CoordinatorUser) -> Response:
    form = await Form.read(request)
    text = form.text("text", maximum=280, minimum=10)
    month = form.date("month")
    pillar = form.choice("pillar", PILLARS, required=False)
    if form.ok and month:
        try:
            await writing.write_quote(session, by=user, month=month, pillar=pillar, text=text)
        except Invalid as error:
            for name, message in error.errors.items():
                form.fail(name, message)
        else:
            return redirect(PAGE, flash=_("Parole enregistrée. Elle attend l’accord de la direction."))
    return await _page(request, session, user, form)


@router.post(PAGE + "/{quote_id}/accord")
async def approve(quote_id: UUID, session: Session, user: ManagerUser) -> Response:
    await writing.approve_quote(session, by=user, quote_id=quote_id)
    return redirect(PAGE, flash=_("Parole approuvée."))


@router.post(PAGE + "/{quote_id}/retrait")
async def withdraw(quote_id: UUID, session: Session, user: Keeper) -> Response:
    await writing.withdraw_quote(session, by=user, quote_id=quote_id)
    return redirect(PAGE, flash=_("Parole retirée."))
