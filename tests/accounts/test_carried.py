"""A session that ends in mid-form loses nothing that was typed."""

import html
import re
from collections.abc import Callable

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from tests.cast import make_cast
from tests.factories.accounts import PASSWORD
from tests.factories.missions import make_mission

MakeClient = Callable[[], httpx.AsyncClient]


def hidden(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden"[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', page)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


async def test_what_was_typed_goes_through_the_sign_in(session: AsyncSession, make_client: MakeClient) -> None:
    cast, mission = await make_cast(session), await make_mission(session)
    await session.commit()
    browser = make_client()
    path = f"/missions/{mission.id}/candidature"
    typed = 'J’aime "marcher" & <discuter>'
    lost = await browser.post(path, data={"motivation": typed, "many": ["a", "b"]})
    assert lost.status_code == 401
    assert "Votre session est finie" in lost.text
    fields = dict(hidden(lost.text))
    entry = {"email": cast.volunteer.user.email, "password": PASSWORD, **fields}
    again = await browser.post("/connexion", data=entry)
    assert again.status_code == 200
    assert f'action="{path}"' in again.text
    kept = hidden(again.text)
    assert kept == [("motivation", typed), ("many", "a"), ("many", "b")]
    sent = await browser.post(path, data={"motivation": dict(kept)["motivation"]})
    assert sent.status_code == 303


async def test_what_we_did_not_seal_is_not_opened(session: AsyncSession, make_client: MakeClient) -> None:
    cast = await make_cast(session)
    await session.commit()
    entry = {"email": cast.volunteer.user.email, "password": PASSWORD, "carried": "WyIvIixbXV0.forged"}
    answer = await make_client().post("/connexion", data=entry)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_passwords_and_empty_forms_are_not_carried(client: httpx.AsyncClient) -> None:
    for data in ({"password": "un secret"}, {"motivation": " "}, {}):
        answer = await client.post("/profil/mot-de-passe", data=data)
        assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")
