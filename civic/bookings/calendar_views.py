"""The personal calendar: its address, read by phones without signing in, and the page that makes and revokes it."""

from fastapi import APIRouter, Request, Response

from civic.accounts.current import VolunteerUser
from civic.bookings import calendar
from civic.db import Session
from civic.i18n import _
from civic.settings import settings
from civic.volunteers.current import CurrentVolunteer
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/profil/calendrier"


@router.api_route("/calendrier/{token}.ics", methods=["GET", "HEAD"])
async def feed(token: str, session: Session) -> Response:
    """Whoever has the address reads it: it is the secret. Calendars ask again by themselves."""
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'inline; filename="civic.ics"',
        "X-Robots-Tag": "noindex",
    }
    text = await calendar.read_feed(session, token)
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get(PAGE)
async def calendar_page(request: Request, user: VolunteerUser, session: Session) -> Response:
    return await _show(request, session, user)


async def _show(request: Request, session: Session, user: VolunteerUser, secret: str | None = None) -> Response:
    address = f"{settings().base_url}/calendrier/{secret}.ics" if secret else None
    context = {
        "feed": await calendar.feed_of(session, user),
        "address": address,
        # The scheme with which phones offer to subscribe at once.
        "subscribe": "webcal" + address[address.index(":") :] if address else None,
    }
    return render(request, "bookings/calendar.html", context)


@router.post(PAGE)
async def make(request: Request, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session) -> Response:
    """The page itself, not a redirect: the address is shown this once and stands nowhere else."""
    return await _show(request, session, user, await calendar.make_feed(session, by=user))


@router.post(f"{PAGE}/suppression")
async def revoke(user: VolunteerUser, session: Session) -> Response:
    await calendar.revoke_feed(session, by=user)
    return redirect(PAGE, _("L’adresse ne sert plus : votre agenda ne se met plus à jour."))
