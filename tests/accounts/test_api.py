"""Signing in by the JSON interface, as the black-box checks do it."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from tests.cast import sign_in
from tests.factories.accounts import PASSWORD, make_personal_token, make_session, make_user
from tests.factories.volunteers import make_volunteer

LOGIN = "/api/v1/auth/login"
Clients = Callable[[], httpx.AsyncClient]


async def login(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post(LOGIN, data={"username": email, "password": password})


async def test_the_cookie_opens_the_interface(session: AsyncSession, client: httpx.AsyncClient) -> None:
    volunteer = await make_volunteer(session, name="Inès Leroy", email="ines@example.test")
    await session.commit()
    assert (await client.get("/api/v1/me")).status_code == 401
    answer = await login(client, " INES@example.test ")
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("civic_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert (await client.get("/api/v1/me")).json() == {
        "id": str(volunteer.user_id),
        "email": "ines@example.test",
        "name": "Inès Leroy",
        "role": "volunteer",
        "volunteer_id": str(volunteer.id),
    }
    assert (await client.post("/api/v1/auth/logout")).status_code == 204
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await client.post("/api/v1/auth/logout")).status_code == 204


@pytest.mark.production
async def test_in_production_the_cookie_is_bound_to_the_host(session: AsyncSession, client: httpx.AsyncClient) -> None:
    user = await make_user(session)
    await session.commit()
    cookie = (await login(client, user.email)).headers["set-cookie"]
    assert cookie.startswith("__Host-civic_session=")
    assert "Secure" in cookie


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("known@example.test", "wrong"),
        ("nobody@example.test", PASSWORD),
        ("gone@example.test", PASSWORD),
        ("a\x00b", "x"),
    ],
)
async def test_a_wrong_pair_says_no_more_than_that(
    session: AsyncSession, client: httpx.AsyncClient, email: str, password: str
) -> None:
    await make_user(session, email="known@example.test")
    await make_user(session, email="gone@example.test", active=False)
    await session.commit()
    answer = await login(client, email, password)
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_credentials"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"username": "a@b.fr"},
        {"username": "x" * 2000, "password": "y"},
        {"username": "a", "password": "b", "more": "c"},
    ],
)
async def test_bad_forms_are_refused_field_by_field(client: httpx.AsyncClient, sent: dict[str, str]) -> None:
    answer = await client.post(LOGIN, data=sent)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert (await client.post(LOGIN, json={"username": "a", "password": "b"})).status_code == 422


async def test_only_failures_are_throttled(session: AsyncSession, client: httpx.AsyncClient) -> None:
    user = await make_user(session)
    other = await make_user(session)
    await session.commit()
    for _ in range(12):
        assert (await login(client, user.email)).status_code == 204
    for _ in range(10):
        assert (await login(client, user.email, "wrong")).status_code == 400
    refused = await login(client, user.email)
    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_attempts"
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert (await login(client, other.email)).status_code == 204


async def test_a_session_ends(session: AsyncSession, client: httpx.AsyncClient) -> None:
    user = await make_user(session)
    with time_machine.travel("2026-11-30 08:00+01:00", tick=False):
        cookie = await make_session(session, user, timedelta(days=30))
        await session.commit()
        client.cookies.set("civic_session", cookie)
        assert (await client.get("/api/v1/me")).status_code == 200
    with time_machine.travel("2026-12-30 08:01+01:00", tick=False):
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_personal_token_is_as_good_as_a_cookie(session: AsyncSession, client: httpx.AsyncClient) -> None:
    user = await make_user(session, "manager")
    token = await make_personal_token(session, user)
    await session.commit()
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["role"] == "manager"
    assert me.json()["volunteer_id"] is None
    assert (await client.get("/api/v1/me", headers={"Authorization": "Bearer nonsense"})).status_code == 401


async def test_somebody_deactivated_is_out_at_once(session: AsyncSession, make_client: Clients, db: Database) -> None:
    user = await make_user(session)
    await session.commit()
    client = await sign_in(make_client, db, user)
    assert (await client.get("/api/v1/me")).status_code == 200
    user.is_active = False
    await session.commit()
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_another_site_can_not_sign_anybody_in(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        LOGIN, data={"username": "a", "password": "b"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
