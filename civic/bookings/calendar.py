"""A volunteer's personal calendar: its secret address, and what stands in it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts import tokens
from civic.accounts.models import User
from civic.bookings import queries
from civic.bookings.invites import Entry, calendar, event, facts_told
from civic.bookings.models import LIVE, WALK_IN, Booking, CalendarFeed
from civic.clock import now
from civic.errors import NotFound
from civic.i18n import _
from civic.volunteers.models import Volunteer

PAST = timedelta(days=30)
REFRESH = timedelta(hours=1)


async def make_feed(session: AsyncSession, *, by: User) -> str:
    """A new secret, said this once: only its digest is kept. The address before it opens nothing any more."""
    # Two taps at once wait for each other here, so that one address is left.
    await session.execute(select(User.id).where(User.id == by.id).with_for_update())
    await _revoke(session, by)
    secret = tokens.fresh()
    session.add(CalendarFeed(user_id=by.id, digest=tokens.digest(secret)))
    audit.record(session, by=by, verb="account.calendar_made", subject=by)
    return secret


async def revoke_feed(session: AsyncSession, *, by: User) -> None:
    """The address opens nothing any more; revoking again changes nothing."""
    if await _revoke(session, by):
        audit.record(session, by=by, verb="account.calendar_revoked", subject=by)


async def _revoke(session: AsyncSession, user: User) -> bool:
    current = (CalendarFeed.user_id == user.id, CalendarFeed.revoked_at.is_(None))
    ended = update(CalendarFeed).where(*current).values(revoked_at=now()).returning(CalendarFeed.id)
    return bool((await session.scalars(ended)).all())


async def feed_of(session: AsyncSession, user: User) -> CalendarFeed | None:
    """The address that serves now."""
    chosen = select(CalendarFeed).where(CalendarFeed.user_id == user.id, CalendarFeed.revoked_at.is_(None))
    found: CalendarFeed | None = await session.scalar(chosen.order_by(CalendarFeed.created_at.desc()).limit(1))
    return found


async def read_feed(session: AsyncSession, secret: str) -> str:
    """The calendar behind an address. Raises NotFound: unknown, revoked, or of an account that is closed."""
    chosen = (
        select(Volunteer.id)
        .join(User, User.id == Volunteer.user_id)
        .join(CalendarFeed, CalendarFeed.user_id == User.id)
        .where(CalendarFeed.digest == tokens.digest(secret), CalendarFeed.revoked_at.is_(None), User.is_active)
    )
    volunteer_id = await session.scalar(chosen)
    if volunteer_id is None:
        raise NotFound
    entries = await entries_of(session, volunteer_id)
    return calendar([event(one) for one in entries], "PUBLISH", name=_("Mes créneaux Civic"), refresh=REFRESH)


async def entries_of(session: AsyncSession, volunteer_id: UUID) -> list[Entry]:
    """Seats of the last month and all that is to come, with what is waited for, in the order of their start."""
    rows = await _rows(session, volunteer_id, since=now() - PAST)
    shifts = await queries.shift_facts(session, {one.shift_id for one in rows})
    told = await facts_told(session, [one.id for one in rows])
    coming = {one.shift_id for one in rows if one.ends_at > now()}
    crowds = queries.crowds(await queries.live_bookings(session, shift_ids=coming)) if coming else {}
    entries = []
    for row in rows:
        shift, (facts, at) = shifts[row.shift_id], told[row.id]
        seated = crowds[row.shift_id].seated if row.shift_id in crowds else ()
        partners = [
            one.volunteer_name.split(" ")[0]
            for one in seated
            if one.state == "confirmed" and one.volunteer_id != volunteer_id
        ]
        # Who comes along is for those who come themselves.
        shown = tuple(partners) if row.state == "confirmed" else ()
        stamp = max(at, row.created_at)
        entries.append(Entry(row.id, row.state, shift, shift.version + facts, stamp, row.offer_expires_at, shown))
    return entries


async def _rows(session: AsyncSession, volunteer_id: UUID, since: datetime) -> list[Booking]:
    live_or_there = Booking.state.in_((*LIVE, WALK_IN))
    chosen = select(Booking).where(Booking.volunteer_id == volunteer_id, live_or_there, Booking.ends_at > since)
    rows = await session.scalars(chosen.where(queries.STILL_HELD).order_by(Booking.starts_at, Booking.id))
    # What one waited for and never had is no part of the past.
    return [one for one in rows if one.state in ("confirmed", WALK_IN) or one.starts_at > now()]
