"""The drafts of any period: published at once, and told by one mail to whoever may book them, if so wished."""

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import opening, several
from civic.planning.opening import Reader
from civic.planning.several import Listed
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PATH = "/planning/brouillons"


@router.get(PATH)
async def show_drafts(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """All that are not past are ticked, or none (`cocher=rien`); the period and the filters are in the address."""
    listed = await _drafts(request, session, user)
    now = clock.now()
    coming = [one.id for one in listed.shifts if one.times.starts_at > now]
    ticked = [] if request.query_params.get("cocher") == "rien" else coming
    return _page(request, listed, Form.filled(shift=ticked))


async def _drafts(request: Request, session: AsyncSession, user: User) -> Listed:
    return await several.listed(session, user, PATH, request.query_params, ("draft",))


@router.post(PATH)
async def publish_drafts(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Publish those that were ticked; when people are to be told, first show who they are."""
    form = await Form.read(request)
    listed = await _drafts(request, session, user)
    ticked = several.ticked(form, listed.shifts)
    if not ticked:
        if await several.are(session, user, form, "published"):
            return redirect(listed.chosen.week, _("Ces créneaux sont déjà publiés."), "info")
        form.fail("shift", _("Cochez au moins un brouillon."))
        return _page(request, listed, form, status=422)
    tell = form.checked("tell")
    if tell and not form.checked("confirm"):
        return _page(request, listed, form, readers=await opening.readers_of(session, ticked))
    try:
        seen = form.get("seen") if tell else None
        count, told = await opening.publish_many(session, by=user, shift_ids=ticked, seen=seen)
    except Refusal as refusal:
        if refusal.code != "readers_changed":
            raise
        form.fail("", refusal.message)
        readers = await opening.readers_of(session, ticked)
        return _page(request, listed, form, readers=readers, status=409)
    text = ngettext("%(n)s créneau publié.", "%(n)s créneaux publiés.", count) % {"n": count}
    people = ngettext("%(n)s personne est prévenue.", "%(n)s personnes sont prévenues.", told) % {"n": told}
    return redirect(listed.chosen.week, f"{text} {people}" if told else text)


def _page(
    request: Request, listed: Listed, form: Form, *, readers: list[Reader] | None = None, status: int = 200
) -> Response:
    now = clock.now()
    form.lists.pop("confirm", None)
    if readers is not None:
        form.lists["seen"] = [opening.digest(readers)]
    context = {
        "listed": listed,
        "chosen": listed.chosen,
        "closed": {one.id for one in listed.shifts if any(closure.touches(one.times) for closure in one.closures)},
        "past": {one.id for one in listed.shifts if one.times.starts_at <= now},
        "form": form,
        "readers": readers,
    }
    return render(request, "planning/drafts.html", context, status=status)
