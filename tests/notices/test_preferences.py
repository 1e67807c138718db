"""Choosing one's mails, on a page and from a link that needs no sign-in; a forged link changes nothing."""

from collections.abc import Callable

import httpx
import pytest
from itsdangerous import URLSafeSerializer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.db import Database
from civic.outbox.models import MailPreferences
from civic.outbox.preferences import FAMILIES, Wishes, choose, read_stop, stop_link, wishes_of
from civic.settings import Settings
from tests.cast import Cast, make_cast, sign_in
from tests.factories.volunteers import make_volunteer

MakeClient = Callable[[], httpx.AsyncClient]


@pytest.fixture
async def cast(session: AsyncSession) -> Cast:
    made = await make_cast(session)
    await session.commit()
    return made


async def wishes(db: Database, cast: Cast, name: str = "volunteer") -> Wishes:
    user = cast.users[name]
    async with db.reading() as session:
        return (await wishes_of(session, [user.id]))[user.id]


def path_of(link: str) -> str:
    return link.removeprefix("http://civic.test")


async def test_the_defaults_and_what_is_chosen(cast: Cast, db: Database, make_client: MakeClient) -> None:
    assert await wishes(db, cast) == Wishes((24,), "none", frozenset())
    browser = await sign_in(make_client, db, cast.volunteer)
    assert 'value="24" checked' in (await browser.get("/profil/messages")).text
    form = {"reminders": ["2", "48"], "digest": "weekly"}
    assert (await browser.post("/profil/messages", data=form)).status_code == 303
    assert await wishes(db, cast) == Wishes((2, 48), "weekly", frozenset({"stand_in", "openings", "news"}))
    again = await browser.post(
        "/profil/messages", data={"digest": "none", "stand_in": "1", "openings": "1", "news": "1"}
    )
    assert again.status_code == 303
    assert await wishes(db, cast) == Wishes((), "none", frozenset())


@pytest.mark.parametrize("form", [{}, {"digest": "hourly"}, {"digest": "none", "reminders": "5"}])
async def test_a_wrong_choice_is_kept_on_the_page_and_changes_nothing(
    cast: Cast, db: Database, make_client: MakeClient, form: dict[str, str]
) -> None:
    browser = await sign_in(make_client, db, cast.volunteer)
    assert (await browser.post("/profil/messages", data=form)).status_code == 422
    assert await wishes(db, cast) == Wishes()


async def test_each_role_chooses_what_it_gets(cast: Cast, db: Database, make_client: MakeClient) -> None:
    browser = await sign_in(make_client, db, cast.coordinator)
    page = await browser.get("/profil/messages")
    assert 'name="alerts"' in page.text
    assert 'name="reminders"' not in page.text
    await browser.post("/profil/messages", data={"digest": "daily"})
    assert await wishes(db, cast, "coordinator") == Wishes((24,), "daily", frozenset({"alerts", "news"}))
    manager = await sign_in(make_client, db, cast.manager)
    assert "<form" not in (await manager.get("/profil/messages")).text.split("<main")[1]
    assert (await manager.post("/profil/messages", data={"digest": "daily", "alerts": "1"})).status_code == 303
    assert await wishes(db, cast, "manager") == Wishes()


@pytest.mark.parametrize("family", FAMILIES)
async def test_one_click_stops_a_family_without_signing_in_as_often_as_wanted(
    cast: Cast, db: Database, client: httpx.AsyncClient, settings: Settings, family: str
) -> None:
    user = cast.volunteer.user
    async with db.writing() as session:
        await choose(session, user.id, reminders=[2, 24], digest="daily", muted=[])
    path = path_of(stop_link(user.id, family))
    page = await client.get(path)
    assert page.status_code == 200
    assert "Ne plus les recevoir" in page.text
    assert (await wishes(db, cast)).wants(family), "a mail program that opens the link changes nothing"
    for _twice in range(2):
        done = await client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        assert "C’est fait" in done.text
        after = await wishes(db, cast)
        assert not after.wants(family)
        assert all(after.wants(other) for other in FAMILIES if other != family)
    again = await client.get(path)
    assert "C’est fait" in again.text
    assert "Ne plus les recevoir" not in again.text
    assert await wishes(db, cast, "colleague") == Wishes()


async def test_a_forged_or_broken_link_is_refused_kindly(
    cast: Cast, db: Database, client: httpx.AsyncClient, settings: Settings
) -> None:
    theirs = cast.volunteer.user_id
    good = path_of(stop_link(theirs, "digest")).partition("jeton=")[2]
    forged = URLSafeSerializer("another key", salt="mail-family").dumps([theirs.hex, "digest"])
    unknown = URLSafeSerializer(settings.secret_key, salt="mail-family").dumps([theirs.hex, "account"])
    other = URLSafeSerializer(settings.secret_key, salt="flash").dumps([theirs.hex, "digest"])
    for token in ("", "x", good[:-2], f"{good}a", forged, unknown, other, "é" * 20):
        for answer in (
            await client.get("/messages/arret", params={"jeton": token}),
            await client.post("/messages/arret", params={"jeton": token}),
        ):
            assert answer.status_code == 400
            assert "Ce lien ne marche pas" in answer.text
    async with db.reading() as session:
        assert await session.scalar(select(func.count()).select_from(MailPreferences)) == 0


async def test_the_link_of_somebody_who_is_gone_does_nothing(
    session: AsyncSession, db: Database, client: httpx.AsyncClient, settings: Settings
) -> None:
    volunteer = await make_volunteer(session)
    path = path_of(stop_link(volunteer.user_id, "digest"))
    await session.rollback()
    assert (await client.post(path)).status_code == 200


async def test_a_link_names_its_person_and_family(settings: Settings, cast: Cast) -> None:
    link = stop_link(cast.volunteer.user_id, "stand_in")
    assert link.startswith("http://civic.test/messages/arret?jeton=")
    assert read_stop(link.partition("jeton=")[2]) == (cast.volunteer.user_id, "stand_in")
