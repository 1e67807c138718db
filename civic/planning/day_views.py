"""« Qui manque ? » : the board of a day, one tap to note a presence, and who came without a place."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser, CurrentUser
from civic.accounts.models import User
from civic.bookings import attendance, walkins
from civic.bookings import queries as bookings
from civic.bookings.access import PlannedBooking, PlannedShift
from civic.bookings.models import ATTENDANCE
from civic.bookings.people import people_of
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Invalid, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.planning import queries
from civic.planning.day import day_of
from civic.web import redirect, render, safe_next

router = APIRouter(include_in_schema=False)
REASON_MAX = 300


@router.get("/planning/jour")
async def show_day(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """Today, unless the address names another day; it comes back by itself every half minute."""
    chosen = _day(request.query_params.get("jour", ""))
    day = chosen or clock.today()
    context = {
        "board": await day_of(session, user, day),
        "here": _address(day),
        "previous": _address(day - timedelta(days=1)),
        "following": _address(day + timedelta(days=1)),
        "unknown": bool(request.query_params.get("jour")) and chosen is None,
    }
    return render(request, "planning/day.html", context)


def _day(text: str) -> date | None:
    return Form({"jour": [text]}).date("jour", required=False)


def _address(day: date) -> str:
    return "/planning/jour" if day == clock.today() else f"/planning/jour?jour={day}"


@router.post("/reservations/{booking_id}/presence")
async def note_one(request: Request, user: CurrentUser, booking: PlannedBooking, session: Session) -> Response:
    """One tap for one person; the hours are the shift's own."""
    form = await Form.read(request)
    state = form.choice("state", ATTENDANCE)
    if not form.ok:
        raise Invalid(form.errors)
    await attendance.note(session, by=user, booking_id=booking.id, state=state)
    person = (await people_of(session, [booking.volunteer_id]))[booking.volunteer_id]
    text = {
        "present": _("%(name)s : présence notée."),
        "absent": _("%(name)s : absence notée."),
        "excused": _("%(name)s : absence excusée notée."),
    }[state]
    back = safe_next(form.get("next"), f"/planning/creneaux/{booking.shift_id}")
    correct = (f"/planning/creneaux/{booking.shift_id}", _("Corriger"))
    return redirect(back, text % {"name": person.name}, link=correct)


@router.get("/creneaux/{shift_id}/renforts")
async def ask_walk_in(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    """Who came without a place, and perhaps instead of whom: `place` in the address is the booking of that person."""
    noted = await bookings.attendance_of(session, [shift.id])
    place = next((one for one in noted if str(one) == request.query_params.get("place")), None)
    form = Form.filled(
        next=safe_next(request.query_params.get("next"), _own_page(shift)),
        replaces=place,
        replaced=noted[place] if place and noted[place] != "present" else None,
    )
    return await _walk_in_page(request, session, user, shift, form)


def _own_page(shift: ShiftFacts) -> str:
    return f"/planning/creneaux/{shift.id}"


@router.post("/creneaux/{shift_id}/renforts")
async def add_walk_in(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    """Add them; what it breaks is shown first, and kept with the reason once it is accepted."""
    form = await Form.read(request)
    volunteer_id = form.uuid("volunteer_id", missing=_("Choisissez qui est venu."))
    replaces = form.uuid("replaces", required=False)
    replaced = form.choice("replaced", ("absent", "excused"), required=False) or "absent"
    reason = form.text("reason", required=False, maximum=REASON_MAX)
    if volunteer_id and volunteer_id not in await queries.visible_ids(session, user):
        form.fail("volunteer_id", _("Cette personne n’existe pas. Choisissez dans la liste."))
    if not form.ok or volunteer_id is None:
        return await _walk_in_page(request, session, user, shift, form, status=422)
    try:
        added = await walkins.add(
            session,
            by=user,
            shift_id=shift.id,
            volunteer_id=volunteer_id,
            reason=reason,
            replaces=replaces,
            replaced=replaced,
        )
    except Refusal as refusal:
        shown: dict[str, Any] = {"refused": list(refusal.findings), "refusal": refusal}
        return await _walk_in_page(request, session, user, shift, form, status=409, **shown)
    except Invalid as invalid:
        for name, message in invalid.errors.items():
            form.fail(name, message)
        return await _walk_in_page(request, session, user, shift, form, status=422)
    person = (await people_of(session, [volunteer_id]))[volunteer_id]
    text = _("%(name)s est sur le créneau : présence notée.") % {"name": person.name}
    return redirect(safe_next(form.get("next"), _own_page(shift)), text, "warn" if added.broken else "ok")


async def _walk_in_page(
    request: Request,
    session: AsyncSession,
    user: User,
    shift: ShiftFacts,
    form: Form,
    *,
    status: int = 200,
    **shown: Any,
) -> Response:
    crowd = bookings.crowds(await bookings.live_bookings(session, shift_ids=[shift.id]))[shift.id]
    noted = await bookings.attendance_of(session, [shift.id])
    seats = [one for one in crowd.seated if one.state == "confirmed"]
    here = {one.volunteer_id for one in (*seats, *crowd.walk_ins)}
    absent = [one for one in seats if noted.get(one.booking_id) != "present"]
    now, last = clock.now(), shift.times.ends_at + walkins.OPEN_FOR
    context = {
        "shift": shift,
        "form": form,
        "people": [(str(key), name) for key, name in await queries.visible_names(session, user) if key not in here],
        "absent": [(str(one.booking_id), one.volunteer_name) for one in absent],
        "back": safe_next(form.get("next"), _own_page(shift)),
        "maximum": REASON_MAX,
        "closed": shift.state != "published" or not shift.times.starts_at <= now <= last,
        "early": shift.times.starts_at > now,
        "refused": [],
        "refusal": None,
        **shown,
    }
    return render(request, "planning/walk_in.html", context, status=status)
