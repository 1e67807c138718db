"""« Je suis sur place » : the code of a site, who may use it when, and what is said otherwise."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from civic import clock
from civic.bookings import checkin, checkin_rules
from civic.bookings.checkin_rules import ALPHABET, Seat
from civic.bookings.models import Attendance, AttendanceEvent, CheckInCode
from civic.bookings.values import Person, ShiftFacts, Times
from civic.contracts.limits import DEFAULT
from civic.contracts.models import RuleSetting
from civic.db import Database
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer
from tests.cast import Cast, make_cast, sign_in_all
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site

START = datetime(2026, 11, 25, 14, tzinfo=clock.PARIS).astimezone(clock.UTC)
MakeClient = Callable[[], httpx.AsyncClient]


# The rules, on values.


def facts(start: datetime = START, hours: float = 3, site: str = "ici") -> ShiftFacts:
    words = dict.fromkeys(("mission_title", "activity", "pillar", "commune", "intermunicipality"), "")
    return ShiftFacts(
        id=uuid4(),
        mission_id=uuid4(),
        site_id=site,
        site_name="Parc d’Ici",
        lat=0,
        lon=0,
        times=Times(start, start + timedelta(hours=hours)),
        capacity=2,
        min_staff=2,
        state="published",
        version=1,
        on_call_number="03 21 00 00 01",
        **words,
    )


def person(years: int = 20) -> Person:
    birth = clock.local(START).date().replace(year=2026 - years, month=1)
    return Person(uuid4(), uuid4(), "Inès", "i@example.test", birth, True)


def seat(**changes: object) -> Seat:
    return replace(Seat(uuid4(), facts()), **changes)  # type: ignore[arg-type]


def code_of(one: Seat, who: Person, now: datetime) -> str | None:
    refused = checkin_rules.refusal(one, who, now)
    return refused.code if refused else None


@given(st.integers(min_value=-600, max_value=600))
def test_the_window_is_thirty_minutes_before_to_sixty_after(minutes: int) -> None:
    found = code_of(seat(), person(), START + timedelta(minutes=minutes))
    assert found == ("too_early" if minutes < -30 else "too_late" if minutes > 60 else None)


def test_the_window_is_a_setting_and_ends_with_the_shift() -> None:
    limits = replace(DEFAULT, check_in_before=5, check_in_after=120)
    one = seat(shift=replace(facts(hours=1), limits=limits))
    assert one.opens_at == START - timedelta(minutes=5)
    assert one.closes_at == START + timedelta(hours=1), "nobody arrives after the end"


def test_a_minor_waits_for_a_second_person() -> None:
    alone = seat(partners=("Malik Collègue",))
    refused = checkin_rules.refusal(alone, person(17), START)
    assert refused is not None
    assert refused.code == "lone_minor"
    assert "Attendez votre binôme" in refused.message
    assert "03 21 00 00 01" in refused.message
    assert code_of(alone, person(18), START) is None
    assert code_of(replace(alone, there=frozenset({uuid4()})), person(17), START) is None


def test_two_minors_do_not_wait_for_one_another() -> None:
    young, grown = person(16).birth_date, person(30).birth_date
    pair = seat(partners=("Malik Collègue",), awaited=(young,))
    assert code_of(pair, person(17), START) is None
    assert code_of(replace(pair, awaited=(young, grown)), person(17), START) == "lone_minor"
    alone = checkin_rules.refusal(seat(), person(17), START)
    assert alone is not None
    assert alone.findings[0].source


def test_of_two_shifts_in_a_row_the_one_to_note_is_meant() -> None:
    first = seat(shift=facts(START - timedelta(minutes=45), 0.75), attendance="present")
    second, elsewhere = seat(), seat(shift=facts(site="ailleurs"))
    assert checkin_rules.pick([first, elsewhere, second], "ici", START) == second
    assert checkin_rules.pick([elsewhere], "ici", START) is None


@given(st.text(alphabet=ALPHABET, min_size=6, max_size=6))
def test_a_code_is_read_however_it_is_typed(code: str) -> None:
    assert checkin_rules.normal(f" {code[:3].lower()} - {code[3:]}\n") == code
    assert checkin_rules.plausible(code)
    assert not set("01OIL") & set(ALPHABET)


@pytest.mark.parametrize("typed", ["", "ABC23", "ABC2345", "ABC10O", "ÀBC234", "';--", "\x00\x00\x00\x00\x00\x00"])
def test_what_can_be_no_code_is_told_without_a_query(typed: str) -> None:
    assert not checkin_rules.plausible(checkin_rules.normal(typed))


# Through the pages and the interface.


@dataclass
class Scene:
    cast: Cast
    here: Site
    there: Site
    shift: Shift
    code: str
    clients: dict[str, httpx.AsyncClient]

    async def arrive(self, who: str, code: str | None = None) -> httpx.Response:
        return await self.clients[who].post("/ici", data={"code": self.code if code is None else code})


@pytest.fixture
async def scene(db: Database, make_client: MakeClient) -> AsyncIterator[Scene]:
    """Ten to two: Inès and Lou, who is sixteen, have the shift of two o'clock at the park whose code is posted."""
    with time_machine.travel(START - timedelta(minutes=10), tick=False):
        async with db.writing() as session:
            cast = await make_cast(session)
            here, there = await make_site(session, "ici", name="Parc d’Ici"), await make_site(session, "la", "CAHC")
            shift = await make_shift(session, START, site=here)
            await make_booking(session, shift, cast.volunteer)
            await make_booking(session, shift, cast.minor)
            made = await checkin.make_code(session, by=cast.coordinator, site=here)
        clients = await sign_in_all(make_client, db, cast.users)
        clients["nobody"] = make_client()
        yield Scene(cast, here, there, shift, made.code, clients)


async def noted(db: Database) -> list[Attendance]:
    async with db.reading() as looking:
        return list(await looking.scalars(select(Attendance)))


def said(answer: httpx.Response) -> str:
    return answer.text.replace("\u00a0", " ").replace("\u202f", " ")


async def test_a_scan_one_tap_and_it_is_noted(scene: Scene, db: Database) -> None:
    page = await scene.clients["volunteer"].get(f"/ici/{scene.code.lower()}")
    assert "Parc d’Ici" in page.text
    assert "jamais votre position" in page.text
    first, second = await scene.arrive("volunteer"), await scene.arrive("volunteer")
    assert first.headers["location"] == second.headers["location"] == f"/creneaux/{scene.shift.id}"
    [row] = await noted(db)
    assert (row.state, float(row.hours), row.source, row.arrived_at) == ("present", 3.0, "check_in", clock.now())
    async with db.reading() as looking:
        assert len(list(await looking.scalars(select(AttendanceEvent)))) == 1, "a second tap notes nothing"
    for path in (f"/creneaux/{scene.shift.id}", f"/ici/{scene.code}", "/ici", "/"):
        assert "Arrivée notée à 13 h 50" in said(await scene.clients["volunteer"].get(path)), path


async def test_the_home_and_the_shift_offer_it_in_the_window_only(scene: Scene, db: Database) -> None:
    for path in ("/", f"/creneaux/{scene.shift.id}"):
        assert 'href="/ici"' in (await scene.clients["volunteer"].get(path)).text
    with time_machine.travel(START - timedelta(minutes=31), tick=False):
        assert 'href="/ici"' not in (await scene.clients["volunteer"].get("/")).text
    async with db.writing() as session:
        code = await session.scalar(select(CheckInCode))
        assert code is not None
        code.revoked_at = clock.now()
    assert 'href="/ici"' not in (await scene.clients["volunteer"].get("/")).text, "no code there, nothing to type"


async def test_signed_out_a_scan_leads_to_the_sign_in_and_back(scene: Scene) -> None:
    answer = await scene.clients["nobody"].get(f"/ici/{scene.code}")
    assert answer.headers["location"] == f"/connexion?next=/ici/{scene.code}"


@pytest.mark.parametrize(
    ("at", "sentence"),
    [(-31, "Le code marche dès 13 h 30"), (61, "ne marche plus depuis 15 h"), (-24 * 60, "pas de place aujourd’hui")],
)
async def test_too_early_and_too_late_say_when(scene: Scene, db: Database, at: int, sentence: str) -> None:
    with time_machine.travel(START + timedelta(minutes=at), tick=False):
        seen = await scene.clients["volunteer"].get(f"/ici/{scene.code}")
        answer = await scene.arrive("volunteer")
    assert seen.status_code == 200
    assert answer.status_code == 409
    assert sentence in said(seen)
    assert sentence in said(answer)
    assert await noted(db) == []


async def test_a_wrong_an_old_and_another_sites_code(scene: Scene, db: Database) -> None:
    async with db.writing() as session:
        other = await checkin.make_code(session, by=scene.cast.coordinator, site=scene.there)
        new = await checkin.make_code(session, by=scene.cast.coordinator, site=scene.here, replacing=scene.code)
    forged = "".join(ALPHABET[(ALPHABET.index(c) + 1) % len(ALPHABET)] for c in new.code)
    for code, sentence in (
        (forged, "Ce code n’est pas le bon"),
        ("<script>", "Ce code n’est pas le bon"),
        (scene.code, "Ce code a été remplacé"),
        (other.code, "pas de place aujourd’hui"),
        ("", "À remplir"),
    ):
        answer = await scene.arrive("volunteer", code)
        assert answer.status_code in (409, 422)
        assert sentence in said(answer), code
    assert (await scene.clients["volunteer"].get(f"/ici/{scene.code}")).status_code == 404
    assert await noted(db) == []
    assert (await scene.arrive("volunteer", new.code)).status_code == 303


async def test_somebody_without_a_place_is_told_whom_to_call(scene: Scene, db: Database) -> None:
    answer = await scene.arrive("colleague")
    assert answer.status_code == 409
    assert "appelez le 03 21 00 00 01" in said(answer)
    assert await noted(db) == []


async def test_a_noted_absence_is_not_overwritten(scene: Scene, db: Database) -> None:
    with time_machine.travel(START + timedelta(minutes=5), tick=False):
        booking = (await booked(db, scene.shift.id, scene.cast.volunteer)).hex
        await scene.clients["coordinator"].post(f"/reservations/{UUID(booking)}/presence", data={"state": "absent"})
        answer = await scene.arrive("volunteer")
        assert answer.status_code == 409
        assert "Une absence est notée" in answer.text
        [row] = await noted(db)
        assert row.state == "absent"


async def booked(db: Database, shift_id: UUID, volunteer: Volunteer) -> UUID:
    async with db.reading() as looking:
        seats = await checkin.seats_of(looking, volunteer.user, shift_id)
        return seats[0].booking_id


async def test_a_minor_is_noted_after_the_other(scene: Scene, db: Database) -> None:
    answer = await scene.arrive("minor")
    assert answer.status_code == 409
    assert "Attendez votre binôme : l’arrivée d’Inès" in said(answer)
    assert await noted(db) == []
    assert (await scene.arrive("volunteer")).status_code == 303
    assert (await scene.arrive("minor")).status_code == 303
    assert len(await noted(db)) == 2


async def test_a_coordinator_corrects_an_arrival_and_the_history_keeps_it(scene: Scene, db: Database) -> None:
    await scene.arrive("volunteer")
    booking = await booked(db, scene.shift.id, scene.cast.volunteer)
    with time_machine.travel(START + timedelta(hours=4), tick=False):
        await scene.clients["coordinator"].post(f"/reservations/{booking}/presence", data={"state": "excused"})
        page = said(await scene.clients["coordinator"].get(f"/planning/creneaux/{scene.shift.id}"))
    assert "Arrivée d’Inès Volontaire notée avec le code" in page
    assert "corrigée : présence 3 h → absence excusée" in page
    [row] = await noted(db)
    assert (row.state, row.source, row.arrived_at) == ("excused", "coordinator", None)


async def test_guessing_is_slowed_down_for_the_guesser_alone(scene: Scene) -> None:
    for _ in range(10):
        assert (await scene.arrive("volunteer", "ABC234")).status_code == 409
    blocked = await scene.arrive("volunteer")
    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) > 0
    assert (await scene.clients["volunteer"].get(f"/ici/{scene.code}")).status_code == 429
    assert "n’est jamais" not in blocked.text
    assert (await scene.arrive("minor")).status_code == 409, "another person is not held up"


async def test_through_the_interface(scene: Scene, db: Database) -> None:
    path = f"/api/v1/shifts/{scene.shift.id}/check-in"
    client = scene.clients["volunteer"]
    wrong = await client.post(path, json={"code": "ABC234"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "code_unknown")
    assert (await client.post(path, json={"code": scene.code, "lat": 50})).status_code == 422, "no location is taken"
    first = await client.post(path, json={"code": scene.code})
    assert first.status_code == 200
    assert first.json()["arrived_at"] == "2026-11-25T13:50:00+01:00"
    with time_machine.travel(START + timedelta(hours=2), tick=False):
        assert (await client.post(path, json={"code": scene.code})).json() == first.json()
    stranger = await scene.clients["colleague"].post(path, json={"code": scene.code})
    assert (stranger.status_code, stranger.json()["code"]) == (409, "not_confirmed")
    assert (await scene.clients["nobody"].post(path, json={"code": scene.code})).status_code == 401
    assert (await scene.clients["coordinator"].post(path, json={"code": scene.code})).status_code == 403
    assert len(await noted(db)) == 1


async def test_the_code_of_another_site_does_not_open_a_shift(scene: Scene, db: Database) -> None:
    async with db.writing() as session:
        other = await checkin.make_code(session, by=scene.cast.coordinator, site=scene.there)
    answer = await scene.clients["volunteer"].post(
        f"/api/v1/shifts/{scene.shift.id}/check-in", json={"code": other.code}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "code_elsewhere")
    assert await noted(db) == []


# The code itself.


async def test_the_poster_is_made_renewed_and_kept(scene: Scene, db: Database) -> None:
    client = scene.clients["coordinator_call"]
    page = (await client.get("/sites/ici/arrivee")).text
    assert f">{scene.code}</p>" in page
    assert f"http://civic.test/ici/{scene.code}" in page
    assert '<svg viewBox="0 0' in page
    assert "style=" not in page
    assert "Les affiches posées ne marcheront plus" in page, "asked before it acts"
    await client.post("/sites/ici/arrivee")
    assert scene.code in (await client.get("/sites/ici/arrivee")).text, "made once"
    for _ in range(2):
        await client.post("/sites/ici/arrivee", data={"replacing": scene.code})
    async with db.reading() as looking:
        rows = list(await looking.scalars(select(CheckInCode)))
    assert sorted(one.revoked_at is None for one in rows) == [False, True], "renewed once, whatever the taps"
    assert all(re.fullmatch(f"[{ALPHABET}]{{6}}", one.code) for one in rows)


async def test_a_code_is_its_coordinators_own(scene: Scene) -> None:
    for who in ("volunteer", "coordinator_cahc", "manager", "admin"):
        assert (await scene.clients[who].get("/sites/ici/arrivee")).status_code == 403, who
        assert (await scene.clients[who].post("/sites/ici/arrivee")).status_code == 403, who
    assert (await scene.clients["coordinator"].get("/sites/nulle-part/arrivee")).status_code == 404
    assert "Créer le code" in (await scene.clients["coordinator_cahc"].get("/sites/la/arrivee")).text
    coordinator = await scene.clients["coordinator"].get(f"/ici/{scene.code}")
    assert coordinator.headers["location"] == "/planning/jour"


async def test_the_window_follows_its_dated_setting(scene: Scene, db: Database) -> None:
    async with db.writing() as session:
        session.add(RuleSetting(parameter="check_in_before", value=5, valid_from=clock.today()))
    answer = await scene.arrive("volunteer")
    assert answer.status_code == 409
    assert "dès 13 h 55" in said(answer)


async def test_ten_taps_at_once_are_one_arrival(scene: Scene, db: Database) -> None:
    async def tap() -> int:
        return (await scene.arrive("volunteer")).status_code

    assert set(await asyncio.gather(*(tap() for _ in range(10)))) == {303}
    assert len(await noted(db)) == 1
    async with db.reading() as looking:
        assert len(list(await looking.scalars(select(AttendanceEvent)))) == 1
