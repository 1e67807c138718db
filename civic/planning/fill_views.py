"""« Proposer un remplissage » : ask for a draft of an assignment, watch it come, look at it, take all, some or none."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Invalid, NotFound, Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import fill_actions, fill_queries, fill_runner, queries, weeks
from civic.planning.models import FillProposal
from civic.sites.models import PILLARS
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
ROOT = "/planning/propositions"
LONGEST = timedelta(days=28)
REASON_MAX = 300


async def find_proposal(proposal_id: UUID, user: CoordinatorUser, session: Session) -> FillProposal:
    """404 for whoever does not see it."""
    found = await session.scalar(fill_queries.visible_to(user).where(FillProposal.id == proposal_id))
    if found is None:
        raise NotFound
    return found


SeenProposal = Annotated[FillProposal, Depends(find_proposal)]


def _address(proposal: FillProposal) -> str:
    return f"{ROOT}/{proposal.id}"


@router.get(ROOT)
async def show_proposals(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """The recent ones."""
    context = {"proposals": await fill_queries.recent(session, user), "lost": fill_actions.lost}
    return render(request, "planning/fills.html", context)


@router.get(f"{ROOT}/nouvelle")
async def ask_proposal(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """For a week, unless other days are chosen; what this server lacks is said here."""
    asked = request.query_params
    today = clock.today()
    monday = weeks.parse(asked.get("semaine", "")) or clock.monday(today) + weeks.WEEK
    first, last = max(monday, today), weeks.sunday(monday)
    kept = {name: asked[name] for name in ("agglo", "pilier", "site") if name in asked}
    return await _ask_page(request, session, user, Form.filled(first=first, last=max(first, last), **kept))


async def _ask_page(request: Request, session: AsyncSession, user: User, form: Form, status: int = 200) -> Response:
    places = await queries.places(session, user)
    context = {
        "form": form,
        "agglos": list({one.intermunicipality: one.group for one in places}.items()),
        "places": places,
        "pillars": PILLARS,
        "installed": fill_runner.installed(),
    }
    return render(request, "planning/fill_new.html", context, status=status)


@router.post(ROOT)
async def start_proposal(request: Request, user: CoordinatorUser, session: Session) -> Response:
    form = await Form.read(request)
    first, last = form.date("first"), form.date("last")
    if first and last:
        _check(form, first, last)
    places = await queries.places(session, user)
    filters = {
        "agglo": form.choice("agglo", {one.intermunicipality for one in places}, required=False),
        "pilier": form.choice("pilier", PILLARS, required=False),
        "site": form.choice("site", {one.id for one in places}, required=False),
    }
    if not form.ok or first is None or last is None:
        return await _ask_page(request, session, user, form, status=422)
    _need_solver()
    proposal = await fill_actions.ask(session, by=user, first=first, last=last, filters=filters)
    return redirect(_address(proposal))


def _check(form: Form, first: date, last: date) -> None:
    if last < first:
        form.fail("last", _("Le dernier jour vient avant le premier."))
    elif last < clock.today():
        form.fail("last", _("Ces jours sont passés. Choisissez des jours à venir."))
    elif last - first >= LONGEST:
        form.fail("last", _("Quatre semaines au plus à la fois."))


def _need_solver() -> None:
    if not fill_runner.installed():
        raise Refusal("no_solver", _("Le module de calcul n’est pas installé sur ce serveur."))


@router.get(f"{ROOT}/{{proposal_id}}")
async def show_proposal(request: Request, user: CoordinatorUser, proposal: SeenProposal, session: Session) -> Response:
    """How far it is, coming again each second; then the draft."""
    return await _page(request, session, proposal, Form())


async def _page(
    request: Request, session: AsyncSession, proposal: FillProposal, form: Form, status: int = 200
) -> Response:
    context: dict[str, Any] = {
        "proposal": proposal,
        "draft": await fill_queries.draft_of(session, proposal),
        "form": form,
        "here": _address(proposal),
        "maximum": REASON_MAX,
        "week": f"/planning?semaine={weeks.code(proposal.first_day)}",
    }
    return render(request, "planning/fill.html", context, status=status)


@router.post(f"{ROOT}/{{proposal_id}}/arret")
async def stop_proposal(user: CoordinatorUser, proposal: SeenProposal, session: Session) -> Response:
    await fill_actions.stop(session, by=user, proposal_id=proposal.id)
    return redirect(_address(proposal))


@router.post(f"{ROOT}/{{proposal_id}}/relance")
async def ask_again(user: CoordinatorUser, proposal: SeenProposal, session: Session) -> Response:
    """The same question after something changed: it keeps what it can of this draft."""
    _need_solver()
    first = max(proposal.first_day, clock.today())
    if proposal.last_day < first:
        raise Refusal("past", _("Ces jours sont passés."))
    made = await fill_actions.ask(
        session, by=user, first=first, last=proposal.last_day, filters=proposal.filters, follows=proposal.id
    )
    return redirect(_address(made))


@router.post(f"{ROOT}/{{proposal_id}}/application")
async def accept_lines(request: Request, user: CoordinatorUser, proposal: SeenProposal, session: Session) -> Response:
    """All that is left, or what was ticked; each passes the rules as if it were booked by hand."""
    form = await Form.read(request)
    reason = form.text("reason", required=False, maximum=REASON_MAX)
    chosen = None if form.get("what") == "all" else _ticked(form)
    if chosen is not None and not chosen:
        form.fail("line", _("Cochez au moins une ligne."))
    if form.ok:
        try:
            done = await fill_actions.accept(session, by=user, proposal_id=proposal.id, line_ids=chosen, reason=reason)
        except Invalid as invalid:
            for name, message in invalid.errors.items():
                form.fail(name, message)
        else:
            return redirect(_address(proposal), *_told(done))
    return await _page(request, session, proposal, form, status=422)


def _ticked(form: Form) -> list[UUID]:
    found = []
    for text in form.lists.get("line", []):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _told(done: fill_actions.Accepted) -> tuple[str, Any]:
    text = ngettext("%(n)s place donnée.", "%(n)s places données.", done.placed) % {"n": done.placed}
    if done.refused:
        more = ngettext("%(n)s refusée, voyez pourquoi.", "%(n)s refusées, voyez pourquoi.", done.refused)
        text = f"{text} {more % {'n': done.refused}}"
    if done.unanswered:
        more = ngettext("%(n)s demande un motif.", "%(n)s demandent un motif.", done.unanswered)
        text = f"{text} {more % {'n': done.unanswered}}"
    return text, "warn" if done.refused or done.unanswered else "ok"


@router.post(f"{ROOT}/{{proposal_id}}/ecart")
async def discard_lines(request: Request, user: CoordinatorUser, proposal: SeenProposal, session: Session) -> Response:
    """One line by its own button, or all that are left."""
    form = await Form.read(request)
    one = form.uuid("one", required=False)
    if not form.ok:
        raise NotFound
    ids = None if one is None else [one]
    count = await fill_actions.discard(session, by=user, proposal_id=proposal.id, line_ids=ids)
    text = ngettext("%(n)s ligne écartée.", "%(n)s lignes écartées.", count) % {"n": count}
    return redirect(_address(proposal) + ("#lignes" if one else ""), text)
