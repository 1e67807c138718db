"""Files that take a while: how many rows, ask, see how far they are, and fetch them while they are kept."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import or_, select
from sqlalchemy.sql.elements import ColumnElement
from starlette.responses import FileResponse, Response

from civic import formats
from civic.accounts.current import ReaderUser
from civic.accounts.models import User
from civic.db import Session
from civic.encounters.codes import AGES
from civic.errors import Invalid, NotFound
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.reports import files, parquet
from civic.reports.filters import Filters, checked, scope_of
from civic.reports.models import ReportFile
from civic.templating import query
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/bilans/fichiers"
SHOWN = 50
TYPES = {"pdf": "application/pdf", "parquet": parquet.MEDIA_TYPE}


def _mine(user: User) -> ColumnElement[bool]:
    """One's own; managers and admins also those that the worker makes of itself."""
    if user.role in ("manager", "admin"):
        return or_(ReportFile.created_by_id == user.id, ReportFile.occasion.is_not(None))
    return ReportFile.created_by_id == user.id


@router.get(PAGE)
async def show(request: Request, session: Session, user: ReaderUser) -> Response:
    form = Form({name: request.query_params.getlist(name) for name in request.query_params})
    return await _page(request, session, user, form)


async def _page(request: Request, session: Session, user: User, form: Form) -> Response:
    filters = await _filters(session, user, form) if form.get("from") else None
    rows = await session.scalars(
        select(ReportFile).where(_mine(user)).order_by(ReportFile.created_at.desc()).limit(SHOWN)
    )
    context: dict[str, Any] = {
        "form": form,
        "files": (shown := [(one, _days(files.unpacked(one.filters))) for one in rows]),
        "running": any(one.state in ("waiting", "writing") for one, _period in shown),
        "filters": {"from": filters.from_, "to": filters.to, **filters.shown} if filters else {},
        "lines": _lines(await files.count_rows(session, filters)) if filters else "",
        "days": _days(filters) if filters else "",
        "parquet": parquet.installed(),
        "again": PAGE + query({"from": filters.from_, "to": filters.to, **filters.shown}) if filters else PAGE,
    }
    return render(request, "reports/files.html", context, status=200 if form.ok else 422)


def _days(filters: Filters) -> str:
    return formats.day_range(filters.from_, filters.to)


def _lines(count: int) -> str:
    text = ngettext("Ce fichier aura %(num)s ligne.", "Ce fichier aura %(num)s lignes.", count)
    return text % {"num": formats.number(count)}


async def _filters(session: Session, user: User, form: Form) -> Filters | None:
    first, last = form.date("from"), form.date("to")
    if not (form.ok and first and last):
        return None
    narrow: dict[str, Any] = {n: form.get(n) or None for n in ("site", "intermunicipality", "pillar", "topic")}
    narrow["age"] = form.choice("age", tuple(AGES), required=False) or None
    mission = form.uuid("mission", required=False)
    if not form.ok:
        return None
    try:
        return await checked(session, Filters(from_=first, to=last, mission=mission, scope=scope_of(user), **narrow))
    except Invalid as error:
        for name, message in error.errors.items():
            form.fail(name, message)
    return None


@router.post(PAGE)
async def ask(request: Request, session: Session, user: ReaderUser) -> Response:
    form = await Form.read(request)
    kind = form.choice("kind", ("activity", "encounters"))
    chosen = form.choice("format", ("xlsx", "parquet"))
    filters = await _filters(session, user, form)
    if form.ok and filters:
        try:
            await files.ask(session, by=user, kind=kind, form=chosen, filters=filters)
        except Invalid as error:
            for name, message in error.errors.items():
                form.fail(name, message)
        else:
            return redirect(PAGE, flash=_("Le fichier se prépare. Son lien paraît ici."))
    return await _page(request, session, user, form)


@router.get(PAGE + "/{file_id}")
async def fetch(file_id: UUID, session: Session, user: ReaderUser) -> Response:
    """The file itself; a stranger's, one that isn't ready and one that is gone are not found."""
    file = await session.scalar(select(ReportFile).where(ReportFile.id == file_id, _mine(user)))
    if file is None or file.state != "done" or not files.path_of(file).is_file():
        raise NotFound
    kind = TYPES.get(file.format, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    return FileResponse(files.path_of(file), media_type=kind, filename=file.name)
