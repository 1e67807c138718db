"""A file of volunteers: who is invited, what changes, who is not theirs to touch."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.imports.wrong import Unreadable
from civic.volunteers.models import Volunteer
from tests.factories.sites import make_commune
from tests.imports.scene import Scene, reasons

HEAD = ("E-mail", "Nom", "Date de naissance", "Commune", "Téléphone", "Contact d’urgence", "Téléphone d’urgence")
NINA = ("Nina@Exemple.fr", "Nina  Neuve", "31/12/2004", "Lens", "612345678", "Sacha Proche", "06 98 76 54 32")
Mailbox = Callable[[], Awaitable[list[Any]]]


async def stored(scene: Scene, email: str) -> Volunteer | None:
    async with scene.db.reading() as session:
        chosen = select(Volunteer).join(User, User.id == Volunteer.user_id).where(User.email == email)
        found: Volunteer | None = await session.scalar(chosen.options(joinedload(Volunteer.user)))
        return found


async def test_somebody_new_is_invited_with_their_details(scene: Scene, mailbox: Mailbox) -> None:
    plan = await scene.give("volunteers", HEAD, NINA)
    assert plan.counts["created"] == 1
    nina = await stored(scene, "nina@exemple.fr")
    assert nina is not None
    assert (nina.user.name, nina.user.role, nina.birth_date) == ("Nina Neuve", "volunteer", date(2004, 12, 31))
    assert (nina.commune_insee, nina.phone, nina.emergency_name) == ("62498", "06 12 34 56 78", "Sacha Proche")
    [mail] = await mailbox()
    assert (mail.recipient, mail.kind) == ("nina@exemple.fr", "invitation")
    async with scene.db.reading() as session:
        verbs = set(await session.scalars(select(AuditEvent.verb)))
    assert {"account.invited", "volunteer.updated", "import.applied"} <= verbs


async def test_the_same_file_twice_invites_once(scene: Scene, mailbox: Mailbox) -> None:
    await scene.give("volunteers", HEAD, NINA)
    plan = await scene.give("volunteers", HEAD, NINA)
    assert plan.counts == {"refused": 0, "changed": 0, "created": 0, "same": 1}
    assert len(await mailbox()) == 1


async def test_a_refused_line_invites_nobody(scene: Scene, mailbox: Mailbox) -> None:
    plan = await scene.give("volunteers", HEAD, NINA, ("x", "", "", "", "", "", ""))
    assert plan.counts["refused"] == 1
    assert await mailbox() == []
    assert await stored(scene, "nina@exemple.fr") is None


async def test_only_what_is_filled_in_changes(scene: Scene) -> None:
    head = ("email", "name", "phone", "commune")
    plan = await scene.give("volunteers", head, ("ines@example.test", "", "06 00 00 00 01", ""))
    assert [(one.before, one.after) for one in plan.lines[0].changes] == [("06 12 34 56 78", "06 00 00 00 01")]
    plan = await scene.give("volunteers", head, ("ines@example.test", "Inès Autrement", "", ""))
    assert plan.counts["changed"] == 1
    ines = await stored(scene, "ines@example.test")
    assert ines is not None
    assert (ines.user.name, ines.phone, ines.emergency_name) == ("Inès Autrement", "06 00 00 00 01", "Sacha Proche")


async def test_a_number_written_otherwise_is_the_same(scene: Scene) -> None:
    plan = await scene.give("volunteers", ("email", "phone"), ("ines@example.test", "612345678"))
    assert plan.counts["same"] == 1


async def test_an_administrator_is_not_shown_the_phone_that_was_there(scene: Scene) -> None:
    plan = await scene.give(
        "volunteers", ("email", "phone"), ("ines@example.test", "06 00 00 00 01"), who="admin", dry_run=True
    )
    assert "06 12 34 56 78" not in repr(plan.lines)
    assert plan.lines[0].changes[0].after == "06 00 00 00 01"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (("nina@exemple.fr", "", "31/12/2004", "Lens"), "personne nouvelle"),
        (("nina@exemple.fr", "Nina", "", "Lens"), "personne nouvelle"),
        (("nina@exemple.fr", "Nina", "31/12/2020", "Lens"), "16"),
        (("nina@exemple.fr", "Nina", "31/12/2004", "Paris"), "territoire"),
        (("", "Nina", "31/12/2004", "Lens"), "À remplir"),
        (("nina", "Nina", "31/12/2004", "Lens"), "incomplète"),
        (("ines@example.test", "Inès", "01/01/2001", "Lens"), "ne se change pas"),
        (("nadia@example.test", "Nadia", "31/12/2004", "Lens"), "déjà un compte"),
    ],
)
async def test_a_line_that_can_not_be_is_refused(scene: Scene, line: tuple[str, ...], word: str) -> None:
    plan = await scene.give("volunteers", HEAD[:4], line)
    assert any(word in reason for reason in reasons(plan)), reasons(plan)


async def test_the_same_address_twice(scene: Scene) -> None:
    plan = await scene.give("volunteers", HEAD, NINA, NINA)
    assert "ligne 2" in reasons(plan)[0]


async def test_a_coordinator_touches_their_own_scope(scene: Scene) -> None:
    async with scene.db.writing() as session:
        await make_commune(session, "CAHC")
    away = await scene.give(
        "volunteers", HEAD[:4], ("nina@exemple.fr", "Nina", "31/12/2004", "Lens"), who="coordinator_cahc"
    )
    assert reasons(away) == ["Cette commune est hors de votre périmètre."]
    theirs = await scene.give("volunteers", HEAD[:2], ("ines@example.test", "Autre"), who="coordinator_cahc")
    staff = await scene.give("volunteers", HEAD[:2], ("ali@example.test", "Autre"), who="coordinator_cahc")
    assert reasons(theirs) == reasons(staff), "a file does not tell who else has an account"


async def test_a_closed_account_stays_closed(scene: Scene) -> None:
    async with scene.db.writing() as session:
        user = await session.get(User, scene.cast.volunteer.user_id)
        assert user is not None
        user.is_active = False
    plan = await scene.give("volunteers", HEAD[:2], ("ines@example.test", "Autre"))
    assert "fermé" in reasons(plan)[0]


async def test_a_crowd_is_cut_into_files(scene: Scene) -> None:
    with pytest.raises(Unreadable, match="300"):
        await scene.give("volunteers", HEAD[:1], *((f"a{n}@exemple.fr",) for n in range(301)))
