"""« Souhaits »: what somebody said of their weeks and places, and whom coordinators put together, or never."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import _
from civic.planning import queries
from civic.planning.team_views import find_volunteer
from civic.volunteers import availability, pair_wishes
from civic.volunteers.availability import day_name, hours_of
from civic.volunteers.models import PAIR_WISHES, Volunteer
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
Found = Annotated[Volunteer, Depends(find_volunteer)]


@router.get("/volontaires/{volunteer_id}/souhaits")
async def show(request: Request, user: CoordinatorUser, volunteer: Found, session: Session) -> Response:
    return await _page(request, session, user, volunteer, Form())


async def _page(
    request: Request, session: AsyncSession, user: User, volunteer: Volunteer, form: Form, status: int = 200
) -> Response:
    """Only people in sight are named: a wish about somebody else is counted and no more."""
    names = dict(await queries.visible_names(session, user))
    wishes = await pair_wishes.wishes_about(session, volunteer.id)
    others = [(one, pair_wishes.other_of(one, volunteer.id)) for one in wishes]
    named = [(one, names[other], other) for one, other in others if other in names]
    stretches = await availability.unavailabilities(session, volunteer.id)
    taken = {volunteer.id, *(other for _one, other in others)}
    context = {
        "volunteer": volunteer,
        "week": [(day_name(one.weekday), hours_of(one.starts_minute, one.ends_minute)) for one in stretches],
        "sites": await availability.preferred_sites(session, volunteer.id),
        "together": [one for one in named if one[0].kind == "together"],
        "apart": [one for one in named if one[0].kind == "apart"],
        "elsewhere": len(wishes) - len(named),
        "others": [(key, name) for key, name in names.items() if key not in taken],
        "form": form,
    }
    return render(request, "planning/wishes.html", context, status=status)


@router.post("/volontaires/{volunteer_id}/souhaits")
async def note(request: Request, user: CoordinatorUser, volunteer: Found, session: Session) -> Response:
    form = await Form.read(request)
    other_id = form.uuid("other_id")
    kind = form.choice("kind", PAIR_WISHES)
    if other_id and other_id not in await queries.visible_ids(session, user):
        form.fail("other_id", _("Cette personne n’existe pas. Choisissez dans la liste."))
    if form.ok and other_id:
        try:
            await pair_wishes.note_wish(session, by=user, volunteer_id=volunteer.id, other_id=other_id, kind=kind)
        except Refusal as refusal:
            form.fail(refusal.field or "", refusal.message)
    if not form.ok:
        return await _page(request, session, user, volunteer, form, 422)
    return redirect(_address(volunteer), _("Souhait noté. Il reste entre coordinatrices et coordinateurs."))


@router.post("/volontaires/{volunteer_id}/souhaits/{wish_id}/suppression")
async def remove(wish_id: UUID, user: CoordinatorUser, volunteer: Found, session: Session) -> Response:
    visible = set(await queries.visible_ids(session, user))
    await pair_wishes.remove_wish(session, by=user, volunteer_id=volunteer.id, wish_id=wish_id, visible=visible)
    return redirect(_address(volunteer), _("Souhait retiré."))


def _address(volunteer: Volunteer) -> str:
    return f"/volontaires/{volunteer.id}/souhaits"
