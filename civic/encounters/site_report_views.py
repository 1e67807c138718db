"""Pages of what is wrong at a place: the list, the form in hand, one with its photo, and what becomes of it."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from civic import clock
from civic.accounts.current import CurrentUser, VolunteerUser
from civic.accounts.models import User
from civic.audit.sentences import ROLES
from civic.db import Session
from civic.encounters import forms, lookups, places
from civic.encounters import site_report_forms as ticket
from civic.encounters.choices import labels
from civic.encounters.contents import read_site_report
from civic.encounters.detector import hints
from civic.encounters.noting import not_yet
from civic.encounters.site_report_access import FollowedReport, OwnReport, VisibleReport, reads_description
from civic.encounters.site_reports import report_batch
from civic.errors import Invalid, NotFound, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.sites import photos, report_queries, reporting
from civic.sites.kinds import DANGER, OPEN_STATES, REPORT_KINDS, REPORT_STATES, SPOTS, states_for
from civic.sites.models import Intermunicipality, SiteReport
from civic.sites.report_queries import OPEN, ReportFilters, StepShown
from civic.sites.report_rules import TEXT_MAX, TO_MAX, Follow, next_states
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = 50


@router.get("/signalements")
async def index(request: Request, user: CurrentUser, session: Session) -> Response:
    """A volunteer's own, whatever became of them; for the others what is open, unless the address asks otherwise."""
    params = request.query_params
    asked = Form({name: [params[name]] for name in params})
    filters = _filters(asked, "" if user.role == "volunteer" else OPEN)
    states = await report_queries.counts(session, user, filters)
    total = sum(count for state, count in states.items() if _counts(filters.state, state))
    pages = max(1, -(-total // PAGE))
    number = min(max(1, forms.number(asked.get("page"), 1)), pages)
    chosen = report_queries.narrowed(report_queries.visible_to(user), filters)
    scope = user.scope_codes if user.role == "coordinator" else frozenset()
    areas = await session.scalars(select(Intermunicipality).order_by(Intermunicipality.code))
    context = {
        "rows": await report_queries.page(session, chosen, number=number, size=PAGE),
        "total": total,
        "page": number,
        "pages": pages,
        "filters": filters,
        "counts": states,
        "params": {name: value for name, value in asked.values.items() if name != "page"},
        "sites": await places.site_choices(session, scope, also=filters.site or None),
        "areas": [(one.code, one.short_name) for one in areas if not scope or one.code in scope],
        **_words(user),
    }
    return render(request, "site_reports/index.html", context)


def _filters(asked: Form, default: str) -> ReportFilters:
    """A code that names nothing filters nothing."""
    state = asked.get("state") if "state" in asked.lists else default
    return ReportFilters(
        state=state if state in (OPEN, *REPORT_STATES) else "",
        kind=Form(asked.lists).choice("kind", REPORT_KINDS, required=False),
        site=asked.text("site", required=False, maximum=40),
        intermunicipality=asked.text("intermunicipality", required=False, maximum=40),
    )


def _counts(wanted: str, state: str) -> bool:
    return wanted in ("", state) or (wanted == OPEN and state in OPEN_STATES)


def _words(user: User) -> dict[str, Any]:
    names = {"kind_names": REPORT_KINDS, "state_names": states_for(user.role), "spot_names": SPOTS}
    return {name: dict(labels(codes)) for name, codes in names.items()} | {"danger": DANGER}


@router.get("/signalements/nouveau")
async def new(request: Request, user: VolunteerUser, session: Session) -> Response:
    """The place is that of the shift in hand; an address may name another (`shift`, `site`, `date`, `kind`)."""
    writer = await lookups.writer(session, user.id)
    if not writer.may_log(clock.today()):
        return not_yet(request, writer, _("Signaler un problème"))
    asked = Form({name: [value] for name, value in request.query_params.items()})
    form = await ticket.opened(session, user, asked)
    form.lists["client_uuid"] = [str(uuid4())]
    return render(request, "site_reports/new.html", await ticket.context_of(session, form))


@router.post("/signalements/nouveau")
async def create(request: Request, user: VolunteerUser, session: Session) -> Response:
    """The report, and its photo with it or nothing at all."""
    sent = await ticket.read(request)
    form = sent.form
    if sent.too_big:
        form.lists |= (await ticket.opened(session, user, Form())).lists | {"client_uuid": [str(uuid4())]}
        return render(request, "site_reports/new.html", await ticket.context_of(session, form), status=413)
    uuid = forms.identifier(form)
    record = ticket.record_of(form) | {"client_uuid": str(uuid), "version": 1}
    ticket.fail_all(form, read_site_report(record).errors)
    photo = await _drawn(session, form, sent.photo) if form.ok and sent.photo else None
    if form.ok and await _filed(session, user, form, record, uuid, photo):
        words = _("Signalement envoyé. Vous verrez ici ce qu’il devient.")
        return redirect(f"/signalements/{uuid}", flash=words)
    if sent.photo:
        form.fail("photo", _("Reprenez aussi la photo : un formulaire corrigé ne la garde pas."))
    form.lists["client_uuid"] = [str(uuid)]
    return render(request, "site_reports/new.html", await ticket.context_of(session, form), status=422)


async def _drawn(session: AsyncSession, form: Form, content: bytes) -> photos.Photo | None:
    """Drawing takes a second or so, and nothing is written yet: nobody who writes has to wait for it."""
    session.expunge_all()
    await session.rollback()
    try:
        return await run_in_threadpool(photos.redraw, content, reporting.MOST_BYTES)
    except Refusal as refusal:
        form.fail("photo", refusal.message)
        return None


async def _filed(
    session: AsyncSession, user: User, form: Form, record: dict[str, Any], uuid: UUID, photo: photos.Photo | None
) -> bool:
    """Whether the report is here now, this one or the same sent before; what is wrong is in the form otherwise."""
    [result] = await report_batch(session, by=user, records=[record])
    if result.outcome == "conflict":
        form.fail("", _("Ce signalement est déjà enregistré, avec d’autres réponses. Ouvrez un nouveau formulaire."))
    ticket.fail_all(form, result.errors)
    if result.outcome not in ("created", "already_have"):
        return False
    if photo:
        try:
            await reporting.add_photo(session, by=user, report_id=uuid, photo=photo)
        except Refusal:
            # A second click with another picture: the report has one.
            return True
    return True


@router.get("/signalements/{report_id}")
async def show(request: Request, report: VisibleReport, user: CurrentUser, session: Session) -> Response:
    return await _page(request, session, report, user, Form())


async def _page(
    request: Request, session: AsyncSession, report: SiteReport, user: User, form: Form, *, status: int = 200
) -> Response:
    steps = await report_queries.steps_of(session, report.id)
    reads, mine = reads_description(user, report), report.author_id == user.id
    context = {
        "report": report,
        "form": form,
        "description": report.description if reads else "",
        "held": not reads,
        "hints": hints(report.description) if mine or user.role == "coordinator" else [],
        "mine": mine,
        "steps": [(step, _who(step, user)) for step in steps],
        "seen": steps[-1].number,
        "choices": next_states(report.state) if user.role == "coordinator" else (),
        "note_max": TEXT_MAX,
        "to_max": TO_MAX,
        **_words(user),
    }
    return render(request, "site_reports/show.html", context, status=status)


def _who(step: StepShown, reader: User) -> str:
    """Coordinators see each other's names and the author's, everybody else what part a person has."""
    if step.by_id == reader.id:
        return _("Vous")
    if not step.role:
        return _("Un compte effacé")
    return step.name if reader.role == "coordinator" else _(ROLES[step.role]).capitalize()


@router.post("/signalements/{report_id}/suivi")
async def follow(request: Request, report: FollowedReport, user: CurrentUser, session: Session) -> Response:
    report_id, form = report.id, await Form.read(request)
    state = form.choice("state", REPORT_STATES)
    noted = f"note_{state}"
    note = form.text(noted, required=False, maximum=TEXT_MAX)
    to = form.text("handed_on_to", required=False, maximum=TO_MAX) if state == "handed_on" else ""
    if not form.ok:
        return await _page(request, session, report, user, form, status=422)
    asked = Follow(state, forms.number(form.get("seen"), 0), to, note)
    try:
        await reporting.follow(session, by=user, report_id=report_id, asked=asked)
    except Invalid as invalid:
        for name, message in invalid.errors.items():
            form.fail(noted if name == "note" else name, message)
        return await _page(request, session, await _reread(session, user, report_id), user, form, status=422)
    except Refusal as refusal:
        form.fail("", refusal.message)
        return await _page(request, session, await _reread(session, user, report_id), user, form, status=409)
    return redirect(f"/signalements/{report_id}", flash=_("C’est noté."))


@router.post("/signalements/{report_id}/photo")
async def send_photo(request: Request, report: OwnReport, user: CurrentUser, session: Session) -> Response:
    """A photo for a report that left without one."""
    report_id, sent = report.id, await ticket.read(request)
    form = sent.form
    if not sent.photo:
        form.fail("photo", _("Choisissez une photo."))
    photo = await _drawn(session, form, sent.photo) if form.ok else None
    try:
        if photo:
            await reporting.add_photo(session, by=user, report_id=report_id, photo=photo)
    except Refusal as refusal:
        form.fail("photo", refusal.message)
    if form.ok:
        return redirect(f"/signalements/{report_id}", flash=_("Photo ajoutée."))
    kept = await _reread(session, user, report_id)
    return await _page(request, session, kept, user, form, status=413 if sent.too_big else 422)


async def _reread(session: AsyncSession, user: User, report_id: UUID) -> SiteReport:
    """The report as a page shows it, after a verb locked it and read it alone."""
    chosen = report_queries.visible_to(user).where(SiteReport.id == report_id)
    return (await session.scalars(chosen.execution_options(populate_existing=True))).one()


@router.get("/signalements/{report_id}/photo")
async def show_photo(report: VisibleReport) -> Response:
    """For those who may see the report, and kept by no browser."""
    file = photos.files_of(report.photo, reporting.folder())[0]
    if not report.photo or not await run_in_threadpool(file.is_file):
        raise NotFound
    return FileResponse(file, media_type="image/webp", headers={"Cache-Control": "private, no-store"})
