"""Leave frees the seats that it covers, keeps its days free, is decided once, and everybody concerned is told."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.bookings import actions, leave, leave_pages
from civic.bookings.models import LIVE, Booking, BookingEvent
from civic.contracts import leave_actions
from civic.contracts.leave_queries import balance_of, balances_of
from civic.contracts.leave_rules import Days
from civic.contracts.models import Leave, RuleSetting
from civic.db import Database
from civic.errors import Forbidden, Invalid, NotFound, Refusal
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer
from tests.cast import Cast, make_cast
from tests.factories.accounts import make_user
from tests.factories.contracts import make_contract
from tests.factories.leave import make_leave
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
NOWHERE = UUID("00000000-0000-4000-8000-000000000000")
# A Wednesday; contracts of the cast began 60 days before.
MONDAY, FRIDAY = date(2026, 12, 7), date(2026, 12, 11)
WEEK = Days("annual", MONDAY, FRIDAY)


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with time_machine.travel("2026-11-25 10:00+01:00", tick=False):
        yield


@pytest.fixture
async def cast(session: AsyncSession) -> Cast:
    return await make_cast(session)


def at(day: int, hour: int, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=clock.PARIS).astimezone(clock.UTC)


async def ask(db: Database, volunteer: Volunteer, wish: Days = WEEK) -> Leave:
    async with db.writing() as session:
        return await leave_actions.ask(session, wish, volunteer, by=volunteer.user)


async def approve(db: Database, one: Leave, by: User, *seen: Booking) -> leave_actions.Decided:
    async with db.writing() as session:
        return await leave.approve(session, one.id, by=by, seen={booking.id for booking in seen})


async def leave_pages_of(db: Database, user: User) -> list[leave_pages.Line]:
    async with db.reading() as session:
        chosen = select(User).where(User.id == user.id).options(joinedload(User.scopes))
        return await leave_pages.list_page(session, (await session.scalars(chosen)).unique().one(), "")


async def refuse(db: Database, one: Leave, by: User, reason: str = "Le parc ouvre ce jour-là") -> leave_actions.Decided:
    async with db.writing() as session:
        return await leave_actions.refuse(session, one.id, reason, by=by)


async def withdraw(db: Database, one: Leave, by: User) -> leave_actions.Decided:
    async with db.writing() as session:
        return await leave_actions.withdraw(session, one.id, by=by)


async def book(db: Database, volunteer: Volunteer, shift: Shift) -> actions.Placed:
    async with db.writing() as session:
        return await actions.book(session, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)


async def states(db: Database, shift: Shift) -> dict[UUID, str]:
    async with db.reading() as session:
        rows = await session.scalars(select(Booking).where(Booking.shift_id == shift.id))
        return {one.volunteer_id: one.state for one in rows}


async def kept(db: Database, one: Leave) -> Leave:
    async with db.reading() as session:
        return await session.get_one(Leave, one.id)


async def verbs(db: Database) -> list[str]:
    """What the audit log holds of leaves, in alphabetical order: the clock stands still."""
    async with db.reading() as session:
        chosen = select(AuditEvent.verb).where(AuditEvent.subject_kind == "leaves")
        return sorted(await session.scalars(chosen))


def to(mails: list[OutboxMail], kind: str) -> set[str]:
    return {one.recipient for one in mails if one.kind == kind}


# Asking


async def test_a_request_tells_those_who_may_decide_it(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    """The coordinators in scope and the tutor; not those of another intermunicipality, not the volunteer."""
    await session.commit()
    asked = await ask(db, cast.volunteer)
    assert asked.state == "requested"
    mails = await mailbox()
    assert to(mails, "leave_asked") == {"nadia@example.test", "paul@example.test", "tutrice@example.test"}
    assert len(mails) == 3
    assert "Inès Volontaire" in mails[0].subject
    assert f"/conges/{asked.id}" in mails[0].text_body
    assert await verbs(db) == ["leave.asked"]


async def test_asking_again_is_the_same_request(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    await session.commit()
    first, second = await ask(db, cast.volunteer), await ask(db, cast.volunteer)
    assert first.id == second.id
    assert len(await mailbox()) == 3
    assert await verbs(db) == ["leave.asked"]


async def test_two_taps_at_once_are_one_request(cast: Cast, session: AsyncSession, db: Database) -> None:
    await session.commit()
    made = await asyncio.gather(*(ask(db, cast.volunteer) for _number in range(4)))
    assert len({one.id for one in made}) == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Days("annual", FRIDAY, MONDAY), "ends_on"),
        (Days("annual", date(2026, 9, 1), FRIDAY), "starts_on"),
        (Days("annual", MONDAY, date(2028, 1, 1)), "ends_on"),
        (Days("annual", date(2026, 11, 23), date(2026, 11, 24)), "ends_on"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_at_its_field(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox, wish: Days, field: str
) -> None:
    await session.commit()
    with pytest.raises(Invalid) as refused:
        await ask(db, cast.volunteer, wish)
    assert list(refused.value.errors) == [field]
    assert not await mailbox()


async def test_without_a_contract_there_is_no_leave(session: AsyncSession, db: Database) -> None:
    newcomer = await make_volunteer(session, ready=False)
    await session.commit()
    with pytest.raises(Invalid) as refused:
        await ask(db, newcomer)
    assert refused.value.code == "leave_contract"


async def test_overlapping_requests_at_once_leave_one(cast: Cast, session: AsyncSession, db: Database) -> None:
    await session.commit()

    async def one(offset: int) -> str:
        wish = Days("annual", MONDAY + timedelta(days=offset), FRIDAY + timedelta(days=offset))
        try:
            return (await ask(db, cast.volunteer, wish)).state
        except Invalid as invalid:
            return invalid.code

    outcome = Counter(await asyncio.gather(*(one(offset) for offset in range(4))))
    assert outcome == {"requested": 1, "leave_overlap": 3}


# What leave does to bookings (LEAVE_CONFLICT)


@pytest.mark.parametrize("state", ["requested", "refused", "withdrawn"])
async def test_only_an_approved_leave_keeps_its_days_free(
    cast: Cast, session: AsyncSession, db: Database, state: str
) -> None:
    shift = await make_shift(session, at(8, 14))
    one = await make_leave(session, cast.volunteer, MONDAY, FRIDAY, state=state)
    await session.commit()
    assert (await book(db, cast.volunteer, shift)).booking.state == "confirmed"
    assert (await kept(db, one)).state == state


async def test_nobody_books_on_a_day_of_approved_leave(cast: Cast, session: AsyncSession, db: Database) -> None:
    shift = await make_shift(session, at(8, 14))
    after = await make_shift(session, at(12, 14))
    await make_leave(session, cast.volunteer, MONDAY, FRIDAY, state="approved", by=cast.coordinator)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await book(db, cast.volunteer, shift)
    assert refused.value.code == "leave_conflict"
    assert "En congé du" in refused.value.message
    assert (await book(db, cast.volunteer, after)).booking.state == "confirmed"


async def test_a_coordinator_cannot_assign_against_it_either(cast: Cast, session: AsyncSession, db: Database) -> None:
    shift = await make_shift(session, at(8, 14))
    await make_leave(session, cast.volunteer, MONDAY, FRIDAY, state="approved", by=cast.coordinator)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        async with db.writing() as writing:
            await actions.book(
                writing, by=cast.coordinator, volunteer_id=cast.volunteer.id, shift_id=shift.id, reason="Besoin"
            )
    assert refused.value.code == "leave_conflict"


async def test_approving_frees_the_seats_it_covers_and_offers_them(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    """The seat of Tuesday goes to the queue, the place in Thursday's queue ends, the Monday after stays."""
    tuesday = await make_shift(session, at(8, 14), capacity=1)
    thursday = await make_shift(session, at(10, 14), capacity=1)
    later = await make_shift(session, at(14, 14))
    seat = await make_booking(session, tuesday, cast.volunteer)
    await make_booking(session, tuesday, cast.colleague, "waitlisted")
    await make_booking(session, thursday, cast.colleague)
    waiting = await make_booking(session, thursday, cast.volunteer, "waitlisted")
    await make_booking(session, later, cast.volunteer)
    await session.commit()
    one = await ask(db, cast.volunteer)
    assert (await approve(db, one, cast.coordinator, seat, waiting)).made
    assert await states(db, tuesday) == {cast.volunteer.id: "cancelled", cast.colleague.id: "offered"}
    assert await states(db, thursday) == {cast.volunteer.id: "cancelled", cast.colleague.id: "confirmed"}
    assert await states(db, later) == {cast.volunteer.id: "confirmed"}
    decided = await kept(db, one)
    assert (decided.state, decided.decided_by_id) == ("approved", cast.coordinator.id)
    assert decided.decided_at == clock.now()
    async with db.reading() as reading:
        reasons = await reading.scalars(select(BookingEvent.reason).where(BookingEvent.state == "cancelled"))
        assert set(reasons) == {"Congé accepté"}
    assert await verbs(db) == ["leave.approved", "leave.asked"]
    mails = await mailbox()
    [told] = [mail for mail in mails if mail.kind == "leave_approved"]
    for text in (told.text_body, told.html_body):
        assert "1 créneau réservé ces jours-là est rendu aux autres" in text
        assert "Vous n’attendez plus de place sur 1 créneau de ces jours." in text
    subjects = sorted(mail.subject.partition("\u00a0")[0] for mail in mails if mail.kind == "booking_removed")
    assert subjects == ["Vous n’attendez plus", "Vous n’êtes plus inscrit"]


async def test_approving_tells_the_volunteer_and_the_coordinators_of_what_is_freed(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    """Whoever staffs the shifts, looks after the volunteer or tutors them; each sees their own; the decider knows."""
    here = await make_shift(session, at(8, 14))
    away = await make_site(session, "parc-ailleurs", "CAHC", name="Parc d’Ailleurs")
    there = await make_shift(session, at(9, 14), site=away)
    seats = [await make_booking(session, shift, cast.volunteer) for shift in (here, there)]
    await session.commit()
    one = await ask(db, cast.volunteer)
    await approve(db, one, cast.coordinator, *seats)
    mails = await mailbox()
    freed = {mail.recipient: mail for mail in mails if mail.kind == "leave_freed"}
    assert set(freed) == {"paul@example.test", "anna@example.test", "tutrice@example.test"}
    assert "2 créneaux libérés" in freed["paul@example.test"].subject
    assert "1 créneau libéré" in freed["anna@example.test"].subject
    assert "Parc d’Ailleurs" in freed["anna@example.test"].text_body
    assert f"/planning/creneaux/{here.id}" not in freed["anna@example.test"].text_body
    assert to(mails, "leave_approved") == {"ines@example.test"}
    assert [mail.recipient for mail in mails if mail.kind == "booking_removed"] == ["ines@example.test"] * 2
    # Why somebody is away concerns those who decide alone.
    assert all("Congé annuel" not in mail.text_body for mail in freed.values())
    [told] = [mail for mail in mails if mail.kind == "leave_approved"]
    assert told.subject.replace("\u00a0", " ") == "Congé accepté : du lun. 7 déc. au ven. 11 déc. 2026"
    assert "2 créneaux réservés ces jours-là sont rendus aux autres" in told.text_body
    for mail in mails:
        if mail.kind.startswith("leave_"):
            # The address stands on a line of its own.
            assert re.search(r"\n\nhttp\S+/conges", mail.text_body)
            assert mail.recipient not in mail.text_body
            assert "None" not in mail.text_body + mail.html_body


async def test_a_leave_that_frees_nothing_tells_the_volunteer_alone(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    await session.commit()
    one = await ask(db, cast.volunteer)
    await approve(db, one, cast.coordinator)
    mails = await mailbox()
    assert to(mails, "leave_approved") == {"ines@example.test"}
    assert not to(mails, "leave_freed")
    assert "Vous n’aviez aucun créneau ces jours-là." in next(
        mail.text_body for mail in mails if mail.kind == "leave_approved"
    )


async def test_a_place_that_was_not_shown_is_shown_before_anything_is_written(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    shift = await make_shift(session, at(8, 14))
    await make_booking(session, shift, cast.volunteer)
    await session.commit()
    one = await ask(db, cast.volunteer)
    before = len(await mailbox())
    with pytest.raises(Refusal) as refused:
        await approve(db, one, cast.coordinator)
    assert refused.value.code == "leave_frees"
    assert (await kept(db, one)).state == "requested"
    assert await states(db, shift) == {cast.volunteer.id: "confirmed"}
    assert len(await mailbox()) == before


async def test_a_shift_of_the_night_before_touches_the_leave(cast: Cast, session: AsyncSession, db: Database) -> None:
    """Sunday 20 h to Monday 1 h is on the first day too; one that ends at midnight is not."""
    past_midnight = await make_shift(session, at(6, 20), hours=5)
    until_midnight = await make_shift(session, at(13, 20), hours=4)
    seat = await make_booking(session, past_midnight, cast.volunteer)
    await make_booking(session, until_midnight, cast.volunteer)
    await session.commit()
    one = await ask(db, cast.volunteer, Days("annual", date(2026, 12, 7), date(2026, 12, 7)))
    other = await ask(db, cast.volunteer, Days("annual", date(2026, 12, 14), date(2026, 12, 14)))
    await approve(db, one, cast.coordinator, seat)
    await approve(db, other, cast.coordinator)
    assert await states(db, past_midnight) == {cast.volunteer.id: "cancelled"}
    assert await states(db, until_midnight) == {cast.volunteer.id: "confirmed"}


async def test_a_shift_that_has_begun_keeps_its_seat(cast: Cast, session: AsyncSession, db: Database) -> None:
    shift = await make_shift(session, at(25, 9, month=11))
    await make_booking(session, shift, cast.volunteer)
    await session.commit()
    one = await ask(db, cast.volunteer, Days("sick", date(2026, 11, 24), date(2026, 11, 26)))
    await approve(db, one, cast.coordinator)
    assert await states(db, shift) == {cast.volunteer.id: "confirmed"}


async def test_the_person_on_leave_is_not_offered_a_place_of_those_days(
    cast: Cast, session: AsyncSession, db: Database
) -> None:
    """They wait for Wednesday's only seat; it is freed by somebody else once their leave stands."""
    shift = await make_shift(session, at(9, 14), capacity=1)
    await make_booking(session, shift, cast.colleague)
    waiting = await make_booking(session, shift, cast.volunteer, "waitlisted")
    await session.commit()
    one = await ask(db, cast.volunteer)
    page = await leave_pages_of(db, cast.coordinator)
    assert [line.frees for line in page] == [0], "who waits takes no place"
    await approve(db, one, cast.coordinator, waiting)
    async with db.writing() as writing:
        await actions.withdraw(writing, by=cast.colleague.user, volunteer_id=cast.colleague.id, shift_id=shift.id)
    assert await states(db, shift) == {cast.volunteer.id: "cancelled", cast.colleague.id: "withdrawn"}


# Decided once


async def test_approving_again_changes_nothing(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    await session.commit()
    one = await ask(db, cast.volunteer)
    assert (await approve(db, one, cast.coordinator)).made
    mails = len(await mailbox())
    again = await approve(db, one, cast.coordinator_call)
    assert not again.made
    assert again.leave.decided_by_id == cast.coordinator.id
    assert len(await mailbox()) == mails
    assert await verbs(db) == ["leave.approved", "leave.asked"]


async def test_a_refusal_is_told_with_its_reason(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    shift = await make_shift(session, at(8, 14))
    await make_booking(session, shift, cast.volunteer)
    await session.commit()
    one = await ask(db, cast.volunteer)
    assert (await refuse(db, one, cast.coordinator)).made
    assert not (await refuse(db, one, cast.coordinator)).made
    assert (await kept(db, one)).decision_reason == "Le parc ouvre ce jour-là"
    [mail] = [mail for mail in await mailbox() if mail.kind == "leave_refused"]
    assert mail.recipient == "ines@example.test"
    assert "Raison : Le parc ouvre ce jour-là" in mail.text_body
    assert await states(db, shift) == {cast.volunteer.id: "confirmed"}


async def test_of_two_who_decide_otherwise_the_second_is_told(cast: Cast, session: AsyncSession, db: Database) -> None:
    await session.commit()
    one = await ask(db, cast.volunteer)
    await approve(db, one, cast.coordinator)
    with pytest.raises(Refusal) as refused:
        await refuse(db, one, cast.coordinator_call)
    assert refused.value.code == "leave_decided"
    assert "accepté par Nadia Coordination" in refused.value.message
    assert (await kept(db, one)).state == "approved"


async def test_two_who_decide_at_once_make_one_decision(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    await session.commit()
    one = await ask(db, cast.volunteer)

    async def decide(number: int) -> str:
        by = cast.coordinator if number % 2 else cast.coordinator_call
        try:
            decided = await (approve(db, one, by) if number % 2 else refuse(db, one, by))
            return "made" if decided.made else "same"
        except Refusal as refusal:
            return refusal.code

    outcome = Counter(await asyncio.gather(*(decide(number) for number in range(6))))
    assert outcome == {"made": 1, "same": 2, "leave_decided": 3}
    assert len([mail for mail in await mailbox() if mail.kind in ("leave_approved", "leave_refused")]) == 1


async def test_a_booking_racing_the_approval_never_stays_on_a_day_of_leave(
    cast: Cast, session: AsyncSession, db: Database, engine_url: str
) -> None:
    """Either the seat came first and the coordinator is shown it, or the leave did and the seat is refused."""
    shift = await make_shift(session, at(8, 14))
    await session.commit()
    one = await ask(db, cast.volunteer)
    other = Database(engine_url)

    async def take() -> str:
        try:
            async with other.writing() as writing:
                placed = await actions.book(
                    writing, by=cast.volunteer.user, volunteer_id=cast.volunteer.id, shift_id=shift.id
                )
                return placed.booking.state
        except Refusal as refusal:
            return refusal.code

    async def grant() -> str:
        try:
            return (await approve(db, one, cast.coordinator)).leave.state
        except Refusal as refusal:
            return refusal.code

    try:
        outcome = set(await asyncio.gather(take(), grant()))
    finally:
        await other.dispose()
    assert outcome in ({"confirmed", "leave_frees"}, {"confirmed", "leave_moved"}, {"leave_conflict", "approved"})


async def test_an_approval_waits_for_a_booking_under_way_and_then_shows_it(
    cast: Cast, session: AsyncSession, db: Database, engine_url: str
) -> None:
    """A seat that is being taken is not overlooked because its transaction has not ended."""
    shift = await make_shift(session, at(8, 14))
    await session.commit()
    one = await ask(db, cast.volunteer)
    other = Database(engine_url)
    try:
        async with other.writing() as taking:
            await actions.book(taking, by=cast.volunteer.user, volunteer_id=cast.volunteer.id, shift_id=shift.id)
            granting = asyncio.create_task(approve(db, one, cast.coordinator))
            done, _waiting = await asyncio.wait({granting}, timeout=0.5)
            assert not done
        with pytest.raises(Refusal) as refused:
            await granting
    finally:
        await other.dispose()
    assert refused.value.code == "leave_frees"
    assert (await kept(db, one)).state == "requested"
    assert await states(db, shift) == {cast.volunteer.id: "confirmed"}


async def test_many_leaves_and_bookings_at_once_keep_every_promise(
    session: AsyncSession, db: Database, engine_url: str
) -> None:
    """Six people on three full shifts with queues: leaves granted while others book and withdraw, from two engines."""
    by = await make_user(session, "coordinator")
    people = [await make_volunteer(session, intermunicipality=None) for _number in range(6)]
    shifts = [await make_shift(session, at(day, 14), capacity=2) for day in (7, 8, 9)]
    seats: dict[UUID, list[Booking]] = {one.id: [] for one in people}
    for shift in shifts:
        for rank, one in enumerate(people[:5]):
            state = "confirmed" if rank < 2 else "waitlisted"
            seats[one.id].append(await make_booking(session, shift, one, state, queue_key=rank))
    asked = [await make_leave(session, one, MONDAY, FRIDAY) for one in people[:3]]
    await session.commit()
    engines = [Database(engine_url), Database(engine_url)]

    async def grant(number: int) -> str:
        try:
            async with engines[number % 2].writing() as writing:
                seen = {one.id for one in seats[people[number].id]}
                return (await leave.approve(writing, asked[number].id, by=by, seen=seen)).leave.state
        except Refusal as refusal:
            return refusal.code

    async def move(number: int, shift: Shift) -> str:
        one = people[3 + number % 3]
        try:
            async with engines[number % 2].writing() as writing:
                if number % 2:
                    await actions.withdraw(writing, by=one.user, volunteer_id=one.id, shift_id=shift.id)
                else:
                    await actions.book(writing, by=one.user, volunteer_id=one.id, shift_id=shift.id)
        except Refusal as refusal:
            return refusal.code
        return "moved"

    try:
        tries = [grant(number) for number in range(3)] + [move(n, shift) for n in range(6) for shift in shifts]
        outcome = await asyncio.gather(*tries)
    finally:
        for engine in engines:
            await engine.dispose()
    assert outcome[:3] == ["approved"] * 3
    away = {one.id for one in people[:3]}
    for shift in shifts:
        held = await live(db, shift)
        assert not away & held.keys()
        taken = sum(state != "waitlisted" for state in held.values())
        assert taken <= 2
        assert taken == 2 or "waitlisted" not in held.values()


async def live(db: Database, shift: Shift) -> dict[UUID, str]:
    """Who holds or waits for a place."""
    return {who: state for who, state in (await states(db, shift)).items() if state in LIVE}


# Taking back


async def test_a_request_is_taken_back_and_can_no_longer_be_decided(
    cast: Cast, session: AsyncSession, db: Database
) -> None:
    await session.commit()
    one = await ask(db, cast.volunteer)
    assert (await withdraw(db, one, cast.volunteer.user)).made
    assert not (await withdraw(db, one, cast.volunteer.user)).made
    with pytest.raises(Refusal) as refused:
        await approve(db, one, cast.coordinator)
    assert refused.value.code == "leave_withdrawn"
    assert (await ask(db, cast.volunteer)).id != one.id
    assert await verbs(db) == ["leave.asked", "leave.asked", "leave.withdrawn"]


async def test_an_approved_leave_is_taken_back_before_it_begins_and_the_days_open_again(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    shift = await make_shift(session, at(8, 14))
    seat = await make_booking(session, shift, cast.volunteer)
    await session.commit()
    one = await ask(db, cast.volunteer)
    await approve(db, one, cast.coordinator, seat)
    await withdraw(db, one, cast.volunteer.user)
    assert await states(db, shift) == {cast.volunteer.id: "cancelled"}
    assert to(await mailbox(), "leave_withdrawn") == {
        "nadia@example.test",
        "paul@example.test",
        "tutrice@example.test",
    }
    assert (await book(db, cast.volunteer, shift)).made


async def test_a_leave_that_has_begun_stays(cast: Cast, session: AsyncSession, db: Database) -> None:
    one = await make_leave(session, cast.volunteer, clock.today(), FRIDAY, state="approved", by=cast.coordinator)
    await session.commit()
    with pytest.raises(Refusal) as refused:
        await withdraw(db, one, cast.volunteer.user)
    assert refused.value.code == "leave_begun"


async def test_nobody_else_takes_it_back(cast: Cast, session: AsyncSession, db: Database) -> None:
    one = await make_leave(session, cast.volunteer, MONDAY, FRIDAY, state="approved", by=cast.coordinator)
    await session.commit()
    for by in (cast.colleague.user, cast.coordinator, cast.admin):
        with pytest.raises(Forbidden):
            await withdraw(db, one, by)
    assert (await kept(db, one)).state == "approved"


async def test_an_unknown_leave_is_not_found(cast: Cast, session: AsyncSession, db: Database) -> None:
    await session.commit()
    for verb in (leave.approve, leave_actions.withdraw):
        with pytest.raises(NotFound):
            async with db.writing() as writing:
                await verb(writing, NOWHERE, by=cast.coordinator)


# Written down by a coordinator


async def record(db: Database, wish: Days, volunteer: Volunteer, by: User, *seen: Booking) -> leave_actions.Decided:
    async with db.writing() as session:
        return await leave.record(session, wish, volunteer, by=by, seen={one.id for one in seen})


async def test_a_sickness_stands_at_once_and_frees_what_is_to_come(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    """Noted on Wednesday, since Monday: tomorrow's seat is freed, yesterday's stays for attendance to say."""
    past = await make_shift(session, at(24, 14, month=11))
    coming = await make_shift(session, at(26, 14, month=11))
    await make_booking(session, past, cast.volunteer)
    seat = await make_booking(session, coming, cast.volunteer)
    await session.commit()
    wish = Days("sick", date(2026, 11, 23), date(2026, 11, 27))
    with pytest.raises(Refusal) as refused:
        await record(db, wish, cast.volunteer, cast.coordinator)
    assert refused.value.code == "leave_frees"
    noted = await record(db, wish, cast.volunteer, cast.coordinator, seat)
    assert (noted.made, noted.leave.state) == (True, "approved")
    assert await states(db, past) == {cast.volunteer.id: "confirmed"}
    assert await states(db, coming) == {cast.volunteer.id: "cancelled"}
    mails = await mailbox()
    assert next(one for one in mails if one.kind == "leave_approved").subject.startswith("Absence notée")
    assert all("maladie" not in one.text_body.lower() for one in mails if one.recipient != "ines@example.test")
    assert not (await record(db, wish, cast.volunteer, cast.coordinator)).made
    assert len(await mailbox()) == len(mails)
    assert await verbs(db) == ["leave.recorded"]


async def test_recording_what_was_asked_for_grants_it(cast: Cast, session: AsyncSession, db: Database) -> None:
    await session.commit()
    wish = Days("sick", date(2026, 11, 25), date(2026, 11, 27))
    one = await ask(db, cast.volunteer, wish)
    noted = await record(db, wish, cast.volunteer, cast.coordinator)
    assert (noted.made, noted.leave.id, noted.leave.state) == (True, one.id, "approved")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Days("annual", MONDAY, FRIDAY), "kind"),
        (Days("sick", date(2026, 11, 26), date(2026, 11, 27)), "starts_on"),
        (Days("sick", date(2026, 11, 25), date(2028, 1, 1)), "ends_on"),
    ],
)
async def test_what_a_coordinator_cannot_write_down(
    cast: Cast, session: AsyncSession, db: Database, wish: Days, field: str
) -> None:
    await session.commit()
    with pytest.raises(Invalid) as refused:
        await record(db, wish, cast.volunteer, cast.coordinator)
    assert list(refused.value.errors) == [field]


async def test_a_coordinator_takes_back_what_one_wrote_down(
    cast: Cast, session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    await session.commit()
    wish = Days("sick", date(2026, 11, 23), date(2026, 11, 27))
    noted = await record(db, wish, cast.volunteer, cast.coordinator)
    await withdraw(db, noted.leave, cast.coordinator_call)
    assert (await kept(db, noted.leave)).state == "withdrawn"
    assert to(await mailbox(), "leave_taken_back") == {"ines@example.test"}


# The balance for others


async def test_the_balance_of_somebody(session: AsyncSession, db: Database) -> None:
    """From 1 October: four days at the end of November, less two approved and one asked."""
    volunteer = await make_volunteer(session, birth_date=date(2004, 1, 1), ready=False)
    await make_contract(session, volunteer, date(2026, 10, 1), date(2027, 5, 31))
    stranger = await make_volunteer(session, ready=False)
    await make_leave(session, volunteer, date(2026, 11, 2), date(2026, 11, 3), state="approved")
    await make_leave(session, volunteer, date(2026, 12, 14))
    await make_leave(session, volunteer, date(2026, 12, 15), state="refused")
    session.add(RuleSetting(parameter="leave_days", value=3, valid_from=date(2026, 12, 1)))
    await session.commit()
    async with db.reading() as reading:
        found = await balance_of(reading, volunteer.id, date(2026, 11, 30))
        later = await balance_of(reading, volunteer.id, date(2026, 12, 31))
        assert await balance_of(reading, stranger.id, date(2026, 11, 30)) is None
        both = await balances_of(reading, [volunteer.id, stranger.id], date(2026, 11, 30))
    assert found is not None
    assert (found.accrued, found.taken, found.asked, found.left) == (4, 2, 1, 1)
    assert later is not None
    assert later.accrued == 7
    assert both == {volunteer.id: found}
