"""HEAD answers wherever GET does, and a refused method is told the others."""

import httpx
import pytest
import time_machine


@pytest.mark.parametrize(
    "path", ["/missions", "/healthz", "/api/v1/sites", "/static/app.css", "/n-existe-pas", "/profil"]
)
async def test_head_is_get_without_its_body(client: httpx.AsyncClient, path: str) -> None:
    # A page says when it was made.
    with time_machine.travel("2026-11-23 10:00+01:00", tick=False):
        full, bare = await client.get(path), await client.head(path)
    assert bare.status_code == full.status_code
    assert bare.content == b""
    assert dict(bare.headers) == dict(full.headers)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/connexion", "GET, HEAD, POST"),
        ("PUT", "/api/v1/shifts", "GET, HEAD, POST"),
        ("PUT", "/api/v1/shifts/00000000-0000-4000-8000-000000000000", "GET, HEAD, PATCH"),
        ("HEAD", "/deconnexion", "POST"),
        ("GET", "/api/v1/auth/login", "POST"),
        ("DELETE", "/static/app.css", "GET, HEAD"),
    ],
)
async def test_a_refused_method_is_told_the_others(
    client: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
