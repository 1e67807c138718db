"""Pages of imports: choose a file, read what it would do, apply it."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from civic.accounts.current import CurrentUser, find_user, require
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Forbidden, NotFound, NotSignedIn, Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.imports import actions, blank
from civic.imports.columns import Line
from civic.imports.kinds import KINDS, Kind, kinds_of
from civic.imports.models import ImportRun
from civic.imports.plan import OUTCOMES, Plan, sums
from civic.imports.reading import MAX_BYTES
from civic.imports.wrong import Unreadable
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
Importer = Annotated[User, Depends(require("coordinator", "admin"))]
PAGE = 50
RECENT = 10


@router.get("/imports")
async def index(request: Request, user: Importer, session: Session) -> Response:
    kind = request.query_params.get("nature", "")
    known = [one.code for one in kinds_of(user)]
    return await _index(request, session, user, Form.filled(kind=kind if kind in known else known[0]))


async def _index(request: Request, session: AsyncSession, user: User, form: Form, *, status: int = 200) -> Response:
    mine = select(ImportRun).where(ImportRun.created_by_id == user.id)
    runs = await session.scalars(mine.order_by(ImportRun.created_at.desc(), ImportRun.id).limit(RECENT))
    kinds, titles = kinds_of(user), _titles()
    context = {
        "form": form,
        "kinds": kinds,
        "choices": [(kind.code, titles[kind.code]) for kind in kinds],
        "runs": list(runs),
        "titles": titles,
    }
    return render(request, "imports/index.html", context, status=status)


def _titles() -> dict[str, str]:
    return {code: _(kind.title) for code, kind in KINDS.items()}


def allowed(kind_code: str, user: Importer) -> Kind:
    kind = KINDS.get(kind_code)
    if kind is None:
        raise NotFound
    if user.role not in kind.roles:
        raise Forbidden
    return kind


@router.get("/imports/modeles/{kind_code}.{form}")
async def template(kind: Annotated[Kind, Depends(allowed)], form: str) -> Response:
    if form not in blank.FORMATS:
        raise NotFound
    content = await to_thread.run_sync(blank.template, kind, form)
    return _download(content, f"civic_modele_{kind.file_name}.{form}", blank.FORMATS[form])


def _download(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload: the form, and the file's name, bytes and lines where it could be read."""

    form: Form
    kind: Kind | None
    name: str
    content: bytes
    lines: list[Line]
    status: int = 422


async def received(request: Request) -> Sent:
    """Take and read a file before the writing session begins: on SQLite a slow sender would hold up everybody.

    Who is asking is looked up in a session of its own, so that strangers send nothing.
    """
    async with request.app.state.db.reading() as session:
        user = await find_user(session, request)
    request.state.user = user
    if user is None:
        raise NotSignedIn
    kinds = kinds_of(user)
    if not kinds:
        raise Forbidden
    try:
        async with request.form(max_fields=20, max_files=1) as data:
            form = Form.of(data)
            name, content = await _file(form, data.get("file"))
    except HTTPException as refused:
        if refused.status_code != 413:
            raise
        # So big that it was not read to its end, what the form held beside it neither.
        form = Form()
        form.fail("file", _too_big())
        return Sent(form, None, "", b"", [], 413)
    missing = _("Choisissez ce que contient le fichier.")
    kind = KINDS.get(form.choice("kind", [one.code for one in kinds], missing=missing))
    lines: list[Line] = []
    if kind is not None and form.ok:
        try:
            lines = await actions.understand(kind, content)
        except Unreadable as unreadable:
            form.fail("file", unreadable.message)
    return Sent(form, kind, name, content, lines)


def _too_big() -> str:
    return _("Ce fichier dépasse 10 Mo. Coupez-le en plusieurs.")


async def _file(form: Form, sent: object) -> tuple[str, bytes]:
    """The name and the bytes of what was chosen; empty after noting why there is nothing."""
    if not isinstance(sent, UploadFile) or not sent.filename:
        form.fail("file", _("Choisissez un fichier CSV ou XLSX."))
    elif (sent.size or 0) > MAX_BYTES:
        form.fail("file", _too_big())
    else:
        return _name(sent.filename), await sent.read()
    return "", b""


@router.post("/imports")
async def upload(
    request: Request, sent: Annotated[Sent, Depends(received)], user: Importer, session: Session
) -> Response:
    """Keep the file and go on to what it would do; what is no table comes back with a sentence at the field."""
    form = sent.form
    if form.ok and sent.kind is not None:
        try:
            run = await actions.check(
                session, by=user, kind=sent.kind, name=sent.name, content=sent.content, lines=sent.lines
            )
        except Unreadable as unreadable:
            form.fail("file", unreadable.message)
        else:
            return redirect(f"/imports/{run.id}")
    return await _index(request, session, user, form, status=sent.status)


def _name(typed: str) -> str:
    """The last part of what a browser calls the file, without what no name holds."""
    last = typed.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable()) or _("fichier")


async def own_run(run_id: UUID, user: Importer, session: Session) -> ImportRun:
    """One's own import: its file may hold what others may not see."""
    run = await session.get(ImportRun, run_id)
    if run is None or run.created_by_id != user.id or user.role not in KINDS[run.kind].roles:
        raise NotFound
    return run


OwnRun = Annotated[ImportRun, Depends(own_run)]


@router.get("/imports/{run_id}")
async def show(request: Request, user: CurrentUser, run: OwnRun, session: Session) -> Response:
    """The dry run, made anew each time it is looked at; what is over shows its counts."""
    if run.state != "checked":
        return _page(request, run, None)
    try:
        plan = await actions.look(session, run, user)
    except (Refusal, Unreadable) as gone:
        return _page(request, run, None, problem=gone.message)
    return _page(request, run, plan)


def _page(
    request: Request,
    run: ImportRun,
    plan: Plan | None,
    *,
    problem: str = "",
    moved: bool = False,
    status: int = 200,
) -> Response:
    counts = plan.counts if plan else {name: run.counts.get(name, 0) for name in OUTCOMES}
    wanted = request.query_params.get("voir", "")
    first = next((name for name in OUTCOMES if counts[name]), "created")
    chosen = wanted if wanted in OUTCOMES else first
    lines = plan.of(chosen) if plan else []
    pages = max(1, -(-len(lines) // PAGE))
    page = min(_number(request.query_params.get("page", "")), pages)
    context: dict[str, Any] = {
        "run": run,
        "kind": KINDS[run.kind],
        "title": _(KINDS[run.kind].title),
        "plan": plan,
        "counts": counts,
        "total": sum(counts.values()),
        "sums": sums(counts),
        "told": any(getattr(one.work, "booked", False) for one in (plan.of("changed") if plan else ())),
        "chosen": chosen,
        "lines": lines[(page - 1) * PAGE : page * PAGE],
        "page": page,
        "pages": pages,
        "problem": problem,
        "moved": moved,
    }
    return render(request, "imports/show.html", context, status=status)


def _number(text: str) -> int:
    """The page of the address; the first where it names none."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else 1


@router.get("/imports/{run_id}/refus.csv")
async def refusals(user: CurrentUser, run: OwnRun, session: Session) -> Response:
    try:
        plan = await actions.look(session, run, user)
    except Unreadable as unreadable:
        raise Refusal("import_gone", unreadable.message) from None
    return _download(blank.refusals(plan), f"civic_refus_{KINDS[run.kind].file_name}.csv", blank.FORMATS["csv"])


@router.post("/imports/{run_id}/execution")
async def execute(request: Request, user: CurrentUser, run: OwnRun, session: Session) -> Response:
    """Apply what was seen; when it would do something else by now, show that instead (409)."""
    form = await Form.read(request)
    try:
        moved = await actions.execute(session, by=user, run_id=run.id, seen=form.get("plan"))
    except Unreadable as unreadable:
        return _page(request, run, None, problem=unreadable.message, status=409)
    if moved is not None:
        return _page(request, moved.run, moved.plan, moved=True, status=409)
    written = run.counts.get("created", 0) + run.counts.get("changed", 0)
    text = ngettext("%(n)s ligne importée.", "%(n)s lignes importées.", written) % {"n": written}
    return redirect(f"/imports/{run.id}", text if written else _("Tout était déjà là : rien n’a changé."))


@router.post("/imports/{run_id}/abandon")
async def drop(run: OwnRun, session: Session) -> Response:
    await actions.drop(session, run_id=run.id)
    return redirect("/imports", _("Fichier retiré. Rien n’a été importé."), "info")
