"""The digest that some ask for: each day at 7 h, or on Monday at 7 h, local time. Nothing to say, no mail.

A worker that starts late still sends it, for three hours; a digest chosen after its hour begins with the next one.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries
from civic.bookings.listing import Seen, see
from civic.bookings.queries import ShiftFilters
from civic.contracts.leave_queries import waiting_count
from civic.formats import day_short, first_name, hour_range, moment
from civic.outbox.models import MailPreferences
from civic.outbox.preferences import tell, told
from civic.planning.due import short_staffed, to_note
from civic.planning.queries import waiting_applications
from civic.tasks.items import Run

HOUR = time(7)
LATE = timedelta(hours=3)
SHOWN = 5
WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Due:
    user_id: UUID
    kind: str
    day: date

    @property
    def key(self) -> str:
        return f"digest:{self.user_id}:{self.kind}:{self.day}"


def due_at(kind: str, now: datetime) -> datetime | None:
    """The hour whose digest is to be sent at now, None when there is none."""
    today = clock.local(now).date()
    if kind == "none" or (kind == "weekly" and today.weekday() != 0):
        return None
    at = clock.at(today, HOUR)
    return at if at <= now < at + LATE else None


async def send(run: Run) -> None:
    now = clock.now()
    if due_at("daily", now) is None:
        return
    async with run.database.reading() as session:
        chosen = select(MailPreferences).join(User, User.id == MailPreferences.user_id)
        rows = await session.scalars(chosen.where(User.is_active, User.is_verified, MailPreferences.digest != "none"))
        found = []
        for row in rows:
            at = due_at(row.digest, now)
            if at is not None and row.updated_at <= at:
                found.append(Due(row.user_id, row.digest, clock.local(at).date()))
        known = await told(session, [one.key for one in found])
    await run.each([one for one in found if one.key not in known], _send)


async def _send(session: AsyncSession, due: Due) -> int:
    chosen = select(User).where(User.id == due.user_id).options(joinedload(User.scopes))
    user = (await session.scalars(chosen)).unique().one()
    last = due.day if due.kind == "daily" else due.day + WEEK
    content = None
    if user.role == "volunteer":
        content = await _for_volunteer(session, user, due.day, last)
    elif user.role == "coordinator":
        content = await _for_coordinator(session, user)
    if content is None or await told(session, [due.key]):
        return 0
    await tell(
        session,
        user_id=user.id,
        to=user.email,
        family="digest",
        kind="digest",
        template=f"digest_{user.role}",
        context={"name": first_name(user.name), "weekly": due.kind == "weekly", "day": due.day, **content},
        dedupe=due.key,
    )
    return 1


async def _for_volunteer(session: AsyncSession, user: User, first: date, last: date) -> dict[str, Any] | None:
    """One's own shifts of the day or the week, offers that wait for an answer, and places to take within a week."""
    listed = await queries.list_shifts(session, ShiftFilters(first=first, last=first + WEEK))
    seen = (await see(session, user, [one for one in listed if one.times.ends_at > clock.now()])).seen
    mine = [one for one in seen if one.mine and one.mine.state == "confirmed" and one.shift.times.day <= last]
    offers = [one for one in seen if one.mine and one.mine.state == "offered"]
    places = [one for one in seen if one.bookable and one.free]
    if not mine and not offers and not places:
        return None
    return {
        "mine": [_line(one) for one in mine],
        "offers": [_line(one) for one in offers],
        "places": [_line(one) for one in places[:SHOWN]],
        "more": max(0, len(places) - SHOWN),
    }


def _line(seen: Seen) -> dict[str, str]:
    times = seen.shift.times
    when = f"{day_short(times.starts_at)}, {hour_range(times.starts_at, times.ends_at)}"
    return {"when": when, "site": seen.shift.site_name, "path": f"/creneaux/{seen.shift.id}"}


async def _for_coordinator(session: AsyncSession, user: User) -> dict[str, Any] | None:
    """What the planning's « À traiter » would say: short shifts, presences, applications and leave."""
    now = clock.now()
    short = await short_staffed(session, user, now)
    unnoted = sum(one.seated for one in await to_note(session, user, now))
    applications, leaves = await waiting_applications(session, user), await waiting_count(session, user)
    if not (short or unnoted or applications or leaves):
        return None
    shown = [
        {
            "when": moment(one.starts_at),
            "site": one.site_name,
            "seated": one.seated,
            "path": f"/planning/creneaux/{one.id}",
        }
        for one in short[:SHOWN]
    ]
    counts = {"unnoted": unnoted, "applications": applications, "leaves": leaves}
    return {"short": shown, "more": max(0, len(short) - SHOWN), **counts}
