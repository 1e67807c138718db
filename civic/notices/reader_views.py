"""What was announced to somebody: their list, one of them, and « J’ai lu ». Opening a page reads nothing for them."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CurrentUser
from civic.db import Session
from civic.errors import NotFound
from civic.forms import Form
from civic.i18n import _
from civic.notices import actions, queries, rules
from civic.web import redirect, render, safe_next

router = APIRouter(include_in_schema=False)
SHOWN = 20


@router.get("/annonces")
async def list_notices(request: Request, user: CurrentUser, session: Session) -> Response:
    """Everything that was sent to me, read or not, newest first."""
    number = request.query_params.get("page", "")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 and int(number) else 1
    listed, total = await queries.notices_of(session, user.id, offset=(page - 1) * SHOWN, limit=SHOWN)
    context = {
        "notices": listed,
        "today": clock.today(),
        "previous": f"/annonces?page={page - 1}" if page > 1 else None,
        "more": f"/annonces?page={page + 1}" if page * SHOWN < total else None,
    }
    return render(request, "notices/list.html", context)


@router.get("/annonces/{announcement_id}")
async def show_notice(request: Request, announcement_id: UUID, user: CurrentUser, session: Session) -> Response:
    notice = await queries.notice_of(session, user.id, announcement_id)
    if notice is None:
        raise NotFound
    shown = notice.shown_on(clock.today())
    context = {"notice": notice, "shown": shown, "paragraphs": rules.paragraphs(notice.body)}
    return render(request, "notices/show.html", context)


@router.post("/annonces/{announcement_id}/lecture")
async def read_notice(request: Request, announcement_id: UUID, user: CurrentUser, session: Session) -> Response:
    """Say that I read it; again changes nothing."""
    form = await Form.read(request)
    await actions.read(session, by=user, announcement_id=announcement_id)
    return redirect(safe_next(form.get("next"), "/annonces"), _("C’est noté : vous l’avez lue."))
