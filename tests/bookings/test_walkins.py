"""Somebody came without a place: judged like anybody, kept with what it broke, counted right everywhere."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine
from sqlalchemy import func, select

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings import queries, steps, walkins
from civic.bookings.agenda import Agenda
from civic.bookings.hours import missing_hours, week_summary
from civic.bookings.models import Attendance, Booking, BookingEvent, Incident
from civic.bookings.values import Held, Times
from civic.db import Database
from civic.errors import Invalid, Refusal
from civic.reports.activity import activity
from civic.reports.filters import Filters
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer
from tests.cast import Cast, make_cast, sign_in_all
from tests.factories.encounters import make_topics
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

START = datetime(2026, 11, 25, 14, tzinfo=clock.PARIS).astimezone(clock.UTC)
API = "/api/v1"
MakeClient = Callable[[], httpx.AsyncClient]


@dataclass
class Scene:
    """Half past two; Inès and Ana are booked on the two places of two o'clock, Malik came."""

    cast: Cast
    ana: Volunteer
    site: Site
    shift: Shift
    seat: UUID
    clients: dict[str, httpx.AsyncClient]

    async def add(self, db: Database, volunteer: Volunteer, **given: Any) -> walkins.Added:
        async with db.writing() as session:
            return await walkins.add(
                session, by=self.cast.coordinator, shift_id=self.shift.id, volunteer_id=volunteer.id, **given
            )


@pytest.fixture
async def scene(db: Database, make_client: MakeClient) -> AsyncIterator[Scene]:
    with time_machine.travel(START + timedelta(minutes=30), tick=False):
        async with db.writing() as session:
            cast = await make_cast(session)
            ana = await make_volunteer(session, name="Ana Absente")
            site = await make_site(session, "ici", name="Parc d’Ici")
            shift = await make_shift(session, START, site=site)
            await make_booking(session, shift, cast.volunteer)
            seat = await make_booking(session, shift, ana)
        clients = await sign_in_all(make_client, db, cast.users)
        yield Scene(cast, ana, site, shift, seat.id, clients)


async def count(db: Database, table: Any) -> int:
    async with db.reading() as looking:
        return await looking.scalar(select(func.count()).select_from(table)) or 0


async def of(db: Database, volunteer: Volunteer, shift: Shift) -> tuple[str, str | None, float | None]:
    """A person's booking and what is noted of it."""
    async with db.reading() as looking:
        chosen = (
            select(Booking.state, Attendance.state, Attendance.hours)
            .outerjoin(Attendance, Attendance.booking_id == Booking.id)
            .where(Booking.volunteer_id == volunteer.id, Booking.shift_id == shift.id)
        )
        state, noted, hours = (await looking.execute(chosen)).one()
        return state, noted, None if hours is None else float(hours)


async def test_a_full_shift_takes_who_came(scene: Scene, db: Database) -> None:
    added = await scene.add(db, scene.cast.colleague)
    assert (added.made, added.broken) == (True, ())
    assert await of(db, scene.cast.colleague, scene.shift) == ("walk_in", "present", 3.0)
    assert await count(db, Incident) == 0
    async with db.reading() as looking:
        assert set(await looking.scalars(select(AuditEvent.verb))) == {"booking.walked_in", "attendance.noted"}
        assert list(await looking.scalars(select(BookingEvent.state))) == ["walk_in"]


async def test_the_same_person_again_is_the_same_booking(scene: Scene, db: Database) -> None:
    first = await scene.add(db, scene.cast.colleague)
    coordinator = scene.clients["coordinator"]
    path = f"{API}/bookings/{first.booking.id}/attendance"
    assert (await coordinator.post(path, json={"state": "present", "hours": 1.5})).status_code == 200
    second = await scene.add(db, scene.cast.colleague)
    assert (second.made, second.booking.id) == (False, first.booking.id)
    assert await of(db, scene.cast.colleague, scene.shift) == ("walk_in", "present", 1.5), "corrected hours stay"
    assert (await coordinator.post(path, json={"state": "absent"})).status_code == 200
    await scene.add(db, scene.cast.colleague)
    assert await of(db, scene.cast.colleague, scene.shift) == ("walk_in", "present", 3.0)


async def test_who_had_a_place_or_waited_keeps_their_row(scene: Scene, db: Database) -> None:
    async with db.writing() as session:
        waiting = await make_booking(session, scene.shift, scene.cast.colleague, "waitlisted")
    added = await scene.add(db, scene.cast.colleague)
    assert added.booking.id == waiting.id
    assert (await scene.add(db, scene.ana)).booking.id == scene.seat
    assert await of(db, scene.ana, scene.shift) == ("confirmed", "present", 3.0)
    assert await count(db, Booking) == 3


async def test_a_broken_rule_is_told_then_kept_with_its_reason(scene: Scene, db: Database) -> None:
    async with db.writing() as session:
        unready = await make_volunteer(session, name="Zoé Sans-Contrat", ready=False)
        other = await make_shift(session, START + timedelta(hours=1), site=await make_site(session))
        await make_booking(session, other, scene.cast.colleague)
    with pytest.raises(Refusal) as refused:
        await scene.add(db, unready)
    assert refused.value.code == "contract_ready"
    assert await count(db, Booking) == 3, "nothing was written"
    await scene.add(db, unready, reason="Elle accompagnait sa sœur")
    with pytest.raises(Refusal) as overlapping:
        await scene.add(db, scene.cast.colleague)
    assert overlapping.value.code == "overlap"
    await scene.add(db, scene.cast.colleague, reason="Ana est malade")
    async with db.reading() as looking:
        kept = [(one.code, one.reason) for one in await looking.scalars(select(Incident).order_by(Incident.code))]
    assert kept == [("contract_ready", "Elle accompagnait sa sœur"), ("overlap", "Ana est malade")]
    assert await of(db, scene.cast.colleague, scene.shift) == ("walk_in", "present", 3.0)


async def test_before_the_start_long_after_and_off(scene: Scene, db: Database) -> None:
    for at, code in (
        (START - timedelta(minutes=1), "shift_not_started"),
        (scene.shift.ends_at + timedelta(days=15), "walk_in_closed"),
    ):
        with time_machine.travel(at, tick=False), pytest.raises(Refusal) as refused:
            await scene.add(db, scene.cast.colleague)
        assert refused.value.code == code
    with time_machine.travel(scene.shift.ends_at + timedelta(days=3), tick=False):
        await scene.add(db, scene.cast.colleague)
    async with db.writing() as session:
        (await session.get_one(Shift, scene.shift.id)).state = "cancelled"
    with pytest.raises(Refusal) as off:
        await scene.add(db, scene.cast.minor)
    assert off.value.code == "shift_not_open"


async def test_a_replacement_notes_the_other_absent(scene: Scene, db: Database) -> None:
    for wrong in (uuid4(),):
        with pytest.raises(Invalid):
            await scene.add(db, scene.cast.colleague, replaces=wrong)
    await scene.add(db, scene.cast.colleague, replaces=scene.seat, replaced="excused")
    assert await of(db, scene.ana, scene.shift) == ("confirmed", "excused", 0.0)
    assert await of(db, scene.cast.colleague, scene.shift) == ("walk_in", "present", 3.0)


async def test_through_the_interface(scene: Scene, db: Database) -> None:
    path, body = f"{API}/shifts/{scene.shift.id}/walk-ins", {"volunteer_id": str(scene.cast.colleague.id)}
    coordinator = scene.clients["coordinator_call"]
    first, second = await coordinator.post(path, json=body), await coordinator.post(path, json=body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["state"] == "walk_in"
    assert (await coordinator.post(path, json={"volunteer_id": str(uuid4())})).status_code == 404
    assert (await coordinator.post(path, json={**body, "x": 1})).status_code == 422
    for who in ("volunteer", "coordinator_cahc", "manager", "admin"):
        assert (await scene.clients[who].post(path, json=body)).status_code == 403
    listed = (await coordinator.get(f"{API}/shifts/{scene.shift.id}/bookings")).json()["items"]
    assert [(one["state"], one["attendance"]) for one in listed] == [
        ("confirmed", None),
        ("confirmed", None),
        ("walk_in", "present"),
    ]
    shift = (await coordinator.get(f"{API}/shifts/{scene.shift.id}")).json()
    assert (shift["confirmed"], shift["waitlisted"], shift["capacity"]) == (2, 0, 2)
    own = (await scene.clients["colleague"].get(f"{API}/shifts/{scene.shift.id}")).json()
    assert own["my_booking"] is None
    assert own["refusals"][0]["code"] == "shift_started"


async def test_the_form_shows_what_is_broken_and_asks_why(scene: Scene, db: Database) -> None:
    async with db.writing() as session:
        unready = await make_volunteer(session, name="Zoé Sans-Contrat", ready=False)
    coordinator, path = scene.clients["coordinator"], f"/creneaux/{scene.shift.id}/renforts"
    page = (await coordinator.get(path)).text
    assert "Zoé Sans-Contrat" in page
    assert page.count("Inès Volontaire") == 1, "she has a place: she may be replaced, not added"
    asked = await coordinator.post(path, data={"volunteer_id": str(unready.id)})
    assert asked.status_code == 409
    assert "Ajouter quand même" in asked.text
    assert "R121-13" in asked.text
    done = await coordinator.post(
        path, data={"volunteer_id": str(unready.id), "reason": "En visite", "replaces": str(scene.seat)}
    )
    assert done.headers["location"] == f"/planning/creneaux/{scene.shift.id}"
    fiche = (await coordinator.get(f"/planning/creneaux/{scene.shift.id}")).text.replace("\u00a0", " ")
    assert "Incident noté : la venue de Zoé Sans-Contrat" in fiche
    assert "Motif : En visite" in fiche
    assert await of(db, scene.ana, scene.shift) == ("confirmed", "absent", 0.0)
    for wrong in ("", "x", str(uuid4())):
        assert (await coordinator.post(path, data={"volunteer_id": wrong})).status_code == 422
    with time_machine.travel(START - timedelta(hours=1), tick=False):
        assert "n’a pas commencé" in (await coordinator.get(path)).text


async def test_the_roster_corrects_a_walk_in(scene: Scene, db: Database) -> None:
    added = await scene.add(db, scene.cast.colleague)
    form = {f"state-{added.booking.id}": "present", f"hours-{added.booking.id}": "2"}
    answer = await scene.clients["coordinator"].post(f"/creneaux/{scene.shift.id}/presences", data=form)
    assert answer.status_code == 303
    assert await of(db, scene.cast.colleague, scene.shift) == ("walk_in", "present", 2.0)


def held(state: str, missed: bool = False) -> Held:
    times = Times(START, START + timedelta(hours=3))
    return Held(uuid4(), uuid4(), uuid4(), state, 0, times, missed=missed)


def test_its_hours_are_the_weeks_unless_it_was_a_mistake() -> None:
    monday = clock.monday(clock.local(START).date())
    came, mistake = held("walk_in"), held("walk_in", missed=True)
    assert Agenda([came, mistake]).week_hours(monday) == 3
    assert week_summary([came], {came.booking_id: 2.5}, monday).done == 2.5
    assert missing_hours([came, mistake], 24, monday) == 21
    crowd = queries.crowds([came])[came.shift_id]
    assert (crowd.seated, crowd.waiting, crowd.walk_ins) == ((), (), (came,))


async def test_it_takes_no_seat_and_stands_in_no_queue(scene: Scene, db: Database) -> None:
    await scene.add(db, scene.cast.colleague)
    async with db.reading() as looking:
        facts = (await queries.shift_facts(looking, [scene.shift.id]))[scene.shift.id]
        assert await steps.free_seats(looking, facts) == 0
        assert await steps.waiting_on(looking, scene.shift.id) == []
        holdings = await steps.holdings_of(looking, [scene.cast.colleague.id], facts)
        assert [one.state for one in holdings[scene.cast.colleague.id]] == ["walk_in"]


async def test_the_figures_count_who_came_and_the_rates_of_places_do_not(scene: Scene, db: Database) -> None:
    coordinator = scene.clients["coordinator"]
    await coordinator.post(f"/reservations/{scene.seat}/presence", data={"state": "absent"})
    ines = next(
        one["id"]
        for one in (await coordinator.get(f"{API}/shifts/{scene.shift.id}/bookings")).json()["items"]
        if one["name"].startswith("Inès")
    )
    await coordinator.post(f"/reservations/{ines}/presence", data={"state": "present"})
    await scene.add(db, scene.cast.colleague)
    mistake = await scene.add(db, scene.cast.minor, reason="Erreur")
    await coordinator.post(f"/reservations/{mistake.booking.id}/presence", data={"state": "absent"})
    day = clock.local(START).date()
    with time_machine.travel(scene.shift.ends_at + timedelta(hours=1), tick=False):
        async with db.reading() as looking:
            figures = (await activity(looking, Filters(from_=day, to=day))).figures
        hours = (await coordinator.get(f"{API}/exports/hours.csv?from={day}&to={day}&dialect=rfc")).text
        mine = (await scene.clients["colleague"].get("/mes-creneaux")).text.replace("\u00a0", " ")
        team = await coordinator.get(f"/volontaires/{scene.cast.colleague.id}")
    values = {code: figures[code].value for code in ("shifts_held", "volunteer_hours", "pair_rate")}
    assert values == {"shifts_held": 1, "volunteer_hours": 6.0, "pair_rate": 1.0}
    assert figures["fill_rate"].value == 1.0, "two seats of two, whoever came beside"
    assert figures["attendance_rate"].value == 0.5, "one of the two who had a place"
    assert hours.count("\r\n") == 4, "the heading, two places and one who came without"
    assert "Parc d’Ici" in mine
    assert team.status_code == 200


async def test_who_came_may_log_with_the_pair(scene: Scene, db: Database) -> None:
    async with db.writing() as session:
        await make_topics(session)

    async def log(who: str) -> str:
        record = {
            "client_uuid": str(uuid4()),
            "site_id": "ici",
            "date": "2026-11-25",
            "half_day": "apres_midi",
            "topics": ["parks"],
            "feeling": "positif",
            "version": 1,
            "age_25_59": 1,
            "shift_id": str(scene.shift.id),
        }
        answer = await scene.clients[who].post(f"{API}/encounters", json={"encounters": [record]})
        return str(answer.json()["results"][0]["outcome"])

    assert await log("colleague") == "rejected"
    added = await scene.add(db, scene.cast.colleague)
    assert await log("colleague") == "created"
    page = (await scene.clients["volunteer"].get("/rencontres/nouvelle")).text
    assert "Malik" in page
    await scene.clients["coordinator"].post(f"/reservations/{added.booking.id}/presence", data={"state": "absent"})
    assert await log("colleague") == "rejected"


async def test_added_ten_times_at_once_is_one_booking(scene: Scene, db: Database) -> None:
    added = await asyncio.gather(*(scene.add(db, scene.cast.colleague) for _ in range(10)))
    assert len({one.booking.id for one in added}) == 1
    assert sorted(one.made for one in added) == [False] * 9 + [True]
    assert await count(db, Attendance) == 1
