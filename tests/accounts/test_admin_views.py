"""Administration with the cast, on both engines: accounts, invitations, dead mails, the log."""

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from civic import audit
from civic.accounts.models import User, UserSession
from civic.audit.models import AuditEvent
from civic.clock import now
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.volunteers.models import Volunteer
from tests.cast import Cast, make_cast, sign_in_all
from tests.factories.accounts import make_user

MakeClient = Callable[[], httpx.AsyncClient]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
Counting = Callable[[], AbstractContextManager[list[str]]]
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass
class Office:
    cast: Cast
    clients: dict[str, httpx.AsyncClient]

    async def get(self, path: str, who: str = "admin") -> httpx.Response:
        return await self.clients[who].get(path)

    async def post(self, path: str, who: str = "admin", **data: object) -> httpx.Response:
        return await self.clients[who].post(path, data=data)


@pytest.fixture
async def office(db: Database, make_client: MakeClient) -> Office:
    async with db.writing() as session:
        cast = await make_cast(session)
    clients = await sign_in_all(make_client, db, cast.users)
    clients["nobody"] = make_client()
    return Office(cast, clients)


async def account(db: Database, user_id: UUID) -> User:
    async with db.reading() as session:
        return await session.get_one(User, user_id)


async def last_verb(db: Database) -> str | None:
    async with db.reading() as session:
        return await session.scalar(select(AuditEvent.verb).order_by(AuditEvent.at.desc()).limit(1))


def page_of(user: User | Volunteer) -> str:
    return f"/administration/comptes/{user.user_id if isinstance(user, Volunteer) else user.id}"


@pytest.mark.parametrize(
    ("who", "status"),
    [("coordinator", 403), ("coordinator_call", 403), ("manager", 403), ("volunteer", 403), ("nobody", 303)],
)
async def test_only_admins_administer(office: Office, who: str, status: int) -> None:
    page = page_of(office.cast.coordinator)
    pages = ["/administration", "/administration/journal", "/administration/courriels", "/administration/invitation"]
    for path in (*pages, page, f"{page}/fermeture"):
        assert (await office.get(path, who)).status_code == status, path
        if path.startswith(page) or path.endswith("invitation"):
            # What a signed-out person typed is kept: they sign in on that very answer.
            answer = await office.post(path, who, role="admin")
            assert answer.status_code == (401 if who == "nobody" else status), path
    for path in (f"{page}/reouverture", f"{page}/invitation", f"/administration/courriels/{NOBODY}/reprise"):
        assert (await office.post(path, who)).status_code == status, path
    assert (await account_role(office)) == "coordinator"


async def account_role(office: Office) -> str:
    return office.cast.coordinator.role


async def test_accounts_are_found_by_name_role_and_state(office: Office, db: Database) -> None:
    async with db.writing() as session:
        await make_user(session, "manager", "Ferdinand Fermé", active=False)
        await make_user(session, "volunteer", "Nadège Nouvelle", verified=False)
    page = (await office.get("/administration")).text
    for text in ("Inès Volontaire", "paul@example.test", "CALL", "toutes", "Fermé", "Adresse à confirmer"):
        assert text in page
    page = (await office.get("/administration?q=INES")).text
    assert "Inès Volontaire" in page
    assert "Paul Lens" not in page
    page = (await office.get("/administration?role=manager&etat=ferme")).text
    assert "Ferdinand" in page
    assert "Hélène" not in page
    for query in ("q=%00%25_", "role=x&etat=x&page=x", "page=9999", "page=-1", "q=" + "x" * 3000):
        assert (await office.get(f"/administration?{query}")).status_code == 200
    assert "Aucun compte" in (await office.get("/administration?q=personne-de-ce-nom")).text


async def test_a_list_of_many_accounts_takes_few_queries(office: Office, db: Database, count_queries: Counting) -> None:
    async with db.writing() as session:
        for number in range(60):
            await make_user(session, "manager", f"Camille {number:02}")
    with count_queries() as queries:
        page = (await office.get("/administration")).text
    assert len(queries) <= 4
    assert "page=2" in page
    assert "Page précédente" in (await office.get("/administration?page=2")).text


@pytest.mark.parametrize("user_id", ["x", "%00", NOBODY])
async def test_an_unknown_account_is_not_found(office: Office, user_id: str) -> None:
    path = f"/administration/comptes/{user_id}"
    assert (await office.get(path)).status_code == 404
    for verb in ("", "/fermeture", "/reouverture", "/invitation"):
        assert (await office.post(path + verb, role="admin")).status_code == 404


async def test_rights_change(office: Office, db: Database) -> None:
    manager, path = office.cast.manager, page_of(office.cast.manager)
    answer = await office.post(path, role="coordinator", scopes=["CALL", "CAHC"])
    assert answer.headers["location"] == path
    page = (await office.get(path)).text
    assert len(re.findall(r'value="C[A-Z]+" checked', page)) == 2
    assert (await account(db, manager.id)).role == "coordinator"
    assert await last_verb(db) == "account.rights_changed"
    assert (await office.post(path, role="manager", scopes=["CALL"])).status_code == 303
    async with db.reading() as session:
        detail = await session.scalar(select(AuditEvent.detail).order_by(AuditEvent.at.desc()).limit(1))
    assert detail == {"before": {"role": "coordinator", "scopes": ["CAHC", "CALL"]}, "role": "manager"}
    assert (await office.get("/planning", "manager")).status_code == 403


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "role"),
        ({"role": "king"}, "role"),
        ({"role": "\x00"}, "role"),
        ({"role": "coordinator", "scopes": "PARIS"}, "scopes"),
        ({"role": "volunteer"}, "role"),
    ],
)
async def test_rights_that_make_no_sense_are_told(
    office: Office, db: Database, typed: dict[str, str], field: str
) -> None:
    answer = await office.post(page_of(office.cast.manager), **typed)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert (await account(db, office.cast.manager.id)).role == "manager"


async def test_a_volunteer_may_become_one_again(office: Office, db: Database) -> None:
    path = page_of(office.cast.volunteer)
    for role in ("coordinator", "volunteer"):
        assert (await office.post(path, role=role)).status_code == 303
        assert (await account(db, office.cast.volunteer.user_id)).role == role


async def test_nobody_changes_their_own_rights(office: Office, db: Database) -> None:
    path = page_of(office.cast.admin)
    assert "C’est votre compte" in (await office.get(path)).text
    assert (await office.post(path, role="manager")).status_code == 422
    assert (await office.post(f"{path}/fermeture")).status_code == 409
    assert (await account(db, office.cast.admin.id)).is_active


async def test_a_closed_account_is_signed_out_and_opens_again(office: Office, db: Database) -> None:
    path = page_of(office.cast.coordinator)
    assert "Fermer le compte de Nadia" in (await office.get(f"{path}/fermeture")).text
    assert (await office.post(f"{path}/fermeture")).status_code == 303
    assert (await office.get("/planning", "coordinator")).headers["location"].startswith("/connexion")
    async with db.reading() as session:
        opened = select(UserSession.token).where(UserSession.user_id == office.cast.coordinator.id)
        assert await session.scalar(opened) is None
    assert (await office.post(f"{path}/invitation")).status_code == 409
    assert (await office.post(f"{path}/fermeture")).status_code == 303, "again: the same"
    assert (await office.post(f"{path}/reouverture")).status_code == 303
    assert (await account(db, office.cast.coordinator.id)).is_active
    assert await last_verb(db) == "account.activated"


async def test_somebody_is_invited_and_chooses_a_password(office: Office, db: Database, mailbox: Mailbox) -> None:
    answer = await office.post(
        "/administration/invitation",
        name="Zoé  Nouvelle",
        email=" Zoe@Example.test ",
        role="coordinator",
        scopes="CAHC",
    )
    assert answer.status_code == 303, answer.text
    page = (await office.get(answer.headers["location"])).text
    assert "Zoé Nouvelle" in page
    assert re.search(r'value="CAHC" checked', page)
    [mail] = await mailbox()
    assert (mail.recipient, mail.kind) == ("zoe@example.test", "invitation")
    link = re.search(r"http://civic.test(/mot-de-passe\?token=\S+)", mail.text_body)
    assert link
    newcomer = office.clients["nobody"]
    assert (await newcomer.get(link[1])).status_code == 200
    token = link[1].split("token=")[1]
    chosen = {"token": token, "password": "les terrils au petit matin"}
    assert (await newcomer.post("/mot-de-passe", data=chosen)).status_code == 303
    assert (await newcomer.post("/mot-de-passe", data=chosen)).status_code == 400, "once"


async def test_a_volunteer_is_invited_with_a_birth_date(office: Office, db: Database) -> None:
    values = {"name": "Tom Jeune", "email": "tom@example.test", "role": "volunteer"}
    assert 'id="f-birth_date-error"' in (await office.post("/administration/invitation", **values)).text
    year = now().year - 18
    answer = await office.post("/administration/invitation", **values, birth_date=f"{year}-01-15")
    assert answer.status_code == 303
    async with db.reading() as session:
        found = select(Volunteer.id).join(User, User.id == Volunteer.user_id).where(User.email == "tom@example.test")
        assert await session.scalar(found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"email": "zoe"}, "email"),
        ({"email": "zoe\x00@example.test"}, "email"),
        ({"email": "paul@example.test"}, "email"),
        ({"role": "king"}, "role"),
        ({"scopes": "X"}, "scopes"),
        ({"role": "volunteer", "birth_date": "2026-02-30"}, "birth_date"),
        ({"role": "volunteer", "birth_date": "1950-01-01"}, "birth_date"),
    ],
)
async def test_a_wrong_invitation_is_told_at_its_field(
    office: Office, mailbox: Mailbox, changes: dict[str, str], field: str
) -> None:
    values = {"name": "Zoé", "email": "zoe@example.test", "role": "manager", **changes}
    answer = await office.post("/administration/invitation", **values)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert await mailbox() == []


async def test_a_dead_mail_is_sent_again(office: Office, db: Database, mailbox: Mailbox) -> None:
    async with db.writing() as session:
        mail = OutboxMail(kind="x", recipient="a@b.test", subject="Perdu", text_body="x", html_body="x", attempts=8)
        mail.dead_at, mail.last_error = now() - timedelta(hours=1), "SMTPError: no <b>"
        session.add(mail)
    assert "1 e-mail en échec" in (await office.get("/administration")).text
    page = (await office.get("/administration/courriels")).text
    assert "Perdu" in page
    assert "no &lt;b&gt;" in page
    path = f"/administration/courriels/{mail.id}/reprise"
    assert (await office.post(path)).status_code == 303
    [waiting] = await mailbox()
    assert (waiting.dead_at, waiting.attempts) == (None, 0)
    assert "Aucun e-mail en échec" in (await office.get("/administration/courriels")).text
    for mail_id in ("x", NOBODY):
        assert (await office.post(f"/administration/courriels/{mail_id}/reprise")).status_code == 404


async def lose(db: Database, **fields: object) -> OutboxMail:
    """A mail that has not left."""
    async with db.writing() as session:
        mail = OutboxMail(kind="x", recipient="a@b.test", subject="Perdu", text_body="x", html_body="x")
        for name, value in fields.items():
            setattr(mail, name, value)
        session.add(mail)
    return mail


async def test_dead_mails_say_why_and_all_are_sent_again(office: Office, db: Database, mailbox: Mailbox) -> None:
    hour_ago = now() - timedelta(hours=1)
    await lose(db, dead_at=hour_ago, attempts=1, last_error="550 5.1.1 No such mailbox")
    await lose(db, dead_at=hour_ago, attempts=8, last_error="451 Busy")
    await lose(db, dead_at=now() - timedelta(days=31), subject="Oublié")
    page = (await office.get("/administration/courriels")).text
    for text in ("550 5.1.1 No such mailbox", "Refus définitif", "451 Busy", "Abandonné", "2 e-mails en échec"):
        assert text in page
    assert "Oublié" not in page, "what failed a month ago asks for nobody's attention"
    assert "À traiter\u00a0: 2 e-mails ne sont pas partis" in (await office.get("/administration")).text
    assert (await office.post("/administration/courriels/reprise")).status_code == 303
    assert [mail.attempts for mail in await mailbox() if mail.dead_at is None] == [0, 0]
    assert "À traiter" not in (await office.get("/administration")).text
    assert (await office.post("/administration/courriels/reprise")).status_code == 303, "again changes nothing"


async def test_mails_that_wait_say_why(office: Office, db: Database) -> None:
    await lose(db, created_at=now() - timedelta(hours=2), attempts=2, last_error="451 Greylisted")
    page = (await office.get("/administration/courriels")).text
    assert "1 e-mail attend" in page
    assert "451 Greylisted" in page
    assert "À traiter\u00a0: 1 e-mail attend encore" in (await office.get("/administration")).text


@pytest.mark.production
async def test_without_a_mail_server_the_page_says_that_nothing_leaves(office: Office, db: Database) -> None:
    assert "CIVIC_SMTP_URL" not in (await office.get("/administration")).text
    await lose(db)
    for path in ("/administration", "/administration/courriels"):
        assert "CIVIC_SMTP_URL" in (await office.get(path)).text


async def test_the_log_tells_who_did_what(office: Office, db: Database, count_queries: Counting) -> None:
    cast = office.cast
    async with db.writing() as session:
        for number in range(60):
            by = cast.coordinator if number % 2 else None
            event = audit.record(
                session, by=by, verb="volunteer.updated", subject=cast.colleague, detail={"fields": ["phone"]}
            )
            event.at = now() - timedelta(minutes=number + 5)
        audit.record(session, by=cast.admin, verb="account.deactivated", subject=cast.manager)
        audit.record(session, by=cast.admin, verb="comet.seen", subject=cast.manager)
    with count_queries() as queries:
        page = (await office.get("/administration/journal")).text
    assert len(queries) <= 4
    for text in ("Compte fermé", "Hélène Direction", "comet.seen", "Coordonnées modifiées", "téléphone", "page=2"):
        assert text in page
    page = (await office.get("/administration/journal?verbe=account")).text
    assert "Compte fermé" in page
    assert "téléphone" not in page
    page = (await office.get("/administration/journal?personne=nadia")).text
    assert "téléphone" in page
    assert "Ali Administration</a>" not in page
    page = (await office.get("/administration/journal?personne=helene")).text
    assert "Ali Administration" in page, "what was done to somebody counts too"
    for query in ("verbe=x&personne=%00&page=x", "page=9999", "personne=inconnu", "verbe=shift.edited"):
        assert (await office.get(f"/administration/journal?{query}")).status_code == 200
    assert "Rien ici" in (await office.get("/administration/journal?personne=inconnu")).text
