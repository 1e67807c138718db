"""A series changed as a whole under the people booked on it; on both engines."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings import actions, cancelling, series_changes, series_judging
from civic.bookings.models import Booking
from civic.bookings.series_judging import ALL, FOLLOWING, DryRun, Edit
from civic.db import Database
from civic.errors import Forbidden, Refusal
from civic.outbox.models import OutboxMail
from civic.shifts import series, series_rows
from civic.shifts.models import Shift, ShiftSeries
from civic.shifts.recurrence import Rhythm
from civic.shifts.series import SeriesValues
from civic.sites.models import SiteClosure
from tests.factories.shifts import make_booking, make_shift
from tests.planning.test_shift_forms import hidden
from tests.planning.world import World, moment
from tests.planning.world import world as world

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
TUESDAYS = [date(2026, 12, day) for day in (1, 8, 15, 22)]


def values_of(world: World, **changes: Any) -> SeriesValues:
    given: dict[str, Any] = {
        "mission_id": world.mission.id,
        "site_id": world.here.id,
        "first_day": TUESDAYS[0],
        "starts": time(14),
        "ends": time(17),
        "capacity": 2,
        "min_staff": 1,
        "break_minutes": 0,
        "rhythm": Rhythm((1,), until=TUESDAYS[-1]),
        **changes,
    }
    return SeriesValues(**given)


@pytest.fixture
async def tuesdays(world: World, db: Database) -> UUID:
    """Four Tuesday afternoons of December: the volunteer is on each of them."""
    series_id = uuid4()
    async with db.writing() as session:
        await series.create(
            session, by=world.cast.coordinator, series_id=series_id, values=values_of(world), publish=True
        )
        for shift in await session.scalars(select(Shift).where(Shift.series_id == series_id)):
            await make_booking(session, shift, world.cast.volunteer)
    return series_id


def edit_of(world: World, since: date = TUESDAYS[0], scope: str = ALL, **changes: Any) -> Edit:
    take_apart = changes.pop("take_apart", False)
    return Edit(uuid4(), scope, since, values_of(world, **changes), take_apart=take_apart)


async def look(db: Database, world: World, series_id: UUID, edit: Edit) -> DryRun:
    async with db.reading() as session:
        row = await session.get_one(ShiftSeries, series_id)
        return await series_judging.dry_run(session, by=world.cast.coordinator, row=row, edit=edit)


async def apply(db: Database, world: World, series_id: UUID, edit: Edit, seen: str | None = None) -> ShiftSeries:
    digest = seen if seen is not None else (await look(db, world, series_id, edit)).digest
    async with db.writing() as session:
        made, _run = await series_changes.edit_series(
            session, by=world.cast.coordinator, series_id=series_id, edit=edit, seen=digest, reason="Travaux"
        )
    return made


async def shifts_of(db: Database, series_id: UUID) -> list[Shift]:
    async with db.reading() as session:
        return list(await session.scalars(select(Shift).where(Shift.series_id == series_id).order_by(Shift.series_day)))


def shown(shifts: list[Shift]) -> list[str]:
    return [f"{clock.local(one.starts_at):%d %H:%M} {one.state}" for one in shifts]


async def bookings(db: Database) -> dict[str, int]:
    async with db.reading() as session:
        states = list(await session.scalars(select(Booking.state)))
    return {one: states.count(one) for one in states}


async def test_a_new_hour_for_all_keeps_the_seats_and_tells_each_person_once(
    world: World, db: Database, tuesdays: UUID, mailbox: Mailbox
) -> None:
    edit = edit_of(world, starts=time(13), ends=time(16))
    run = await look(db, world, tuesdays, edit)
    assert [one.judged is not None for one in run.outcomes] == [True] * 4
    assert [one.email for one in run.told] == [world.cast.volunteer.user.email]
    await apply(db, world, tuesdays, edit)
    made = await shifts_of(db, tuesdays)
    assert shown(made) == [f"{day:02} 13:00 published" for day in (1, 8, 15, 22)]
    assert not any(one.detached for one in made)
    assert await bookings(db) == {"confirmed": 4}
    [mail] = await mailbox()
    assert mail.recipient == world.cast.volunteer.user.email
    assert mail.subject == "4 créneaux modifiés"
    assert "Travaux" in mail.text_body
    assert mail.text_body.count("Avant") == 4
    assert [one["params"]["method"] for one in mail.attachments] == ["REQUEST"] * 4
    async with db.reading() as session:
        verbs = list(await session.scalars(select(AuditEvent.verb).where(AuditEvent.verb.in_(("series.edited",)))))
        row = await session.get_one(ShiftSeries, tuesdays)
    assert verbs == ["series.edited"]
    assert (row.starts_time, row.version) == (time(13), 2)


async def test_this_one_and_the_following_make_a_second_series(world: World, db: Database, tuesdays: UUID) -> None:
    edit = edit_of(world, TUESDAYS[2], FOLLOWING, rhythm=Rhythm((3,), until=date(2026, 12, 31)))
    made = await apply(db, world, tuesdays, edit)
    assert (made.id, made.split_from_id, made.first_day) == (edit.edit_id, tuesdays, TUESDAYS[2])
    assert shown(await shifts_of(db, tuesdays)) == ["01 14:00 published", "08 14:00 published"]
    assert shown(await shifts_of(db, made.id)) == [f"{day} 14:00 published" for day in (17, 24, 31)]
    assert [one.series_day for one in await shifts_of(db, made.id)] == [date(2026, 12, day) for day in (17, 24, 31)]
    async with db.reading() as session:
        old = await session.get_one(ShiftSeries, tuesdays)
    assert old.rule.endswith("UNTIL=20261214")
    # The same form once more gives the same series and makes nothing.
    again = await apply(db, world, tuesdays, edit, seen="")
    assert again.id == made.id
    assert len(await shifts_of(db, made.id)) == 3
    page = await world.get("coordinator", f"/planning/series/{made.id}")
    assert f"/planning/series/{tuesdays}" in page.text
    assert f"/planning/series/{made.id}" in (await world.get("coordinator", f"/planning/series/{tuesdays}")).text


async def test_a_booked_day_that_goes_is_shown_called_off_and_told(
    world: World, db: Database, tuesdays: UUID, mailbox: Mailbox
) -> None:
    edit = edit_of(world, rhythm=Rhythm((1,), until=TUESDAYS[2]))
    run = await look(db, world, tuesdays, edit)
    [gone] = run.of_kind("dropped")
    assert [one.volunteer_id for one in gone.people] == [world.cast.volunteer.id]
    await apply(db, world, tuesdays, edit)
    assert [one.state for one in await shifts_of(db, tuesdays)] == ["published"] * 3 + ["cancelled"]
    assert await bookings(db) == {"confirmed": 3, "cancelled": 1}
    [mail] = await mailbox()
    assert "Travaux" in mail.text_body
    assert [one["params"]["method"] for one in mail.attachments] == ["CANCEL"]


async def test_one_edited_by_itself_is_left_unless_it_is_asked_for(world: World, db: Database, tuesdays: UUID) -> None:
    async with db.writing() as session:
        second = (await session.scalars(select(Shift).where(Shift.series_day == TUESDAYS[1]))).one()
        second.starts_at, second.detached = moment(8, 15, month=12), True
    await apply(db, world, tuesdays, edit_of(world, starts=time(13)))
    assert shown(await shifts_of(db, tuesdays))[:2] == ["01 13:00 published", "08 15:00 published"]
    await apply(db, world, tuesdays, edit_of(world, starts=time(12), take_apart=True))
    made = await shifts_of(db, tuesdays)
    assert shown(made)[:2] == ["01 12:00 published", "08 12:00 published"]
    assert not any(one.detached for one in made)


async def test_a_seat_that_would_break_a_rule_is_said_and_ends(
    world: World, db: Database, tuesdays: UUID, mailbox: Mailbox
) -> None:
    async with db.writing() as session:
        morning = await make_shift(session, moment(8, 9, month=12), mission=world.mission, site=world.there)
        await make_booking(session, morning, world.cast.volunteer)
    edit = edit_of(world, starts=time(11), ends=time(14))
    run = await look(db, world, tuesdays, edit)
    broken = [one.judged.affected for one in run.outcomes if one.judged and one.judged.affected]
    assert [[one.finding.code for one in each] for each in broken] == [["overlap"]]
    await apply(db, world, tuesdays, edit)
    assert await bookings(db) == {"confirmed": 4, "cancelled": 1}
    [mail] = await mailbox()
    assert "Votre réservation prend fin" in mail.text_body
    assert mail.text_body.count("Vous gardez votre place") == 3


async def test_fewer_places_send_the_latest_back_to_the_queue(world: World, db: Database, tuesdays: UUID) -> None:
    async with db.writing() as session:
        for shift in await session.scalars(select(Shift).where(Shift.series_id == tuesdays)):
            await make_booking(session, shift, world.cast.colleague, queue_key=2**60)
    await apply(db, world, tuesdays, edit_of(world, capacity=1))
    async with db.reading() as session:
        rows = list(await session.execute(select(Booking.volunteer_id, Booking.state)))
    assert sorted(rows) == sorted(
        [(world.cast.volunteer.id, "confirmed")] * 4 + [(world.cast.colleague.id, "waitlisted")] * 4
    )


async def test_more_places_are_offered_to_whoever_waits(world: World, db: Database, tuesdays: UUID) -> None:
    """A queue, or an offer that is past, is settled wherever there is one, however many shifts change with it."""
    async with db.writing() as session:
        shifts = list(await session.scalars(select(Shift).where(Shift.series_id == tuesdays).order_by(Shift.starts_at)))
        for one in shifts:
            one.capacity = 1
        (await session.get_one(ShiftSeries, tuesdays)).capacity = 1
        await make_booking(session, shifts[1], world.cast.colleague, state="waitlisted")
        await session.execute(delete(Booking).where(Booking.shift_id == shifts[3].id))
        late = await make_booking(session, shifts[3], world.cast.colleague, state="offered")
        late.offer_expires_at = clock.now() - timedelta(minutes=1)
    await apply(db, world, tuesdays, edit_of(world))
    async with db.reading() as session:
        rows = await session.execute(select(Booking.shift_id, Booking.state).where(Booking.state != "confirmed"))
    assert dict(rows.tuples().all()) == {shifts[1].id: "offered", shifts[3].id: "expired"}


async def test_a_long_series_is_edited_in_few_queries(
    world: World, db: Database, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    """Three for each shift: 200 of them, booked, took 2,500 queries and six seconds, while nobody else could write."""
    counts = []
    for hour, length in ((9, 6), (14, 18)):
        daily = {"rhythm": Rhythm(tuple(range(7)), count=length), "skip_holidays": False, "starts": time(hour)}
        daily["ends"] = time(hour + 1)
        series_id = uuid4()
        async with db.writing() as session:
            await series.create(
                session, by=world.cast.coordinator, series_id=series_id, values=values_of(world, **daily), publish=True
            )
            for shift in await session.scalars(select(Shift).where(Shift.series_id == series_id)):
                await make_booking(session, shift, world.cast.volunteer)
                await make_booking(session, shift, world.cast.colleague)
        edit = edit_of(world, **(daily | {"ends": time(hour + 2)}))
        seen = (await look(db, world, series_id, edit)).digest
        with count_queries() as queries:
            await apply(db, world, series_id, edit, seen)
        assert {clock.local(one.ends_at).hour for one in await shifts_of(db, series_id)} == {hour + 2}
        counts.append(len(queries))
    assert (counts[1] - counts[0]) / 12 <= 3


async def test_two_of_one_week_are_judged_beside_what_both_will_be(world: World, db: Database) -> None:
    """A day later, both: nobody is in two places, though each new time crosses the other's old one."""
    series_id = uuid4()
    nights = values_of(world, starts=time(20), ends=time(6), rhythm=Rhythm((1, 2), until=date(2026, 12, 3)))
    async with db.writing() as session:
        await series.create(session, by=world.cast.coordinator, series_id=series_id, values=nights, publish=True)
        for shift in await session.scalars(select(Shift).where(Shift.series_id == series_id)):
            await make_booking(session, shift, world.cast.volunteer)
    edit = Edit(uuid4(), ALL, TUESDAYS[0], replace(nights, starts=time(23), ends=time(9)))
    run = await look(db, world, series_id, edit)
    assert [one.judged.affected for one in run.outcomes if one.judged] == [[], []]
    await apply(db, world, series_id, edit)
    assert await bookings(db) == {"confirmed": 2}
    sooner = Edit(uuid4(), ALL, TUESDAYS[0], replace(nights, starts=time(18), ends=time(4)))
    await apply(db, world, series_id, sooner)
    assert await bookings(db) == {"confirmed": 2}


async def test_the_week_is_added_up_as_it_will_be_and_the_first_stay(world: World, db: Database) -> None:
    """Five days of 7 h fill the 35 h of a volunteer; of five days of 12 h the last would pass the 48 h."""
    series_id = uuid4()
    days = values_of(world, starts=time(8), ends=time(15), rhythm=Rhythm((0, 1, 2, 3, 4), until=date(2026, 12, 11)))
    days = replace(days, first_day=date(2026, 12, 7))
    async with db.writing() as session:
        await series.create(session, by=world.cast.coordinator, series_id=series_id, values=days, publish=True)
        for shift in await session.scalars(select(Shift).where(Shift.series_id == series_id)):
            await make_booking(session, shift, world.cast.volunteer)
    edit = Edit(uuid4(), ALL, days.first_day, replace(days, ends=time(20)))
    run = await look(db, world, series_id, edit)
    lost = [(one.step.at.day, one.judged.affected[0].finding.code) for one in run.edited if one.judged.affected]
    assert lost == [(11, "week_max_adult")]
    await apply(db, world, series_id, edit)
    assert await bookings(db) == {"confirmed": 4, "cancelled": 1}


async def test_what_changed_since_it_was_seen_is_seen_again(
    world: World, db: Database, tuesdays: UUID, mailbox: Mailbox
) -> None:
    edit = edit_of(world, starts=time(13))
    digest = (await look(db, world, tuesdays, edit)).digest
    async with db.writing() as session:
        first = (await session.scalars(select(Shift).where(Shift.series_day == TUESDAYS[0]))).one()
        await make_booking(session, first, world.cast.colleague)
    with pytest.raises(Refusal) as refused:
        await apply(db, world, tuesdays, edit, seen=digest)
    assert refused.value.code == "series_changed"
    assert shown(await shifts_of(db, tuesdays))[0] == "01 14:00 published"
    assert await mailbox() == []


async def race(world: World, db: Database, tuesdays: UUID) -> list[str]:
    """Somebody books the last place while it is taken away; how the two ended."""
    edit = edit_of(world, capacity=1)
    digest = (await look(db, world, tuesdays, edit)).digest
    first = (await shifts_of(db, tuesdays))[0]

    async def shrink() -> str:
        try:
            await apply(db, world, tuesdays, edit, seen=digest)
        except Refusal as refusal:
            return refusal.code
        return "shrunk"

    async def book() -> str:
        async with db.writing() as session:
            made = await actions.book(
                session, by=world.cast.colleague.user, volunteer_id=world.cast.colleague.id, shift_id=first.id
            )
        return str(made.booking.state)

    return list(await asyncio.gather(shrink(), book()))


async def test_a_booking_and_an_edit_at_once_never_seat_too_many(world: World, db: Database, tuesdays: UUID) -> None:
    ended = await race(world, db, tuesdays)
    assert ended in (["shrunk", "waitlisted"], ["series_changed", "confirmed"])


async def test_two_coordinators_at_once_the_second_is_told(world: World, db: Database, tuesdays: UUID) -> None:
    edits = [edit_of(world, starts=time(13)), edit_of(world, starts=time(15), ends=time(18))]
    digests = [(await look(db, world, tuesdays, one)).digest for one in edits]

    async def one(edit: Edit, digest: str) -> str:
        try:
            await apply(db, world, tuesdays, edit, seen=digest)
        except Refusal as refusal:
            return refusal.code
        return "done"

    ended = await asyncio.gather(*(one(*each) for each in zip(edits, digests, strict=True)))
    assert sorted(ended) == ["done", "series_changed"]


@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
async def test_without_the_locks_both_go_through(
    world: World, db: Database, tuesdays: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control there; on SQLite a writing transaction is alone anyhow."""
    edits = [edit_of(world, starts=time(hour)) for hour in (13, 12)]
    digests = [(await look(db, world, tuesdays, one)).digest for one in edits]
    both_looked, really = asyncio.Barrier(2), series_judging.dry_run

    async def look_then_wait(*args: Any, **asked: Any) -> DryRun:
        run = await really(*args, **asked)
        async with asyncio.timeout(30):
            await both_looked.wait()
        return run

    async def not_held(session: AsyncSession, _by: Any, series_id: UUID, *_sites: str) -> ShiftSeries:
        return await session.get_one(ShiftSeries, series_id)

    async def nobody_held(_session: AsyncSession, _ids: Any) -> set[UUID]:
        return set()

    monkeypatch.setattr(series_judging, "dry_run", look_then_wait)
    monkeypatch.setattr(series_rows, "held", not_held)
    monkeypatch.setattr(cancelling, "hold_many", nobody_held)
    await asyncio.gather(*(apply(db, world, tuesdays, *each) for each in zip(edits, digests, strict=True)))
    async with db.reading() as session:
        verbs = list(await session.scalars(select(AuditEvent.verb).where(AuditEvent.verb == "series.edited")))
    assert verbs == ["series.edited"] * 2


async def test_without_the_digest_the_second_overwrites_the_first(
    world: World, db: Database, tuesdays: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the two above: what keeps them apart is the sum of what was seen."""
    monkeypatch.setattr(series_judging, "_digest", lambda *_args: "the same")
    for hour in (13, 15):
        await apply(db, world, tuesdays, edit_of(world, starts=time(hour), ends=time(18)))
    assert shown(await shifts_of(db, tuesdays))[0] == "01 15:00 published"


async def test_a_closed_day_is_called_off_when_closures_are_skipped(world: World, db: Database, tuesdays: UUID) -> None:
    async with db.writing() as session:
        session.add(SiteClosure(site_id=world.here.id, starts_on=TUESDAYS[1], ends_on=TUESDAYS[1], reason="Chasse"))
    run = await look(db, world, tuesdays, edit_of(world, starts=time(13)))
    assert [one.step.kind for one in run.outcomes] == ["follows", "dropped", "follows", "follows"]
    assert "Chasse" in run.outcomes[1].step.why


async def test_only_who_plans_the_site_edits(world: World, db: Database, tuesdays: UUID) -> None:
    async with db.writing() as session:
        with pytest.raises(Forbidden):
            await series_rows.held(session, world.cast.users["coordinator_cahc"], tuesdays)


# The pages.


def typed(page: str, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, with other values."""
    fields = dict(re.findall(r'<input class="input"[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', page))
    values: dict[str, Any] = {
        **fields,
        "edit_id": hidden(page, "edit_id"),
        "seen": hidden(page, "seen"),
        "scope": "all",
        "shift": re.findall(r'<option value="([0-9a-f-]{36})" selected', page)[0],
        "kind": "weekly",
        "weekdays": ["1"],
        "ends": "until",
        "skip_closures": "1",
        "skip_holidays": "1",
        "state": "published",
        "nth": "1",
        "step": "preview",
    }
    return {**values, **changes}


async def test_everything_is_seen_before_it_is_done(world: World, db: Database, tuesdays: UUID) -> None:
    path = f"/planning/series/{tuesdays}/modification"
    opened = await world.get("coordinator", f"{path}?portee=tous")
    assert opened.status_code == 200
    place = {"mission_id": str(world.mission.id), "site_id": world.here.id}
    first = typed(opened.text, start="13:00", **place)
    seen = await world.post("coordinator", path, **first)
    assert seen.status_code == 200
    assert "4 créneaux changés" in seen.text
    assert "1 personne reçoit un seul e-mail" in seen.text
    assert shown(await shifts_of(db, tuesdays))[0] == "01 14:00 published"
    confirmed = {**first, "seen": hidden(seen.text, "seen"), "step": "confirm"}
    done = await world.post("coordinator", path, **confirmed)
    assert done.status_code == 303
    assert shown(await shifts_of(db, tuesdays))[0] == "01 13:00 published"
    # A double tap.
    assert (await world.post("coordinator", path, **confirmed)).status_code == 303


async def test_a_preview_of_something_else_is_not_taken_for_a_yes(world: World, db: Database, tuesdays: UUID) -> None:
    path = f"/planning/series/{tuesdays}/modification"
    place = {"mission_id": str(world.mission.id), "site_id": world.here.id}
    first = typed((await world.get("coordinator", path)).text, start="13:00", **place)
    seen = await world.post("coordinator", path, **first)
    other = {**first, "seen": hidden(seen.text, "seen"), "step": "confirm", "start": "12:00"}
    answer = await world.post("coordinator", path, **other)
    assert answer.status_code == 409
    assert 'value="12:00"' in answer.text
    assert shown(await shifts_of(db, tuesdays))[0] == "01 14:00 published"


async def test_nonsense_is_told_at_its_field(world: World, tuesdays: UUID) -> None:
    path = f"/planning/series/{tuesdays}/modification"
    place = {"mission_id": str(world.mission.id), "site_id": world.here.id}
    first = typed((await world.get("coordinator", path)).text, **place)
    for changes, field in (
        ({"start": "99"}, "start"),
        ({"until": "2026-11-01"}, "until"),
        ({"until": "2029-01-01"}, "until"),
        ({"shift": str(uuid4())}, "shift"),
        ({"scope": "everything"}, "scope"),
        ({"capacity": "0"}, "capacity"),
        ({"site_id": "nulle-part"}, "site_id"),
        ({"state": "lost"}, "state"),
    ):
        answer = await world.post("coordinator", path, **{**first, **changes})
        assert answer.status_code == 422, field
        assert f'id="f-{field}-error"' in answer.text or field == "state"


async def test_one_alone_goes_to_its_own_form(world: World, db: Database, tuesdays: UUID) -> None:
    first = (await shifts_of(db, tuesdays))[0]
    for path, there in (
        ("modification", f"/planning/creneaux/{first.id}/modifier"),
        ("annulation", f"/creneaux/{first.id}/annulation"),
    ):
        answer = await world.post(
            "coordinator", f"/planning/series/{tuesdays}/{path}", scope="one", shift=str(first.id)
        )
        assert answer.headers["location"].startswith(there)


async def test_stopping_calls_off_what_was_shown_with_one_mail(
    world: World, db: Database, tuesdays: UUID, mailbox: Mailbox
) -> None:
    path = f"/planning/series/{tuesdays}/annulation"
    third = (await shifts_of(db, tuesdays))[2]
    form = {"scope": "following", "shift": str(third.id), "reason": "Travaux"}
    assert (await world.post("coordinator", path, **{**form, "reason": " "})).status_code == 422
    seen = await world.post("coordinator", path, **form)
    assert "Annuler 2 créneaux" in seen.text
    assert await bookings(db) == {"confirmed": 4}
    given = {**form, "seen": hidden(seen.text, "seen"), "shifts": hidden(seen.text, "shifts"), "step": "confirm"}
    for _ in range(2):
        assert (await world.post("coordinator", path, **given)).status_code == 303
    assert [one.state for one in await shifts_of(db, tuesdays)] == ["published"] * 2 + ["cancelled"] * 2
    [mail] = await mailbox()
    assert mail.subject == "2 créneaux annulés"
    async with db.reading() as session:
        assert (await session.get_one(ShiftSeries, tuesdays)).rule.endswith("UNTIL=20261214")


async def test_somebody_who_books_meanwhile_is_not_dropped_unseen(world: World, db: Database, tuesdays: UUID) -> None:
    path = f"/planning/series/{tuesdays}/annulation"
    first = (await shifts_of(db, tuesdays))[0]
    form = {"scope": "all", "shift": str(first.id), "reason": "Travaux"}
    seen = await world.post("coordinator", path, **form)
    async with db.writing() as session:
        await make_booking(session, await session.get_one(Shift, first.id), world.cast.colleague)
    given = {**form, "seen": hidden(seen.text, "seen"), "shifts": hidden(seen.text, "shifts"), "step": "confirm"}
    answer = await world.post("coordinator", path, **given)
    assert answer.status_code == 409
    assert world.cast.colleague.user.name in answer.text
    assert await bookings(db) == {"confirmed": 5}
