"""From values to what a template shows: one plain object per shift, French already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from civic import clock
from civic.bookings.hours import WeekSummary
from civic.bookings.listing import Seen
from civic.bookings.rules import in_rush, withdrawal_deadline
from civic.bookings.values import Crowd, Held
from civic.errors import Finding
from civic.formats import day_short, hour, hour_range, moment, relative_day, weekday, weekday_short
from civic.i18n import _

BEFORE_START = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Card:
    """A shift for `shift_card` in templates/_shift.html; see there for what each name means."""

    id: UUID
    when: str
    day_text: str
    starts_at: datetime
    ends_at: datetime
    site_id: str
    site_name: str
    commune: str
    distance_km: float | None
    pillar: str
    note: str
    state: str
    capacity: int
    confirmed: int
    places_left: int
    waitlisted: int
    partner_names: list[str]
    my_state: str | None
    position: int | None
    late: bool
    started: bool
    ended: bool
    refusals: list[dict[str, str]]
    warnings: list[dict[str, str]]
    meeting_place: str
    on_call_number: str
    mission_title: str
    cancel_reason: str
    min_staff: int
    stand_in: bool
    booking_id: UUID | None
    offer_until: str
    rush: bool
    liked: bool


def card(seen: Seen, now: datetime) -> Card:
    shift, crowd, mine = seen.shift, seen.crowd, seen.mine
    own = mine.volunteer_id if mine else None
    partners = [one.volunteer_name.split(" ")[0] for one in there(crowd) if one.volunteer_id != own]
    return Card(
        id=shift.id,
        when=hour_range(shift.times.starts_at, shift.times.ends_at),
        day_text=day_short(shift.times.starts_at),
        starts_at=shift.times.starts_at,
        ends_at=shift.times.ends_at,
        site_id=shift.site_id,
        site_name=shift.site_name,
        commune=shift.commune,
        distance_km=seen.distance_km,
        pillar=shift.pillar,
        note=shift.activity,
        state=shift.state,
        capacity=shift.capacity,
        confirmed=len(crowd.seated),
        places_left=seen.free,
        waitlisted=len(crowd.waiting),
        partner_names=partners,
        my_state=mine.state if mine else None,
        position=crowd.position(mine.booking_id) if mine else None,
        late=withdrawal_deadline(shift) < now,
        started=shift.times.starts_at <= now,
        ended=shift.times.ends_at <= now,
        refusals=[_shown(one) for one in seen.refusals],
        warnings=[_shown(one) for one in seen.warnings],
        meeting_place=shift.meeting_place,
        on_call_number=shift.on_call_number,
        mission_title=shift.mission_title,
        cancel_reason=shift.cancel_reason,
        min_staff=shift.min_staff,
        stand_in=shift.stand_in,
        booking_id=mine.booking_id if mine else None,
        offer_until=offer_until(mine.offer_expires_at, now) if mine else "",
        rush=bool(mine and mine.state == "waitlisted" and seen.free and in_rush(shift, now)),
        liked=seen.liked,
    )


def offer_until(deadline: datetime | None, now: datetime) -> str:
    """« Une place pour vous jusqu’à aujourd’hui, 14 h 30 », demain, or a day."""
    if deadline is None:
        return ""
    day, today = clock.local(deadline).date(), clock.local(now).date()
    if (day - today).days in (0, 1):
        near = {"day": relative_day(day, today), "hour": hour(deadline)}
        return _("Une place pour vous jusqu’à %(day)s, %(hour)s") % near
    return _("Une place pour vous jusqu’au %(moment)s") % {"moment": moment(deadline)}


def there(crowd: Crowd) -> list[Held]:
    """Who is on a shift: its seats, and those who came without one."""
    return [*crowd.seated, *(one for one in crowd.walk_ins if not one.missed)]


def _shown(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "title": finding.title, "source": finding.source}


def week_days(week: WeekSummary) -> list[dict[str, Any]]:
    """The seven days for the `ridge_week` chart."""
    today = clock.today()
    return [
        {
            "label": weekday_short(day.day),
            "name": weekday(day.day),
            "done": day.done,
            "planned": day.planned,
            "today": day.day == today,
        }
        for day in week.days
    ]


def countdown(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """« dans 20 min », « demain », « en ce moment »."""
    if starts_at <= now < ends_at:
        return _("en ce moment")
    minutes = int((starts_at - now).total_seconds() // 60)
    if minutes < 60:
        return _("dans %(n)s min") % {"n": max(1, minutes)}
    days = (clock.local(starts_at).date() - clock.local(now).date()).days
    if days == 0:
        return _("dans %(n)s h") % {"n": round(minutes / 60)}
    return _("demain") if days == 1 else _("dans %(n)s jours") % {"n": days}


def partner_phones(seen: Seen, phones: Mapping[UUID, str], now: datetime) -> list[tuple[str, str]]:
    """The partners' numbers, from an hour before the start to the end and for those who hold a seat only."""
    if seen.mine is None or seen.mine.state not in ("confirmed", "walk_in"):
        return []
    if not seen.shift.times.starts_at - BEFORE_START <= now <= seen.shift.times.ends_at:
        return []
    others = [one for one in there(seen.crowd) if one.volunteer_id != seen.mine.volunteer_id]
    return [
        (one.volunteer_name.split(" ")[0], phones[one.volunteer_id]) for one in others if phones.get(one.volunteer_id)
    ]
