"""A contract that allows less ends places, seen first and told by mail; one that allows more settles the queues."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.bookings.actions import book
from civic.bookings.breaks import pack
from civic.bookings.contracting import preview, save_contract
from civic.bookings.models import Booking
from civic.contracts.models import EngagementContract
from civic.contracts.queries import current_contract, facts_of
from civic.contracts.rules import ContractFacts
from civic.db import Database
from civic.errors import Refusal
from civic.volunteers.models import Volunteer
from tests.cast import make_cast, sign_in
from tests.factories.accounts import make_user
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.volunteers import make_minor, make_volunteer

Clients = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[Any]]]


async def contract_of(session: AsyncSession, volunteer: Volunteer) -> tuple[EngagementContract, ContractFacts]:
    contract = await current_contract(session, volunteer.id)
    assert contract is not None
    return contract, facts_of(contract)


async def states(db: Database) -> dict[str, str]:
    """Booking states by the volunteer's name."""
    async with db.reading() as looking:
        chosen = select(User.name, Booking.state).join(Volunteer, Volunteer.id == Booking.volunteer_id)
        rows = await looking.execute(chosen.join(User, User.id == Volunteer.user_id))
        return {row.name: row.state for row in rows}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"medical_cleared_on": None}, "medical"),
        ({"conformity_checked_on": None}, "contract_ready"),
        ({"tutor_id": None}, "tutor_assigned"),
        ({"parental_authorised_on": None}, "parental_auth"),
        ({"parental_holders": ""}, "parental_auth"),
        ({"minor_tutoring_on": None}, "tutor_minor"),
        ({"ended_on": "tomorrow"}, "contract_ready"),
        ({"ends_on": "tomorrow"}, "contract_ready"),
        ({"starts_on": "later"}, "contract_ready"),
        ({"weekly_hours": 20}, None),
        ({"trainings": {}}, None),
    ],
)
async def test_what_a_contract_would_cost(session: AsyncSession, changes: dict[str, Any], code: str | None) -> None:
    minor = await make_minor(session)
    shift = await make_shift(session, in_days(5))
    seat = await make_booking(session, shift, minor)
    _contract, before = await contract_of(session, minor)
    words = {"tomorrow": clock.today() + timedelta(days=1), "later": clock.today() + timedelta(days=6)}
    values = {name: words.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    broken = await preview(session, minor, before, replace(before, **values))
    assert [(one.held.booking_id, one.finding.code) for one in broken] == ([(seat.id, code)] if code else [])
    assert seat.state == "confirmed", "nothing is written by looking"


async def test_an_end_is_refused_until_its_places_were_seen(
    session: AsyncSession, db: Database, mailbox: Mailbox
) -> None:
    leaving = await make_volunteer(session, name="Part Tôt")
    waiting = await make_volunteer(session, name="Attend Son-Tour")
    by = await make_user(session, "coordinator")
    near, far = await make_shift(session, in_days(3), capacity=1), await make_shift(session, in_days(8), capacity=1)
    await make_booking(session, near, leaving)
    kept = await make_booking(session, far, leaving)
    await make_booking(session, far, waiting, "waitlisted")
    await session.commit()
    async with db.writing() as writing:
        contract, before = await contract_of(writing, leaving)
        facts = replace(before, ended_on=clock.today() + timedelta(days=5), end_reason="volunteer")
        with pytest.raises(Refusal) as refused:
            await save_contract(writing, by=by, volunteer=leaving, contract=contract, facts=facts)
        assert refused.value.code == "breaks_bookings"
        assert [one["code"] for one in refused.value.extra["affected"]] == ["contract_ready"]
    assert await mailbox() == []
    async with db.writing() as writing:
        contract, before = await contract_of(writing, leaving)
        saved = await save_contract(
            writing, by=by, volunteer=leaving, contract=contract, facts=facts, accepted=[kept.id]
        )
        assert saved.ended == 1
        again = await save_contract(writing, by=by, volunteer=leaving, contract=contract, facts=facts)
        assert again.ended == 0
    async with db.reading() as looking:
        rows = {one.id: one.state for one in await looking.scalars(select(Booking))}
        assert rows[kept.id] == "cancelled"
        assert sorted(rows.values()) == ["cancelled", "confirmed", "offered"], "the next in the queue is offered it"
        verbs = list(await looking.scalars(select(AuditEvent.verb)))
        assert verbs.count("contract.ended") == 1
    mails = {one.kind: one for one in await mailbox()}
    assert "Le contrat finit le" in mails["booking_removed"].text_body
    assert mails["booking_offered"].recipient == waiting.user.email


async def test_a_queue_stays_for_a_paper_and_goes_with_the_contract(session: AsyncSession, db: Database) -> None:
    waiting = await make_volunteer(session)
    by = await make_user(session, "coordinator")
    shift = await make_shift(session, in_days(5), capacity=1)
    await make_booking(session, shift, await make_volunteer(session))
    place = await make_booking(session, shift, waiting, "waitlisted")
    contract, before = await contract_of(session, waiting)
    assert await preview(session, waiting, before, replace(before, medical_cleared_on=None)) == []
    over = replace(before, ended_on=clock.today() + timedelta(days=1))
    assert pack(await preview(session, waiting, before, over)) == str(place.id)
    await save_contract(session, by=by, volunteer=waiting, contract=contract, facts=over, accepted=[place.id])
    assert place.state == "cancelled"


async def test_a_paper_that_arrives_opens_the_queue(session: AsyncSession, db: Database) -> None:
    waiting = await make_volunteer(session)
    by = await make_user(session, "coordinator")
    shift = await make_shift(session, in_days(5), capacity=1)
    place = await make_booking(session, shift, waiting, "waitlisted")
    contract, before = await contract_of(session, waiting)
    await save_contract(
        session, by=by, volunteer=waiting, contract=contract, facts=replace(before, medical_cleared_on=None)
    )
    assert place.state == "waitlisted"
    await save_contract(session, by=by, volunteer=waiting, contract=contract, facts=before)
    await session.refresh(place)
    assert place.state == "offered"


async def test_places_in_conflict_already_are_left_alone(session: AsyncSession) -> None:
    volunteer = await make_volunteer(session)
    shift = await make_shift(session, in_days(5))
    await make_booking(session, shift, volunteer)
    _contract, before = await contract_of(session, volunteer)
    lacking = replace(before, medical_cleared_on=None)
    assert len(await preview(session, volunteer, before, lacking)) == 1
    contract, _before = await contract_of(session, volunteer)
    contract.medical_cleared_on = None
    await session.flush()
    assert await preview(session, volunteer, lacking, replace(lacking, weekly_hours=before.weekly_hours)) == []


def whole_form(facts: ContractFacts, **changes: str) -> dict[str, str]:
    day = facts.starts_on.isoformat()
    return {
        "starts_on": day,
        "ends_on": facts.ends_on.isoformat(),
        "weekly_hours": "24",
        "tutor_id": str(facts.tutor_id),
        "conformity_checked_on": day,
        "medical_cleared_on": day,
        "declared_no_substitution": "1",
        **changes,
    }


async def test_the_page_lists_then_ends(
    session: AsyncSession, make_client: Clients, db: Database, mailbox: Mailbox
) -> None:
    cast = await make_cast(session)
    shift = await make_shift(session, in_days(5))
    seat = await make_booking(session, shift, cast.volunteer)
    contract, facts = await contract_of(session, cast.volunteer)
    contract.ends_on = facts.starts_on + timedelta(days=200)
    await session.commit()
    facts = replace(facts, ends_on=contract.ends_on)
    client = await sign_in(make_client, db, cast.coordinator_call)
    path = f"/volontaires/{cast.volunteer.id}/contrat"
    form = whole_form(facts, medical_cleared_on="")
    asked = await client.post(path, data=form)
    assert asked.status_code == 409
    assert "1 place réservée prend fin" in asked.text
    assert f'name="seen" value="{seat.id}"' in asked.text
    assert (await client.post(path, data=form | {"confirm": "1", "seen": "x"})).status_code == 409, "not what was seen"
    assert await states(db) == {"Inès Volontaire": "confirmed"}
    assert await mailbox() == []
    saved = await client.post(path, data=form | {"confirm": "1", "seen": str(seat.id)})
    assert saved.status_code == 303
    assert "1 place est libérée" in (await client.get(path)).text
    assert await states(db) == {"Inès Volontaire": "cancelled"}
    assert [one.recipient for one in await mailbox()] == ["ines@example.test"]


async def test_an_early_end_computes_the_first_lawful_day(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    path = f"/volontaires/{cast.volunteer.id}/contrat"
    assert "Terminer plus tôt" in (await client.get(f"{path}/fin")).text
    today = clock.today()
    form = {"end_reason": "permanent_job", "notice_given_on": today.isoformat()}
    asked = await client.post(f"{path}/fin", data=form)
    assert asked.status_code == 200
    assert f'name="ended_on" value="{today.isoformat()}"' in asked.text
    form = {"end_reason": "host", "notice_given_on": today.isoformat(), "ended_on": today.isoformat()}
    asked = await client.post(f"{path}/fin", data=form)
    assert "Préavis trop court" in asked.text
    assert "L120-16" in asked.text
    async with db.reading() as looking:
        assert await looking.scalar(select(EngagementContract.ended_on)) is None
    assert (await client.post(f"{path}/fin", data=form | {"confirm": "1"})).status_code == 303, "it warns, no more"
    page = (await client.get(path)).text
    assert "Décision de l’organisme" in page
    assert (await client.post(f"{path}/reprise")).status_code == 303
    assert "Terminer plus tôt" in (await client.get(path)).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("end_reason", ""),
        ("end_reason", "x"),
        ("notice_given_on", ""),
        ("notice_given_on", "2099-01-01"),
        ("ended_on", "2020-01-01"),
        ("ended_on", "2099-01-01"),
        ("ended_on", "31/02/2026"),
    ],
)
async def test_an_impossible_end_is_told_at_its_field(
    session: AsyncSession, make_client: Clients, db: Database, field: str, value: str
) -> None:
    cast = await make_cast(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    form = {"end_reason": "host", "notice_given_on": clock.today().isoformat(), field: value}
    answer = await client.post(f"/volontaires/{cast.volunteer.id}/contrat/fin", data=form)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


async def test_follow_up_needs_a_contract(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    volunteer = await make_volunteer(session, ready=False)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    for name in ("suivi", "fin", "reprise"):
        assert (await client.post(f"/volontaires/{volunteer.id}/contrat/{name}", data={})).status_code == 404


async def test_interviews_and_attestation_are_written(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    path = f"/volontaires/{cast.volunteer.id}/contrat"
    today = clock.today().isoformat()
    form = {
        "training_first_aid": today,
        "review_entry_held": today,
        "review_end_planned": (clock.today() + timedelta(days=100)).isoformat(),
        "declared_fcc_attest": "1",
        "declared_fcc_attest_name": "Sylvie",
    }
    for _ in range(2):
        assert (await client.post(f"{path}/suivi", data=form)).status_code == 303
    own = await sign_in(make_client, db, cast.volunteer)
    page = (await own.get(path)).text
    assert "Tenu le" in page
    assert "prévu le" in page
    async with db.reading() as looking:
        contract = await current_contract(looking, cast.volunteer.id)
        assert contract is not None
        facts = facts_of(contract)
        assert facts.declarations["fcc_attest"].name == "Sylvie"
        assert set(facts.reviews) == {"entry", "end"}
        verbs = list(await looking.scalars(select(AuditEvent.detail).where(AuditEvent.verb == "contract.updated")))
        assert verbs == [{"fields": ["trainings", "reviews", "declarations"]}], "again changes nothing"
    wrong = await client.post(
        f"{path}/suivi", data={"review_entry_held": "2020-01-01", "training_first_aid": "2099-01-01"}
    )
    assert wrong.status_code == 422
    assert wrong.text.count('class="error"') == 2


@pytest.mark.parametrize("run", range(3))
async def test_a_booking_and_an_end_at_once(session: AsyncSession, db: Database, run: int) -> None:
    """Whoever comes second sees the other: no place is left behind on a day that the contract does not cover."""
    volunteer = await make_volunteer(session)
    by = await make_user(session, "coordinator")
    shift = await make_shift(session, in_days(5))
    await session.commit()

    async def end() -> str:
        async with db.writing() as writing:
            contract, before = await contract_of(writing, volunteer)
            facts = replace(before, ended_on=clock.today() + timedelta(days=1))
            try:
                await save_contract(writing, by=by, volunteer=volunteer, contract=contract, facts=facts)
            except Refusal as refusal:
                return refusal.code
        return "ended"

    async def take() -> str:
        async with db.writing() as writing:
            try:
                await book(writing, by=volunteer.user, volunteer_id=volunteer.id, shift_id=shift.id)
            except Refusal as refusal:
                return refusal.code
        return "booked"

    outcomes = await asyncio.gather(*((end(), take()) if run % 2 else (take(), end())))
    assert sorted(outcomes) in (["contract_ready", "ended"], ["booked", "breaks_bookings"])
