"""A coordinator's announcement on its way from a form to its readers, and who has read one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.current import CoordinatorUser
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.access import check_visible
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Forbidden, NotFound
from civic.forms import Form
from civic.i18n import _
from civic.notices import queries
from civic.notices.models import KINDS, Announcement, AnnouncementReceipt
from civic.notices.rules import BODY_MAX, TITLE_MAX, Message, Reader
from civic.planning import audience
from civic.planning.queries import Place, places
from civic.sites.models import Intermunicipality, Site
from civic.volunteers.models import Volunteer

CHOICES = ("site", "everyone")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a coordinator may write to: their sites and intermunicipalities, and the shift that they came from."""

    places: Sequence[Place]
    groups: Mapping[str, str]
    whole: bool
    shift: ShiftFacts | None = None

    @property
    def sites(self) -> list[tuple[str, list[tuple[str, str]]]]:
        grouped: dict[str, list[tuple[str, str]]] = {}
        for one in self.places:
            grouped.setdefault(one.group, []).append((one.id, one.name))
        return list(grouped.items())


async def desk_of(session: AsyncSession, user: User, shift_id: str) -> Desk:
    """Raises NotFound for an unknown shift, Forbidden for one out of scope."""
    rows = await session.execute(
        select(Intermunicipality.code, Intermunicipality.short_name).order_by(Intermunicipality.short_name)
    )
    groups = {code: name for code, name in rows if user.covers(code)}
    shift = await _shift(session, user, shift_id) if shift_id else None
    return Desk(await places(session, user), groups, not user.scopes, shift)


async def _shift(session: AsyncSession, user: User, text: str) -> ShiftFacts:
    try:
        shift_id = UUID(text)
    except ValueError:
        raise NotFound from None
    return check_visible(user, (await bookings.shift_facts(session, [shift_id])).get(shift_id))


async def check_site(session: AsyncSession, user: User, site_id: str) -> None:
    site = await session.get(Site, site_id)
    if site is None or site.archived_at:
        raise NotFound
    if not user.covers(site.intermunicipality_code):
        raise Forbidden


def blank(desk: Desk, site_id: str) -> Form:
    """A form that draws the id of what it will make."""
    chosen = "site" if site_id else "everyone"
    return Form.filled(id=uuid4(), audience=chosen, site_id=site_id, kind="info", creneau=desk.shift and desk.shift.id)


def read_message(form: Form, desk: Desk) -> Message | None:
    """What was written, or None with each mistake at its field."""
    drawn = form.uuid("id")
    kind = form.choice("kind", KINDS, missing=_("Dites si c’est une information ou une consigne de sécurité."))
    title = " ".join(form.text("title", maximum=TITLE_MAX).split())
    body = form.text("body", maximum=BODY_MAX)
    until = form.date("shown_until", required=False)
    if until and until < clock.today():
        form.fail("shown_until", _("Ce jour est passé : choisissez aujourd’hui ou plus tard."))
    target = _target(form, desk)
    if not form.ok or drawn is None:
        return None
    return Message(drawn, kind, title=title, body=body, shown_until=until, **target)


def _target(form: Form, desk: Desk) -> dict[str, Any]:
    if desk.shift:
        return {"audience": "shift", "shift_id": desk.shift.id, "intermunicipality": desk.shift.intermunicipality}
    chosen = form.choice("audience", CHOICES, missing=_("Dites à qui vous écrivez."))
    if chosen == "site":
        known = {one.id: one.intermunicipality for one in desk.places}
        site_id = form.choice("site_id", known, missing=_("Choisissez un lieu."))
        return {"audience": "site", "site_id": site_id or None, "intermunicipality": known.get(site_id)}
    code = form.choice("intermunicipality", desk.groups, required=False)
    if not code and not desk.whole:
        if len(desk.groups) > 1:
            form.fail("intermunicipality", _("Choisissez une agglomération de votre périmètre."))
        code = next(iter(desk.groups), "")
    return {"audience": "everyone", "intermunicipality": code or None}


async def readers_of(session: AsyncSession, by: User, message: Message, *, coordinators: bool) -> list[Reader]:
    """Whom it would reach now; its author has no need to be told."""
    now = clock.now()
    if message.shift_id:
        found = await audience.of_shift(session, message.shift_id)
    elif message.site_id:
        found = await audience.of_site(session, message.site_id, now)
    else:
        found = await audience.of_everyone(session, message.intermunicipality, now, coordinators=coordinators)
    return [one for one in found if one.user_id != by.id]


def digest(readers: Sequence[Reader]) -> str:
    """Stands for a list of people: what is sent goes to those who were shown, or is shown again."""
    listed = sorted(one.user_id.hex for one in readers)
    return hashlib.sha256(" ".join(listed).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Receipt:
    name: str
    phone: str | None
    read_at: datetime | None


async def receipts_of(session: AsyncSession, announcement_id: UUID) -> list[Receipt]:
    chosen = (
        select(User.name, Volunteer.phone, AnnouncementReceipt.read_at)
        .join(User, User.id == AnnouncementReceipt.user_id)
        .outerjoin(Volunteer, Volunteer.user_id == User.id)
        .where(AnnouncementReceipt.announcement_id == announcement_id)
        .order_by(AnnouncementReceipt.read_at, User.name, User.id)
    )
    return [Receipt(*row) for row in await session.execute(chosen)]


async def labels_of(session: AsyncSession, listed: Sequence[Announcement]) -> dict[UUID, str]:
    """Whom each was for, in words (three queries)."""
    shifts = await bookings.shift_facts(session, {one.shift_id for one in listed if one.shift_id})
    wanted = {one.site_id for one in listed if one.site_id}
    sites = dict((await session.execute(select(Site.id, Site.name).where(Site.id.in_(wanted)))).tuples().all())
    groups = select(Intermunicipality.code, Intermunicipality.short_name)
    named = dict((await session.execute(groups)).tuples().all())

    def label(one: Announcement) -> str:
        if one.audience == "shift":
            shift = shifts.get(one.shift_id) if one.shift_id else None
            return _("Créneau : %(site)s") % {"site": shift.site_name} if shift else _("Un créneau")
        if one.site_id:
            return _("Lieu : %(site)s") % {"site": sites[one.site_id]}
        if one.intermunicipality_code:
            return _("Tout le monde : %(group)s") % {"group": named[one.intermunicipality_code]}
        return _("Tout le monde")

    return {one.id: label(one) for one in listed}


async def planned_announcement(announcement_id: UUID, user: CoordinatorUser, session: Session) -> Announcement:
    """One that a coordinator answers for; another's does not exist for them."""
    chosen = select(Announcement).where(Announcement.id == announcement_id, queries.in_scope(user.scope_codes))
    found = await session.scalar(chosen)
    if found is None:
        raise NotFound
    return found


PlannedAnnouncement = Annotated[Announcement, Depends(planned_announcement)]
