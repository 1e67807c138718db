import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts import actions, passwords
from civic.accounts.models import PersonalToken, User, UserSession
from civic.db import Database
from civic.errors import NotFound, Refusal
from civic.outbox.models import OutboxMail
from civic.settings import Settings
from tests.factories.accounts import PASSWORD, make_session, make_user


async def test_an_address_has_one_account_whatever_the_concurrency(db: Database, settings: Settings) -> None:
    prepared = await passwords.prepare(PASSWORD)

    async def sign_up() -> User | None:
        async with db.writing() as session:
            return await actions.register(session, email="lou@example.test", name="Lou", password=prepared)

    made = await asyncio.gather(*(sign_up() for _ in range(4)))
    assert len([user for user in made if user]) == 1
    async with db.reading() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1
        mails = (await session.scalars(select(OutboxMail))).all()
        assert {mail.recipient for mail in mails} == {"lou@example.test"}


async def test_an_operator_adds_somebody(session: AsyncSession, settings: Settings) -> None:
    user, link = await actions.add_user(session, "Chef@Example.test", "manager", "  Hélène   Chef ")
    assert (user.email, user.name, user.role, user.is_verified) == ("chef@example.test", "Hélène Chef", "manager", True)
    assert link
    assert link.startswith("http://civic.test/mot-de-passe?token=")
    token = link.partition("token=")[2]
    prepared = await passwords.prepare("une phrase à moi")
    assert await actions.reset_password(session, token, prepared)
    assert not await actions.reset_password(session, token, prepared)
    assert not (await session.scalars(select(OutboxMail))).all()


async def test_an_operator_gives_the_password(session: AsyncSession, settings: Settings) -> None:
    user, link = await actions.add_user(session, "a@example.test", "admin", "Ali", PASSWORD)
    assert link is None
    assert await passwords.verify(PASSWORD, user.hashed_password)


@pytest.mark.parametrize(
    ("email", "role", "name", "password"),
    [
        ("not an address", "admin", "Ali", None),
        ("a\x00@b.fr", "admin", "Ali", None),
        ("a@b.fr", "king", "Ali", None),
        ("a@b.fr", "admin", " ", None),
        ("a@b.fr", "admin", "A\x00li", None),
        ("a@b.fr", "admin", "x" * 200, None),
        ("a@b.fr", "admin", "Ali", "court"),
        ("taken@example.test", "admin", "Ali", None),
    ],
)
async def test_what_an_operator_may_get_wrong(
    session: AsyncSession, settings: Settings, email: str, role: str, name: str, password: str | None
) -> None:
    await make_user(session, email="taken@example.test")
    with pytest.raises(Refusal) as refused:
        await actions.add_user(session, email, role, name, password)
    assert refused.value.message


async def test_changing_the_password_leaves_this_browser_in(session: AsyncSession, settings: Settings) -> None:
    user = await make_user(session)
    here = await make_session(session, user)
    await make_session(session, user)
    await actions.change_password(session, user, await passwords.prepare("une autre phrase"), here)
    assert await session.scalar(select(func.count()).select_from(UserSession)) == 1


async def test_tokens_are_ones_own(session: AsyncSession) -> None:
    user, other = await make_user(session), await make_user(session)
    await actions.make_token(session, user, "script")
    row = (await session.scalars(select(PersonalToken))).one()
    with pytest.raises(NotFound):
        await actions.revoke_token(session, other, row.id)
    await actions.revoke_token(session, user, row.id)
    await session.flush()
    for n in range(actions.MAX_TOKENS):
        await actions.make_token(session, user, f"script {n}")
    with pytest.raises(Refusal):
        await actions.make_token(session, user, "one too many")
