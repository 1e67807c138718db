"""The pages before one is signed in."""

import re
from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts import actions, passwords
from civic.accounts.models import User, UserSession
from civic.db import Database
from civic.outbox.models import OutboxMail
from tests.cast import sign_in
from tests.factories.accounts import PASSWORD, make_user

Clients = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
NEW = "une phrase facile à retenir"


def link_in(mail: OutboxMail) -> str:
    """The address that stands on a line of its own."""
    found = re.search(r"^http://civic\.test(/\S+)$", mail.text_body, re.M)
    assert found
    return found[1]


async def test_sign_in_goes_on_to_where_one_was_going(session: AsyncSession, client: httpx.AsyncClient) -> None:
    user = await make_user(session)
    await session.commit()
    assert (await client.get("/profil")).headers["location"] == "/connexion?next=/profil"
    assert (await client.get("/connexion?next=/profil")).status_code == 200
    form = {"email": user.email, "password": PASSWORD, "next": "/profil", "remember": "1"}
    answer = await client.post("/connexion", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/profil"
    assert "Max-Age=2592000" in answer.headers["set-cookie"]
    assert (await client.get("/connexion")).headers["location"] == "/"
    assert (await client.post("/deconnexion")).status_code == 303
    assert (await client.get("/profil")).status_code == 303


async def test_a_session_that_is_not_kept_ends_with_the_browser(
    session: AsyncSession, client: httpx.AsyncClient, db: Database
) -> None:
    user = await make_user(session)
    await session.commit()
    answer = await client.post("/connexion", data={"email": user.email, "password": PASSWORD})
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("civic_session"))
    assert "Max-Age" not in cookie
    async with db.reading() as looking:
        row = await looking.scalar(select(UserSession))
        assert row is not None
        assert (row.expires_at - row.created_at).total_seconds() < 13 * 3600
        assert row.token not in cookie


async def test_never_on_to_another_site(session: AsyncSession, client: httpx.AsyncClient) -> None:
    user = await make_user(session)
    await session.commit()
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"):
        answer = await client.post("/connexion", data={"email": user.email, "password": PASSWORD, "next": target})
        assert answer.headers["location"] == "/"


async def test_a_wrong_pair_keeps_what_was_typed(session: AsyncSession, client: httpx.AsyncClient) -> None:
    await make_user(session, email="ines@example.test")
    await session.commit()
    answer = await client.post("/connexion", data={"email": "ines@example.test", "password": "no", "next": "/profil"})
    assert answer.status_code == 422
    assert "Adresse ou mot de passe inconnu" in answer.text
    assert 'value="ines@example.test"' in answer.text
    assert 'value="/profil"' in answer.text
    assert (await client.post("/connexion", data={})).status_code == 422
    odd = await client.post("/connexion", data={"email": "a\x00b", "password": "x" * 5000})
    assert odd.status_code == 422


async def test_the_page_throttles_too(session: AsyncSession, client: httpx.AsyncClient) -> None:
    for _ in range(10):
        await client.post("/connexion", data={"email": "a@b.fr", "password": "no"})
    answer = await client.post("/connexion", data={"email": "a@b.fr", "password": "no"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]


async def test_verification_by_the_link_in_the_mail(
    session: AsyncSession, client: httpx.AsyncClient, mailbox: Mailbox, db: Database
) -> None:
    user = await make_user(session, email="lou@example.test", verified=False)
    await actions.send_verification(session, user.email)
    await session.commit()
    link = link_in((await mailbox())[0])
    assert (await client.get(link)).status_code == 200
    assert (await client.get(link)).status_code == 200, "the second click is as good"
    async with db.reading() as looking:
        assert await looking.scalar(select(User.is_verified).where(User.id == user.id))


async def test_a_wrong_link_offers_another(session: AsyncSession, client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await make_user(session, email="lou@example.test", verified=False)
    await session.commit()
    for token in ("", "x", "a.b.c", "%00", "x" * 3000):
        answer = await client.get(f"/verification?token={token}")
        assert answer.status_code == 400
        assert 'action="/verification"' in answer.text
    assert (await client.post("/verification", data={"email": "not an address"})).status_code == 422
    for email in ("lou@example.test", "nobody@example.test"):
        answer = await client.post("/verification", data={"email": email})
        assert answer.headers["location"] == "/inscription/courrier"
    assert [mail.recipient for mail in await mailbox()] == ["lou@example.test"]
    assert (await client.get("/inscription/courrier")).status_code == 200


async def test_a_forgotten_password(
    session: AsyncSession, make_client: Clients, client: httpx.AsyncClient, mailbox: Mailbox, db: Database
) -> None:
    user = await make_user(session, email="lou@example.test", verified=False)
    await session.commit()
    signed_in = await sign_in(make_client, db, user)
    assert (await client.get("/mot-de-passe-oublie")).status_code == 200
    for email in ("lou@example.test", "nobody@example.test"):
        answer = await client.post("/mot-de-passe-oublie", data={"email": email})
        assert answer.headers["location"].startswith("/inscription/courrier")
    mails = await mailbox()
    assert [mail.recipient for mail in mails] == ["lou@example.test"]
    link = link_in(mails[0])
    token = link.partition("token=")[2]
    assert (await client.get(link)).status_code == 200
    assert (await client.post("/mot-de-passe", data={"token": token, "password": "court"})).status_code == 422
    done = await client.post("/mot-de-passe", data={"token": token, "password": NEW})
    assert done.status_code == 303
    assert (await client.get(link)).status_code == 400, "the link serves once"
    assert (await client.post("/mot-de-passe", data={"token": token, "password": NEW})).status_code == 400
    assert (await signed_in.get("/profil")).status_code == 303, "other browsers are signed out"
    signed = await client.post("/connexion", data={"email": user.email, "password": NEW})
    assert signed.status_code == 303
    async with db.reading() as looking:
        assert await looking.scalar(select(User.is_verified).where(User.id == user.id))


async def test_a_mailbox_is_not_flooded(session: AsyncSession, client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    user = await make_user(session)
    await session.commit()
    for _ in range(8):
        assert (await client.post("/mot-de-passe-oublie", data={"email": user.email})).status_code == 303
    assert len(await mailbox()) == 5


async def test_bad_reset_links(client: httpx.AsyncClient) -> None:
    for token in ("", "x", "a.b.c", "%00"):
        assert (await client.get(f"/mot-de-passe?token={token}")).status_code == 400
    answer = await client.post("/mot-de-passe", data={"token": "a\x00b", "password": NEW})
    assert answer.status_code == 400


async def test_passwords_that_will_not_do() -> None:
    assert passwords.problem_with("court", "a@b.fr")
    assert passwords.problem_with("aaaaaaaaaaaaaa", "a@b.fr")
    assert passwords.problem_with("x" * 201, "a@b.fr")
    assert passwords.problem_with("Inès@example.test", "inès@example.test")
    assert passwords.problem_with(NEW, "a@b.fr") is None
