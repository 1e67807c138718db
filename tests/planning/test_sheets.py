"""Sheets to print: what stands on them, who may print which, and phones for coordinators alone."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock, pdf
from civic.db import Database
from civic.pdf import Roster, Sheet, Sheets
from civic.planning.sheets import sheets_of
from civic.sites.models import Site
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_closure
from tests.planning.world import World, moment, world

__all__ = ["world"]
FRIDAY, MONDAY, SUNDAY = date(2026, 11, 27), date(2026, 11, 23), date(2026, 11, 29)


@pytest.fixture
async def staffed(world: World, db: Database) -> World:
    """Friday's shift has the volunteer, an offer and a free place; the park is known and closed."""
    async with db.writing() as session:
        shift = await session.merge(world.shift, load=False)
        shift.capacity = 3
        await make_booking(session, shift, world.cast.volunteer)
        await make_booking(session, shift, world.cast.colleague, state="waitlisted")
        site = await session.get(Site, world.here.id)
        assert site is not None
        site.meeting_place, site.access_notes, site.safety_notes = "La grille", "Bus 18", "Pente raide"
        await make_closure(session, site, FRIDAY, reason="Chasse.")
    return world


async def made(
    db: Database, world: World, first: date, last: date, who: str = "coordinator", site: str | None = None
) -> Sheets | None:
    async with db.reading() as session:
        user = await session.merge(world.cast.users[who], load=False)
        await session.refresh(user, ["scopes"])
        own = getattr(world.cast, who).id if who in ("volunteer", "colleague", "minor") else None
        return await sheets_of(session, user, first, last, site, own)


async def test_a_days_sheet_says_all_that_is_needed_there(staffed: World, db: Database) -> None:
    sheets = await made(db, staffed, FRIDAY, FRIDAY)
    assert sheets is not None
    [page] = sheets.pages
    assert (page.title, page.subtitle) == ("Parc d’Ici", "vendredi 27 novembre 2026 · Lens")
    assert page.warnings == ["Lieu fermé ce jour-là\u00a0: Chasse."]
    known = dict(page.facts)
    assert [known[name] for name in ("Rendez-vous", "Y aller", "Sur place")] == ["La grille", "Bus 18", "Pente raide"]
    assert known["Astreinte"] == "03 21 00 00 01"
    assert all(number in known["Urgences"] for number in ("112", "15", "17", "18", "114", "119"))
    [roster] = page.rosters
    assert roster.rows == [("Inès Volontaire", "06 12 34 56 78")]
    assert (roster.detail, roster.blank) == ("Aller vers · 3 places", 2)
    assert "détruire" in sheets.footer


async def test_a_weeks_sheet_has_a_page_for_each_place_in_scope(staffed: World, db: Database) -> None:
    whole = await made(db, staffed, MONDAY, SUNDAY)
    assert whole is not None
    assert [page.title for page in whole.pages] == ["Parc de Là-bas", "Parc d’Ici"]
    assert "vendredi 27 novembre 2026" in whole.pages[1].rosters[0].title
    assert len(whole.pages[1].rosters) == 1, "drafts are nobody's yet"
    theirs = await made(db, staffed, MONDAY, SUNDAY, "coordinator_cahc")
    assert theirs is not None
    assert [page.title for page in theirs.pages] == ["Parc de Là-bas"]
    assert await made(db, staffed, date(2026, 12, 21), date(2026, 12, 27)) is None


async def test_a_volunteer_prints_their_own_shifts_without_a_phone(staffed: World, db: Database) -> None:
    own = await made(db, staffed, MONDAY, SUNDAY, "volunteer")
    assert own is not None
    [page] = own.pages
    assert page.rosters[0].rows == [("Inès",)]
    assert "06 12 34 56 78" not in repr(own)
    assert "Volontaire" not in repr(own)
    assert await made(db, staffed, MONDAY, SUNDAY, "colleague") is None, "who waits is not on it"


async def test_a_place_costs_no_query(staffed: World, db: Database, count_queries: Any, session: AsyncSession) -> None:
    with count_queries() as few:
        await made(db, staffed, MONDAY, SUNDAY)
    for day in range(23, 30):
        shift = await make_shift(session, moment(day, 15))
        await make_booking(session, shift, staffed.cast.minor)
    await session.commit()
    with count_queries() as many:
        await made(db, staffed, MONDAY, SUNDAY)
    assert len(many) == len(few) <= 9


DAY = "/planning/feuilles/jour.pdf?jour=2026-11-27"
WEEK = "/planning/feuilles/semaine.pdf?semaine=2026-W48"
HERE = "&site=parc-ici"


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("coordinator", DAY, 200),
        ("coordinator", WEEK, 200),
        ("coordinator_call", DAY + HERE, 200),
        ("coordinator_cahc", DAY + HERE, 403),
        ("coordinator_cahc", DAY, 303),
        ("coordinator", DAY + "&site=nulle-part", 404),
        ("coordinator", DAY + "&site=%00", 404),
        ("volunteer", DAY + HERE, 200),
        ("volunteer", WEEK, 200),
        ("volunteer", DAY + "&site=parc-la-bas", 404),
        ("colleague", DAY + HERE, 404),
        ("colleague", WEEK, 303),
        ("minor", WEEK + HERE, 404),
        ("manager", DAY, 403),
        ("admin", WEEK, 403),
        ("coordinator", "/planning/feuilles/jour.pdf?jour=demain", 303),
        ("coordinator", "/planning/feuilles/semaine.pdf?semaine=2026-W99", 200),
    ],
)
async def test_who_prints_what(staffed: World, who: str, path: str, status: int) -> None:
    answer = await staffed.get(who, path)
    assert answer.status_code == status
    if status == 200:
        assert answer.content.startswith(b"%PDF")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"].startswith('attachment; filename="civic_feuille_2026-')


async def test_the_page_offers_the_places_in_scope(staffed: World) -> None:
    page = await staffed.get("coordinator_cahc", "/planning/feuilles?jour=2026-11-27&site=parc-la-bas")
    assert page.status_code == 200
    assert "Parc de Là-bas" in page.text
    assert "Parc d’Ici" not in page.text
    assert 'value="2026-11-27"' in page.text
    assert (await staffed.get("coordinator", "/planning/feuilles?jour=31/02/2026&site=%22%3E")).status_code == 200


MARKUP = [
    '#panic("code")',
    "*gras* _it_ `code`",
    "[crochet] ]",
    "\\ \\u{41}",
    "$x^2$",
    "@ref <label>",
    "= Titre",
    "// x",
]


def sheet(*names: str) -> Sheets:
    roster = Roster("14 h", names[0], ["Présence", "Nom", "Arrivée", "Départ"], [(name,) for name in names], 1)
    page = Sheet(names[0], names[0], [names[0]], [(names[0], names[0])], [roster])
    return Sheets(names[0], clock.now(), names[0], [page, page])


@pytest.mark.parametrize("name", MARKUP)
async def test_what_people_typed_is_never_code(name: str) -> None:
    assert (await pdf.render(sheet(name))).startswith(b"%PDF")


async def test_the_layout_would_run_code_if_it_were_given_some(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same name as markup stops the layout."""
    text = (pdf.LAYOUTS / "sheets.typ").read_text().replace("page.subtitle)", 'eval(page.subtitle, mode: "markup"))')
    (tmp_path / "sheets.typ").write_text(text)
    monkeypatch.setattr(pdf, "LAYOUTS", tmp_path)
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)
    with pytest.raises(Exception, match="panic"):
        await pdf.render(sheet(MARKUP[0]))


async def test_the_sheets_are_tagged_for_readers_and_the_archive() -> None:
    first = await pdf.render(sheet("Inès"))
    for mark in (b"/StructTreeRoot", b"/Lang", b"pdfuaid:part", b"pdfaid:part"):
        assert mark in first, mark
    # One page for each place.
    assert first.count(b"/Type /Page\n") + first.count(b"/Type/Page\n") == 2 or b"/Count 2" in first
