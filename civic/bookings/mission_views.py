"""Changing a mission, duplicating aside: whom it breaks is shown first. And taking it out of use, and back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from civic.accounts.current import CoordinatorUser
from civic.bookings import breaks, mission_changes
from civic.db import Session
from civic.errors import Forbidden, NotFound, Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.missions import actions
from civic.missions.editing import EditableMission, begun_form, changed_since, read_facts, show_form
from civic.missions.models import Mission
from civic.missions.queries import archived_missions, covers, mission_with_all
from civic.shifts import retiring
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/missions/archives")
async def archives(request: Request, user: CoordinatorUser, session: Session) -> Response:
    return render(request, "missions/archives.html", {"missions": await archived_missions(session, user)})


@router.get("/missions/{mission_id}/modification")
async def edit(request: Request, user: CoordinatorUser, mission: EditableMission, session: Session) -> Response:
    return await show_form(request, session, user, mission, begun_form(mission))


@router.post("/missions/{mission_id}/modification")
async def update(request: Request, user: CoordinatorUser, mission: EditableMission, session: Session) -> Response:
    """Asked once more, with `confirm`, when places would end."""
    form = await Form.read(request)
    changed = await changed_since(session, form, user, mission)
    if changed:
        return await show_form(request, session, user, mission, form, status=409, **changed)
    facts = await read_facts(session, form, user, mission)
    if facts is None:
        return await show_form(request, session, user, mission, form, status=422)
    broken = await mission_changes.broken_by(session, mission, facts)
    seen = breaks.parse(form.get("seen"))
    try:
        if broken and not (form.checked("confirm") and all(one.held.booking_id in seen for one in broken)):
            form.lists["seen"] = [breaks.pack(broken)]
            return await show_form(request, session, user, mission, form, status=409, broken=broken)
        ended = await mission_changes.change_mission(session, by=user, mission=mission, facts=facts, accepted=seen)
    except Refusal as refusal:
        if refusal.code == "breaks_bookings":
            raise
        form.fail(refusal.field or "", refusal.message)
        return await show_form(request, session, user, mission, form, status=422)
    return redirect(f"/missions/{mission.id}", flash=_saved(ended))


def _saved(ended: int) -> str:
    if not ended:
        return _("Mission enregistrée.")
    text = ngettext(
        "Mission enregistrée. %(n)s place est libérée, un e-mail l’explique.",
        "Mission enregistrée. %(n)s places sont libérées, un e-mail l’explique.",
        ended,
    )
    return text % {"n": ended}


@router.get("/missions/{mission_id}/archivage")
async def ask_archiving(request: Request, mission: EditableMission, session: Session) -> Response:
    return await _archiving(request, session, mission)


async def _archiving(
    request: Request, session: Session, mission: Mission, *, error: str = "", status: int = 200
) -> Response:
    uses = await retiring.uses_of_mission(session, mission)
    context = {"mission": mission, "uses": uses, "most": retiring.SHOWN, "error": error}
    return render(request, "missions/archive.html", context, status=status)


@router.post("/missions/{mission_id}/archivage")
async def archive(request: Request, mission: EditableMission, user: CoordinatorUser, session: Session) -> Response:
    try:
        await retiring.archive_mission(session, by=user, mission=mission)
    except Refusal as refusal:
        return await _archiving(request, session, mission, error=refusal.message, status=409)
    return redirect("/missions/archives", _("Mission archivée : elle quitte les listes et reste dans l’historique."))


async def find_archived(mission_id: UUID, user: CoordinatorUser, session: Session) -> Mission:
    """A mission out of use, in scope; one in use is found too, so that a second tap changes nothing."""
    found = await mission_with_all(session, mission_id, archived=True) or await mission_with_all(session, mission_id)
    if found is None:
        raise NotFound
    if not covers(user, found):
        raise Forbidden(_("Cette mission est hors de votre périmètre."))
    return found


AnyOfMine = Annotated[Mission, Depends(find_archived)]


@router.post("/missions/{mission_id}/restauration")
async def restore(mission: AnyOfMine, user: CoordinatorUser, session: Session) -> Response:
    actions.restore_mission(session, mission, by=user)
    return redirect(f"/missions/{mission.id}", _("Mission remise en service."))


@router.post("/missions/{mission_id}/suppression")
async def delete(request: Request, mission: AnyOfMine, user: CoordinatorUser, session: Session) -> Response:
    """Only what nothing has ever named goes for good."""
    try:
        await actions.delete_mission(session, mission, by=user)
    except Refusal as refusal:
        return await _archiving(request, session, mission, error=refusal.message, status=409)
    return redirect("/missions", _("Mission supprimée : elle n’avait jamais servi."))
