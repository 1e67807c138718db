"""Announcements of a coordinator: write one, see its readers before it leaves, and who has read it."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.db import Session
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.notices import actions, queries, rules
from civic.notices.models import KINDS
from civic.planning import announcements
from civic.planning.announcements import Desk, PlannedAnnouncement
from civic.templating import query
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/planning/annonces"
SHOWN = 25
STATES = ("affichees", "finies")


@router.get(PAGE)
async def list_announcements(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Those of one's scope, newest first; filters are in the address."""
    params = request.query_params
    chosen = {
        "nature": params.get("nature") if params.get("nature") in KINDS else "",
        "etat": params.get("etat") if params.get("etat") in STATES else "",
    }
    number = params.get("page", "")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 and int(number) else 1
    today = clock.today()
    rows, total = await queries.sent(
        session,
        user.scope_codes,
        kind=chosen["nature"] or "",
        state=chosen["etat"] or "",
        day=today,
        offset=(page - 1) * SHOWN,
        limit=SHOWN,
    )
    context = {
        "rows": rows,
        "total": total,
        "chosen": chosen,
        "labels": await announcements.labels_of(session, [row.Announcement for row in rows]),
        "today": today,
        "shown_on": rules.shown_on,
        "previous": PAGE + query(chosen, page=page - 1) if page > 1 else None,
        "more": PAGE + query(chosen, page=page + 1) if page * SHOWN < total else None,
    }
    return render(request, "planning/announcements.html", context)


@router.get(f"{PAGE}/nouvelle")
async def show_form(request: Request, user: CoordinatorUser, session: Session) -> Response:
    desk = await announcements.desk_of(session, user, request.query_params.get("creneau", ""))
    site_id = request.query_params.get("site", "")
    if site_id:
        await announcements.check_site(session, user, site_id)
    return _form_page(request, desk, announcements.blank(desk, site_id))


def _form_page(request: Request, desk: Desk, form: Form, status: int = 200) -> Response:
    context = {"desk": desk, "form": form, "title_max": rules.TITLE_MAX, "body_max": rules.BODY_MAX}
    return render(request, "planning/announce.html", context | {"today": clock.today()}, status=status)


@router.post(f"{PAGE}/nouvelle")
async def send(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """First the readers, by name; then, once they were seen, the announcement."""
    form = await Form.read(request)
    desk = await announcements.desk_of(session, user, form.get("creneau"))
    message = announcements.read_message(form, desk)
    if message is None or form.get("step") == "edit":
        return _form_page(request, desk, form, 200 if message else 422)
    readers = await announcements.readers_of(session, user, message, coordinators=form.checked("coordinators"))
    if refusal := rules.may_send(len(readers)):
        form.fail("" if desk.shift else "audience", refusal.message)
        return _form_page(request, desk, form, 422)
    seen = announcements.digest(readers)
    if form.get("step") == "send" and form.get("seen") == seen:
        made = await actions.announce(session, by=user, message=message, readers=readers)
        text = ngettext("Annonce envoyée à %(n)s personne.", "Annonce envoyée à %(n)s personnes.", len(readers))
        return redirect(f"{PAGE}/{made.id}", text % {"n": len(readers)})
    context: dict[str, Any] = {
        "form": form,
        "message": message,
        "readers": readers,
        "unverified": sum(not one.verified for one in readers),
        "paragraphs": rules.paragraphs(message.body),
        "seen": seen,
        "changed": form.get("step") == "send",
    }
    return render(request, "planning/announce_check.html", context, status=409 if context["changed"] else 200)


@router.get(f"{PAGE}/{{announcement_id}}")
async def show(request: Request, user: CoordinatorUser, made: PlannedAnnouncement, session: Session) -> Response:
    return render(request, "planning/announcement.html", await _context(session, made))


async def _context(session: AsyncSession, made: Any) -> dict[str, Any]:
    receipts = await announcements.receipts_of(session, made.id)
    unread = [one for one in receipts if one.read_at is None]
    withdrawn = made.withdrawn_at is not None
    shown = rules.shown_on(clock.today(), made.shown_until, withdrawn)
    last = await queries.last_reminder(session, made.id)
    refusal = rules.may_remind(made.kind, withdrawn, shown, len(unread), last or made.created_at, clock.now())
    return {
        "made": made,
        "shown": shown,
        "label": (await announcements.labels_of(session, [made]))[made.id],
        "paragraphs": rules.paragraphs(made.body),
        "unread": unread,
        "read": [one for one in receipts if one.read_at],
        "last": last,
        "refusal": refusal,
    }


@router.post(f"{PAGE}/{{announcement_id}}/rappel")
async def remind(request: Request, user: CoordinatorUser, made: PlannedAnnouncement, session: Session) -> Response:
    told = await actions.remind(session, by=user, announcement_id=made.id)
    text = ngettext("Rappel envoyé à %(n)s personne.", "Rappel envoyé à %(n)s personnes.", told) % {"n": told}
    return redirect(f"{PAGE}/{made.id}", text)


@router.post(f"{PAGE}/{{announcement_id}}/retrait")
async def withdraw(request: Request, user: CoordinatorUser, made: PlannedAnnouncement, session: Session) -> Response:
    await actions.withdraw(session, by=user, announcement_id=made.id)
    return redirect(f"{PAGE}/{made.id}", _("Annonce retirée de l’application. Les e-mails partis le restent."))
