"""What the form of a report opens with, shows and reads."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from civic import clock
from civic.accounts.models import User
from civic.encounters import places
from civic.encounters.choices import labels
from civic.encounters.contents import MAX_COMMENT
from civic.encounters.places import Place
from civic.encounters.rules import WINDOW
from civic.forms import Form
from civic.i18n import _
from civic.sites import photos, reporting
from civic.sites.kinds import REPORT_KINDS, SPOTS
from civic.sites.models import Site

FIELDS = ("site_id", "date", "kind", "spot", "description", "photo")


@dataclass(frozen=True, slots=True)
class Sent:
    """A posted form and the bytes of its photo; `too_big` when the whole was more than may come in."""

    form: Form
    photo: bytes = b""
    too_big: bool = False


async def read(request: Request) -> Sent:
    try:
        data = await request.form(max_fields=40, max_files=1)
    except HTTPException as error:
        if error.status_code != 413:
            raise
        form = Form()
        form.fail("photo", photos.too_heavy(reporting.MOST_BYTES).message)
        return Sent(form, too_big=True)
    form, file = Form.of(data), data.get("photo")
    content = await file.read(reporting.MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
    await data.close()
    return Sent(form, content)


def record_of(form: Form) -> dict[str, Any]:
    """What was typed, under the names of the interface."""
    if not form.get("site_id"):
        form.fail("site_id", _("Choisissez un lieu."))
    if not form.get("kind"):
        form.fail("kind", _("Choisissez ce que vous avez vu."))
    day = form.date("date")
    return {
        "site_id": form.get("site_id") or None,
        "date": day.isoformat() if day else None,
        "kind": form.get("kind") or None,
        "spot": form.get("spot") or None,
        "description": form.get("description") or None,
    }


def fail_all(form: Form, errors: dict[str, str]) -> None:
    """Errors of the record at the fields of the form; those about others concern it whole."""
    for name, message in errors.items():
        form.fail(name if name in FIELDS else "", message)
    form.errors = dict(sorted(form.errors.items(), key=lambda one: FIELDS.index(one[0]) if one[0] in FIELDS else -1))


async def opened(session: AsyncSession, user: User, asked: Form) -> Form:
    """The form for the shift in hand, or for the place and day that an address names."""
    place = await places.likely_place(session, user, asked.uuid("shift", required=False))
    site_id, day = asked.get("site") or place.site_id, asked.date("date", required=False) or place.day
    kind = asked.choice("kind", REPORT_KINDS, required=False)
    return Form.filled(site_id=site_id, date=day, kind=kind or None)


async def context_of(session: AsyncSession, form: Form) -> dict[str, Any]:
    """The lists, and the place so far as it is one: whom to call there."""
    sites = await places.site_choices(session)
    known = {site_id for _name, listed in sites for site_id, _label in listed}
    site = await session.get(Site, form.get("site_id")) if form.get("site_id") in known else None
    numbers = select(Site.id, Site.name, Site.on_call_number).where(Site.id.in_(known), Site.on_call_number != "")
    day: date = Form({"date": [form.get("date")]}).date("date") or clock.today()
    return {
        "form": form,
        "site": site,
        "sites": sites,
        "on_calls": (await session.execute(numbers.order_by(Site.id))).all(),
        "place": Place(day, "", site.id if site else ""),
        "place_open": site is None or bool({"site_id", "date"} & form.errors.keys()),
        "kinds": labels(REPORT_KINDS),
        "spots": labels(SPOTS),
        "today": clock.today(),
        "first_day": clock.today() - WINDOW,
        "maximum": MAX_COMMENT,
    }
