"""Every mail of a booking's whole life, as it leaves: both parts, nothing unresolved, the right invitation."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
import time_machine
from icalendar import Calendar, Event
from sqlalchemy import select

from civic import clock
from civic.accounts.models import User
from civic.bookings import actions, cancelling, waitlist
from civic.bookings.models import Booking
from civic.bookings.release import release
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.outbox.send import as_message
from civic.settings import Settings
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.bookings.test_changes import edit
from tests.factories.accounts import make_user
from tests.factories.shifts import in_days, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
SITE = "Terril <74> & l’étang; dit le grand, Lens"
UNRESOLVED = re.compile(r"%\(|%s|\{\{|\{%|\bNone\b|\bUndefined\b|&lt;|&amp;|&#")


class Stage:
    """The people of the play, each act in its own transaction."""

    def __init__(self, db: Database, people: list[Volunteer], by: User) -> None:
        self.db = db
        self.people = people
        self.by = by

    async def book(self, who: int, shift: Shift) -> None:
        one = self.people[who]
        async with self.db.writing() as session:
            await actions.book(session, by=one.user, volunteer_id=one.id, shift_id=shift.id)

    async def withdraw(self, who: int, shift: Shift) -> None:
        one = self.people[who]
        async with self.db.writing() as session:
            await actions.withdraw(session, by=one.user, volunteer_id=one.id, shift_id=shift.id)

    async def booking(self, who: int, shift: Shift) -> UUID:
        """The last one that they made."""
        mine = select(Booking.id).where(Booking.volunteer_id == self.people[who].id, Booking.shift_id == shift.id)
        async with self.db.reading() as session:
            return (await session.scalars(mine.order_by(Booking.created_at.desc()).limit(1))).one()

    async def accept(self, who: int, shift: Shift) -> None:
        booking_id = await self.booking(who, shift)
        async with self.db.writing() as session:
            await actions.accept(session, by=self.people[who].user, booking_id=booking_id)

    async def decline(self, who: int, shift: Shift) -> None:
        booking_id = await self.booking(who, shift)
        async with self.db.writing() as session:
            await waitlist.decline(session, by=self.people[who].user, booking_id=booking_id)


@pytest.fixture
async def stage(db: Database, settings: Settings) -> Stage:
    async with db.writing() as session:
        people = [await make_volunteer(session, name=f"Zoé {n}", email=f"zoe{n}@x.test") for n in range(4)]
        by = await make_user(session, "coordinator")
    return Stage(db, people, by)


async def play(stage: Stage) -> None:
    """Placed, waiting, withdrawn, offered, accepted, declined, expired, changed, removed, released, cancelled."""
    db, by = stage.db, stage.by
    async with db.writing() as session:
        site = await make_site(session, name=SITE, meeting_place="Sous le chevalet", on_call_number="03 21 00 00 00")
        one = await make_shift(session, in_days(9), site=site, capacity=1)
        two = await make_shift(session, in_days(11), site=site, capacity=2)
        soon = await make_shift(session, in_days(2), site=site, capacity=1)
    for who in range(4):
        await stage.book(who, one)
    await stage.withdraw(0, one)
    await stage.accept(1, one)
    await stage.withdraw(1, one)
    await stage.decline(2, one)
    async with db.reading() as session:
        deadline = (await session.get_one(Booking, await stage.booking(3, one))).offer_expires_at
    assert deadline
    with time_machine.travel(deadline + timedelta(minutes=1), tick=False):
        async with db.writing() as session:
            await waitlist.settle_one(session, one.id)
    for who in range(3):
        await stage.book(who, two)
    await edit(db, by, two, starts_at=in_days(11, 9), ends_at=in_days(11, 12))
    await edit(db, by, two, capacity=1, min_staff=1, confirm=True)
    await stage.book(0, soon)
    # It moves onto another shift of who has the seat.
    await edit(db, by, two, starts_at=in_days(2, 15), ends_at=in_days(2, 18), confirm=True)
    await stage.book(3, soon)
    async with db.writing() as session:
        await actions.remove(session, by=by, booking_id=await stage.booking(0, soon), reason="Pluie")
    async with db.writing() as session:
        ids = [await stage.booking(3, soon)]
        await release(session, by=None, booking_ids=ids, reason="Votre congé est accepté.")
    await stage.book(0, soon)
    await stage.book(3, soon)
    async with db.writing() as session:
        await cancelling.cancel_shift(session, by=by, shift_id=soon.id, reason="Tempête & <vent>")


def parts(message: EmailMessage) -> dict[str, str]:
    return {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}


def invitation(mail: OutboxMail, message: EmailMessage) -> Event:
    """The event attached, once its file was found sound."""
    [attached] = message.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    assert str(attached.get_filename()).endswith(".ics")
    found: Any = Calendar.from_ical(attached.get_content())
    assert not found.errors
    assert len(found.walk("VTIMEZONE")) == 1
    [event] = found.walk("VEVENT")
    assert not event.errors
    assert attached.get_param("method") == str(found["method"])
    assert (str(found["method"]) == "CANCEL") == (str(event["status"]) == "CANCELLED")
    for name in ("uid", "dtstamp", "dtstart", "dtend", "summary", "organizer", "attendee", "url", "location"):
        assert event[name], name
    assert event["attendee"] == f"mailto:{mail.recipient}"
    assert str(event["location"]).startswith(f"Sous le chevalet, {SITE}")
    assert isinstance(event, Event)
    return event


async def test_every_mail_of_a_life_is_whole(stage: Stage, mailbox: Mailbox) -> None:
    await play(stage)
    mails = await mailbox()
    kinds = {mail.kind for mail in mails}
    assert kinds >= {
        "booking_placed",
        "booking_withdrawn",
        "booking_offered",
        "booking_expired",
        "booking_removed",
        "shift_changed",
        "shift_cancelled",
    }
    sequences: dict[str, list[int]] = {}
    states: dict[str, set[str]] = {}
    for mail in mails:
        message = as_message(mail, "Civic <civic@parcs.test>")
        content = parts(message)
        assert {"text/plain", "text/html"} <= content.keys()
        assert mail.subject
        assert "\n" not in mail.subject
        for text in (mail.subject, content["text/plain"]):
            assert not UNRESOLVED.search(text), text
        page = content["text/html"]
        assert '<html lang="fr">' in page
        assert not re.search(r"%\(|\{\{|\{%|\bNone\b", page)
        assert "<74>" not in page
        assert "Terril &lt;74&gt; &amp; l’étang" in page
        event = invitation(mail, message)
        sequences.setdefault(str(event["uid"]), []).append(event["sequence"])
        states.setdefault(mail.kind, set()).add(str(event["status"]))
    for told in sequences.values():
        assert told == sorted(set(told)), "a mailbox keeps the event with the highest number"
    ends = {"booking_withdrawn", "booking_expired", "booking_removed", "shift_cancelled"}
    assert all(states[kind] == {"CANCELLED"} for kind in ends)
    assert states["booking_placed"] == {"CONFIRMED", "TENTATIVE"}
    assert states["booking_offered"] == {"TENTATIVE"}
    assert states["shift_changed"] == {"CONFIRMED", "TENTATIVE", "CANCELLED"}


async def test_the_last_word_of_each_booking_is_its_state(stage: Stage, db: Database, mailbox: Mailbox) -> None:
    """Whoever lives by the invitations alone has exactly the seats that they have."""
    await play(stage)
    last: dict[str, str] = {}
    for mail in await mailbox():
        event: Any = Calendar.from_ical(mail.attachments[0]["text"]).walk("VEVENT")[0]
        last[str(event["uid"]).split("@")[0]] = str(event["status"])
    async with db.reading() as session:
        bookings = list(await session.scalars(select(Booking)))
    said = {"confirmed": "CONFIRMED", "waitlisted": "TENTATIVE", "offered": "TENTATIVE"}
    assert last == {str(one.id): said.get(one.state, "CANCELLED") for one in bookings}
    assert clock.now() < max(one.starts_at for one in bookings)
