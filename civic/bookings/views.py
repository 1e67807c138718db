"""The volunteer's pages: what I can take, one shift, my shifts."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CurrentUser, VolunteerUser
from civic.bookings import absence, actions, queries
from civic.bookings.access import VisibleShift
from civic.bookings.cards import card, countdown, partner_phones, there, week_days
from civic.bookings.checkin import Own, own_arrival
from civic.bookings.listing import Seen, see
from civic.bookings.models import SEATED, WALK_IN
from civic.bookings.people import people_of
from civic.bookings.queries import ShiftFilters
from civic.bookings.rules import may_withdraw, opening, readiness
from civic.bookings.schedule import missing_this_week, notes_of, schedule_of
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Forbidden
from civic.forms import Form
from civic.i18n import _
from civic.notices import queries as notices
from civic.notices.rules import paragraphs
from civic.sites.models import PILLARS
from civic.volunteers.current import CurrentVolunteer
from civic.web import redirect, render, safe_next

router = APIRouter(include_in_schema=False)
DAYS_SHOWN = 28
PAGE = 50
HOLDING = (*SEATED, WALK_IN)
AGGLOMERATIONS = ("CALL", "CAHC", "CABBALR")


@router.get("/creneaux")
async def list_shifts(request: Request, user: CurrentUser, session: Session) -> Response:
    """What I can take, soonest first; every filter is in the address."""
    if user.role == "coordinator":
        return redirect("/planning")
    if user.role != "volunteer":
        raise Forbidden
    chosen = _filters(request)
    today = clock.today()
    window = ShiftFilters(first=today, last=today + timedelta(days=DAYS_SHOWN - 1))
    shifts = [one for one in await queries.list_shifts(session, window) if one.times.starts_at > clock.now()]
    view = await see(session, user, shifts)
    matching = [one for one in view.seen if _matches(one, chosen)]
    takeable = [one for one in matching if (one.bookable and one.free) or one.mine]
    # Somebody who can take nothing must see why, not an empty page.
    shown = matching if chosen["voir"] == "tous" or not takeable else takeable
    listed = [one for one in shown if chosen["jour"] in (None, one.shift.times.day)]
    now = clock.now()
    todo = readiness(view.person, today) if view.person else []
    context = {
        "filters": {**chosen, "jour": chosen["jour"].isoformat() if chosen["jour"] else None},
        "cards": [card(one, now) for one in listed[: chosen["n"]]],
        "total": len(listed),
        "hidden": len(matching) - len(shown),
        "everything": shown is matching and len(takeable) < len(matching),
        "strip": _strip(today, shown),
        "sites": sorted({(one.shift.site_id, one.shift.site_name) for one in view.seen}, key=lambda pair: pair[1]),
        "todo": todo,
        "missing": None if todo else missing_this_week(view.person, view.own),
        "person": view.person,
        "opening": opening(shifts[0].limits) if shifts else [],
        "here": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
    }
    return render(request, "bookings/list.html", context)


def _filters(request: Request) -> dict[str, Any]:
    """The filters of the address; what makes no sense is dropped, as a link may be old."""
    params = request.query_params
    try:
        day = date.fromisoformat(params.get("jour", ""))
    except ValueError:
        day = None
    count = params.get("n", "")
    return {
        "jour": day,
        "agglo": params.get("agglo") if params.get("agglo") in AGGLOMERATIONS else None,
        "pilier": params.get("pilier") if params.get("pilier") in PILLARS else None,
        "lieu": params.get("lieu") or None,
        "miens": "1" if params.get("miens") == "1" else None,
        "voir": "tous" if params.get("voir") == "tous" else None,
        "n": min(int(count), 1000) if count.isdigit() and len(count) < 5 and int(count) > PAGE else PAGE,
    }


def _matches(seen: Seen, chosen: dict[str, Any]) -> bool:
    shift = seen.shift
    wanted = [(chosen["agglo"], shift.intermunicipality), (chosen["pilier"], shift.pillar)]
    wanted.append((chosen["lieu"], shift.site_id))
    return all(value in (None, actual) for value, actual in wanted) and (seen.liked or not chosen["miens"])


def _strip(today: date, shown: list[Seen]) -> list[tuple[date, int]]:
    counts: dict[date, int] = {}
    for one in shown:
        counts[one.shift.times.day] = counts.get(one.shift.times.day, 0) + 1
    return [(day, counts.get(day, 0)) for day in clock.days(today, today + timedelta(days=DAYS_SHOWN - 1))]


@router.get("/creneaux/{shift_id}")
async def show_shift(request: Request, shift: VisibleShift, user: CurrentUser, session: Session) -> Response:
    """One shift: where, with whom, and the one act that fits."""
    if user.role == "coordinator":
        return redirect(f"/planning/creneaux/{shift.id}")
    view = await see(session, user, [shift])
    seen = view.seen[0]
    others = await people_of(session, [one.volunteer_id for one in there(seen.crowd)])
    phones = {volunteer_id: person.phone for volunteer_id, person in others.items()}
    now = clock.now()
    context = {
        "card": card(seen, now),
        "phones": partner_phones(seen, phones, now),
        "page": await notes_of(session, shift),
        "announced": await _announced(session, shift) if seen.mine and seen.mine.state in HOLDING else [],
        "arrival": await own_arrival(session, seen.mine.booking_id, shift) if seen.mine else Own(),
        "said": view.person and not seen.mine and await absence.call_by(session, shift.id, view.person.volunteer_id),
        "withdrawal_open": seen.mine is None or may_withdraw(seen.mine.state, shift, now) is None,
        "countdown": countdown(shift.times.starts_at, shift.times.ends_at, now),
    }
    return render(request, "bookings/show.html", context)


async def _announced(session: AsyncSession, shift: ShiftFacts) -> list[tuple[Any, Any]]:
    """What was said to those on the shift: who joined since is shown it too, though no mail told them."""
    found = await notices.about_shift(session, shift.id, clock.today())
    return [(one, paragraphs(one.body)) for one in found]


@router.post("/creneaux/{shift_id}/reservation")
async def book(
    request: Request, user: VolunteerUser, shift: VisibleShift, volunteer: CurrentVolunteer, session: Session
) -> Response:
    """Take a place; a second tap finds it taken and says the same."""
    form = await Form.read(request)
    placed = await actions.book(session, by=user, volunteer_id=volunteer.id, shift_id=shift.id)
    page = f"/creneaux/{shift.id}"
    back = safe_next(form.get("next"), page)
    if back != page:
        # A list opens again at the card that was tapped.
        back += f"#c-{shift.id}"
    undo = (f"{page}/desistement", _("Annuler"))
    if placed.booking.state == "offered":
        return redirect(
            page, _("Une place vous est proposée : prenez-la, ou laissez-la à la personne suivante."), "info"
        )
    if placed.booking.state == "waitlisted":
        text = _("Vous êtes en liste d’attente, place %(n)s. Un message vous préviendra.") % {"n": placed.position}
        return redirect(back, _with_warning(text, placed), "info", link=undo)
    text = _with_warning(_("C’est réservé : %(site)s.") % {"site": shift.site_name}, placed)
    if may_withdraw("confirmed", shift, clock.now()):
        late = _("Il commence dans moins de 24 h : un empêchement se dit avec « Je ne peux pas venir », sur sa page.")
        return redirect(back, f"{text} {late}", "info")
    return redirect(back, text, link=undo)


def _with_warning(text: str, placed: actions.Placed) -> str:
    """What was done, then what to think of twice; the page says the rest."""
    return " ".join([text, *(_("À savoir : %(reason)s") % {"reason": one.title} for one in placed.warnings[:1])])


@router.get("/creneaux/{shift_id}/desistement")
async def ask_withdrawal(request: Request, shift: VisibleShift, user: VolunteerUser, session: Session) -> Response:
    seen = (await see(session, user, [shift])).seen[0]
    mine = seen.mine
    if mine is None:
        return redirect(f"/creneaux/{shift.id}", _("Vous n’avez pas de place sur ce créneau."), "info")
    context = {
        "card": card(seen, clock.now()),
        "refusal": may_withdraw(mine.state, shift, clock.now()),
        "next": safe_next(request.query_params.get("next"), "/mes-creneaux"),
    }
    return render(request, "bookings/withdraw.html", context)


@router.post("/creneaux/{shift_id}/desistement")
async def withdraw(
    request: Request, user: VolunteerUser, shift: VisibleShift, volunteer: CurrentVolunteer, session: Session
) -> Response:
    form = await Form.read(request)
    await actions.withdraw(session, by=user, volunteer_id=volunteer.id, shift_id=shift.id)
    back = safe_next(form.get("next"), "/mes-creneaux")
    return redirect(back, _("C’est annulé. La place est rendue aux autres."))


@router.get("/mes-creneaux")
async def my_shifts(request: Request, user: VolunteerUser, session: Session) -> Response:
    """Coming, waiting, and past with the hours noted."""
    schedule = await schedule_of(session, user)
    cards = [card(one, clock.now()) for one in schedule.coming]
    offered = [one for one in cards if one.my_state == "offered"]
    context = {
        "offered": offered,
        "coming": [one for one in cards if one.my_state not in ("waitlisted", "offered")],
        "waiting": [one for one in cards if one.my_state == "waitlisted"],
        "past": schedule.past,
        "week": schedule.week,
        "days": week_days(schedule.week),
        "weekly_hours": schedule.weekly_hours,
    }
    return render(request, "bookings/mine.html", context)
