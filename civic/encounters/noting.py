"""The volunteer's two forms: note an encounter, sum up an outing. Both work without scripts and take a double click."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.current import VolunteerUser
from civic.accounts.models import User
from civic.db import Session
from civic.encounters import actions, choices, codes, forms, lookups, places
from civic.encounters.access import VisibleEncounter, reads_comment
from civic.encounters.account_ids import account_ids, first_id
from civic.encounters.detector import hints
from civic.encounters.places import Place
from civic.encounters.rules import WINDOW, Writer
from civic.encounters.tables import ENCOUNTERS, OUTINGS
from civic.forms import Form
from civic.i18n import _
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/rencontres/nouvelle")
async def new(request: Request, user: VolunteerUser, session: Session) -> Response:
    """The place is that of the shift in hand; an address may name another (`shift`, or `site`, `date`, `half_day`)."""
    writer = await lookups.writer(session, user.id)
    if not writer.may_log(clock.today()):
        return not_yet(request, writer, _("Noter une rencontre"))
    place = await _asked_place(request, user, session)
    form = Form.filled(site_id=place.site_id, date=place.day, half_day=place.half_day, client_uuid=uuid4())
    return await _form(request, user, session, form, place)


@router.post("/rencontres/nouvelle")
async def create(request: Request, user: VolunteerUser, session: Session) -> Response:
    form = await Form.read(request)
    uuid = forms.identifier(form)
    record = forms.encounter_record(form) | {"client_uuid": str(uuid), "version": 1}
    record["shift_id"] = await _own_shift(session, user, record)
    forms.ask_if_many(form, record)
    taken = False
    if form.ok:
        [result] = await actions.log_batch(session, by=user, records=[record])
        if result.outcome in ("created", "already_have"):
            return redirect(f"/rencontres/{uuid}/enregistree")
        taken = result.outcome == "conflict"
        if taken:
            form.fail("", _("Cette rencontre est déjà enregistrée, avec d’autres réponses."))
        forms.fail_all(form, result.errors)
    else:
        # What the form itself found comes with all that the record would be refused for.
        forms.fail_all(form, ENCOUNTERS.read(record).errors)
    form.lists["client_uuid"] = [str(uuid)]
    place = await _shown_place(session, user, form)
    return await _form(request, user, session, form, place, status=422, taken=uuid if taken else None)


@router.get("/rencontres/{client_uuid}/enregistree")
async def saved(request: Request, user: VolunteerUser, encounter: VisibleEncounter) -> Response:
    context = {"encounter": encounter, "hints": hints(encounter.comment) if reads_comment(user, encounter) else []}
    return render(request, "encounters/saved.html", context)


@router.get("/sorties/nouvelle")
async def new_outing(request: Request, user: VolunteerUser, session: Session) -> Response:
    """A shift has one account, and a half-day off shift too: opening it again shows what was written."""
    writer = await lookups.writer(session, user.id)
    if not writer.may_log(clock.today()):
        return not_yet(request, writer, _("Bilan de la sortie"))
    place = await _asked_place(request, user, session)
    known = await places.outing_at(session, user, place)
    if known:
        form = forms.shown_content(OUTINGS.content_of(known))
        form.lists |= {"client_uuid": [str(known.id)], "version": [str(known.version + 1)]}
    else:
        own = await account_ids(session, [place.shift.id]) if place.shift else {}
        uuid = next(iter(own.values()), None) or uuid4()
        form = Form.filled(site_id=place.site_id, date=place.day, half_day=place.half_day, client_uuid=uuid)
    return await _outing_form(request, session, form, place, known=known is not None)


@router.post("/sorties/nouvelle")
async def create_outing(request: Request, user: VolunteerUser, session: Session) -> Response:
    form = await Form.read(request)
    uuid = forms.identifier(form)
    number = forms.number(form.get("version"), 1)
    record = forms.outing_record(form)
    record["shift_id"] = await _own_shift(session, user, record)
    if number == 1:
        uuid = await first_id(session, record["shift_id"], uuid, *(record[name] for name in forms.PLACE))
    record |= {"client_uuid": str(uuid), "version": number}
    if form.ok:
        [result] = await actions.log_outings(session, by=user, records=[record])
        if result.outcome in ("created", "already_have", "updated"):
            return redirect("/rencontres", flash=_("Bilan de la sortie enregistré."))
        if result.outcome == "conflict":
            form.fail(
                "", _("Ce bilan a été écrit entre-temps, sans doute par votre binôme. Rouvrez-le avant de le changer.")
            )
        forms.fail_all(form, result.errors)
    else:
        forms.fail_all(form, OUTINGS.read(record).errors)
    form.lists["client_uuid"] = [str(uuid)]
    place = await _shown_place(session, user, form)
    return await _outing_form(request, session, form, place, known=number > 1, status=422)


def not_yet(request: Request, writer: Writer, title: str) -> Response:
    """What stands between somebody and their first encounter, and what to do about it."""
    today = clock.today()
    context = {
        "title": title,
        "verified": writer.verified,
        "engaged": any(last >= today for _first, last in writer.engaged),
        "starts_on": next((first for first, _last in writer.engaged if first > today), None),
        "ended_on": max((last for _first, last in writer.engaged if last < today), default=None),
    }
    return render(request, "encounters/not_yet.html", context)


async def _asked_place(request: Request, user: User, session: AsyncSession) -> Place:
    asked = Form({name: [value] for name, value in request.query_params.items()})
    place = await places.likely_place(session, user, asked.uuid("shift", required=False))
    site = asked.get("site")
    if site and site in _ids(await places.site_choices(session)):
        day = asked.date("date", required=False) or place.day
        half_day = asked.choice("half_day", codes.HALF_DAYS, required=False) or place.half_day
        return await _place(session, user, site, day, half_day)
    return place


async def _shown_place(session: AsyncSession, user: User, form: Form) -> Place:
    """The place as it was typed, so far as it is one."""
    day = Form({"date": [form.get("date")]}).date("date") or clock.today()
    return await _place(session, user, form.get("site_id"), day, form.get("half_day"))


async def _place(session: AsyncSession, user: User, site: str, day: date, half_day: str) -> Place:
    known = site in _ids(await places.site_choices(session))
    shift_id = await places.shift_at(session, user, site, day, half_day) if known else None
    recent = {one.id: one for one in await places.recent_shifts(session, user)}
    shift = recent.get(shift_id) if shift_id else None
    partners = await places.partners_on(session, user, shift.id) if shift else []
    return Place(day, half_day, site if known else "", shift, partners)


def _ids(groups: choices.Groups) -> set[str]:
    return {site_id for _name, sites in groups for site_id, _label in sites}


async def _own_shift(session: AsyncSession, user: User, record: dict[str, Any]) -> str | None:
    """The form never asks for the shift: a volunteer's own at that site and day is the one."""
    site, day, half_day = record["site_id"], record["date"], record["half_day"]
    if not (site and day and half_day) or "\x00" in site:
        return None
    found = await places.shift_at(session, user, site, date.fromisoformat(day), half_day)
    return str(found) if found else None


async def _form(
    request: Request,
    user: User,
    session: AsyncSession,
    form: Form,
    place: Place,
    *,
    status: int = 200,
    taken: UUID | None = None,
) -> Response:
    context = {
        **await choices.of_encounter(session, user, place.day, place.site_id),
        **_place_context(place, form),
        "form": form,
        "taken": taken,
    }
    return render(request, "encounters/new.html", context, status=status)


async def _outing_form(
    request: Request, session: AsyncSession, form: Form, place: Place, *, known: bool, status: int = 200
) -> Response:
    context = {
        "sites": await places.site_choices(session),
        **choices.of_outing(),
        **_place_context(place, form),
        "form": form,
        "known": known,
    }
    return render(request, "encounters/outing.html", context, status=status)


def _place_context(place: Place, form: Form) -> dict[str, Any]:
    """`place_open` unfolds site, day and half-day when they are to be filled in or put right."""
    forms.in_order(form)
    return {
        "place": place,
        "half_days": choices.labels(codes.HALF_DAYS),
        "first_day": clock.today() - WINDOW,
        "today": clock.today(),
        "place_open": not place.site_id or any(name in form.errors for name in forms.PLACE),
    }
