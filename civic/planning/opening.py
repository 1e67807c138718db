"""Drafts opened to bookings, many at once; who may take one of them is told, if so wished, by one mail each.

Told are volunteers who may book at least one of these shifts by every rule, in an intermunicipality where they live,
served in the last four weeks or have a place to come, or at a site that they prefer, and who want such mails.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings import rules
from civic.bookings.agenda import Agenda
from civic.bookings.models import SEATED, Booking
from civic.bookings.people import people_of
from civic.bookings.values import Held, Person, ShiftFacts
from civic.contracts.models import EngagementContract
from civic.errors import Refusal
from civic.formats import day_short, first_name, hour_range
from civic.i18n import _
from civic.outbox.actions import Draft, enqueue_all
from civic.outbox.preferences import stop_headers, stop_link, wishes_of
from civic.planning.audience import SERVED_SINCE
from civic.shifts import bulk
from civic.shifts.models import Shift
from civic.sites.models import Commune, Site
from civic.volunteers.models import Volunteer

FAMILY = "openings"
# How many shifts a mail names; it says that there are others.
NAMED = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to tell, and the first shifts that they may book; `more` when there are others."""

    person: Person
    shifts: Sequence[ShiftFacts]
    more: bool


async def readers_of(session: AsyncSession, shift_ids: Collection[UUID]) -> list[Reader]:
    """Whom the opening of these drafts would be told to, by name, in seven queries whatever their number."""
    now = clock.now()
    facts = (await bookings.shift_facts(session, shift_ids)).values()
    opened = [
        replace(one, state="published") for one in facts if one.state != "cancelled" and one.times.starts_at > now
    ]
    if not opened:
        return []
    opened.sort(key=lambda one: (one.times.starts_at, one.id))
    near = await _near(session, now)
    people = await people_of(session, list(near))
    wishes = await wishes_of(session, [one.user_id for one in people.values()])
    asked = [one for one in people.values() if wishes[one.user_id].wants(FAMILY)]
    held = await _held(session, asked, opened[0].times.starts_at)
    found = []
    for one in asked:
        found.append(_reader(one, opened, near[one.volunteer_id], held[one.volunteer_id], now))
        # Some milliseconds each: whoever else asks something is answered in between.
        await asyncio.sleep(0)
    return sorted((one for one in found if one.shifts), key=lambda one: (one.person.name, one.person.volunteer_id))


async def _near(session: AsyncSession, now: datetime) -> dict[UUID, set[str]]:
    """The volunteers with an account in use and an engagement not over, and the intermunicipalities that are theirs."""
    last = func.coalesce(EngagementContract.ended_on, EngagementContract.ends_on)
    engaged = exists().where(EngagementContract.volunteer_id == Volunteer.id, last >= clock.local_day(now))
    chosen = (
        select(Volunteer.id, Commune.intermunicipality_code)
        .join(User, User.id == Volunteer.user_id)
        .outerjoin(Commune, Commune.insee == Volunteer.commune_insee)
        .where(User.is_active, User.is_verified, engaged)
    )
    found: dict[UUID, set[str]] = {key: {code} if code else set() for key, code in await session.execute(chosen)}
    served = (
        select(Booking.volunteer_id, Site.intermunicipality_code)
        .join(Shift, Shift.id == Booking.shift_id)
        .join(Site, Site.id == Shift.site_id)
        .where(Booking.state.in_(SEATED), Booking.ends_at > now - SERVED_SINCE, Shift.state == "published")
        .distinct()
    )
    for key, code in await session.execute(served):
        if key in found:
            found[key].add(code)
    return found


async def _held(session: AsyncSession, people: Iterable[Person], first: datetime) -> dict[UUID, list[Held]]:
    ids = [one.volunteer_id for one in people]
    held: dict[UUID, list[Held]] = defaultdict(list)
    if ids:
        for one in await bookings.live_bookings(session, volunteer_ids=ids, since=first - rules.HORIZON):
            held[one.volunteer_id].append(one)
    return held


def _reader(
    person: Person, opened: Sequence[ShiftFacts], codes: Collection[str], held: list[Held], now: datetime
) -> Reader:
    """The shifts are looked at until the mail is full: a season's would take long."""
    agenda = Agenda(held)
    ready: dict[Any, bool] = {}
    found: list[ShiftFacts] = []
    for shift in opened:
        if shift.intermunicipality not in codes and shift.site_id not in person.preferred_sites:
            continue
        day = shift.times.day
        if day not in ready:
            ready[day] = not rules.readiness(person, day)
        if ready[day] and not rules.judge(person, shift, agenda, now, own=True):
            found.append(shift)
        if len(found) > NAMED:
            break
    return Reader(person, found[:NAMED], len(found) > NAMED)


def digest(readers: Iterable[Reader]) -> str:
    """Stands for a list of people: who is written to is who was shown, or they are shown again."""
    listed = sorted(one.person.user_id.hex for one in readers)
    return hashlib.sha256(" ".join(listed).encode()).hexdigest()[:16]


async def publish_many(
    session: AsyncSession, *, by: User, shift_ids: Collection[UUID], seen: str | None = None
) -> tuple[int, int]:
    """Open those that are drafts still; returns how many they were and how many people are told.

    `seen` is the digest of the readers who were shown, None to tell nobody. Raises Refusal `readers_changed`, before
    anything is opened, when they are others by now. Again, or at once by somebody else, nothing is told twice: a
    shift is told by whoever opens it.
    """
    await bulk.lock_many(session, shift_ids)
    drafts = await _drafts(session, shift_ids)
    readers = await readers_of(session, drafts) if drafts and seen is not None else []
    if readers and digest(readers) != seen:
        text = _("Les destinataires ont changé. Rien n’est publié : relisez la liste, puis confirmez.")
        raise Refusal("readers_changed", text)
    opened = await bulk.publish_many(session, by=by, shift_ids=drafts)
    if opened:
        await enqueue_all(session, [_mail(one, min(opened)) for one in readers])
    if len(opened) > 1:
        detail = {"shifts": len(opened), "told": len(readers)}
        audit.record(session, by=by, verb="shift.many_published", subject=by, detail=detail)
    return len(opened), len(readers)


async def _drafts(session: AsyncSession, shift_ids: Collection[UUID]) -> list[UUID]:
    chosen = select(Shift.id).where(Shift.id.in_(set(shift_ids)), Shift.state == "draft").order_by(Shift.id)
    return list(await session.scalars(chosen))


def _mail(reader: Reader, first: UUID) -> Draft:
    """A draft opens once: the first of them by id stands for all that were opened together."""
    user_id = reader.person.user_id
    context = {
        "name": first_name(reader.person.name),
        "shifts": [_line(one) for one in reader.shifts],
        "more": reader.more,
        "stop_link": stop_link(user_id, FAMILY),
    }
    headers = stop_headers(user_id, FAMILY)
    return Draft(reader.person.email, "shifts_opened", "shifts_opened", context, f"opened:{first}:{user_id}", headers)


def _line(shift: ShiftFacts) -> dict[str, str]:
    hours = hour_range(shift.times.starts_at, shift.times.ends_at)
    return {
        "when": f"{day_short(shift.times.starts_at)}, {hours}",
        "site": shift.site_name,
        "path": f"/creneaux/{shift.id}",
    }
