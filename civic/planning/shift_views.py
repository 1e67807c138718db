"""Forms of a shift: create, edit with the bookings that it touches, publish, cancel."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser, CurrentUser
from civic.accounts.models import User
from civic.begun import Clash
from civic.bookings import cancelling, changes
from civic.bookings import queries as bookings
from civic.bookings.access import PlannedShift
from civic.bookings.changes import Judged
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Answer, Invalid, Refusal
from civic.formats import day_short, hour_range
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import queries, shift_form, weeks
from civic.planning.fiche import told
from civic.planning.shift_form import Choices
from civic.shifts import actions as shifts
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.web import redirect, render, safe_next

router = APIRouter(include_in_schema=False)
REASON_MAX = 300


@router.get("/planning/creneaux/nouveau")
async def new_shift(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """An empty form, begun by the cell that was chosen (`site`, `jour`)."""
    choices = await shift_form.choices_of(session, user)
    params = request.query_params
    site = params.get("site", "") if params.get("site", "") in choices.covered else ""
    missions = choices.covered.get(site, [])
    form = Form.filled(
        site_id=site,
        mission_id=missions[0] if len(missions) == 1 else "",
        day=_day_of(params.get("jour", "")),
        capacity=2,
        min_staff=2,
        break_minutes=0,
    )
    return _form_page(request, choices, form, None)


def _day_of(text: str) -> str:
    form = Form({"day": [text]})
    day = form.date("day", required=False)
    return day.isoformat() if day else ""


@router.post("/planning/creneaux/nouveau")
async def create_shift(request: Request, user: CoordinatorUser, session: Session) -> Response:
    form = await Form.read(request)
    choices = await shift_form.choices_of(session, user)
    values = shift_form.read(form, choices)
    publish = form.get("state") == "published"
    if values is not None:
        try:
            shift = await shifts.create(session, by=user, values=values, publish=publish)
        except Invalid as invalid:
            shift_form.tell(form, invalid.errors)
        else:
            text = _("Créneau publié : %(when)s.") if publish else _("Brouillon enregistré : %(when)s.")
            return redirect(_beside(shift), text % {"when": _when(values)})
    return _form_page(request, choices, form, None, status=422)


def _beside(shift: Shift) -> str:
    """The shift's panel beside its week."""
    monday = clock.monday(clock.local(shift.starts_at).date())
    return f"/planning?semaine={weeks.code(monday)}&creneau={shift.id}"


def _when(values: ShiftValues) -> str:
    """« sam. 28 nov., 22 h – 2 h le lendemain »."""
    text = f"{day_short(values.starts_at)}, {hour_range(values.starts_at, values.ends_at)}"
    first, last = clock.local(values.starts_at), clock.local(values.ends_at)
    overnight = last.date() > first.date() and (last.hour, last.minute) != (0, 0)
    return _("%(hours)s le lendemain") % {"hours": text} if overnight else text


def _form_page(
    request: Request,
    choices: Choices,
    form: Form,
    shift: ShiftFacts | None,
    *,
    status: int = 200,
    **shown: Any,
) -> Response:
    context = {
        "choices": choices,
        "form": form,
        "shift": shift,
        "clashes": [],
        "affected": [],
        "changed_by": "",
        "back": f"/planning/creneaux/{shift.id}" if shift else "/planning",
        **shown,
    }
    return render(request, "planning/form.html", context, status=status)


@router.get("/planning/creneaux/{shift_id}/modifier")
async def edit_page(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    refuse_closed(shift)
    texts = shift_form.texts_of(shift)
    form = Form.filled(**texts, version=shift.version, opened=shift_form.pack(texts))
    return _form_page(request, await shift_form.choices_of(session, user), form, shift)


def refuse_closed(shift: ShiftFacts) -> None:
    if shift.state == "cancelled":
        raise Refusal("shift_not_open", _("Ce créneau est annulé : créez-en un autre."))
    if shift.state == "published" and shift.times.starts_at <= clock.now():
        raise Refusal("shift_started", _("Ce créneau a déjà commencé : il ne se modifie plus."))


@router.post("/planning/creneaux/{shift_id}/modifier")
async def edit_shift(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    """Save; first show what somebody else changed meanwhile, or whom the change would cost their place."""
    refuse_closed(shift)
    form = await Form.read(request)
    choices = await shift_form.choices_of(session, user)
    if form.get("version") != str(shift.version):
        return await _stale(request, session, choices, form, shift)
    values = shift_form.read(form, choices)
    if values is None:
        return _form_page(request, choices, form, shift, status=422)
    values = shift_form.keep_exact(values, shift)
    try:
        judged = await _unconfirmed(session, user, shift, values, form)
        if judged:
            shown = {"affected": judged.affected, "notices": judged.notices}
            return _form_page(request, choices, form, shift, status=409, **shown)
        saved = await changes.edit_shift(
            session, by=user, shift_id=shift.id, values=values, version=shift.version, confirm=form.checked("confirm")
        )
    except Invalid as invalid:
        shift_form.tell(form, invalid.errors)
        return _form_page(request, choices, form, shift, status=422)
    except Answer as answer:
        if answer.code != "stale":
            raise
        fresh = await bookings.shift_facts(session, [shift.id])
        return await _stale(request, session, choices, form, fresh[shift.id])
    return redirect(
        safe_next(form.get("next"), _beside(saved)), _("Créneau modifié : %(when)s.") % {"when": _when(values)}
    )


async def _unconfirmed(
    session: AsyncSession, user: User, shift: ShiftFacts, values: ShiftValues, form: Form
) -> Judged | None:
    """Whom the change breaks, unless the form says that exactly these were seen and accepted."""
    await shifts.check_place(session, by=user, values=values)
    shifts.check_times(values)
    held, _near = await changes.hold(session, shift.id)
    judged = await changes.preview(session, shift=held, values=values)
    seen = shift_form.seen_ids(form.get("seen"))
    accepted = form.checked("confirm") and all(one.held.booking_id in seen for one in judged.affected)
    form.lists["seen"] = [",".join(str(one.held.booking_id) for one in judged.affected)]
    return None if accepted or not judged.affected else judged


async def _stale(request: Request, session: AsyncSession, choices: Choices, form: Form, shift: ShiftFacts) -> Response:
    stored = shift_form.texts_of(shift)
    clashes: list[Clash] = shift_form.merge(form, shift_form.unpack(form.get("opened")), stored, choices)
    form.lists["version"], form.lists["opened"] = [str(shift.version)], [shift_form.pack(stored)]
    form.lists.pop("confirm", None)
    events = [one for one in await queries.shift_events(session, shift.id) if one.verb.startswith("shift.")]
    author = (events[0].author or "") if events else ""
    return _form_page(request, choices, form, shift, status=409, clashes=clashes, changed_by=author, stale=True)


@router.post("/creneaux/{shift_id}/publication")
async def publish_shift(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    form = await Form.read(request)
    await shifts.publish(session, by=user, shift_id=shift.id)
    return redirect(safe_next(form.get("next"), _own_page(shift.id)), _("Créneau publié."))


def _own_page(shift_id: UUID) -> str:
    return f"/planning/creneaux/{shift_id}"


@router.get("/creneaux/{shift_id}/annulation")
async def ask_cancellation(request: Request, shift: PlannedShift, session: Session) -> Response:
    """Why, and who will be told."""
    if shift.state == "cancelled":
        return redirect(_own_page(shift.id), _("Ce créneau est déjà annulé."), "info")
    form = Form.filled(next=safe_next(request.query_params.get("next"), _own_page(shift.id)))
    return await _cancellation_page(request, session, shift, form, 200)


async def _cancellation_page(
    request: Request, session: AsyncSession, shift: ShiftFacts, form: Form, status: int
) -> Response:
    crowd = bookings.crowds(await bookings.live_bookings(session, shift_ids=[shift.id]))[shift.id]
    back = safe_next(form.get("next"), _own_page(shift.id))
    context = {"shift": shift, "form": form, "told": told(crowd), "back": back, "maximum": REASON_MAX}
    return render(request, "planning/cancel.html", context, status=status)


@router.post("/creneaux/{shift_id}/annulation")
async def cancel_shift(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    form = await Form.read(request)
    reason = form.text("reason", maximum=REASON_MAX)
    if not form.ok:
        return await _cancellation_page(request, session, shift, form, 422)
    crowd = bookings.crowds(await bookings.live_bookings(session, shift_ids=[shift.id]))[shift.id]
    await cancelling.cancel_shift(session, by=user, shift_id=shift.id, reason=reason)
    count = len(told(crowd)) if shift.state != "cancelled" else 0
    text = ngettext(
        "Créneau annulé. %(n)s personne est prévenue.", "Créneau annulé. %(n)s personnes sont prévenues.", count
    )
    back = safe_next(form.get("next"), _own_page(shift.id))
    return redirect(back, text % {"n": count} if count else _("Créneau annulé."))
