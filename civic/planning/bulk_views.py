"""Several shifts at once: call them off for one reason, after seeing who is told."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.bookings import cancelling
from civic.bookings import queries as bookings
from civic.bookings.queries import ShiftFilters
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import queries, weeks
from civic.planning.queries import Place
from civic.planning.shift_form import seen_ids
from civic.shifts.models import Shift
from civic.templating import query
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
REASON_MAX = 300
LONGEST = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which shifts are listed: those of a period, perhaps of one site; or all of a series."""

    first: date
    last: date
    site: str = ""
    series: UUID | None = None

    def address(self) -> str:
        series = str(self.series) if self.series else ""
        return "/planning/annulations" + query({"du": self.first, "au": self.last, "site": self.site, "serie": series})


@router.get("/planning/annulations")
async def choose_shifts(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """The coming shifts of a period, none ticked; the period and the site are in the address."""
    return await _page(request, session, user, Form())


@router.post("/planning/annulations")
async def cancel_shifts(request: Request, user: CoordinatorUser, session: Session) -> Response:
    """First show who is told; then cancel exactly what was seen."""
    form = await Form.read(request)
    places = await queries.places(session, user)
    chosen = await _chosen(request, session, places)
    known = {str(one.id): one for one in await _shifts(session, user, chosen)}
    ticked = [known[one].id for one in dict.fromkeys(form.lists.get("shift", [])) if one in known]
    if not ticked:
        form.fail("shift", _("Cochez au moins un créneau."))
    reason = form.text("reason", maximum=REASON_MAX)
    if not form.ok:
        return await _page(request, session, user, form, status=422)
    if not form.checked("confirm"):
        return await _seen(request, session, user, form, ticked, 200)
    try:
        seen = seen_ids(form.get("seen"))
        count = await cancelling.cancel_many(session, by=user, shift_ids=ticked, reason=reason, seen=seen)
    except Refusal as refusal:
        if refusal.code != "booked_meanwhile":
            raise
        return await _seen(request, session, user, form, ticked, 409)
    text = ngettext("%(n)s créneau annulé.", "%(n)s créneaux annulés.", len(ticked)) % {"n": len(ticked)}
    people = ngettext("%(n)s personne est prévenue.", "%(n)s personnes sont prévenues.", count) % {"n": count}
    return redirect(f"/planning?semaine={weeks.code(chosen.first)}", f"{text} {people}" if count else text)


async def _seen(
    request: Request, session: AsyncSession, user: User, form: Form, ticked: list[UUID], status: int
) -> Response:
    """Who would be told, before anything is cancelled."""
    held = await bookings.live_bookings(session, shift_ids=ticked)
    form.lists["seen"] = [",".join(str(one.booking_id) for one in held)]
    form.lists.pop("confirm", None)
    names = sorted({one.volunteer_name for one in held})
    return await _page(request, session, user, form, told=names, status=status)


async def _chosen(request: Request, session: AsyncSession, places: list[Place]) -> Chosen:
    """What the address asks for; a period that makes no sense is the present week."""
    params = request.query_params
    form = Form({name: [params.get(name, "")] for name in ("du", "au", "serie")})
    series = form.uuid("serie", required=False)
    if series is not None:
        return await _of_series(session, series)
    monday = weeks.parse(params.get("semaine", "")) or clock.monday(clock.today())
    first = form.date("du", required=False) or monday
    last = form.date("au", required=False) or weeks.sunday(clock.monday(first))
    last = min(max(first, last), first + LONGEST)
    site = params.get("site", "")
    return Chosen(first, last, site if site in {one.id for one in places} else "")


async def _of_series(session: AsyncSession, series: UUID) -> Chosen:
    chosen = select(Shift.starts_at).where(Shift.series_id == series).order_by(Shift.starts_at)
    days = [clock.local_day(one) for one in await session.scalars(chosen)] or [clock.today()]
    return Chosen(days[0], days[-1], series=series)


async def _shifts(session: AsyncSession, user: User, chosen: Chosen) -> list[ShiftFacts]:
    """Those that are not over: what was served can't be called off."""
    filters = ShiftFilters(
        first=chosen.first,
        last=chosen.last,
        site=chosen.site or None,
        states=("draft", "published"),
        scope=user.scope_codes,
    )
    listed = await bookings.list_shifts(session, filters)
    if chosen.series is not None:
        members = set(await session.scalars(select(Shift.id).where(Shift.series_id == chosen.series)))
        listed = [one for one in listed if one.id in members]
    now = clock.now()
    return [one for one in listed if one.times.ends_at > now or one.state == "draft"]


async def _page(
    request: Request,
    session: AsyncSession,
    user: User,
    form: Form,
    *,
    told: list[str] | None = None,
    status: int = 200,
) -> Response:
    places = await queries.places(session, user)
    chosen = await _chosen(request, session, places)
    shifts = await _shifts(session, user, chosen)
    ids = [one.id for one in shifts]
    crowds = bookings.crowds(await bookings.live_bookings(session, shift_ids=ids) if ids else [])
    context = {
        "chosen": chosen,
        "places": places,
        "shifts": shifts,
        "seated": {one: len(crowds[one].seated) for one in ids},
        "form": form,
        "told": told,
        "maximum": REASON_MAX,
    }
    return render(request, "planning/bulk_cancel.html", context, status=status)
