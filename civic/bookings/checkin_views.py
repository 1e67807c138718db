"""Pages of an arrival: « Je suis sur place » for volunteers, the code of a site for its coordinators."""

from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.credentials import door
from civic.accounts.current import CurrentUser, VolunteerUser
from civic.accounts.models import User
from civic.bookings import checkin, checkin_rules
from civic.db import Session
from civic.errors import Forbidden, NotFound, Refusal
from civic.formats import hour
from civic.forms import Form
from civic.i18n import _
from civic.settings import settings
from civic.sites.models import Site
from civic.sites.queries import open_sites
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
WRONG = ("code_unknown", "code_revoked")


@router.get("/ici")
async def ask_code(request: Request, user: VolunteerUser, session: Session) -> Response:
    """Where the code of a poster is typed."""
    return await _page(request, session, user, Form())


@router.get("/ici/{code}")
async def show_code(request: Request, code: str, user: CurrentUser, session: Session) -> Response:
    """What the QR code opens: the shift that it means, and one button."""
    if user.role == "coordinator":
        text = _("Ce code est pour les volontaires. Ici, vous notez les présences vous-même.")
        return redirect("/planning/jour", text, "info")
    if user.role != "volunteer":
        raise Forbidden
    throttle = door(request).throttle
    await throttle.refuse_more_codes(user.id)
    try:
        seat, _person = await checkin.look(session, user, code)
    except Refusal as refusal:
        if refusal.code in WRONG:
            await throttle.count_wrong_code(user.id)
        form = Form.filled(code="" if refusal.code not in WRONG else code[:20])
        status = 404 if refusal.code in WRONG else 200
        return await _page(request, session, user, form, refusal=refusal, status=status)
    return await _page(request, session, user, Form.filled(code=checkin_rules.normal(code)), seat=seat)


@router.post("/ici")
async def arrive(request: Request, user: VolunteerUser, session: Session) -> Response:
    """Note one's arrival; a second tap says the same."""
    form = await Form.read(request)
    code = form.text("code", maximum=40)
    if not form.ok:
        return await _page(request, session, user, form, status=422)
    try:
        arrival = await note_arrival(request, session, user, code)
    except Refusal as refusal:
        if refusal.field:
            form.fail(refusal.field, refusal.message)
        return await _page(request, session, user, form, refusal=refusal, status=409)
    text = _("Arrivée notée à %(time)s : %(site)s. Bon créneau !") if arrival.made else _("Déjà notée à %(time)s.")
    return redirect(f"/creneaux/{arrival.shift_id}", text % {"time": hour(arrival.at), "site": arrival.site_name})


async def note_arrival(
    request: Request, session: AsyncSession, user: User, code: str, shift_id: UUID | None = None
) -> checkin.Arrival:
    """The check-in behind its throttle: wrong codes are counted per person, so that none is found by trying."""
    throttle = door(request).throttle
    await throttle.refuse_more_codes(user.id)
    try:
        return await checkin.check_in(session, by=user, code=code, shift_id=shift_id)
    except Refusal as refusal:
        if refusal.code in WRONG:
            await throttle.count_wrong_code(user.id)
        raise


async def _page(
    request: Request,
    session: AsyncSession,
    user: User,
    form: Form,
    *,
    seat: checkin_rules.Seat | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    today = checkin_rules.today_of(await checkin.seats_of(session, user), clock.now())
    context = {"form": form, "seat": seat, "refusal": refusal, "today": today, "length": checkin_rules.LENGTH}
    return render(request, "bookings/arrival.html", context, status=status)


async def planned_site(site_id: str, user: CurrentUser, session: Session) -> Site:
    """A site whose arrivals the caller may organise: coordinators in scope only."""
    found = None
    if "\x00" not in site_id and len(site_id) <= 40:
        found = await session.scalar(open_sites().where(Site.id == site_id))
    if found is None:
        raise NotFound
    if user.role != "coordinator" or not user.covers(found.intermunicipality_code):
        raise Forbidden
    return found


PlannedSite = Annotated[Site, Depends(planned_site)]


@router.get("/sites/{site_id}/arrivee")
async def show_poster(request: Request, site: PlannedSite, session: Session) -> Response:
    """The site's code, to print on one sheet of paper or to show on a phone."""
    held = await checkin.current_code(session, site.id)
    address = f"{settings().base_url.rstrip('/')}/ici/{held.code}" if held else ""
    context = {"site": site, "held": held, "address": address, "drawing": _qr(address) if held else ""}
    return render(request, "bookings/poster.html", context)


def _qr(address: str) -> str:
    """An inline drawing without any style attribute, black on white with its quiet zone, whatever the theme."""
    drawn = segno.make(address, error="m", micro=False)
    return str(drawn.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))


@router.post("/sites/{site_id}/arrivee")
async def make_code(request: Request, user: CurrentUser, site: PlannedSite, session: Session) -> Response:
    """A first code, or a new one in place of the code that the page showed (`replacing`)."""
    form = await Form.read(request)
    replacing = form.get("replacing")
    await checkin.make_code(session, by=user, site=site, replacing=replacing)
    text = _("Nouveau code. L’ancien ne marche plus : remplacez l’affiche.") if replacing else _("Code créé.")
    return redirect(f"/sites/{site.id}/arrivee", text)
