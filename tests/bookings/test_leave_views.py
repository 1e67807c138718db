"""The pages of leave: a volunteer asks on a phone, a coordinator decides; strangers find nothing."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Booking
from civic.contracts.models import Leave
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from tests.cast import Cast, make_cast, sign_in, sign_in_all
from tests.factories.accounts import make_user
from tests.factories.contracts import make_contract
from tests.factories.leave import make_leave
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer

Counting = Callable[[], AbstractContextManager[list[str]]]
MONDAY, TUESDAY, FRIDAY = date(2026, 12, 7), date(2026, 12, 8), date(2026, 12, 11)
EVERYBODY = ("volunteer", "colleague", "coordinator", "coordinator_call", "coordinator_cahc", "manager", "admin")


@dataclass
class Scene:
    """The volunteer holds Tuesday's only seat, the colleague waits for it; a leave of that week is to decide."""

    cast: Cast
    shift: Shift
    seat: Booking
    leave: Leave
    clients: dict[str, httpx.AsyncClient]

    async def get(self, who: str, path: str) -> httpx.Response:
        return await self.clients[who].get(path)

    async def post(self, who: str, path: str, **data: object) -> httpx.Response:
        return await self.clients[who].post(path, data=data)

    @property
    def page(self) -> str:
        return f"/conges/{self.leave.id}"


@pytest.fixture
async def scene(db: Database, make_client: Callable[[], httpx.AsyncClient]) -> AsyncIterator[Scene]:
    with time_machine.travel("2026-11-25 10:00+01:00", tick=False):
        async with db.writing() as session:
            cast = await make_cast(session)
            site = await make_site(session, "parc-ici", name="Parc d’Ici")
            starts = datetime(2026, 12, 8, 14, tzinfo=clock.PARIS).astimezone(clock.UTC)
            shift = await make_shift(session, starts, site=site, capacity=1)
            seat = await make_booking(session, shift, cast.volunteer)
            await make_booking(session, shift, cast.colleague, "waitlisted")
            leave = await make_leave(session, cast.volunteer, MONDAY, FRIDAY)
        clients = await sign_in_all(make_client, db, cast.users)
        clients["nobody"] = make_client()
        yield Scene(cast, shift, seat, leave, clients)


async def state(db: Database, leave: Leave) -> str:
    async with db.reading() as session:
        return (await session.get_one(Leave, leave.id)).state


async def places(db: Database, shift: Shift) -> dict[str, str]:
    async with db.reading() as session:
        rows = await session.scalars(select(Booking).where(Booking.shift_id == shift.id))
        return {str(one.volunteer_id): one.state for one in rows}


def flashed(response: httpx.Response) -> bool:
    return response.status_code == 303 and "civic_flash" in response.cookies


async def test_a_wait_is_told_as_a_wait(db: Database, scene: Scene) -> None:
    async with db.writing() as session:
        (await session.get_one(Booking, scene.seat.id)).state = "waitlisted"
    page = (await scene.get("coordinator", f"/conges/{scene.leave.id}")).text
    assert "Accepter ne libère aucun créneau" in page
    assert "Où elle attend, la personne n’attend plus" in page
    assert "Accepter et libérer" not in page


# The volunteer's page


async def test_the_page_says_the_balance_with_its_sum_and_source(db: Database, scene: Scene) -> None:
    page = (await scene.get("volunteer", "/conges")).text
    assert re.search(r"[\d,]+ jours? acquis au 25\u00a0nov. 2026 \u2212 5 demandés = ", page)
    assert "R121-17" in page
    assert "Parc d’Ici" not in page


async def test_a_request_is_sent_and_listed(db: Database, scene: Scene) -> None:
    answer = await scene.post("volunteer", "/conges", kind="annual", starts_on="2026-12-21", ends_on="")
    assert answer.headers["location"] == "/conges"
    page = (await scene.get("volunteer", "/conges")).text
    assert "Demande envoyée" in page
    assert "lundi 21 décembre 2026" in page
    assert page.count("À décider") == 2


async def test_more_than_the_balance_is_sent_with_a_warning(db: Database, scene: Scene) -> None:
    await scene.post("volunteer", "/conges", kind="annual", starts_on="2026-12-14", ends_on="2026-12-18")
    page = (await scene.get("volunteer", "/conges")).text
    assert "Ce congé compte pour 5 jours, le solde est moindre" in page
    async with db.reading() as session:
        asked = await session.scalar(select(Leave.id).where(Leave.starts_on == date(2026, 12, 14)))
    decision = (await scene.get("coordinator_call", f"/conges/{asked}")).text
    assert "Ce congé compte pour 5 jours, le solde est moindre" in decision


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"kind": "annual", "starts_on": ""}, "starts_on", "À remplir."),
        ({"kind": "annual", "starts_on": "31/02/2027"}, "starts_on", "Cette date n’existe pas."),
        ({"kind": "holiday", "starts_on": "2026-12-21"}, "kind", "Ce choix n’existe pas."),
        (
            {"kind": "annual", "starts_on": "2026-12-21", "ends_on": "2026-12-18"},
            "ends_on",
            "Le dernier jour vient avant le premier.",
        ),
        ({"kind": "annual", "starts_on": "2026-12-08"}, "starts_on", "Ces jours touchent un congé déjà demandé"),
        ({"kind": "annual", "starts_on": "2026-11-23"}, "ends_on", "Ces jours sont passés"),
        (
            {"kind": "annual", "starts_on": "2026-12-21", "ends_on": "2029-12-21"},
            "ends_on",
            "Plus long que le contrat",
        ),
    ],
)
async def test_errors_stand_at_their_field_and_nothing_typed_is_lost(
    db: Database, scene: Scene, typed: dict[str, str], field: str, said: str
) -> None:
    answer = await scene.post("volunteer", "/conges", **typed)
    assert answer.status_code == 422
    error = re.search(rf'id="f-{field}-error">.*?<span>(.*?)</span>', answer.text)
    assert error
    assert said in error[1]
    for name in ("starts_on", "ends_on"):
        if typed.get(name):
            assert f'value="{typed[name]}"' in answer.text


async def test_a_volunteer_without_a_contract_is_told_so(db: Database, scene: Scene, make_client: object) -> None:
    async with db.writing() as session:
        newcomer = await make_volunteer(session, ready=False)
    client = await sign_in(make_client, db, newcomer)  # type: ignore[arg-type]
    page = await client.get("/conges")
    assert "Le congé s’ouvre avec le contrat d’engagement." in page.text
    assert '<form class="stack" method="post" action="/conges"' not in page.text
    refused = await client.post("/conges", data={"kind": "annual", "starts_on": "2026-12-21"})
    assert refused.status_code == 422


async def test_a_request_is_taken_back_after_a_question(db: Database, scene: Scene) -> None:
    assert "Retirer ce congé" in (await scene.get("volunteer", f"{scene.page}/retrait")).text
    assert flashed(await scene.post("volunteer", f"{scene.page}/retrait"))
    assert await state(db, scene.leave) == "withdrawn"
    assert flashed(await scene.post("volunteer", f"{scene.page}/retrait"))
    assert "C’est déjà retiré." in (await scene.get("volunteer", f"{scene.page}/retrait")).text


async def test_a_refusal_reads_with_its_reason(db: Database, scene: Scene) -> None:
    await scene.post("coordinator_call", f"{scene.page}/refus", reason="Le parc ouvre ce jour-là")
    page = (await scene.get("volunteer", "/conges")).text
    assert "Refusé" in page
    assert "Raison : Le parc ouvre ce jour-là" in page


async def test_leave_is_found_from_ones_own_pages_and_the_planning(db: Database, scene: Scene) -> None:
    for path in ("/profil", "/mes-creneaux"):
        assert 'href="/conges"' in (await scene.get("volunteer", path)).text
    planning = (await scene.get("coordinator_call", "/planning")).text
    assert "1 congé à décider" in planning
    assert 'href="/conges"' in planning
    assert "congé à décider" not in (await scene.get("coordinator_cahc", "/planning")).text


# Deciding


async def test_approving_by_page_frees_the_seat_and_offers_it_and_then_refuses_a_booking(
    db: Database, scene: Scene, mailbox: Callable[[], Awaitable[list[OutboxMail]]]
) -> None:
    """The whole way: what it frees is shown, the seat is offered to the queue, the day can no longer be booked."""
    page = (await scene.get("coordinator_call", scene.page)).text
    assert "Accepter libère 1 créneau" in page
    assert "Parc d’Ici" in page
    assert "reste 0 sur 1" in page
    assert f'name="seen" value="{scene.seat.id}"' in page
    answer = await scene.post("coordinator_call", f"{scene.page}/acceptation", seen=str(scene.seat.id))
    assert flashed(answer)
    assert answer.headers["location"] == "/conges"
    cast = scene.cast
    assert await places(db, scene.shift) == {str(cast.volunteer.id): "cancelled", str(cast.colleague.id): "offered"}
    assert {one.recipient for one in await mailbox() if one.kind == "booking_offered"} == {"malik@example.test"}
    refused = await scene.post("volunteer", f"/creneaux/{scene.shift.id}/reservation")
    assert refused.status_code == 409
    assert "En congé du" in refused.text
    api = await scene.clients["volunteer"].post(f"/api/v1/shifts/{scene.shift.id}/booking")
    assert (api.status_code, api.json()["code"]) == (409, "leave_conflict")
    assert "À vous de répondre" not in (await scene.get("volunteer", "/mes-creneaux")).text


async def test_a_request_that_waits_blocks_nothing(db: Database, scene: Scene) -> None:
    api = await scene.clients["volunteer"].get("/api/v1/shifts?from=2026-12-08&to=2026-12-08")
    [shown] = api.json()["items"]
    assert "leave_conflict" not in [one["code"] for one in shown["refusals"]]
    await scene.post("coordinator_call", f"{scene.page}/refus", reason="Le parc ouvre ce jour-là")
    assert (await places(db, scene.shift))[str(scene.cast.volunteer.id)] == "confirmed"


async def test_a_seat_taken_meanwhile_is_shown_before_it_is_freed(db: Database, scene: Scene) -> None:
    answer = await scene.post("coordinator_call", f"{scene.page}/acceptation")
    assert answer.status_code == 409
    assert "Ce congé libère des créneaux." in answer.text
    assert f'name="seen" value="{scene.seat.id}"' in answer.text
    assert await state(db, scene.leave) == "requested"
    assert (await places(db, scene.shift))[str(scene.cast.volunteer.id)] == "confirmed"


async def test_a_refusal_needs_its_reason(db: Database, scene: Scene) -> None:
    for reason in ("", "x" * 301):
        answer = await scene.post("coordinator_call", f"{scene.page}/refus", reason=reason)
        assert answer.status_code == 422
        assert 'id="f-reason-error"' in answer.text
        assert reason in answer.text
    assert await state(db, scene.leave) == "requested"


async def test_the_second_to_decide_is_told(db: Database, scene: Scene) -> None:
    await scene.post("coordinator", f"{scene.page}/acceptation", seen=str(scene.seat.id))
    same = await scene.post("coordinator_call", f"{scene.page}/acceptation", seen=str(scene.seat.id))
    assert same.headers["location"] == scene.page
    page = (await scene.get("coordinator_call", scene.page)).text
    assert "C’était déjà décidé ainsi par Nadia Coordination." in page
    other = await scene.post("coordinator_call", f"{scene.page}/refus", reason="Trop tard")
    assert other.status_code == 409
    assert "déjà été accepté par Nadia Coordination" in other.text
    assert await state(db, scene.leave) == "approved"


async def test_the_list_has_three_views(db: Database, scene: Scene) -> None:
    async with db.writing() as session:
        colleague, by = scene.cast.colleague, scene.cast.coordinator
        await make_leave(session, colleague, date(2027, 1, 4), date(2027, 1, 8), state="approved", by=by)
        await make_leave(session, colleague, date(2026, 10, 12), date(2026, 10, 13), state="approved", by=by)
    texts = {view: (await scene.get("coordinator", f"/conges?vue={view}")).text for view in ("", "a-venir", "passes")}
    for view, present in (("", "du lun. 7"), ("a-venir", "du lun. 4"), ("passes", "du lun. 12")):
        for other, text in texts.items():
            assert (present in text.replace("\u00a0", " ")) == (view == other)
    assert "1 créneau" in texts[""]
    assert (await scene.get("coordinator", "/conges?vue=nulle-part")).status_code == 200


async def test_a_long_list_takes_as_many_queries(db: Database, scene: Scene, count_queries: Counting) -> None:
    with count_queries() as few:
        await scene.get("coordinator", "/conges")
    async with db.writing() as session:
        for _number in range(4):
            await make_leave(session, await make_volunteer(session), TUESDAY)
    with count_queries() as many:
        await scene.get("coordinator", "/conges")
    assert len(few) == len(many) <= 8


# A sickness written down


async def test_a_sickness_shows_what_it_frees_then_frees_it(db: Database, scene: Scene) -> None:
    page = f"/volontaires/{scene.cast.volunteer.id}/arret"
    async with db.writing() as session:
        await make_leave(session, scene.cast.colleague, TUESDAY)
        soon = datetime(2026, 11, 26, 14, tzinfo=clock.PARIS).astimezone(clock.UTC)
        shift = await make_shift(session, soon)
        seat = await make_booking(session, shift, scene.cast.volunteer)
    assert 'value="2026-11-25"' in (await scene.get("coordinator_call", page)).text
    typed = {"kind": "sick", "starts_on": "2026-11-25", "ends_on": "2026-11-27"}
    asked = await scene.post("coordinator_call", page, **typed)
    assert asked.status_code == 200
    assert "Cette absence libère 1 créneau" in asked.text
    assert f'name="seen" value="{seat.id}"' in asked.text
    assert 'value="2026-11-27"' in asked.text
    assert (await places(db, shift)) == {str(scene.cast.volunteer.id): "confirmed"}
    done = await scene.post("coordinator_call", page, **typed, seen=str(seat.id))
    assert done.headers["location"].startswith("/conges/")
    assert (await places(db, shift)) == {str(scene.cast.volunteer.id): "cancelled"}
    decided = (await scene.get("coordinator_call", done.headers["location"])).text
    assert "Notée par erreur" in decided
    back = await scene.post("coordinator_call", done.headers["location"] + "/retrait")
    assert flashed(back)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "annual", "starts_on": "2026-11-25"}, "kind"),
        ({"kind": "sick", "starts_on": "2026-11-26"}, "starts_on"),
        ({"kind": "sick", "starts_on": ""}, "starts_on"),
        ({"kind": "sick", "starts_on": "2026-11-25", "ends_on": "2026-11-24"}, "ends_on"),
    ],
)
async def test_what_cannot_be_written_down_stands_at_its_field(
    db: Database, scene: Scene, typed: dict[str, str], field: str
) -> None:
    answer = await scene.post("coordinator_call", f"/volontaires/{scene.cast.volunteer.id}/arret", **typed)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text


# Who may


async def test_who_reads_a_leave(db: Database, scene: Scene) -> None:
    answers = {who: (await scene.get(who, scene.page)).status_code for who in EVERYBODY}
    assert answers == {
        "volunteer": 303,
        "colleague": 404,
        "coordinator": 200,
        "coordinator_call": 200,
        "coordinator_cahc": 404,
        "manager": 403,
        "admin": 403,
    }
    assert (await scene.get("nobody", scene.page)).headers["location"].startswith("/connexion")
    assert (await scene.get("coordinator", f"/conges/{uuid4()}")).status_code == 404


@pytest.mark.parametrize("act", ["acceptation", "refus", "retrait"])
async def test_who_may_not_change_a_leave(db: Database, scene: Scene, act: str) -> None:
    """Nobody decides their own; a coordinator does not take back what somebody asked for."""
    tried = {
        "volunteer": 403 if act != "retrait" else 303,
        "colleague": 404,
        "coordinator_cahc": 404,
        "manager": 403,
        "admin": 403,
        **({"coordinator": 403} if act == "retrait" else {}),
    }
    for who in sorted(tried, key=lambda one: one == "volunteer"):
        answer = await scene.post(who, f"{scene.page}/{act}", reason="Non", seen=str(scene.seat.id))
        assert answer.status_code == tried[who], who
    assert await state(db, scene.leave) == ("withdrawn" if act == "retrait" else "requested")


async def test_managers_and_admins_have_no_list(db: Database, scene: Scene) -> None:
    for who in ("manager", "admin"):
        assert (await scene.get(who, "/conges")).status_code == 403
    empty = (await scene.get("coordinator_cahc", "/conges")).text
    assert "Rien à décider" in empty
    assert "Inès" not in empty


async def test_a_tutor_decides_for_whom_they_tutor_wherever_they_live(
    db: Database, scene: Scene, make_client: Callable[[], httpx.AsyncClient]
) -> None:
    async with db.writing() as session:
        tutor = await make_user(session, "coordinator", "Rose Tutrice", "rose@example.test", scopes=["CABBALR"])
        tutored = await make_volunteer(session, ready=False, name="Tom Suivi", email="tom@example.test")
        await make_contract(session, tutored, tutor_id=tutor.id)
        leave = await make_leave(session, tutored, MONDAY)
    client = await sign_in(make_client, db, tutor)
    assert "Tom Suivi" in (await client.get("/conges")).text
    assert (await client.get(scene.page)).status_code == 404
    assert (await client.post(f"/conges/{leave.id}/acceptation")).status_code == 303
    assert await state(db, leave) == "approved"


async def test_the_reason_of_an_absence_is_a_class_alone(session: AsyncSession, db: Database, scene: Scene) -> None:
    """Whatever else a form sends is kept nowhere."""
    typed = {"kind": "sick", "starts_on": "2026-11-25", "reason": "grippe", "comment": "grippe"}
    await scene.post("volunteer", "/conges", **typed)
    async with db.reading() as reading:
        row = (await reading.scalars(select(Leave).where(Leave.kind == "sick"))).one()
    assert "grippe" not in str(vars(row))
