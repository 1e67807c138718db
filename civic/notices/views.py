"""Which mails somebody gets: their own page, and the link at the foot of a mail, which needs no sign-in."""

from fastapi import APIRouter, Request, Response

from civic.accounts.current import CurrentUser, MaybeUser
from civic.accounts.models import User
from civic.db import Session
from civic.formats import duration
from civic.forms import Form
from civic.i18n import _
from civic.outbox.models import DIGESTS
from civic.outbox.preferences import (
    FAMILIES,
    LEAD_TIMES,
    PAGE,
    STOP,
    SWITCHES,
    Wishes,
    choose,
    read_stop,
    stop,
    wishes_of,
)
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
# What there is to choose, by role: the others get no mail but those about their account.
OFFERED = {
    "volunteer": ("reminders", "digest", "stand_in", "openings", "news"),
    "coordinator": ("digest", "alerts", "news"),
}


@router.get(PAGE)
async def show_choices(request: Request, user: CurrentUser, session: Session) -> Response:
    wishes = (await wishes_of(session, [user.id]))[user.id]
    return _page(request, user, _filled(wishes))


def _filled(wishes: Wishes) -> Form:
    on = {family: wishes.wants(family) for family in SWITCHES}
    return Form.filled(reminders=wishes.reminders, digest=wishes.digest, **on)


def _page(request: Request, user: User, form: Form, status: int = 200) -> Response:
    leads = [(hours, _("%(hours)s avant") % {"hours": duration(hours)}) for hours in LEAD_TIMES]
    digests = [("none", _("Aucun")), ("daily", _("Chaque matin à 7 h")), ("weekly", _("Le lundi à 7 h"))]
    context = {"form": form, "offered": OFFERED.get(user.role, ()), "leads": leads, "digests": digests}
    return render(request, "notices/choices.html", context, status=status)


@router.post(PAGE)
async def save_choices(request: Request, user: CurrentUser, session: Session) -> Response:
    """Keep the choices; what a role is not offered stays as it was."""
    form = await Form.read(request)
    offered = OFFERED.get(user.role, ())
    leads = form.choices("reminders", [str(one) for one in LEAD_TIMES])
    digest = form.choice("digest", DIGESTS, required="digest" in offered)
    if not form.ok:
        return _page(request, user, form, status=422)
    now = (await wishes_of(session, [user.id]))[user.id]
    silent = {one for one in SWITCHES if one in offered and not form.checked(one)}
    await choose(
        session,
        user.id,
        reminders=[int(one) for one in leads] if "reminders" in offered else now.reminders,
        digest=digest if "digest" in offered else now.digest,
        muted=silent | {one for one in now.muted if one not in offered},
    )
    return redirect(PAGE, flash=_("Enregistré."))


@router.get(STOP)
async def ask_stop(request: Request, user: MaybeUser, session: Session) -> Response:
    """Opening the link changes nothing: mail programs open links by themselves. What has stopped is not asked again."""
    found = read_stop(request.query_params.get("jeton", ""))
    done = False
    if found is not None:
        user_id, family = found
        done = not (await wishes_of(session, [user_id]))[user_id].wants(family)
    return _stopping(request, done=done)


@router.post(STOP)
async def stop_family(request: Request, user: MaybeUser, session: Session) -> Response:
    """One tap, here or in the mail program (RFC 8058): the signed link says whose mails, and which."""
    found = read_stop(request.query_params.get("jeton", ""))
    if found is not None:
        user_id, family = found
        if await session.get(User, user_id) is not None:
            await stop(session, user_id, family)
    return _stopping(request, done=True)


def _stopping(request: Request, *, done: bool) -> Response:
    token = request.query_params.get("jeton", "")
    found = read_stop(token)
    if found is None:
        return render(request, "notices/stop.html", {"family": "", "done": False, "token": ""}, status=400)
    context = {"family": _(FAMILIES[found[1]]), "done": done, "token": token}
    return render(request, "notices/stop.html", context)
