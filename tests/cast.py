"""The same people in every test of rights, and how each of them opens a browser.

cast = await make_cast(session)
await session.commit()
page = await (await sign_in(make_client, db, cast.volunteer.user)).get("/profil")
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.db import Database
from civic.settings import settings
from civic.volunteers.models import Volunteer
from tests.factories.accounts import make_session, make_user
from tests.factories.volunteers import make_minor, make_volunteer


@dataclass
class Cast:
    """Owner, colleague, stranger, read-only. Volunteers live in the CALL and are ready to serve."""

    volunteer: Volunteer
    colleague: Volunteer
    minor: Volunteer
    coordinator: User  # every intermunicipality
    coordinator_call: User
    coordinator_cahc: User  # a stranger to what belongs to the CALL
    manager: User
    admin: User

    @property
    def users(self) -> dict[str, User]:
        """Everybody by the name of their part."""
        people = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: one.user if isinstance(one, Volunteer) else one for name, one in people.items()}


async def make_cast(session: AsyncSession) -> Cast:
    """Everybody, flushed; the caller commits."""
    return Cast(
        volunteer=await make_volunteer(session, name="Inès Volontaire", email="ines@example.test"),
        colleague=await make_volunteer(session, name="Malik Collègue", email="malik@example.test"),
        minor=await make_minor(session, name="Lou Mineure", email="lou@example.test"),
        coordinator=await make_user(session, "coordinator", "Nadia Coordination", "nadia@example.test"),
        coordinator_call=await make_user(session, "coordinator", "Paul Lens", "paul@example.test", scopes=["CALL"]),
        coordinator_cahc=await make_user(session, "coordinator", "Anna Hénin", "anna@example.test", scopes=["CAHC"]),
        manager=await make_user(session, "manager", "Hélène Direction", "helene@example.test"),
        admin=await make_user(session, "admin", "Ali Administration", "ali@example.test"),
    )


async def sign_in(
    make_client: Callable[[], httpx.AsyncClient], db: Database, user: User | Volunteer
) -> httpx.AsyncClient:
    """A new browser in which somebody is signed in, without the cost of a password. Commit the user before."""
    return (await sign_in_all(make_client, db, {"one": user}))["one"]


async def sign_in_all(
    make_client: Callable[[], httpx.AsyncClient], db: Database, users: Mapping[str, User | Volunteer]
) -> dict[str, httpx.AsyncClient]:
    """A browser for each of several people, made in one go."""
    async with db.writing() as session:
        cookies = {
            name: await make_session(session, user.user if isinstance(user, Volunteer) else user)
            for name, user in users.items()
        }
    clients = {name: make_client() for name in users}
    for name, client in clients.items():
        client.cookies.set(settings().session_cookie, cookies[name])
    return clients
