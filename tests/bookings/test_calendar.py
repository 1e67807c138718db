"""Invitations as values, read again by another reading of RFC 5545, and the personal calendar on both engines."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar, Event
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.accounts.tokens import digest
from civic.audit.models import AuditEvent
from civic.bookings import actions, calendar, cancelling
from civic.bookings.invites import Entry, event
from civic.bookings.invites import calendar as written
from civic.bookings.models import Booking, CalendarFeed
from civic.bookings.values import ShiftFacts, Times
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.volunteers.models import Volunteer
from tests.bookings.test_changes import edit
from tests.cast import Cast, make_cast, sign_in
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

MakeClient = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
PARIS = ZoneInfo("Europe/Paris")
PAGE = "/profil/calendrier"


def facts(starts_at: datetime, hours: float = 2, **changed: Any) -> ShiftFacts:
    shift = ShiftFacts(
        id=uuid4(),
        mission_id=uuid4(),
        mission_title="Aller vers les habitants",
        activity="",
        pillar="rev3",
        site_id="parc",
        site_name="Parc",
        commune="Lens",
        intermunicipality="CALL",
        lat=50.4,
        lon=2.8,
        times=Times(starts_at, starts_at + timedelta(hours=hours)),
        capacity=2,
        min_staff=2,
        state="published",
        version=1,
    )
    return replace(shift, **changed)


def entry(shift: ShiftFacts, state: str = "confirmed", **changed: Any) -> Entry:
    return replace(Entry(uuid4(), state, shift, 2, datetime(2026, 11, 23, 8, tzinfo=UTC)), **changed)


def read_again(*entries: Entry, method: str = "PUBLISH") -> list[Event]:
    text = written([event(one) for one in entries], method)
    lines = text.encode().split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines), "folded at 75 octets, ended by CRLF"
    found: Any = Calendar.from_ical(text)
    assert not found.errors
    return list(found.walk("VEVENT"))


def instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


# The ends of Paris's summer time in 2026 and 2027: 25 October 01:00 UTC, 28 March 01:00 UTC.
AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)


@pytest.mark.parametrize("minutes", range(-180, 240, 30))
@pytest.mark.parametrize("change", [AUTUMN, datetime(2027, 3, 28, tzinfo=UTC)], ids=["autumn", "spring"])
@pytest.mark.parametrize("hours", [0.5, 3, 10])
def test_a_shift_keeps_its_instants_over_the_clock_change(change: datetime, minutes: int, hours: float) -> None:
    shift = facts(change + timedelta(minutes=minutes), hours)
    [found] = read_again(entry(shift))
    assert instant(found["dtstart"].dt) == shift.times.starts_at
    assert instant(found["dtend"].dt) == shift.times.ends_at


def test_an_ordinary_shift_is_written_in_the_time_of_paris() -> None:
    for day in (date(2026, 10, 24), date(2026, 10, 26), date(2027, 3, 29)):
        [found] = read_again(entry(facts(clock.at(day, time(14)))))
        assert found["dtstart"].params["TZID"] == "Europe/Paris"
        assert found["dtstart"].dt.replace(tzinfo=None) == datetime.combine(day, time(14))


def test_the_second_passage_of_the_doubled_hour_is_written_in_utc() -> None:
    first, second = facts(AUTUMN + timedelta(minutes=30), 0.25), facts(AUTUMN + timedelta(minutes=90), 0.25)
    assert clock.local(first.times.starts_at).time() == clock.local(second.times.starts_at).time() == time(2, 30)
    once, twice = read_again(entry(first), entry(second))
    assert once["dtstart"].params["TZID"] == "Europe/Paris"
    assert b"DTSTART:20261025T013000Z" in twice.to_ical()


def test_the_zone_that_is_sent_along_is_that_of_paris() -> None:
    whole: Any = Calendar.from_ical(written([event(entry(facts(AUTUMN)))], "PUBLISH"))
    [zone] = whole.walk("VTIMEZONE")
    assert zone["tzid"] == "Europe/Paris"
    built = zone.to_tz()
    for hours in range(0, 4 * 366 * 24, 31):
        moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        assert moment.astimezone(built).utcoffset() == moment.astimezone(PARIS).utcoffset(), moment


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), min_size=1, max_size=120)
# The library reads an escaped backslash before a capital N as a line break: no place is called so.
TEXT = TEXT.filter(lambda text: "\\N" not in text)


@given(site=TEXT, place=TEXT)
@example(site="Terril 74 ; dit « le grand », Lens", place="Sous le chevalet\\n, porte 2; à gauche")
@example(site="É" * 119, place="\U0001f3d4" * 60)
@example(site="BEGIN:VEVENT", place='"quoted" ^n\\;')
def test_names_of_places_come_back_whole(site: str, place: str) -> None:
    [found] = read_again(entry(facts(AUTUMN, site_name=site, meeting_place=place)))
    assert str(found["summary"]) == f"{site}, Aller vers les habitants"
    listed = [" ".join(one.split()) for one in (place, site, "Lens")]
    assert str(found["location"]) == ", ".join(listed)
    assert f"Rendez-vous\u00a0: {place}" in str(found["description"])


def test_several_lines_stay_several_in_a_description() -> None:
    shift = facts(AUTUMN, meeting_place="Porte 1\nPorte 2", on_call_number="03 21 00 00 00")
    [found] = read_again(entry(shift, partners=("Inès", "Malik")))
    assert str(found["description"]).split("\n")[:4] == [
        "Avec Inès, Malik",
        "Rendez-vous\u00a0: Porte 1",
        "Porte 2",
        "En cas de souci\u00a0: 03 21 00 00 00",
    ]


@pytest.mark.parametrize(
    ("state", "status", "transparency"),
    [
        ("confirmed", "CONFIRMED", "OPAQUE"),
        ("walk_in", "CONFIRMED", "OPAQUE"),
        ("offered", "TENTATIVE", "TRANSPARENT"),
        ("waitlisted", "TENTATIVE", "TRANSPARENT"),
        ("withdrawn", "CANCELLED", "TRANSPARENT"),
        ("expired", "CANCELLED", "TRANSPARENT"),
    ],
)
def test_only_a_seat_is_sure(state: str, status: str, transparency: str) -> None:
    one = entry(facts(AUTUMN), state, offer_expires_at=AUTUMN)
    [found] = read_again(one)
    assert (found["status"], found["transp"], found["sequence"]) == (status, transparency, 2)
    assert str(found["uid"]).startswith(f"{one.booking_id}@")
    assert found["url"].endswith(f"/creneaux/{one.shift.id}")


# The personal calendar


async def address_of(client: httpx.AsyncClient) -> str:
    page = await client.post(PAGE)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    [address] = {word.split('"')[0] for word in page.text.split('value="') if word.startswith("http")}
    return address.removeprefix("http://civic.test")


async def fetch(client: httpx.AsyncClient, address: str) -> dict[str, Event]:
    answer = await client.get(address)
    assert answer.status_code == 200
    found: Any = Calendar.from_ical(answer.text)
    return {str(one["uid"]).split("@")[0]: one for one in found.walk("VEVENT")}


@dataclass
class Life:
    volunteer: Volunteer
    bookings: dict[str, UUID]


@pytest.fixture
async def life(session: AsyncSession) -> Life:
    """Somebody with one booking of each kind, and others beside them."""
    volunteer, partner = [await make_volunteer(session, name=name) for name in ("Zoé Un", "Malik Deux")]
    site = await make_site(session, name="Terril 74; dit le grand, Lens", meeting_place="Sous le chevalet")
    made: dict[str, UUID] = {}
    for name, days, state in (
        ("long past", -40, "confirmed"),
        ("past", -20, "confirmed"),
        ("waited in vain", -10, "waitlisted"),
        ("came", -8, "walk_in"),
        ("seat", 5, "confirmed"),
        ("offer", 8, "offered"),
        ("late offer", 9, "offered"),
        ("queue", 12, "waitlisted"),
        ("given back", 14, "withdrawn"),
    ):
        shift = await make_shift(session, in_days(days), site=site, capacity=2)
        booking = await make_booking(session, shift, volunteer, state)
        if state == "offered":
            booking.offer_expires_at = clock.now() + timedelta(hours=-1 if name == "late offer" else 12)
        if name == "seat":
            await make_booking(session, shift, partner)
        made[name] = booking.id
    await session.commit()
    return Life(volunteer, made)


async def test_the_calendar_lists_what_one_holds_and_waits_for(
    life: Life, db: Database, make_client: MakeClient
) -> None:
    client = await sign_in(make_client, db, life.volunteer)
    events = await fetch(make_client(), await address_of(client))
    names = {str(key): name for name, key in life.bookings.items()}
    listed = {names[key]: str(one["status"]) for key, one in events.items()}
    sure, unsure = dict.fromkeys(("past", "came", "seat"), "CONFIRMED"), dict.fromkeys(("offer", "queue"), "TENTATIVE")
    assert listed == {**sure, **unsure}
    seat = events[str(life.bookings["seat"])]
    assert str(seat["location"]) == "Sous le chevalet, Terril 74; dit le grand, Lens, Lens"
    assert "Avec Malik" in str(seat["description"])
    assert "Deux" not in seat.to_ical().decode(), "first names only"
    assert "attendee" not in seat
    assert "Avec" not in str(events[str(life.bookings["offer"])]["description"])


async def test_the_answer_is_a_private_calendar(life: Life, db: Database, make_client: MakeClient) -> None:
    address = await address_of(await sign_in(make_client, db, life.volunteer))
    client = make_client()
    answer = await client.get(address)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    head = await client.head(address)
    assert (head.status_code, head.headers["content-type"]) == (200, answer.headers["content-type"])
    whole: Any = Calendar.from_ical(answer.text)
    assert str(whole["x-wr-calname"]) == "Mes créneaux Civic"
    assert (str(whole["method"]), str(whole["version"])) == ("PUBLISH", "2.0")
    assert whole["refresh-interval"].dt == timedelta(hours=1)
    assert len(whole.walk("VTIMEZONE")) == 1


async def test_an_address_is_shown_once_and_dies_with_the_next(
    life: Life, db: Database, make_client: MakeClient
) -> None:
    client = await sign_in(make_client, db, life.volunteer)
    assert "Créer mon adresse" in (await client.get(PAGE)).text
    first = await address_of(client)
    page = (await client.get(PAGE)).text
    assert "Une adresse sert depuis" in page
    assert "/calendrier/" not in page.replace(PAGE, ""), "only its digest is kept"
    async with db.reading() as session:
        [feed] = await session.scalars(select(CalendarFeed))
    secret = first.removeprefix("/calendrier/").removesuffix(".ics")
    assert feed.digest == digest(secret)
    assert len(secret) >= 43
    second = await address_of(client)
    assert (await client.get(first)).status_code == 404
    assert (await client.get(second)).status_code == 200
    assert (await client.post(f"{PAGE}/suppression")).status_code == 303
    assert (await client.post(f"{PAGE}/suppression")).status_code == 303, "again changes nothing"
    for address in (second, "/calendrier/x.ics", f"/calendrier/{'x' * 5000}.ics", f"/calendrier/{feed.digest}.ics"):
        assert (await client.get(address)).status_code == 404
        assert (await client.head(address)).status_code == 404
    assert "Créer mon adresse" in (await client.get(PAGE)).text
    async with db.reading() as session:
        told = select(AuditEvent.verb).where(AuditEvent.verb.startswith("account.calendar")).order_by(AuditEvent.at)
        verbs = list(await session.scalars(told))
    assert verbs == ["account.calendar_made", "account.calendar_made", "account.calendar_revoked"]


async def test_the_calendar_of_a_closed_account_is_gone(life: Life, db: Database, make_client: MakeClient) -> None:
    address = await address_of(await sign_in(make_client, db, life.volunteer))
    async with db.writing() as session:
        await session.execute(update(User).values(is_active=False))
    assert (await make_client().get(address)).status_code == 404


async def test_a_calendar_takes_few_queries_however_much_it_holds(
    session: AsyncSession, db: Database, make_client: MakeClient, count_queries: Callable[[], Any]
) -> None:
    volunteer = await make_volunteer(session)
    site = await make_site(session)
    for day in range(2, 22):
        await make_booking(session, await make_shift(session, in_days(day), site=site), volunteer)
    await session.commit()
    address = await address_of(await sign_in(make_client, db, volunteer))
    with count_queries() as queries:
        assert len(await fetch(make_client(), address)) == 20
    assert len(queries) <= 10


async def test_two_taps_leave_one_address(life: Life, db: Database) -> None:
    async with db.writing() as session:
        user = await session.get_one(User, life.volunteer.user_id)
        secrets = [await calendar.make_feed(session, by=user) for _ in range(2)]
    async with db.reading() as session:
        live = list(await session.scalars(select(CalendarFeed.digest).where(CalendarFeed.revoked_at.is_(None))))
    assert live == [digest(secrets[1])]


@pytest.fixture
async def cast(session: AsyncSession) -> Cast:
    made = await make_cast(session)
    await session.commit()
    return made


@pytest.mark.parametrize("who", ["coordinator", "manager", "admin"])
async def test_only_volunteers_have_one(who: str, cast: Cast, db: Database, make_client: MakeClient) -> None:
    client = await sign_in(make_client, db, cast.users[who])
    assert (await client.get(PAGE)).status_code == 403
    assert (await client.post(PAGE)).status_code == 403
    assert (await make_client().post(PAGE)).status_code in (303, 401)


async def test_mails_and_calendar_speak_of_one_event_whose_sequence_grows(
    cast: Cast, db: Database, mailbox: Mailbox, make_client: MakeClient
) -> None:
    """Every fact of a booking, one after the other."""
    async with db.writing() as session:
        shift = await make_shift(session, in_days(6), capacity=1)
    address = await address_of(await sign_in(make_client, db, cast.colleague))
    seen: list[int] = []

    async def look(status: str | None) -> Booking:
        async with db.reading() as session:
            mine = select(Booking).where(Booking.volunteer_id == cast.colleague.id)
            booking = (await session.scalars(mine)).one()
        listed = (await fetch(make_client(), address)).get(str(booking.id))
        mails = [one for one in await mailbox() if one.recipient == cast.colleague.user.email]
        [part] = mails[-1].attachments
        whole: Any = Calendar.from_ical(part["text"])
        [told] = whole.walk("VEVENT")
        assert str(whole["method"]) == part["params"]["method"] == ("REQUEST" if status else "CANCEL")
        assert str(told["uid"]).startswith(str(booking.id))
        assert str(told["status"]) == (status or "CANCELLED")
        if status:
            assert listed is not None
            assert [str(listed[name]) for name in ("uid", "status", "summary")] == [
                str(told[name]) for name in ("uid", "status", "summary")
            ]
            assert listed["sequence"] == told["sequence"]
            assert instant(listed["dtstart"].dt) == instant(told["dtstart"].dt)
        else:
            assert listed is None
        assert told["organizer"].startswith("mailto:")
        assert told["attendee"] == f"mailto:{cast.colleague.user.email}"
        assert told["attendee"].params["RSVP"] == "FALSE"
        seen.append(told["sequence"])
        assert seen == sorted(set(seen)), "each fact raises it"
        return booking

    async with db.writing() as session:
        by, first = cast.volunteer.user, cast.volunteer.id
        await actions.book(session, by=by, volunteer_id=first, shift_id=shift.id)
    async with db.writing() as session:
        await actions.book(session, by=cast.colleague.user, volunteer_id=cast.colleague.id, shift_id=shift.id)
    await look("TENTATIVE")
    await edit(db, cast.coordinator, shift, starts_at=in_days(6, 15), ends_at=in_days(6, 18))
    await look("TENTATIVE")
    async with db.writing() as session:
        await actions.withdraw(session, by=by, volunteer_id=first, shift_id=shift.id)
    booking = await look("TENTATIVE")
    async with db.writing() as session:
        await actions.accept(session, by=cast.colleague.user, booking_id=booking.id)
    await look("CONFIRMED")
    await edit(db, cast.coordinator, shift, starts_at=in_days(6, 9), ends_at=in_days(6, 12))
    await look("CONFIRMED")
    async with db.writing() as session:
        await cancelling.cancel_shift(session, by=cast.coordinator, shift_id=shift.id, reason="Tempête")
    await look(None)
    assert len(seen) == 6


async def test_nothing_is_asked_of_the_present_but_the_clock(life: Life, db: Database) -> None:
    """What lay ahead lies behind later: no offer and no queue stays in the past."""
    with time_machine.travel(clock.now() + timedelta(days=20), tick=False):
        async with db.reading() as session:
            entries = await calendar.entries_of(session, life.volunteer.id)
    names = {key: name for name, key in life.bookings.items()}
    assert [names[one.booking_id] for one in entries] == ["came", "seat"]
