"""Bookings as iCalendar events (RFC 5545, 5546): attached to the mails about a seat, listed by the personal calendar.

The UID is the booking's, so that a mail, a later mail and the calendar speak of one event. SEQUENCE is the shift's
version plus the booking's events: neither ever falls, and each fact that is told raises one of them. Invitations are
REQUEST and CANCEL, which mailboxes apply by themselves where they only show a PUBLISH; RSVP=FALSE, because the answer
to an offer is given on the shift's page and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import LIVE, WALK_IN, Booking, BookingEvent
from civic.bookings.values import Person, ShiftFacts
from civic.formats import moment
from civic.i18n import N_, _
from civic.settings import settings

PRODUCT = "-//Civic//Services civiques de la Chaine des Parcs//FR"
TZID = "Europe/Paris"
STATUS = {"confirmed": "CONFIRMED", WALK_IN: "CONFIRMED", "offered": "TENTATIVE", "waitlisted": "TENTATIVE"}
PARTSTAT = {"CONFIRMED": "ACCEPTED", "TENTATIVE": "TENTATIVE", "CANCELLED": "DECLINED"}
TITLES = {
    "waitlisted": N_("Liste d’attente : %(title)s"),
    "offered": N_("Place à confirmer : %(title)s"),
    "cancelled": N_("Annulé : %(title)s"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking as a calendar shows it. `sequence` and `stamp` grow with each fact."""

    booking_id: UUID
    state: str
    shift: ShiftFacts
    sequence: int
    stamp: datetime
    offer_expires_at: datetime | None = None
    partners: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        return STATUS.get(self.state, "CANCELLED")


async def attached(
    session: AsyncSession, booking: Booking, shift: ShiftFacts, person: Person, *, facts: int | None = None
) -> list[dict[str, Any]]:
    """The attachment of a mail about a booking, for `outbox.enqueue`: an invitation, or its end when the booking ended.

    `facts` is how many changes of state the booking has seen, where that is known (it spares a query).
    """
    if facts is None:
        facts = (await facts_told(session, [booking.id]))[booking.id][0]
    entry = Entry(
        booking_id=booking.id,
        state=booking.state,
        shift=shift,
        sequence=shift.version + facts,
        stamp=clock.now(),
        offer_expires_at=booking.offer_expires_at,
    )
    method = "REQUEST" if booking.state in LIVE else "CANCEL"
    text = calendar([_invited(entry, person)], method)
    name = "creneau.ics" if method == "REQUEST" else "annulation.ics"
    return [{"name": name, "type": "text/calendar", "params": {"method": method}, "text": text}]


async def facts_told(session: AsyncSession, booking_ids: Iterable[UUID]) -> dict[UUID, tuple[int, datetime]]:
    """How many changes of state each booking has seen, and when the last was."""
    ids = list(booking_ids)
    chosen = (
        select(BookingEvent.booking_id, func.count(BookingEvent.id), func.max(BookingEvent.at))
        .where(BookingEvent.booking_id.in_(ids))
        .group_by(BookingEvent.booking_id)
    )
    found = {booking_id: (count, at) for booking_id, count, at in await session.execute(chosen)}
    # The demo and older data may hold bookings without a history.
    return {one: found.get(one, (0, datetime(2000, 1, 1, tzinfo=UTC))) for one in ids}


def calendar(events: Iterable[Event], method: str, name: str | None = None, refresh: timedelta | None = None) -> str:
    """A whole iCalendar object as text, its lines folded and ended as RFC 5545 wants."""
    whole = Calendar()
    whole.add("version", "2.0")
    whole.add("prodid", PRODUCT)
    whole.add("calscale", "GREGORIAN")
    whole.add("method", method)
    if name:
        whole.add("x-wr-calname", name)
        whole.add("name", name)
        whole.add("x-wr-timezone", TZID)
    if refresh:
        whole.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
        whole.add("x-published-ttl", f"PT{int(refresh.total_seconds() // 60)}M")
    for event in events:
        whole.add_component(event)
    head, begin, rest = str(whole.to_ical().decode()).partition("BEGIN:VEVENT")
    if not begin:
        head, begin, rest = head.partition("END:VCALENDAR")
    return head + _paris() + begin + rest


def event(entry: Entry) -> Event:
    """The event without its people, as the personal calendar lists it."""
    shift, status = entry.shift, entry.status
    made = Event()
    made.add("uid", uid(entry.booking_id))
    made.add("sequence", entry.sequence)
    made.add("dtstamp", entry.stamp)
    made.add("dtstart", _instant(shift.times.starts_at, shift))
    made.add("dtend", _instant(shift.times.ends_at, shift))
    made.add("summary", _summary(entry))
    places = (shift.meeting_place, shift.site_name, shift.commune)
    made.add("location", ", ".join(" ".join(place.split()) for place in places if place))
    made.add("description", "\n".join(_description(entry)))
    made.add("url", address(shift))
    made.add("status", status)
    made.add("transp", "OPAQUE" if status == "CONFIRMED" else "TRANSPARENT")
    return made


def _invited(entry: Entry, person: Person) -> Event:
    made = event(entry)
    name, sender = parseaddr(settings().mail_from)
    organizer = vCalAddress(f"mailto:{sender}")
    organizer.params["CN"] = name or "Civic"
    made.add("organizer", organizer)
    attendee = vCalAddress(f"mailto:{person.email}")
    attendee.params.update(
        {
            "CN": person.name,
            "CUTYPE": "INDIVIDUAL",
            "ROLE": "REQ-PARTICIPANT",
            "PARTSTAT": PARTSTAT[entry.status],
            "RSVP": "FALSE",
        }
    )
    made.add("attendee", attendee)
    return made


def uid(booking_id: UUID) -> str:
    return f"{booking_id}@{urlsplit(settings().base_url).hostname or 'civic'}"


def address(shift: ShiftFacts) -> str:
    return f"{settings().base_url}/creneaux/{shift.id}"


def _summary(entry: Entry) -> str:
    title = f"{entry.shift.site_name}, {entry.shift.mission_title}"
    key = entry.state if entry.status != "CANCELLED" else "cancelled"
    return _(TITLES[key]) % {"title": title} if key in TITLES else title


def _description(entry: Entry) -> list[str]:
    shift, told = entry.shift, []
    if entry.state == "waitlisted":
        told.append(_("Vous êtes en liste d’attente : rien n’est encore réservé."))
    if entry.state == "offered" and entry.offer_expires_at:
        until = moment(entry.offer_expires_at)
        told.append(_("Une place est gardée pour vous jusqu’au %(until)s : répondez sur la page.") % {"until": until})
    if entry.partners:
        told.append(_("Avec %(names)s") % {"names": ", ".join(entry.partners)})
    if shift.times.break_minutes:
        told.append(_("Pause de %(minutes)s min") % {"minutes": shift.times.break_minutes})
    if shift.meeting_place:
        told.append(_("Rendez-vous : %(place)s") % {"place": shift.meeting_place})
    if shift.on_call_number:
        told.append(_("En cas de souci : %(number)s") % {"number": shift.on_call_number})
    return [*told, address(shift)]


def _instant(at: datetime, shift: ShiftFacts) -> datetime:
    """The clock time in Paris; in UTC where an end of the shift lies in the second passage of the doubled hour.

    RFC 5545 reads a local time that comes twice as its first passage, so that the second can only be told in UTC.
    """
    local = (clock.local(shift.times.starts_at), clock.local(shift.times.ends_at))
    return at.astimezone(UTC) if any(one.fold for one in local) else clock.local(at)


@lru_cache(maxsize=1)
def _paris() -> str:
    """The European rule, which France has followed since 1996. Written once: it costs more than an event."""
    zone = Timezone()
    zone.add("tzid", TZID)
    seasons = (
        (TimezoneDaylight(), "CEST", 1, 2, "1996-03-31T02:00", 3),
        (TimezoneStandard(), "CET", 2, 1, "1996-10-27T03:00", 10),
    )
    for season, name, before, after, first, month in seasons:
        season.add("tzname", name)
        season.add("tzoffsetfrom", timedelta(hours=before))
        season.add("tzoffsetto", timedelta(hours=after))
        season.add("dtstart", datetime.fromisoformat(first))
        season.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": "-1SU"}))
        zone.add_component(season)
    return str(zone.to_ical().decode())
