"""« Mes disponibilités »: the parts of the week in which one would rather not serve, and the places one likes."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from civic.accounts.current import VolunteerUser
from civic.db import Session
from civic.forms import Form
from civic.i18n import _
from civic.sites.models import Site
from civic.sites.queries import open_sites
from civic.volunteers import availability
from civic.volunteers.availability import WHOLE_DAY, day_name, hours_of
from civic.volunteers.current import CurrentVolunteer
from civic.volunteers.models import Volunteer, WeeklyUnavailability
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/profil/disponibilites"
DAYS = [str(number) for number in range(7)]


@router.get(PAGE)
async def show(request: Request, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session) -> Response:
    return await _page(request, session, volunteer)


async def _page(
    request: Request,
    session: Session,
    volunteer: Volunteer,
    *,
    form: Form | None = None,
    places: Form | None = None,
    status: int = 200,
) -> Response:
    stretches = await availability.unavailabilities(session, volunteer.id)
    liked = {one.id for one in await availability.preferred_sites(session, volunteer.id)}
    context = {
        "form": form or Form(),
        "places": places or Form.filled(sites=sorted(liked)),
        "days": [(number, day_name(int(number)).capitalize()) for number in DAYS],
        "week": _by_day(stretches),
        "groups": _grouped(await _sites(session)),
    }
    return render(request, "volunteers/availability.html", context, status=status)


def _by_day(stretches: list[WeeklyUnavailability]) -> list[tuple[str, list[tuple[UUID, str]]]]:
    """Each day that has any, with the id and the hours of each."""
    found: dict[int, list[tuple[UUID, str]]] = {}
    for one in stretches:
        found.setdefault(one.weekday, []).append((one.id, hours_of(one.starts_minute, one.ends_minute)))
    return [(day_name(number).capitalize(), parts) for number, parts in found.items()]


async def _sites(session: Session) -> list[Site]:
    return list(await session.scalars(open_sites().order_by(Site.name, Site.id)))


def _grouped(sites: list[Site]) -> list[tuple[str, list[Site]]]:
    """By intermunicipality, as everywhere."""
    found: dict[str, list[Site]] = {}
    for one in sorted(sites, key=lambda site: site.intermunicipality.short_name):
        found.setdefault(one.intermunicipality.short_name, []).append(one)
    return list(found.items())


@router.post(PAGE)
async def add(request: Request, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session) -> Response:
    form = await Form.read(request)
    days = form.choices("days", DAYS, minimum=0)
    if not days:
        form.fail("days", _("Choisissez un jour au moins."))
    starts, ends = _stretch(form)
    if not form.ok:
        return await _page(request, session, volunteer, form=form, status=422)
    await availability.add_unavailability(
        session, volunteer, by=user, weekdays=[int(day) for day in days], starts=starts, ends=ends
    )
    return redirect(PAGE, flash=_("C’est noté."))


def _stretch(form: Form) -> tuple[int, int]:
    """The minutes of a day; an end at 00:00 is the next midnight."""
    if form.checked("whole"):
        return WHOLE_DAY
    first, last = form.time("starts"), form.time("ends")
    if first is None or last is None:
        return WHOLE_DAY
    starts, ends = first.hour * 60 + first.minute, (last.hour * 60 + last.minute) or WHOLE_DAY[1]
    if ends <= starts:
        form.fail("ends", _("Choisissez une heure après le début. Après minuit, notez aussi le lendemain."))
    return starts, ends


@router.post(PAGE + "/{stretch_id}/suppression")
async def remove(stretch_id: UUID, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session) -> Response:
    await availability.remove_unavailability(session, volunteer, by=user, stretch_id=stretch_id)
    return redirect(PAGE, flash=_("Retiré : vous êtes de nouveau disponible."))


@router.post(PAGE + "/lieux")
async def like(request: Request, user: VolunteerUser, volunteer: CurrentVolunteer, session: Session) -> Response:
    form = await Form.read(request)
    chosen = form.choices("sites", {one.id for one in await _sites(session)})
    if not form.ok:
        return await _page(request, session, volunteer, places=form, status=422)
    await availability.choose_sites(session, volunteer, by=user, site_ids=chosen)
    return redirect(PAGE, flash=_("Vos lieux préférés sont enregistrés."))
