"""The contract page: a coordinator's form, a volunteer's summary, nobody else's business."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic import clock
from civic.contracts.models import EngagementContract
from civic.contracts.rules import longest_end
from civic.db import Database
from tests.cast import make_cast, sign_in
from tests.factories.volunteers import make_minor, make_volunteer

Clients = Callable[[], httpx.AsyncClient]


def good(**changes: str) -> dict[str, str]:
    first = clock.today()
    return {
        "starts_on": first.isoformat(),
        "ends_on": longest_end(first).isoformat(),
        "weekly_hours": "24,5",
        **changes,
    }


async def test_who_opens_it(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await session.commit()
    path = f"/volontaires/{cast.volunteer.id}/contrat"
    expected = {
        "volunteer": 200,
        "colleague": 404,
        "minor": 404,
        "coordinator": 200,
        "coordinator_call": 200,
        "coordinator_cahc": 404,
        "manager": 403,
        "admin": 403,
    }
    for name, user in cast.users.items():
        client = await sign_in(make_client, db, user)
        page = await client.get(path)
        assert page.status_code == expected[name], name
        writer = name in ("coordinator", "coordinator_call")
        assert ('name="starts_on"' in page.text) == writer, name
        saved = await client.post(path, data=good())
        wanted = 303 if writer else 404 if name == "coordinator_cahc" else 403
        assert saved.status_code == wanted, name
    assert (await make_client().get(path)).status_code == 303


async def test_the_first_contract(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    volunteer = await make_minor(session, ready=False)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator_call)
    path = f"/volontaires/{volunteer.id}/contrat"
    page = await client.get(path)
    assert "Aucun contrat" in page.text
    assert "Le suivi" not in page.text
    day = clock.today().isoformat()
    form = good(
        tutor_id=str(cast.coordinator.id),
        conformity_checked_on=day,
        medical_cleared_on=day,
        declared_no_substitution="1",
    )
    assert (await client.post(path, data=form)).status_code == 303
    page = await client.get(path)
    assert "Règle\u00a0: Autorisation parentale · L120-5, R121-11" in page.text
    assert "Règle\u00a0: Tutorat renforcé" in page.text
    for code in ("\u00a0: parental_auth", "tutor_minor", "\u00a0: no_substitution"):
        assert code not in page.text
    assert re.search(r"Déclaré le \d[^<]* par Paul Lens", page.text)
    form |= {"parental_authorised_on": day, "parental_holders": "Sacha", "minor_tutoring_on": day}
    assert (await client.post(path, data=form)).status_code == 303
    assert (await client.post(f"{path}/suivi", data={"training_first_aid": day})).status_code == 303
    page = await client.get(path)
    assert "Prêt à servir" in page.text
    assert 'value="24.5"' in page.text
    async with db.reading() as looking:
        chosen = select(EngagementContract).options(
            selectinload(EngagementContract.trainings), selectinload(EngagementContract.declarations)
        )
        rows = (await looking.scalars(chosen.where(EngagementContract.volunteer_id == volunteer.id))).all()
        assert [[training.kind for training in row.trainings] for row in rows] == [["first_aid"]]
        assert [[(one.code, one.name) for one in row.declarations] for row in rows] == [
            [("no_substitution", "Paul Lens")]
        ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts_on", ""),
        ("starts_on", "31/02/2026"),
        ("starts_on", "2100-12-31"),
        ("ends_on", "2026-01-01"),
        ("ends_on", (clock.today() + timedelta(days=30)).isoformat()),
        ("weekly_hours", "0"),
        ("weekly_hours", "49"),
        ("weekly_hours", "beaucoup"),
        ("tutor_id", str(uuid4())),
        ("tutor_id", "\x00"),
        ("medical_cleared_on", (clock.today() + timedelta(days=2)).isoformat()),
        ("conformity_checked_on", clock.today().isoformat()),
        ("declared_no_substitution", "1"),
        ("earlier_engagement", "1"),
        ("usual_days", "8"),
        ("parental_holders", "x" * 301),
        ("parental_holders", "a\x00b"),
    ],
)
async def test_wrong_facts_are_told_at_their_field(
    session: AsyncSession, make_client: Clients, db: Database, field: str, value: str
) -> None:
    cast = await make_cast(session)
    volunteer = await make_volunteer(session, ready=False)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    form = good(**{field: value})
    if field == "declared_no_substitution":
        form["declared_no_substitution_on"] = (clock.today() + timedelta(days=1)).isoformat()
    answer = await client.post(f"/volontaires/{volunteer.id}/contrat", data=form)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert 'value="24,5"' in answer.text or field == "weekly_hours"


async def test_a_rule_names_its_source(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    form = good(ends_on=(clock.today() + timedelta(days=30)).isoformat())
    page = await client.post(f"/volontaires/{cast.volunteer.id}/contrat", data=form)
    assert "L120-1 II" in page.text
    assert "6 à 12 mois" in page.text


async def test_unknown_volunteers(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    for volunteer_id in (uuid4(), "x", "%00"):
        assert (await client.get(f"/volontaires/{volunteer_id}/contrat")).status_code == 404
        assert (await client.post(f"/volontaires/{volunteer_id}/contrat", data={})).status_code == 404


async def test_few_hours_a_week_warn_and_never_refuse(
    session: AsyncSession, make_client: Clients, db: Database
) -> None:
    cast = await make_cast(session)
    volunteer = await make_volunteer(session, ready=False)
    await session.commit()
    client = await sign_in(make_client, db, cast.coordinator)
    path = f"/volontaires/{volunteer.id}/contrat"
    warning = "la règle est de 24 h au moins"
    refused = await client.post(path, data=good(weekly_hours="20", ends_on=""))
    assert (refused.status_code, warning in refused.text.replace("\u00a0", " ")) == (422, True)
    wrong = await client.post(path, data=good(weekly_hours="-4"))
    assert (wrong.status_code, warning in wrong.text.replace("\u00a0", " ")) == (422, False), "its error says enough"
    assert (await client.post(path, data=good(weekly_hours="20"))).status_code == 303
    page = (await client.get(path)).text.replace("\u00a0", " ")
    assert page.count(warning) == 2, "told once, and standing among what to look at"
    assert "source à confirmer" in page
    await client.post(path, data=good(weekly_hours="24"))
    assert warning not in (await client.get(path)).text.replace("\u00a0", " ")
