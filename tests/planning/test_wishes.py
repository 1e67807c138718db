"""Pair wishes: coordinators note and use them; by no page, mail, answer or behaviour does a volunteer learn of one."""

import re
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from civic.audit.models import AuditEvent
from civic.bookings.models import Booking, BookingEvent
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.volunteers.models import PairWish
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.factories.wishes import like, make_stretch, make_wish
from tests.planning.world import World, moment, world

__all__ = ["world"]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
SIGNS = re.compile("pair_wish|amais ensemble|mettre ensemble|souhait", re.IGNORECASE)


def page_of(world: World) -> str:
    return f"/volontaires/{world.cast.volunteer.id}/souhaits"


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


async def kinds(db: Database) -> list[str]:
    async with db.reading() as session:
        return list(await session.scalars(select(PairWish.kind)))


async def test_a_wish_is_noted_changed_and_taken_back(world: World, db: Database) -> None:
    page = page_of(world)
    other = world.cast.colleague.id
    assert (await world.post("coordinator_call", page, other_id=other, kind="apart")).status_code == 303
    assert (await world.post("coordinator_call", page, other_id=other, kind="apart")).status_code == 303
    assert await kinds(db) == ["apart"]
    # The other one's page says it too, and may change it.
    theirs = f"/volontaires/{other}/souhaits"
    assert "Inès Volontaire" in (await world.get("coordinator", theirs)).text
    await world.post("coordinator", theirs, other_id=world.cast.volunteer.id, kind="together")
    assert await kinds(db) == ["together"]
    shown = (await world.get("coordinator_call", page)).text
    [gone] = re.findall(r'action="([^"]+/suppression)"', shown)
    assert (await world.post("coordinator_call", gone)).status_code == 303
    assert (await world.post("coordinator_call", gone)).status_code == 404
    assert await kinds(db) == []
    async with db.reading() as session:
        events = [one for one in await session.scalars(select(AuditEvent)) if one.verb.startswith("wish.")]
    assert sorted(one.verb for one in events) == ["wish.noted", "wish.noted", "wish.removed"]
    assert all(one.detail == {} and one.subject_kind == "pair_wishes" for one in events), "the log names nobody"


async def test_what_is_wrong_is_said_and_people_out_of_sight_are_not_named(world: World, db: Database) -> None:
    async with db.writing() as session:
        far = await make_volunteer(session, name="Zoé Ailleurs", intermunicipality="CAHC")
        await make_wish(session, world.cast.volunteer, far)
    page = page_of(world)
    shown = plain((await world.get("coordinator_call", page)).text)
    assert "Zoé Ailleurs" not in shown
    assert "1 souhait concerne une personne hors de votre périmètre" in shown
    assert "Zoé Ailleurs" in (await world.get("coordinator", page)).text
    for typed in (
        {"kind": "apart"},
        {"other_id": "x", "kind": "apart"},
        {"other_id": world.cast.volunteer.id, "kind": "apart"},
        {"other_id": far.id, "kind": "apart"},
        {"other_id": world.cast.colleague.id, "kind": "hate"},
    ):
        assert (await world.post("coordinator_call", page, **typed)).status_code == 422
    async with db.reading() as session:
        wish = await session.scalar(select(PairWish))
    assert wish is not None
    assert (await world.post("coordinator_call", f"{page}/{wish.id}/suppression")).status_code == 404
    assert await kinds(db) == ["apart"]


async def test_the_page_shows_the_week_and_the_places(world: World, db: Database) -> None:
    async with db.writing() as session:
        await make_stretch(session, world.cast.volunteer)
        await like(session, world.cast.volunteer, world.here)
    shown = plain((await world.get("coordinator", page_of(world))).text)
    assert "<b>Mardi</b> de 14 h à 18 h" in shown
    assert "Parc d’Ici" in shown
    record = (await world.get("coordinator", f"/volontaires/{world.cast.volunteer.id}")).text
    assert page_of(world) in record
    assert "souhaits" not in (await world.get("admin", f"/volontaires/{world.cast.volunteer.id}")).text


async def test_an_assignment_against_a_wish_takes_a_reason_kept_in_the_history(
    world: World, db: Database, mailbox: Mailbox
) -> None:
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.colleague)
        await make_wish(session, world.cast.volunteer, world.cast.colleague)
    sheet = plain((await world.get("coordinator", f"/planning/creneaux/{world.shift.id}")).text)
    assert "Jamais ensemble, d’après vos notes : Malik Collègue." in sheet
    path = f"/creneaux/{world.shift.id}/affectations"
    asked = await world.post("coordinator", path, volunteer_id=world.cast.volunteer.id)
    assert asked.status_code == 422
    assert f'id="e-reason-{world.cast.volunteer.id}"' in asked.text
    interface = await world.clients["coordinator"].post(
        f"/api/v1/shifts/{world.shift.id}/bookings", json={"volunteer_id": str(world.cast.volunteer.id)}
    )
    assert interface.status_code == 422
    given = {"volunteer_id": world.cast.volunteer.id, "reason": "Vu avec les deux"}
    assert (await world.post("coordinator", path, **given)).status_code == 303
    async with db.reading() as session:
        kept = list(await session.scalars(select(BookingEvent.reason).where(BookingEvent.reason != "")))
        details = [str(one.detail) for one in await session.scalars(select(AuditEvent))]
    assert kept == ["Vu avec les deux"]
    assert not any(SIGNS.search(one) for one in details)
    assert "Vu avec les deux" in (await world.get("coordinator", f"/planning/creneaux/{world.shift.id}")).text
    # Both are seated: their coordinator is reminded, their mails and pages are not.
    assert "Jamais ensemble" in (await world.get("coordinator", f"/planning/creneaux/{world.shift.id}")).text
    [mail] = await mailbox()
    assert not SIGNS.search(mail.text_body + mail.html_body + mail.subject)
    assert "Vu avec les deux" not in mail.text_body


@pytest.mark.parametrize("kind", ["apart", "together"])
async def test_a_volunteer_learns_nothing_and_is_treated_as_anybody(
    world: World, db: Database, mailbox: Mailbox, kind: str
) -> None:
    """The same pages, answers and mails with a wish and without: only what names the moment may differ."""
    async with db.writing() as session:
        twin = await make_shift(session, moment(26, 14), mission=world.mission, site=world.here)
        for shift in (world.shift, twin):
            await make_booking(session, shift, world.cast.colleague)

    async def seen(shift_id: object) -> tuple[list[str], list[dict[str, object]], str]:
        pages = [(await world.get("volunteer", path)).text for path in ("/creneaux?voir=tous", f"/creneaux/{shift_id}")]
        listed = (await world.clients["volunteer"].get("/api/v1/shifts")).json()["items"]
        answer = await world.clients["volunteer"].post(f"/api/v1/shifts/{shift_id}/booking")
        assert answer.status_code == 201
        pages += [(await world.get("volunteer", path)).text for path in ("/mes-creneaux", "/", f"/creneaux/{shift_id}")]
        [item] = [one for one in listed if one["id"] == str(shift_id)]
        return pages, item["warnings"] + answer.json()["warnings"], answer.json()["state"]

    before = await seen(twin.id)
    async with db.writing() as session:
        await make_wish(session, world.cast.volunteer, world.cast.colleague, kind)
    after = await seen(world.shift.id)
    assert after[1:] == before[1:] == ([], "confirmed")
    assert not any(SIGNS.search(page) for page in after[0])
    mails = await mailbox()
    assert not any(SIGNS.search(one.text_body + one.html_body) for one in mails)
    async with db.reading() as session:
        states = list(
            await session.scalars(select(Booking.state).where(Booking.volunteer_id == world.cast.volunteer.id))
        )
    assert states == ["confirmed", "confirmed"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("coordinator_cahc", 404), ("volunteer", 403), ("colleague", 403), ("manager", 403), ("admin", 403)],
)
async def test_nobody_else_opens_or_writes_it(world: World, db: Database, who: str, status: int) -> None:
    page, other = page_of(world), world.cast.colleague.id
    assert (await world.get(who, page)).status_code == status
    assert (await world.post(who, page, other_id=other, kind="apart")).status_code == status
    assert await kinds(db) == []
