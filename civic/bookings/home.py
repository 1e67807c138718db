"""What the volunteer's first page tells of shifts: the next one, the week, what still stands before a first one."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings.cards import BEFORE_START, card, countdown, partner_phones, there, week_days
from civic.bookings.checkin import own_arrival
from civic.bookings.people import people_of
from civic.bookings.rules import readiness
from civic.bookings.schedule import schedule_of
from civic.missions.models import Application, Mission
from civic.notices import queries as notices
from civic.notices.rules import paragraphs


async def home_of(session: AsyncSession, user: User) -> dict[str, Any]:
    """What templates/bookings/home.html shows; templates/encounters/home.html adds the outing."""
    schedule = await schedule_of(session, user)
    now = clock.now()
    seats = [one for one in schedule.coming if one.mine and one.mine.state in ("confirmed", "walk_in")]
    following = seats[0] if seats else None
    cards = [card(one, now) for one in schedule.coming]
    context: dict[str, Any] = {
        "next": card(following, now) if following else None,
        "offers": [one for one in cards if one.my_state == "offered" or one.rush],
        "later": [card(one, now) for one in seats[1:4]],
        "waiting": len(schedule.coming) - len(seats),
        "days": week_days(schedule.week),
        "week": schedule.week,
        "weekly_hours": schedule.weekly_hours,
        "missing": None,
        "todo": readiness(schedule.person, clock.today()) if schedule.person else [],
        "contract_page": f"/volontaires/{schedule.person.volunteer_id}/contrat" if schedule.person else None,
        "verified": user.is_verified,
        "application": await _last_application(session, schedule.person.volunteer_id if schedule.person else None),
        "today": clock.today(),
        **await _announced(session, user),
    }
    if schedule.weekly_hours is not None:
        context["missing"] = max(0.0, schedule.weekly_hours - schedule.week.total)
    if following and following.mine:
        times = following.shift.times
        others = await people_of(session, [one.volunteer_id for one in there(following.crowd)])
        phones = {key: person.phone for key, person in others.items()}
        context["arrival"] = await own_arrival(session, following.mine.booking_id, following.shift)
        context["countdown"] = countdown(times.starts_at, times.ends_at, now)
        context["on_site"] = times.starts_at - BEFORE_START <= now < times.ends_at
        context["phones"] = partner_phones(following, phones, now)
        context["site"] = following.shift
    return context


async def _announced(session: AsyncSession, user: User) -> dict[str, Any]:
    """Safety notices in full until they are read; of the rest, the newest few by their title."""
    unread = await notices.waiting_for(session, user.id, clock.today())
    news = [one for one in unread if one.kind == "info"]
    return {
        "safety": [(one, paragraphs(one.body)) for one in unread if one.kind == "safety"],
        "news": news[: notices.HOME_SHOWN],
        "news_total": len(news),
    }


async def _last_application(session: AsyncSession, volunteer_id: Any) -> dict[str, Any] | None:
    chosen = (
        select(Application.state, Application.mission_id, Mission.title)
        .join(Mission, Mission.id == Application.mission_id)
        .where(Application.volunteer_id == volunteer_id)
        .order_by(Application.created_at.desc())
        .limit(1)
    )
    row = (await session.execute(chosen)).first()
    return dict(row._mapping) if row else None
