"""« Documents du bilan »: texts for a period, publishing and comparing, periods that are closed."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer
from starlette.responses import Response

from civic import clock
from civic.accounts.current import ManagerUser, ReaderUser
from civic.accounts.models import User
from civic.db import Session
from civic.encounters import closing
from civic.encounters.models import ClosedPeriod
from civic.errors import Invalid, NotFound
from civic.forms import Form
from civic.i18n import _
from civic.reports import publishing, writing
from civic.reports.filters import Filters, scope_of
from civic.reports.models import AUDIENCES, SLOTS, Snapshot
from civic.reports.page import PILLAR_NAMES
from civic.reports.reading import texts_of
from civic.templating import query
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/bilans/documents"
SHOWN = 100


@router.get(PAGE)
async def show(request: Request, session: Session, user: ReaderUser) -> Response:
    form = Form({name: request.query_params.getlist(name) for name in request.query_params})
    first, last = _span(form)
    return await _page(request, session, user, form, first, last)


def _span(form: Form) -> tuple[date, date]:
    """The days of the address, else the month that ended last."""
    end = clock.today().replace(day=1) - timedelta(days=1)
    first = form.date("from", required=False) or end.replace(day=1)
    last = form.date("to", required=False) or end
    if last < first:
        form.fail("to", _("La fin de la période vient avant son début."))
        last = first
    return first, last


async def _page(
    request: Request, session: AsyncSession, user: User, form: Form, first: date, last: date, status: int = 200
) -> Response:
    texts = await texts_of(session, first, last)
    form.lists = {**{slot: [texts.get(slot, "")] for slot in SLOTS}, **form.lists}
    form.lists |= {"from": [str(first)], "to": [str(last)]}
    titles = {"introduction": _("Introduction"), **{code: _(name) for code, name in PILLAR_NAMES.items()}}
    periods = select(ClosedPeriod).order_by(ClosedPeriod.first_day.desc()).limit(SHOWN)
    found = (await session.scalars(periods)).all()
    context = {
        "form": form,
        "first": first,
        "last": last,
        "titles": titles,
        "may_write": user.role == "manager",
        "over": last < clock.today(),
        "longest": writing.LONGEST,
        "snapshots": (await session.scalars(_visible(user).limit(SHOWN))).all(),
        "periods": found,
        "closed": any((one.first_day, one.last_day, one.reopened_at) == (first, last, None) for one in found),
        "print": query({"from": first, "to": last}),
    }
    return render(request, "reports/documents.html", context, status=status if form.ok else 422)


def _back(first: date, last: date) -> str:
    return PAGE + query({"from": first, "to": last})


@router.post("/bilans/textes")
async def write(request: Request, session: Session, user: ManagerUser) -> Response:
    form = await Form.read(request)
    first, last = _span(form)
    given = {slot: form.text(slot, required=False, maximum=writing.LONGEST) for slot in SLOTS if slot in form.lists}
    if not form.ok:
        return await _page(request, session, user, form, first, last, 422)
    for slot, text in given.items():
        await writing.set_text(session, by=user, first=first, last=last, slot=slot, text=text)
    return redirect(_back(first, last), flash=_("Textes enregistrés."))


@router.post("/bilans/publications")
async def publish(request: Request, session: Session, user: ManagerUser) -> Response:
    form = await Form.read(request)
    first, last = _span(form)
    audience = form.choice("version", AUDIENCES)
    if form.ok:
        try:
            made = await publishing.publish(session, by=user, filters=Filters(from_=first, to=last), audience=audience)
        except Invalid as error:
            for name, message in error.errors.items():
                form.fail(name, message)
        else:
            said = _("Bilan n° %(number)s publié.") % {"number": made.number}
            return redirect(_back(first, last), flash=said)
    return await _page(request, session, user, form, first, last, 422)


@router.get("/bilans/publications/{snapshot_id}.pdf")
async def paper(snapshot_id: UUID, session: Session, user: ReaderUser) -> Response:
    """The very file that was published."""
    snapshot = await _snapshot(session, user, snapshot_id)
    name = f"civic_bilan_{snapshot.number}_{snapshot.audience}_{snapshot.first_day}_{snapshot.last_day}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "ETag": f'"{snapshot.sha256}"'}
    return Response(snapshot.paper, media_type="application/pdf", headers=headers)


def _visible(user: User) -> Select[tuple[Snapshot]]:
    """The newest first. A coordinator of a part of the territory reads what may be shared of the whole."""
    chosen = select(Snapshot).order_by(Snapshot.number.desc())
    return chosen.where(Snapshot.audience == "diffusion") if scope_of(user) else chosen


async def _snapshot(session: AsyncSession, user: User, snapshot_id: UUID | None) -> Snapshot:
    chosen = _visible(user).where(Snapshot.id == snapshot_id).options(undefer(Snapshot.paper))
    found = await session.scalar(chosen)
    if found is None:
        raise NotFound
    return found


@router.get("/bilans/comparaison")
async def compare(request: Request, session: Session, user: ReaderUser) -> Response:
    """Two published reports side by side; without both in the address, the two latest."""
    asked = Form({name: [value] for name, value in request.query_params.items()})
    ids = [asked.uuid("a", required=False), asked.uuid("b", required=False)]
    latest = (await session.scalars(_visible(user).limit(SHOWN))).all()
    pair = [await _snapshot(session, user, one) if one else None for one in ids]
    if None in pair:
        pair = list(reversed(latest[:2])) if len(latest) > 1 else []
    rows: list[list[str]] = publishing.compared(*(one.content for one in pair if one)) if pair else []
    choices = [(str(one.id), _label(one)) for one in latest]
    context: dict[str, Any] = {"pair": pair, "rows": rows, "choices": choices, "labels": [_label(o) for o in pair if o]}
    return render(request, "reports/compare.html", context)


def _label(snapshot: Snapshot) -> str:
    words = {"number": snapshot.number, "period": snapshot.content["period"], "version": snapshot.content["badge"]}
    return _("n° %(number)s, %(period)s (%(version)s)") % words


@router.post("/bilans/periodes")
async def close(request: Request, session: Session, user: ManagerUser) -> Response:
    form = await Form.read(request)
    first, last = _span(form)
    if form.ok:
        try:
            await closing.close(session, by=user, first=first, last=last)
        except Invalid as error:
            for name, message in error.errors.items():
                form.fail(name, message)
        else:
            return redirect(
                _back(first, last), flash=_("Période close : ses rencontres et ses sorties ne changent plus.")
            )
    return await _page(request, session, user, form, first, last, 422)


@router.post("/bilans/periodes/{period_id}/reouverture")
async def reopen(period_id: UUID, request: Request, session: Session, user: ManagerUser) -> Response:
    form = await Form.read(request)
    first, last = _span(form)
    reason = form.text("reason", maximum=300)
    if not form.ok:
        return await _page(request, session, user, form, first, last, 422)
    await closing.reopen(session, by=user, period_id=period_id, reason=reason)
    return redirect(_back(first, last), flash=_("Période rouverte."))
