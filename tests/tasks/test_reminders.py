"""Reminders, alerts and digests: at the chosen moments, once, never after the fact; the real tasks on both engines."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings import actions, changes
from civic.bookings.models import Booking
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.outbox.preferences import choose
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.tasks.digest import due_at
from civic.tasks.registry import TASKS
from civic.tasks.reminders import lead_of
from civic.tasks.work import run_due
from civic.volunteers.models import Volunteer
from tests.cast import make_cast
from tests.factories.accounts import make_user
from tests.factories.missions import make_application, make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.volunteers import make_volunteer

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
DAYS = date(2026, 11, 25), date(2026, 12, 1)
NOON = datetime.fromisoformat("2026-11-24T12:00:00+01:00")


@pytest.fixture(autouse=True)
def here() -> Iterator[time_machine.Traveller]:
    """A Tuesday at 10 h."""
    with time_machine.travel("2026-11-24 10:00+01:00", tick=False) as travelling:
        yield travelling


async def placed(session: AsyncSession, volunteer: Volunteer, days: int = 3, hour: int = 14) -> Booking:
    """A place taken two weeks ago."""
    booking = await make_booking(session, await make_shift(session, in_days(days, hour), capacity=3), volunteer)
    booking.created_at = clock.now() - timedelta(days=14)
    return booking


async def pass_by(db: Database, here: time_machine.Traveller, task: str, *moments: datetime) -> None:
    """The task as a worker would run it at each moment, twice."""
    tasks = [one for one in TASKS if one.name == task]
    for moment in moments:
        here.move_to(moment)
        for _twice in range(2):
            await run_due(db, tasks, now=True)


def before(moment: datetime, *hours: float) -> list[datetime]:
    return [moment - timedelta(hours=one) for one in hours]


async def sent(mailbox: Mailbox, kind: str) -> list[OutboxMail]:
    return [mail for mail in await mailbox() if mail.kind == kind]


# The moment, as values


@given(
    leads=st.sets(st.sampled_from([2, 12, 24, 48])),
    taken=st.integers(-100, 100),
    ahead=st.integers(-100, 100),
)
def test_a_reminder_has_its_moment_behind_it_and_the_start_before_it(leads: set[int], taken: int, ahead: int) -> None:
    start, taken_at = NOON + timedelta(hours=ahead), NOON + timedelta(hours=taken)
    hours = lead_of(leads, start, taken_at, NOON)
    if hours is None:
        return
    assert hours in leads
    assert NOON < start <= NOON + timedelta(hours=hours)
    assert taken_at <= start - timedelta(hours=hours)
    assert not any(other < hours and ahead <= other for other in leads), "the nearest of those passed"


@pytest.mark.parametrize(
    ("leads", "ahead", "taken", "expected"),
    [
        ({24}, 24, -10, 24),
        ({24}, 25, -10, None),
        ({24, 2}, 10, -100, 24),
        ({24, 2}, 1, -100, 2),
        ({24}, 10, -1, None),
        ({24, 2}, 1, -2, 2),
        ({24}, 0, -100, None),
        (set(), 5, -100, None),
    ],
)
def test_which_reminder_is_due(leads: set[int], ahead: int, taken: int, expected: int | None) -> None:
    start, taken_at = NOON + timedelta(hours=ahead), NOON + timedelta(hours=taken)
    assert lead_of(leads, start, taken_at, NOON) == expected


@pytest.mark.parametrize(
    ("moment", "daily", "weekly"),
    [
        ("2026-11-23T06:59:59+01:00", False, False),
        ("2026-11-23T07:00:00+01:00", True, True),
        ("2026-11-23T10:00:00+01:00", False, False),
        ("2026-11-24T07:30:00+01:00", True, False),
        ("2026-03-29T07:00:00+02:00", True, False),
        ("2026-03-30T06:30:00+02:00", False, False),
        ("2026-03-30T07:00:00+02:00", True, True),
    ],
)
def test_the_hour_of_a_digest_is_local(moment: str, daily: bool, weekly: bool) -> None:
    now = datetime.fromisoformat(moment)
    assert (due_at("daily", now) is not None, due_at("weekly", now) is not None) == (daily, weekly)
    assert due_at("none", now) is None


# The real tasks, travelling


async def test_one_reminder_a_day_before_by_default(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    volunteer, partner = await make_volunteer(session), await make_volunteer(session, name="Malik Collègue")
    booking = await placed(session, volunteer)
    await make_booking(session, await session.get_one(Shift, booking.shift_id), partner)
    await session.commit()
    await pass_by(db, here, "reminders", *before(booking.starts_at, 49, 24.1, 24, 23, 2, 0, -1))
    mails = await sent(mailbox, "reminder")
    mine = [mail for mail in mails if mail.recipient == volunteer.user.email]
    assert len(mine) == 1
    assert mine[0].created_at == booking.starts_at - timedelta(hours=24)
    assert "Malik" in mine[0].text_body
    assert "Rappel" in mine[0].subject
    assert mine[0].headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(mails) == 2, "the partner took the place before that moment too"


async def test_each_chosen_lead_time_once(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    volunteer = await make_volunteer(session)
    booking = await placed(session, volunteer)
    await choose(session, volunteer.user_id, reminders=[2, 48], digest="none", muted=[])
    await session.commit()
    await pass_by(db, here, "reminders", *before(booking.starts_at, 49, 48, 47, 24, 3, 2, 1, 0, -1))
    moments = [booking.starts_at - mail.created_at for mail in await sent(mailbox, "reminder")]
    assert moments == [timedelta(hours=48), timedelta(hours=2)]


async def test_a_late_worker_sends_one_reminder_and_none_after_the_start(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    volunteer = await make_volunteer(session)
    near, over = await placed(session, volunteer, days=2, hour=10), await placed(session, volunteer, days=1, hour=9)
    await choose(session, volunteer.user_id, reminders=[12, 24, 48], digest="none", muted=[])
    await session.commit()
    here.move_to(near.starts_at - timedelta(hours=5))
    await run_due(db, now=True)
    await run_due(db, now=True)
    [mail] = await sent(mailbox, "reminder")
    assert mail.dedupe
    assert mail.dedupe.endswith(":12")
    assert str(near.id) in mail.dedupe
    assert str(over.id) not in mail.dedupe


async def test_a_place_taken_after_the_moment_or_given_back_is_not_reminded_of(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    late, gone, silent = [await make_volunteer(session) for _ in range(3)]
    shift = await make_shift(session, in_days(1, 9), capacity=4)
    for one in (gone, silent):
        booking = await make_booking(session, shift, one, "withdrawn" if one is gone else "confirmed")
        booking.created_at = clock.now() - timedelta(days=9)
    await choose(session, silent.user_id, reminders=[], digest="none", muted=[])
    await session.commit()
    async with db.writing() as acting:
        await actions.book(acting, by=late.user, volunteer_id=late.id, shift_id=shift.id)
    await run_due(db, now=True)
    assert not await sent(mailbox, "reminder")


async def test_a_shift_that_moves_is_reminded_of_again(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    volunteer, coordinator = await make_volunteer(session), await make_user(session, "coordinator")
    booking = await placed(session, volunteer, days=1, hour=9)
    shift = await session.get_one(Shift, booking.shift_id)
    await session.commit()
    await run_due(db, now=True)
    values = {name: getattr(shift, name) for name in ShiftValues.__slots__}
    for name in ("starts_at", "ends_at"):
        values[name] += timedelta(days=3)
    async with db.writing() as acting:
        moved = ShiftValues(**values)
        await changes.edit_shift(acting, by=coordinator, shift_id=shift.id, values=moved, version=None, confirm=True)
    here.shift(timedelta(days=3))
    await run_due(db, now=True)
    assert len(await sent(mailbox, "reminder")) == 2


async def test_a_short_pair_is_told_twice_to_those_who_want_it(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    cast = await make_cast(session)
    await choose(session, cast.coordinator.id, reminders=[], digest="none", muted=["alerts"])
    alone, full = await make_shift(session, in_days(4, 14)), await make_shift(session, in_days(4, 15))
    empty = await make_shift(session, in_days(4, 16), created_by_id=cast.coordinator_call.id)
    await make_booking(session, alone, cast.minor)
    await make_booking(session, full, cast.volunteer)
    await make_booking(session, full, cast.colleague)
    await session.commit()
    await pass_by(db, here, "pairs", *before(alone.starts_at, 60, 48.1, 48, 44, 25, 24, 22, 0, -3))
    mails = [mail for mail in await sent(mailbox, "pair_alert") if mail.recipient == "paul@example.test"]
    assert not [mail for mail in await sent(mailbox, "pair_alert") if mail.recipient == "nadia@example.test"]
    assert not [mail for mail in await sent(mailbox, "pair_alert") if mail.recipient == "anna@example.test"]
    told = [(str(alone.id) in mail.text_body, str(empty.id) in mail.text_body) for mail in mails]
    assert sorted(told) == [(False, True)] * 2 + [(True, False)] * 2
    [first, last] = [mail for mail in mails if str(alone.id) in mail.text_body]
    assert [alone.starts_at - one.created_at for one in (first, last)] == [timedelta(hours=48), timedelta(hours=24)]
    assert "Lou Mineure" in first.text_body
    assert "elle ne peut pas être seule" in first.text_body
    assert "Personne n’est inscrit" in next(mail for mail in mails if str(empty.id) in mail.text_body).text_body


async def test_somebody_alone_outdoors_is_an_alert_and_indoors_is_not(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    volunteer, coordinator = await make_volunteer(session), await make_user(session, "coordinator")
    indoors = await make_mission(session, tags=())
    for shift in (
        await make_shift(session, in_days(1, 9), min_staff=1),
        await make_shift(session, in_days(1, 13), min_staff=1, mission=indoors),
    ):
        await make_booking(session, shift, volunteer)
    await session.commit()
    await run_due(db, now=True)
    [mail] = [one for one in await sent(mailbox, "pair_alert") if one.recipient == coordinator.email]
    assert "seul, dehors" in mail.text_body


async def test_digests_come_when_they_were_asked_for(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    daily, weekly, nothing = [await make_volunteer(session) for _ in range(3)]
    await choose(session, daily.user_id, reminders=[], digest="daily", muted=[])
    await choose(session, weekly.user_id, reminders=[], digest="weekly", muted=[])
    for days in range(1, 14):
        shift = await make_shift(session, in_days(days, 14), capacity=3)
        await make_booking(session, shift, daily)
    await session.commit()
    mornings = [clock.oclock(day, hour) for day in clock.days(*DAYS) for hour in (6.9, 7, 7.5, 11, 19)]
    await pass_by(db, here, "digest", *mornings)
    mails = await sent(mailbox, "digest")
    mine = [clock.local(mail.created_at) for mail in mails if mail.recipient == daily.user.email]
    assert [(one.day, one.hour, one.minute) for one in mine] == [(day, 7, 0) for day in (25, 26, 27, 28, 29, 30, 1)]
    [monday] = [mail for mail in mails if mail.recipient == weekly.user.email]
    assert clock.local(monday.created_at).isoformat() == "2026-11-30T07:00:00+01:00"
    assert "Places libres pour vous" in monday.text_body
    assert "Vos créneaux" in mails[0].text_body
    assert not [mail for mail in mails if mail.recipient == nothing.user.email]
    assert monday.headers["List-Unsubscribe"].startswith("<http")


async def test_a_coordinator_reads_what_needs_them_and_nothing_when_nothing_does(
    session: AsyncSession, db: Database, mailbox: Mailbox, here: time_machine.Traveller
) -> None:
    cast = await make_cast(session)
    for user in (cast.coordinator_call, cast.coordinator_cahc):
        await choose(session, user.id, reminders=[], digest="daily", muted=[])
    await make_shift(session, in_days(2, 9))
    over = await make_shift(session, in_days(-1, 9))
    await make_booking(session, over, cast.volunteer)
    await make_application(session, await make_mission(session), cast.colleague)
    await session.commit()
    here.move_to("2026-11-25 07:05+01:00")
    await run_due(db, now=True)
    await run_due(db, now=True)
    [mail] = await sent(mailbox, "digest")
    assert mail.recipient == "paul@example.test"
    assert "1 présence à noter" in mail.text_body.replace("\u00a0", " ")
    assert "1 candidature" in mail.text_body.replace("\u00a0", " ")
    assert "À pourvoir" in mail.text_body
