"""Close a site for some days, or an account: the places that this takes are listed first, then end with a mail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts import admin
from civic.accounts.models import User
from civic.bookings import breaks, queries, waitlist
from civic.bookings.breaks import Broken
from civic.bookings.models import Booking
from civic.bookings.steps import hold
from civic.bookings.values import ShiftFacts, Times
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.i18n import _
from civic.shifts.models import Shift
from civic.sites import actions as sites
from civic.sites.models import Site, SiteClosure
from civic.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class Closing:
    """Local days, both included, and why: everybody reads it."""

    starts_on: date
    ends_on: date
    reason: str


Span = tuple[date, date]


async def closed_by(session: AsyncSession, site: Site, closing: Closing) -> list[Broken]:
    """The seats and offers of the coming shifts that touch the days, in order."""
    found = await touched(session, [site.id], [(closing.starts_on, closing.ends_on)])
    return await broken_on(session, found, closing.reason)


async def broken_on(session: AsyncSession, shifts: dict[UUID, ShiftFacts], reason: str) -> list[Broken]:
    """The seats and offers of some shifts whose site closes, in order."""
    crowds = queries.crowds(await queries.live_bookings(session, shift_ids=shifts)) if shifts else {}
    told = _("Lieu fermé ce jour-là : %(reason)s.") % {"reason": reason.rstrip(".")}
    finding = Finding("site_closed", told, source_of("site_closed"))
    ordered = sorted(crowds, key=lambda one: (shifts[one].times.starts_at, one))
    return [one for shift_id in ordered for one in breaks.whole(crowds[shift_id].seated, shifts, lambda _s: finding)]


async def close_site(
    session: AsyncSession, *, by: User, site: Site, closing: Closing, accepted: Collection[UUID] = ()
) -> tuple[SiteClosure, int]:
    """Close a site and end the places of those days; the same closure again ends nothing more.

    Raises Refusal `days_in_order`, and `breaks_bookings` when a place would end that was not accepted.
    """
    sites.check_days(closing.starts_on, closing.ends_on)
    spans = [(closing.starts_on, closing.ends_on)]
    broken = await hold_and_check(session, [site.id], spans, closing.reason, accepted)
    closure = await sites.add_closure(session, site, closing.starts_on, closing.ends_on, closing.reason, by=by)
    return closure, await breaks.end_all(session, by=by, broken=broken)


async def hold_and_check(
    session: AsyncSession, site_ids: Collection[str], spans: Sequence[Span], reason: str, accepted: Collection[UUID]
) -> list[Broken]:
    """Lock all that closing some sites on some days touches, then say again whose places end.

    Raises Refusal `breaks_bookings` when one was not accepted.
    """
    found = await touched(session, site_ids, spans)
    people = {one.held.volunteer_id for one in await broken_on(session, found, reason)}
    await hold(session, set(found) | await waited(session, people), people)
    broken = await broken_on(session, found, reason)
    breaks.refuse_unseen(broken, accepted)
    return broken


async def reopen_site(session: AsyncSession, *, by: User, site: Site, closure_id: UUID) -> None:
    """Open a site again on a closure's days; its queues are judged again. Raises NotFound."""
    closure = await sites.find_closure(session, site, closure_id)
    shift_ids = set(await touched(session, [site.id], [(closure.starts_on, closure.ends_on)]))
    await hold(session, shift_ids, ())
    await sites.remove_closure(session, site, closure_id, by=by)
    await session.flush()
    await waitlist.replay(session, shift_ids)


async def held_by(session: AsyncSession, account: User) -> list[Broken]:
    """Every coming place of an account, those in a queue too: nobody who can't sign in waits."""
    volunteer_id = await session.scalar(select(Volunteer.id).where(Volunteer.user_id == account.id))
    if volunteer_id is None:
        return []
    held = await breaks.coming(session, volunteer_id)
    facts = await queries.shift_facts(session, {one.shift_id for one in held})
    finding = Finding("account_closed", _("Votre compte est fermé."), source_of("account_closed"))
    return breaks.whole(held, facts, lambda _shift: finding)


async def close_account(session: AsyncSession, *, by: User, account: User, accepted: Collection[UUID] = ()) -> int:
    """Close an account and end its places; again changes nothing. Raises Refusal, `breaks_bookings` as above."""
    broken = await held_by(session, account)
    shift_ids = {one.held.shift_id for one in broken}
    await hold(session, shift_ids, {one.held.volunteer_id for one in broken})
    broken = await held_by(session, account)
    breaks.refuse_unseen(broken, accepted)
    await admin.deactivate(session, by=by, user=account)
    return await breaks.end_all(session, by=by, broken=broken)


async def touched(session: AsyncSession, site_ids: Collection[str], spans: Sequence[Span]) -> dict[UUID, ShiftFacts]:
    """Published shifts of some sites that have not begun and touch one of the stretches of days."""
    if not spans:
        return {}
    start, end = clock.day_bounds(min(first for first, _last in spans), max(last for _first, last in spans))
    chosen = select(Shift.id, Shift.starts_at, Shift.ends_at)
    chosen = chosen.where(Shift.site_id.in_(site_ids), Shift.state == "published")
    chosen = chosen.where(Shift.starts_at < end, Shift.ends_at > start, Shift.starts_at > clock.now())
    found = []
    for shift_id, starts_at, ends_at in await session.execute(chosen):
        times = Times(starts_at, ends_at)
        if any(first <= times.last_day and times.day <= last for first, last in spans):
            found.append(shift_id)
    return await queries.shift_facts(session, found)


async def waited(session: AsyncSession, volunteer_ids: Collection[UUID]) -> set[UUID]:
    """Coming shifts that some people wait for: a seat less may open them."""
    chosen = select(Booking.shift_id).where(Booking.volunteer_id.in_(volunteer_ids), Booking.state == "waitlisted")
    return set(await session.scalars(chosen.where(Booking.starts_at > clock.now())))
