"""Sign-up and one's own page."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import PersonalToken, User
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.volunteers.models import Volunteer
from tests.cast import make_cast, sign_in
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.volunteers import born, make_volunteer

Clients = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
GOOD = {
    "name": "Inès Leroy",
    "email": "Ines@Example.test",
    "birth_date": born(20).isoformat(),
    "password": "une phrase facile à retenir",
}


async def test_sign_up_verify_sign_in(client: httpx.AsyncClient, mailbox: Mailbox, db: Database) -> None:
    assert (await client.get("/inscription")).status_code == 200
    answer = await client.post("/inscription", data=GOOD)
    assert answer.status_code == 303
    assert (await client.get(answer.headers["location"])).status_code == 200
    (mail,) = await mailbox()
    assert mail.recipient == "ines@example.test"
    assert "Bonjour Inès" in mail.text_body
    link = re.search(r"^http://civic\.test(/verification\S+)$", mail.text_body, re.M)
    assert link
    assert link[1] in mail.html_body
    assert (await client.get(link[1])).status_code == 200
    form = {"email": "ines@example.test", "password": GOOD["password"]}
    assert (await client.post("/connexion", data=form)).status_code == 303
    page = await client.get("/profil")
    assert 'value="Inès Leroy"' in page.text
    async with db.reading() as looking:
        assert await looking.scalar(select(Volunteer.birth_date)) == born(20)


async def test_an_address_that_has_an_account_is_not_told(
    session: AsyncSession, client: httpx.AsyncClient, mailbox: Mailbox, db: Database
) -> None:
    await make_user(session, email="ines@example.test")
    await session.commit()
    known = await client.post("/inscription", data=GOOD)
    unknown = await client.post("/inscription", data={**GOOD, "email": "other@example.test"})
    assert known.status_code == unknown.status_code == 303
    assert known.headers["location"] == unknown.headers["location"]
    assert [(mail.kind, mail.recipient) for mail in await mailbox()] == [
        ("account_exists", "ines@example.test"),
        ("verify", "other@example.test"),
    ]
    async with db.reading() as looking:
        assert await looking.scalar(select(func.count()).select_from(User)) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("name", "In\x00ès"),
        ("email", "ines"),
        ("email", "a\x00@b.fr"),
        ("email", "x" * 400 + "@b.fr"),
        ("birth_date", "2008-02-31"),
        ("birth_date", "hier"),
        ("birth_date", born(12).isoformat()),
        ("birth_date", born(40).isoformat()),
        ("birth_date", "9999999999-01-01"),
        ("password", "court"),
        ("password", "x" * 5000),
        ("password", ""),
    ],
)
async def test_what_a_new_volunteer_may_get_wrong(
    client: httpx.AsyncClient, mailbox: Mailbox, field: str, value: str
) -> None:
    answer = await client.post("/inscription", data={**GOOD, field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    if field != "name":
        assert 'value="Inès Leroy"' in answer.text, "what was typed stays"
    assert not await mailbox()


async def test_everybody_has_a_page(session: AsyncSession, make_client: Clients, db: Database) -> None:
    cast = await make_cast(session)
    await session.commit()
    for user in cast.users.values():
        page = await (await sign_in(make_client, db, user)).get("/profil")
        assert page.status_code == 200
        assert ('name="emergency_name"' in page.text) == (user.role == "volunteer")
    assert (await make_client().get("/profil")).status_code == 303


async def test_a_volunteer_keeps_their_details(session: AsyncSession, make_client: Clients, db: Database) -> None:
    volunteer = await make_volunteer(session, intermunicipality="CAHC")
    await session.commit()
    client = await sign_in(make_client, db, volunteer)
    form = {
        "name": "Inès  Leroy",
        "theme": "dark",
        "commune": volunteer.commune_insee or "",
        "phone": "07 00 00 00 00",
        "emergency_name": "Maman",
        "emergency_phone": "",
    }
    answer = await client.post("/profil", data=form)
    assert answer.status_code == 303
    assert "theme=dark" in answer.headers["set-cookie"] or "dark" in str(answer.headers.get_list("set-cookie"))
    async with db.reading() as looking:
        row = (await looking.scalars(select(Volunteer))).one()
        assert (row.phone, row.emergency_name, row.emergency_phone) == ("07 00 00 00 00", "Maman", "")
        assert await looking.scalar(select(User.name).where(User.id == volunteer.user_id)) == "Inès Leroy"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("theme", "pink"),
        ("commune", "99999"),
        ("phone", "abc"),
        ("emergency_phone", "1" * 40),
        ("emergency_name", "x\x00y"),
    ],
)
async def test_wrong_details_are_told_at_their_field(
    session: AsyncSession, make_client: Clients, db: Database, field: str, value: str
) -> None:
    volunteer = await make_volunteer(session)
    await session.commit()
    client = await sign_in(make_client, db, volunteer)
    answer = await client.post("/profil", data={"name": "Inès", "theme": "", "phone": "06 00 00 00 00", field: value})
    assert answer.status_code == 422
    async with db.reading() as looking:
        assert await looking.scalar(select(Volunteer.phone)) == volunteer.phone


async def test_changing_ones_password(session: AsyncSession, make_client: Clients, db: Database) -> None:
    user = await make_user(session)
    await session.commit()
    client, elsewhere = await sign_in(make_client, db, user), await sign_in(make_client, db, user)
    new = "une autre phrase"
    wrong = await client.post("/profil/mot-de-passe", data={"current_password": "no", "password": new})
    assert wrong.status_code == 422
    weak = await client.post("/profil/mot-de-passe", data={"current_password": PASSWORD, "password": "court"})
    assert weak.status_code == 422
    done = await client.post("/profil/mot-de-passe", data={"current_password": PASSWORD, "password": new})
    assert done.status_code == 303
    assert (await client.get("/profil")).status_code == 200
    assert (await elsewhere.get("/profil")).status_code == 303
    signed = await make_client().post("/connexion", data={"email": user.email, "password": new})
    assert signed.status_code == 303
    assert (await make_client().post("/profil/mot-de-passe", data={})).status_code == 303


async def test_a_token_is_shown_once(session: AsyncSession, make_client: Clients, db: Database) -> None:
    user = await make_user(session, "manager")
    await session.commit()
    client = await sign_in(make_client, db, user)
    assert (await client.post("/profil/jetons", data={"token_name": ""})).status_code == 422
    page = await client.post("/profil/jetons", data={"token_name": "export"})
    found = re.search(r"class=\"code\">([\w-]{43})<", page.text)
    assert found
    assert found[1] not in (await client.get("/profil")).text
    me = await make_client().get("/api/v1/me", headers={"Authorization": f"Bearer {found[1]}"})
    assert me.status_code == 200
    async with db.reading() as looking:
        token_id = await looking.scalar(select(PersonalToken.id))
    stranger = await make_user(session)
    await session.commit()
    other = await sign_in(make_client, db, stranger)
    assert (await other.post(f"/profil/jetons/{token_id}/suppression")).status_code == 404
    assert (await client.post("/profil/jetons/nonsense/suppression")).status_code == 404
    assert (await client.post(f"/profil/jetons/{token_id}/suppression")).status_code == 303
    me = await make_client().get("/api/v1/me", headers={"Authorization": f"Bearer {found[1]}"})
    assert me.status_code == 401
