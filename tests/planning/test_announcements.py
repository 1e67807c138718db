"""Writing an announcement and reading it, by every role; who its readers are; what is typed stays words."""

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
import time_machine
from sqlalchemy import func, select

from civic.db import Database
from civic.notices import actions
from civic.notices.models import Announcement, AnnouncementReceipt
from civic.outbox.models import OutboxMail
from civic.planning import audience
from civic.volunteers.models import PreferredSite
from tests.factories.notices import make_announcement
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.planning.world import World, moment
from tests.planning.world import world as world

Counting = Callable[[], AbstractContextManager[list[str]]]
Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
PAGE = "/planning/annonces"
TEXT = {"kind": "safety", "title": "Vent fort", "body": "Restez à deux."}


async def count(db: Database) -> int:
    async with db.reading() as session:
        return await session.scalar(select(func.count(Announcement.id))) or 0


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


async def form_for(world: World, who: str = "coordinator_call") -> dict[str, object]:
    page = (await world.get(who, f"{PAGE}/nouvelle?creneau={world.shift.id}")).text
    return {"id": hidden(page, "id"), "creneau": str(world.shift.id), **TEXT}


@pytest.fixture
async def pair(world: World, db: Database) -> World:
    """Inès is on the shift, Malik holds an offered place, Lou waits."""
    async with db.writing() as session:
        await make_booking(session, world.shift, world.cast.volunteer)
        offered = await make_booking(session, world.shift, world.cast.colleague, "offered")
        offered.offer_expires_at = moment(26, 10)
        await make_booking(session, world.shift, world.cast.minor, "waitlisted")
    return world


async def test_the_readers_are_seen_before_anything_leaves(pair: World, db: Database, mailbox: Mailbox) -> None:
    form = await form_for(pair)
    checked = (await pair.post("coordinator_call", f"{PAGE}/nouvelle", **form, step="check")).text
    assert "2 personnes la recevront" in checked
    assert "Inès Volontaire" in checked
    assert "Malik Collègue" in checked
    assert "Lou Mineure" not in checked
    assert await count(db) == 0
    seen = hidden(checked, "seen")
    for _time in range(2):
        sent = await pair.post("coordinator_call", f"{PAGE}/nouvelle", **form, step="send", seen=seen)
        assert sent.headers["location"] == f"{PAGE}/{form['id']}"
    assert await count(db) == 1
    assert len(await mailbox()) == 2
    page = (await pair.get("coordinator_call", f"{PAGE}/{form['id']}")).text
    assert "Lue par 0 sur 2" in page


async def test_an_offer_that_is_past_makes_no_reader(pair: World, db: Database) -> None:
    async with db.reading() as session:
        assert len(await audience.of_shift(session, pair.shift.id)) == 2
    with time_machine.travel(moment(26, 11), tick=False):
        async with db.reading() as session:
            assert [one.name for one in await audience.of_shift(session, pair.shift.id)] == ["Inès Volontaire"]


async def test_other_readers_than_those_seen_are_shown_again(pair: World, db: Database) -> None:
    form = await form_for(pair)
    answer = await pair.post("coordinator", f"{PAGE}/nouvelle", **form, step="send", seen="stale")
    assert answer.status_code == 409
    assert "Les destinataires ont changé" in answer.text
    assert await count(db) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 81),
        ("body", "x" * 1001),
        ("body", "\x00"),
        ("kind", "urgent"),
        ("shown_until", "2026-11-24"),
        ("id", "x"),
    ],
)
async def test_a_mistake_stands_at_its_field(pair: World, db: Database, field: str, value: str) -> None:
    form = await form_for(pair)
    answer = await pair.post("coordinator", f"{PAGE}/nouvelle", **{**form, field: value}, step="send")
    assert answer.status_code == 422
    assert field == "body" or "Restez à deux." in answer.text
    assert await count(db) == 0


async def test_scopes(pair: World) -> None:
    assert (await pair.get("coordinator_cahc", f"{PAGE}/nouvelle?creneau={pair.shift.id}")).status_code == 403
    assert (await pair.get("coordinator_cahc", f"{PAGE}/nouvelle?site={pair.here.id}")).status_code == 403
    assert (await pair.get("coordinator", f"{PAGE}/nouvelle?site=nulle-part")).status_code == 404
    assert (await pair.get("coordinator", f"{PAGE}/nouvelle?creneau=x")).status_code == 404
    form = {**(await form_for(pair)), "creneau": "", "audience": "site", "site_id": pair.here.id}
    assert (await pair.post("coordinator_cahc", f"{PAGE}/nouvelle", **form, step="check")).status_code == 422
    assert (await pair.post("coordinator_call", f"{PAGE}/nouvelle", **form, step="check")).status_code == 200
    form = {**form, "audience": "everyone", "intermunicipality": "CAHC"}
    assert (await pair.post("coordinator_call", f"{PAGE}/nouvelle", **form, step="check")).status_code == 422
    for who in ("manager", "admin", "volunteer"):
        assert (await pair.post(who, f"{PAGE}/nouvelle", **form, step="send")).status_code == 403


async def test_who_the_readers_of_a_site_and_of_a_scope_are(pair: World, db: Database) -> None:
    async with db.writing() as session:
        fond = await make_volunteer(session, name="Aline Aime")
        session.add(PreferredSite(volunteer_id=fond.id, site_id=pair.there.id))
        far = await make_shift(session, moment(15, 9, month=12), mission=pair.mission, site=pair.there)
        await make_booking(session, far, pair.cast.minor)
        await make_booking(session, pair.elsewhere, pair.cast.volunteer)
        lacking = await make_volunteer(session, name="Sans Contrat", ready=False)
    now = moment(25, 10)
    async with db.reading() as session:
        site = [one.name for one in await audience.of_site(session, pair.there.id, now)]
        all_of_them = [one.name for one in await audience.of_everyone(session, None, now, coordinators=False)]
        cahc = {one.name for one in await audience.of_everyone(session, "CAHC", now, coordinators=False)}
        told = {one.name for one in await audience.of_everyone(session, "CAHC", now, coordinators=True)}
    assert site == ["Aline Aime", "Inès Volontaire"]
    assert "Sans Contrat" not in all_of_them
    assert len(all_of_them) == 4
    assert lacking.id
    assert cahc == {"Inès Volontaire", "Lou Mineure"}
    assert {"Anna Hénin", "Nadia Coordination"} <= told
    assert "Paul Lens" not in told


async def test_reading_is_a_button_and_never_a_page(pair: World, db: Database) -> None:
    user = pair.cast.volunteer.user
    async with db.writing() as session:
        made = await make_announcement(session, [user], site=pair.here)

    async def read_at() -> object:
        async with db.reading() as session:
            return await session.scalar(select(AnnouncementReceipt.read_at))

    for path in ("/", "/annonces", f"/annonces/{made.id}"):
        page = await pair.get("volunteer", path)
        assert (page.status_code, "Chemin fermé" in page.text) == (200, True)
    assert "J’ai lu" in (await pair.get("volunteer", "/")).text
    assert await read_at() is None
    for who, status in (("colleague", 404), ("manager", 404), ("coordinator", 404), ("nobody", 303)):
        assert (await pair.get(who, f"/annonces/{made.id}")).status_code == status
        assert (await pair.post(who, f"/annonces/{made.id}/lecture")).status_code == status
    assert await read_at() is None
    answer = await pair.post("volunteer", f"/annonces/{made.id}/lecture", next="https://evil.test/")
    assert answer.headers["location"] == "/annonces"
    assert await read_at() is not None
    assert "Chemin fermé" not in (await pair.get("volunteer", "/")).text
    assert "Lue le" in (await pair.get("volunteer", f"/annonces/{made.id}")).text


async def test_who_joins_later_finds_what_was_said_of_the_shift(pair: World, db: Database) -> None:
    async with db.writing() as session:
        fields = {"audience": "shift", "shift_id": pair.shift.id, "intermunicipality_code": "CALL"}
        made = await make_announcement(session, [], **fields)
    page = f"/creneaux/{pair.shift.id}"
    assert "Passez par l’entrée nord." in (await pair.get("colleague", page)).text
    assert "Passez par l’entrée nord." not in (await pair.get("minor", page)).text
    async with db.writing() as session:
        await actions.withdraw(session, by=pair.cast.coordinator, announcement_id=made.id)
    assert "Passez par l’entrée nord." not in (await pair.get("colleague", page)).text


async def test_one_announcement_for_its_coordinator(pair: World, db: Database) -> None:
    async with db.writing() as session:
        made = await make_announcement(session, [pair.cast.volunteer.user], site=pair.here)
        whole = await make_announcement(session, [pair.cast.volunteer.user], title="À tous")
    page = (await pair.get("coordinator_call", f"{PAGE}/{made.id}")).text
    assert "06 12 34 56 78" in page
    assert (await pair.get("coordinator_call", f"{PAGE}/{whole.id}")).status_code == 404
    assert (await pair.get("coordinator_cahc", f"{PAGE}/{made.id}")).status_code == 404
    listed = (await pair.get("coordinator_call", f"{PAGE}?nature=safety&etat=affichees&page=x")).text
    assert "0 sur 1" in listed
    assert "À tous" not in listed
    assert (await pair.post("coordinator_cahc", f"{PAGE}/{made.id}/retrait")).status_code == 404
    assert (await pair.post("coordinator_call", f"{PAGE}/{made.id}/retrait")).status_code == 303
    assert (await pair.post("coordinator_call", f"{PAGE}/{made.id}/rappel")).status_code == 409
    assert "a été retirée" in (await pair.get("volunteer", f"/annonces/{made.id}")).text


async def test_markup_is_inert_on_every_page(pair: World, db: Database) -> None:
    async with db.writing() as session:
        people = [pair.cast.volunteer.user]
        fields = {"title": "<b>Gras", "body": '<script>x javascript:y https://civic.test/"onclick=', "site": pair.here}
        made = await make_announcement(session, people, **fields)
    paths = {"volunteer": ("/", "/annonces", f"/annonces/{made.id}"), "coordinator": (PAGE, f"{PAGE}/{made.id}")}
    for who, listed in paths.items():
        for path in listed:
            page = (await pair.get(who, path)).text
            assert "&lt;b&gt;Gras" in page
            assert "<b>Gras" not in page
            assert "<script>x" not in page
            assert 'href="javascript' not in page


async def test_the_first_page_takes_as_many_queries_whatever_was_announced(
    pair: World, db: Database, count_queries: Counting
) -> None:
    with count_queries() as none:
        await pair.get("volunteer", "/")
    async with db.writing() as session:
        for number in range(8):
            kind = "info" if number % 2 else "safety"
            until = date(2026, 11, 25)
            await make_announcement(session, [pair.cast.volunteer.user], kind, title=f"N {number}", shown_until=until)
    with count_queries() as many:
        page = (await pair.get("volunteer", "/")).text
    assert "N 6" in page
    assert "4 à lire" in page
    assert len(many) == len(none)
    with count_queries() as lists:
        await pair.get("coordinator", PAGE)
    assert len(lists) <= 8
